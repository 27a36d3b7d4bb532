package spec

import (
	"cmp"
	"slices"
	"strings"
)

// Severity says what a finding means for the run. The zero Severity is invalid.
type Severity uint8

const (
	// Error keeps the spec from running.
	Error Severity = iota + 1
	// Warning does not, unless the caller is strict; `x-mprun-allow` silences it.
	Warning
)

// String is the word for the severity in reports.
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	}
	return "invalid"
}

// Diagnostic is one finding about a document.
type Diagnostic struct {
	Severity Severity
	Code     string // stable, kebab-case: `mprun explain CODE`
	File     string
	Range    Range  // the tightest part of the document that is to blame; invalid if it is the file as a whole
	Path     string // processes.top.stages[2].map
	Summary  string // one line, no full stop
	Hint     string // what to do about it; may be empty
	Related  []Related
}

// Related is another place that has to do with a finding: the other side of a conflict.
type Related struct {
	Range   Range
	Message string
}

// Error renders the finding in one line: `pipe.yaml:12:9: unknown operator "flatmap"; did you mean "flat_map"? [unknown-operator]`.
func (d Diagnostic) Error() string {
	var b strings.Builder
	at := d.Range.Start
	if at.File == "" {
		at.File = d.File
	}
	if where := at.String(); where != "" {
		b.WriteString(where + ": ")
	}
	if d.Severity == Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(d.Summary)
	if d.Hint != "" {
		b.WriteString("; " + d.Hint)
	}
	if d.Code != "" {
		b.WriteString(" [" + d.Code + "]")
	}
	return b.String()
}

// Diagnostics are findings. They are an error whose text has a line for each. Those that this package returns are sorted by
// position and free of repeats.
type Diagnostics []Diagnostic

// Error renders all findings, a line each.
func (ds Diagnostics) Error() string {
	lines := make([]string, len(ds))
	for i, d := range ds {
		lines[i] = d.Error()
	}
	return strings.Join(lines, "\n")
}

// HasErrors reports whether any finding is an Error.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// Err is the findings as an error if one of them is an Error, else nil.
func (ds Diagnostics) Err() error {
	if ds.HasErrors() {
		return ds
	}
	return nil
}

// Sorted is a copy in the order of position, then severity, code and text, without repeats: findings that agree in place, code
// and summary, as an alias that is used twice brings them.
func (ds Diagnostics) Sorted() Diagnostics {
	if len(ds) == 0 {
		return nil
	}
	sorted := slices.Clone(ds)
	slices.SortStableFunc(sorted, compareDiagnostics)
	return slices.CompactFunc(sorted, func(a, b Diagnostic) bool { return compareDiagnostics(a, b) == 0 })
}

func compareDiagnostics(a, b Diagnostic) int {
	return cmp.Or(
		cmp.Compare(a.File, b.File),
		cmp.Compare(a.Range.Start.Offset, b.Range.Start.Offset),
		cmp.Compare(a.Range.End.Offset, b.Range.End.Offset),
		cmp.Compare(a.Severity, b.Severity),
		cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.Summary, b.Summary),
	)
}
