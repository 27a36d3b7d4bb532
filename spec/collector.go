package spec

import "fmt"

// reader is what the functions share that read one document: the options and the findings so far.
type reader struct {
	opts   Options
	found  Diagnostics
	values int // of all documents read so far, aliases expanded
}

// add records a finding.
func (r *reader) add(d Diagnostic) {
	if d.Severity == 0 {
		d.Severity = Error
	}
	if d.File == "" {
		d.File = d.Range.Start.File
	}
	r.found = append(r.found, d)
}

// errorAt records an error about a node, unless that has one that makes it unknown.
func (r *reader) errorAt(n *Node, code, hint, format string, args ...any) {
	if n.bad {
		return
	}
	r.add(Diagnostic{Code: code, Range: n.At(), Path: n.Path(), Summary: fmt.Sprintf(format, args...), Hint: hint})
}

// addAll records findings that were made elsewhere.
func (r *reader) addAll(found Diagnostics) { r.found = append(r.found, found...) }
