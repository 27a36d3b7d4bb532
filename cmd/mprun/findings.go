//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/term"
	"golang.org/x/text/width"

	"github.com/mprun/mprun/spec"
)

// findingsWriter renders findings for people: a line each, and on a terminal the source line with a caret below.
type findingsWriter struct {
	out     io.Writer
	sources []*spec.Source
	rich    bool // source lines are shown
	colour  bool
}

// isTerminal says whether a file is a terminal.
func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// newFindingsWriter renders for a file: richly if it is a terminal, in colour unless NO_COLOR is set (https://no-color.org) or the
// terminal has none.
func newFindingsWriter(out *os.File, sources []*spec.Source) findingsWriter {
	rich := isTerminal(out)
	return findingsWriter{out: out, sources: sources, rich: rich, colour: rich && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// write renders findings, which are sorted, and how many there are.
func (w findingsWriter) write(found spec.Diagnostics) {
	for _, d := range found {
		w.finding(d)
	}
	fmt.Fprintln(w.out, summary(found))
}

// The escapes of ECMA-48 that findings use.
const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	bold   = "\x1b[1m"
	plain  = "\x1b[0m"
)

func (w findingsWriter) paint(style, text string) string {
	if !w.colour || text == "" {
		return text
	}
	return style + text + plain
}

func (w findingsWriter) finding(d spec.Diagnostic) {
	line := d.Error()
	if !w.rich {
		fmt.Fprintln(w.out, line)
		return
	}
	where := d.Range.Start.String()
	if !d.Range.Start.IsValid() {
		where = d.File
	}
	style := red
	if d.Severity == spec.Warning {
		style = yellow
	}
	if rest, ok := strings.CutPrefix(line, where+": "); ok && where != "" {
		line = w.paint(bold, where+":") + " " + w.paintSeverity(rest, style)
	}
	fmt.Fprintln(w.out, line)
	w.quote(d.Range, style, "")
	for _, r := range d.Related {
		if r.Range.Start.File != d.Range.Start.File {
			fmt.Fprintln(w.out, w.paint(bold, r.Range.Start.String()+":"))
		}
		w.quote(r.Range, bold, r.Message)
	}
}

func (w findingsWriter) paintSeverity(text, style string) string {
	if rest, ok := strings.CutPrefix(text, "warning: "); ok {
		return w.paint(style, "warning:") + " " + rest
	}
	return text
}

// longestQuote is how many columns of a source line are shown.
const longestQuote = 160

// source is the file of that name, nil without.
func (w findingsWriter) source(name string) *spec.Source {
	for _, source := range w.sources {
		if source.Name == name {
			return source
		}
	}
	return nil
}

// quote shows the source line that a range begins on, and marks the range.
func (w findingsWriter) quote(r spec.Range, style, note string) {
	source := w.source(r.Start.File)
	if source == nil || !r.Start.IsValid() {
		return
	}
	line := []rune(source.Line(r.Start.Line))
	from := min(r.Start.Col-1, len(line))
	to := len(line)
	if r.End.Line == r.Start.Line {
		to = min(max(r.End.Col-1, from), len(line))
	}
	number := strconv.Itoa(r.Start.Line)
	indent := strings.Repeat(" ", len(number))
	line, from, to = excerpt(line, from, to)
	fmt.Fprintf(w.out, " %s | %s\n", number, printable(line))
	mark := "^"
	if n := columns(line[from:to]); n > 1 {
		mark += strings.Repeat("~", n-1)
	}
	if note != "" {
		note = " " + note
	}
	fmt.Fprintf(w.out, " %s | %s%s\n", indent, blank(line[:from]), w.paint(style, mark+note))
}

// excerpt is the part of a line around the runes [from, to) that is shown, with … where something is left out, and where these are in it.
func excerpt(line []rune, from, to int) ([]rune, int, int) {
	start := 0
	if from >= longestQuote {
		start = from - longestQuote/2
	}
	end := min(start+longestQuote, len(line))
	shown := slices.Clone(line[start:end])
	from, to = from-start, min(to, end)-start
	if start > 0 {
		shown[0] = '…'
	}
	if end < len(line) {
		shown = append(shown, '…')
	}
	return shown, from, to
}

// printable replaces what a terminal would take as a command.
func printable(line []rune) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, string(line))
}

// blank is white space as wide as the runes: tabs stay tabs.
func blank(line []rune) string {
	var b strings.Builder
	for _, r := range line {
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteString(strings.Repeat(" ", runeColumns(r)))
		}
	}
	return b.String()
}

// columns is how many columns of a terminal the runes take.
func columns(line []rune) int {
	n := 0
	for _, r := range line {
		n += runeColumns(r)
	}
	return n
}

// runeColumns is 2 for wide East Asian characters (Unicode Standard Annex 11) and 0 for those that go onto the one before.
func runeColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// summary counts findings: "2 errors, 1 warning".
func summary(found spec.Diagnostics) string {
	errors := 0
	for _, d := range found {
		if d.Severity == spec.Error {
			errors++
		}
	}
	var parts []string
	if errors > 0 {
		parts = append(parts, plural(errors, "error"))
	}
	if warnings := len(found) - errors; warnings > 0 {
		parts = append(parts, plural(warnings, "warning"))
	}
	if len(parts) == 0 {
		return "no findings"
	}
	return strings.Join(parts, ", ")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
