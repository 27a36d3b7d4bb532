package planner

import (
	"errors"
	"unicode"
	"unicode/utf8"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// expressionErrors reports what is wrong with an expression at its own column: src begins at the byte offset of n's text.
func (f *findings) expressionErrors(n *spec.Node, offset int, src string, err error) {
	var all stages.ExprErrors
	if !errors.As(err, &all) {
		f.errorAt(n, CodeExpression, "", "%s", err)
		return
	}
	for _, e := range all {
		f.errorIn(tokenRange(n, offset, src, e.Offset), n, CodeExpression, e.Hint, "%s", e.Msg)
	}
}

// tokenRange is the range of the token that begins at the byte at of an expression.
func tokenRange(n *spec.Node, offset int, src string, at int) spec.Range {
	at = max(0, min(at, len(src)))
	return n.RangeAt(offset+at, offset+at+tokenLen(src[at:]))
}

// tokenLen is the length of the name, number or text that src begins with; of anything else one character.
func tokenLen(src string) int {
	if src == "" {
		return 0
	}
	first, size := utf8.DecodeRuneInString(src)
	switch {
	case isWordRune(first):
		for i, r := range src {
			if !isWordRune(r) {
				return i
			}
		}
		return len(src)
	case first == '"' || first == '\'' || first == '`':
		for i := 1; i < len(src); i++ {
			switch {
			case src[i] == '\\' && first != '`':
				i++
			case rune(src[i]) == first:
				return i + 1
			}
		}
	}
	return size
}

func isWordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// sourceErrors reports everything wrong in a Source, each expression at its own column.
func (c *compiler) sourceErrors(s *stages.Source, scope *stages.Scope) {
	o := c.origins[s]
	switch s.Kind {
	case stages.SourceExpr:
		if _, err := stages.CompileExpr(s.Text, scope); err != nil {
			c.scopeErrors(o.node, o.offset(0), s.Text, err)
		}
	case stages.SourceText:
		for i, p := range s.Parts {
			if !p.Expr {
				continue
			}
			if _, err := stages.CompileExpr(p.Text, scope); err != nil {
				c.scopeErrors(o.node, o.offset(i), p.Text, err)
			}
		}
	}
	for i := range s.Items {
		c.sourceErrors(&s.Items[i], scope)
	}
}

func (o origin) offset(i int) int {
	if i < len(o.offsets) {
		return o.offsets[i]
	}
	return 0
}

// scopeErrors reports the errors of an expression; names of the spec that expressions cannot read yet are told from unknown ones.
func (c *compiler) scopeErrors(n *spec.Node, offset int, src string, err error) {
	var all stages.ExprErrors
	if n == nil || !errors.As(err, &all) {
		return
	}
	for _, e := range all {
		at := max(0, min(e.Offset, len(src)))
		name := src[at : at+tokenLen(src[at:])]
		if s, ok := c.symbols[name]; ok && s.kind != "queue" && s.kind != "process" && !stages.IsFunction(name) {
			c.errorIn(tokenRange(n, offset, src, e.Offset), n, CodeNotAvailable, "",
				"this version of mprun cannot read %s in expressions yet", withArticle(s.kind))
			continue
		}
		if s, ok := c.symbols[name]; ok && e.Msg == name+" is a function" {
			c.errorIn(tokenRange(n, offset, src, e.Offset), n, CodeExpression, "give it another name to read it",
				"%s is a function; %s that is named like one cannot be read in expressions", name, withArticle(s.kind))
			continue
		}
		c.expressionErrors(n, offset, src, stages.ExprErrors{e})
	}
}
