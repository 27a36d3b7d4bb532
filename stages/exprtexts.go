package stages

import (
	"strings"

	"github.com/expr-lang/expr/ast"
)

// textsFunc appends the texts that an expression makes of a text.
type textsFunc func(dst []string, text string) []string

// textsOf is the expression as a textsFunc, if it is one that takes the item apart: `find_all(item, "[a-z]+")` with a pattern that is
// a run of ASCII characters, or `split(item, ",")`. The results are those of the expression for every item that is a text. Nil if it is
// another expression.
func textsOf(src *Source) textsFunc {
	if src == nil || src.Kind != SourceExpr {
		return nil
	}
	tree, failure := parseExpr(src.Text)
	if failure != nil {
		return nil
	}
	name, args := calledName(tree.node)
	if len(args) != 2 {
		return nil
	}
	item, isName := args[0].(*ast.IdentifierNode)
	text, isText := args[1].(*ast.StringNode)
	if !isName || item.Value != "item" || !isText {
		return nil
	}
	switch name {
	case "find_all":
		if run := newCharRun(text.Value); run != nil {
			return run.appendAll
		}
	case "split":
		if text.Value != "" {
			return func(dst []string, s string) []string { return appendSplit(dst, s, text.Value) }
		}
	}
	return nil
}

// calledName is the name and the arguments of a call.
func calledName(n ast.Node) (string, []ast.Node) {
	switch n := n.(type) {
	case *ast.BuiltinNode:
		return n.Name, n.Arguments
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return callee.Value, n.Arguments
		}
	}
	return "", nil
}

// appendSplit is strings.Split without a slice of its own. The separator is not empty.
func appendSplit(dst []string, s, separator string) []string {
	for {
		before, after, found := strings.Cut(s, separator)
		dst = append(dst, before)
		if !found {
			return dst
		}
		s = after
	}
}
