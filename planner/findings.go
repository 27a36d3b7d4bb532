package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// findings collects what is found wrong.
type findings struct {
	found   spec.Diagnostics
	secrets Secrets // are not shown in findings
}

// add records findings of others as they are.
func (f *findings) add(found ...spec.Diagnostic) { f.found = append(f.found, found...) }

// errorAt records an error about a value.
func (f *findings) errorAt(n *spec.Node, code, hint, format string, args ...any) {
	f.at(spec.Error, n.At(), n.Path(), code, hint, fmt.Sprintf(format, args...))
}

// warnAt records a warning about a value.
func (f *findings) warnAt(n *spec.Node, code, hint, format string, args ...any) {
	f.at(spec.Warning, n.At(), n.Path(), code, hint, fmt.Sprintf(format, args...))
}

// errorIn records an error about a part of the document; n gives the path.
func (f *findings) errorIn(r spec.Range, n *spec.Node, code, hint, format string, args ...any) {
	f.at(spec.Error, r, n.Path(), code, hint, fmt.Sprintf(format, args...))
}

func (f *findings) at(severity spec.Severity, r spec.Range, path, code, hint, summary string, related ...spec.Related) {
	summary, hint = f.secrets.Mask(summary), f.secrets.Mask(hint)
	f.add(spec.Diagnostic{
		Severity: severity, Code: code, File: r.Start.File, Range: r, Path: path,
		Summary: summary, Hint: hint, Related: related,
	})
}

// hasError says whether an error was found within a value; n may be nil.
func (f *findings) hasError(n *spec.Node) bool {
	if n == nil {
		return false
	}
	at := n.At()
	return slices.ContainsFunc(f.found, func(d spec.Diagnostic) bool {
		return d.Severity == spec.Error && d.Range.Start.File == at.Start.File && d.Range.Start.Offset >= at.Start.Offset && d.Range.End.Offset <= at.End.Offset && d.Range.Start.IsValid()
	})
}

// stagePos is a position as the plan holds it.
func stagePos(p spec.Pos) stages.Pos { return stages.Pos{File: p.File, Line: p.Line, Col: p.Col} }

// posOf is where a value was written.
func posOf(n *spec.Node) stages.Pos {
	if n == nil {
		return stages.Pos{}
	}
	return stagePos(n.At().Start)
}

// didYouMean is the hint for a misspelt word, "" without a likely one.
func didYouMean(word string, candidates []string) string {
	if near := spec.Nearest(word, candidates); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

// orList writes words as a choice: a, b or c.
func orList(words []string) string { return wordList(words, " or ") }

// andList writes words as a list: a, b and c.
func andList(words []string) string { return wordList(words, " and ") }

func wordList(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + last + words[len(words)-1]
}

// withArticle puts a or an before a noun.
func withArticle(noun string) string {
	if noun != "" && strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}
