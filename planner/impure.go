package planner

import (
	"slices"
	"strings"

	"github.com/mprun/mprun/stages"
)

// impureCall gives the byte at which an expression calls a function that looks at the disk or the clock, -1 if it calls none. A plan
// depends on the document and the Host only. (random() draws from the run's seed.)
func impureCall(src string) int { return callOf(src, isImpure) }

// callOf gives the byte at which an expression calls one of some functions, -1 if it calls none.
func callOf(src string, is func(function string) bool) int {
	before := ""
	for at := 0; at < len(src); {
		n := max(1, tokenLen(src[at:]))
		token := src[at : at+n]
		if is(token) && before != "." && strings.HasPrefix(strings.TrimLeft(src[at+n:], " \t\n"), "(") {
			return at
		}
		if strings.TrimSpace(token) != "" {
			before = token
		}
		at += n
	}
	return -1
}

func isImpure(function string) bool {
	return slices.Contains([]string{"exists", "mtime", "size", "now"}, function)
}

// isImpureSource says whether any expression of a Source looks at the disk or the clock.
func isImpureSource(s *stages.Source) bool {
	switch s.Kind {
	case stages.SourceExpr:
		return impureCall(s.Text) >= 0
	case stages.SourceText:
		return slices.ContainsFunc(s.Parts, func(p stages.TextPart) bool { return p.Expr && impureCall(p.Text) >= 0 })
	}
	for i := range s.Items {
		if isImpureSource(&s.Items[i]) {
			return true
		}
	}
	return false
}
