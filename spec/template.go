package spec

import "strings"

// Part is a piece of a text: characters, or an expression to be replaced by its value.
type Part struct {
	IsExpr bool
	Source string // the characters, or the expression without `${{`, `}}` and the white space around it
	Offset int    // byte of the text that Source begins at: Node.PosAt gives its place in the document
}

// Template is a text with `${{ expression }}` in it. A text that is one expression stands for the value itself.
type Template struct {
	Node  *Node
	Parts []Part // empty of an empty text
}

// IsLiteral reports whether there is no expression in the text.
func (t Template) IsLiteral() bool {
	for _, p := range t.Parts {
		if p.IsExpr {
			return false
		}
	}
	return true
}

// Whole is the expression of a text that is nothing but one `${{ }}`.
func (t Template) Whole() (Part, bool) {
	if len(t.Parts) == 1 && t.Parts[0].IsExpr {
		return t.Parts[0], true
	}
	return Part{}, false
}

// ParseTemplate splits the text of a scalar at its `${{ }}`, whose ends findClose finds (nil: FindClose). Findings are a `${{` that
// is not closed and one with nothing in it; the text from there on is literal then.
func ParseTemplate(n *Node, findClose func(string) int) (Template, Diagnostics) {
	r := &reader{opts: Options{FindClose: findClose}.withDefaults()}
	t := r.template(n)
	return t, r.found.Sorted()
}

const (
	openBraces  = "${{"
	closeBraces = "}}"
)

func (r *reader) template(n *Node) Template {
	t := Template{Node: n}
	literal := func(from, to int) {
		if from < to {
			t.Parts = append(t.Parts, Part{Source: n.Text[from:to], Offset: from})
		}
	}
	at := 0
	for {
		open := strings.Index(n.Text[at:], openBraces)
		if open < 0 {
			break
		}
		open += at
		inner := open + len(openBraces)
		length := r.opts.FindClose(n.Text[inner:])
		if length < 0 || inner+length+len(closeBraces) > len(n.Text) {
			r.add(Diagnostic{
				Code: CodeUnclosed, Range: n.RangeAt(open, inner), Path: n.Path(), Hint: "close it with }}",
				Summary: "the expression that ${{ opens is not closed",
			})
			break
		}
		literal(at, open)
		at = inner + length + len(closeBraces)
		source := strings.TrimLeft(n.Text[inner:inner+length], " \t\n")
		part := Part{IsExpr: true, Offset: inner + length - len(source), Source: strings.TrimRight(source, " \t\n")}
		if part.Source == "" {
			r.add(Diagnostic{Code: CodeEmptyExpression, Range: n.RangeAt(open, at), Path: n.Path(), Summary: "there is nothing between ${{ and }}"})
			continue
		}
		t.Parts = append(t.Parts, part)
	}
	literal(at, len(n.Text))
	return t
}

// FindClose is the default of Options.FindClose: it steps over strings in '…', "…" and `…`, comments, and braces in braces.
func FindClose(src string) int {
	if i := findClose(src, true); i >= 0 {
		return i
	}
	return findClose(src, false) // a // that takes the }} away is better told of by who reads the expression
}

func findClose(src string, lineComments bool) int {
	depth := 0
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '\'' || c == '"' || c == '`':
			n := stringLen(src[i:])
			if n < 0 {
				return -1
			}
			i += n - 1
		case lineComments && strings.HasPrefix(src[i:], "//"):
			end := strings.IndexByte(src[i:], '\n')
			if end < 0 {
				return -1
			}
			i += end
		case strings.HasPrefix(src[i:], "/*"):
			end := strings.Index(src[i+2:], "*/")
			if end < 0 {
				return -1
			}
			i += end + 3
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case strings.HasPrefix(src[i:], closeBraces):
			return i
		}
	}
	return -1
}

// stringLen is the length of the string literal of the expression language that src begins with, -1 if it is not closed.
func stringLen(src string) int {
	quote := src[0]
	for i := 1; i < len(src); i++ {
		switch {
		case src[i] == quote:
			return i + 1
		case src[i] == '\\' && quote != '`':
			i++
		}
	}
	return -1
}
