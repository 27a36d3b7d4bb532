package stages

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"
)

// maxExprSize bounds the source of an expression, in bytes: the parser recurses, so a longer one could exhaust the stack.
const maxExprSize = 64 << 10

// exprTree is a parsed expression.
type exprTree struct {
	source string
	ascii  bool
	node   ast.Node
}

// parseExpr reads the source with expr's parser and puts its errors into plain words.
func parseExpr(src string) (tree exprTree, failure *ExprError) {
	tree = exprTree{source: src, ascii: isASCII(src)}
	switch at := findComment(src); {
	case len(src) > maxExprSize:
		return tree, &ExprError{Msg: fmt.Sprintf("an expression may have %d bytes, not %d", maxExprSize, len(src))}
	case strings.TrimSpace(src) == "":
		return tree, &ExprError{Msg: "the expression is empty"}
	case at >= 0:
		return tree, &ExprError{Offset: at, Msg: "// is no operator", Hint: "div(a, b) divides and rounds down; a ?? b is b where a is null"}
	}
	defer func() {
		if r := recover(); r != nil { // expr's parser goes on after some errors with half a tree
			failure = &ExprError{Msg: "the expression cannot be read"}
		}
	}()
	parsed, err := parser.Parse(src)
	if err != nil {
		return tree, tree.syntaxError(err)
	}
	tree.node = parsed.Node
	return tree, nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// offset is the byte at which a node stands; expr counts runes.
func (t *exprTree) offset(loc file.Location) int { return t.byteOf(loc.From) }

func (t *exprTree) byteOf(runes int) int {
	if t.ascii {
		return min(max(runes, 0), len(t.source))
	}
	for i := range t.source {
		if runes <= 0 {
			return i
		}
		runes--
	}
	return len(t.source)
}

// at is the byte at which an error of a node is shown: its operator, or where it begins.
func (t *exprTree) at(node ast.Node) int {
	switch n := node.(type) {
	case *ast.ConditionalNode: // the parser gives it no place of its own
		return t.at(n.Cond)
	case *ast.PredicateNode:
		return t.at(n.Node)
	case *ast.PairNode:
		return t.at(n.Value)
	}
	return t.offset(node.Location())
}

// syntaxError puts an error of expr's lexer or parser into the words of this project.
func (t *exprTree) syntaxError(err error) *ExprError {
	var at *file.Error
	if !errors.As(err, &at) {
		return &ExprError{Msg: oneLine(err.Error())}
	}
	e := &ExprError{Offset: t.offset(at.Location), Msg: oneLine(at.Message)}
	token, isToken := strings.CutPrefix(at.Message, "unexpected token ")
	switch {
	case isToken && token == "EOF" || at.Message == "unexpected end of expression":
		e.Msg, e.Offset = "the expression ends too early", len(t.source)
	case isToken:
		e.Msg = "unexpected " + tokenText(token)
		e.Hint = tokenHint(token)
	case strings.HasPrefix(at.Message, "invalid integer literal"), strings.HasPrefix(at.Message, "invalid hex literal"),
		strings.HasPrefix(at.Message, "invalid binary literal"), strings.HasPrefix(at.Message, "invalid octal literal"),
		at.Message == "integer literal is too large":
		e.Msg, e.Offset = "the integer does not fit into 64 bits", t.numberBefore(at.From)
	case strings.HasPrefix(at.Message, "invalid float literal"), at.Message == "float literal is too large":
		e.Msg, e.Offset = "the number does not fit into a float", t.numberBefore(at.From)
	case at.Message == "literal not terminated":
		e.Msg = "a quoted text does not end"
	case strings.HasPrefix(at.Message, "compilation failed: expression exceeds"):
		e.Msg = "the expression is too long"
	}
	return e
}

// numberBefore is where the last number before a rune begins: the parser blames what follows it.
func (t *exprTree) numberBefore(runes int) int {
	last := 0
	tokens, err := lexer.Lex(file.NewSource(t.source))
	if err != nil {
		return 0
	}
	for _, token := range tokens {
		if token.Kind == lexer.Number && token.From < runes {
			last = token.From
		}
	}
	return t.byteOf(last)
}

// tokenText is a token as expr prints it, Operator("+"), without its class.
func tokenText(token string) string {
	if open := strings.IndexByte(token, '('); open >= 0 && strings.HasSuffix(token, ")") {
		return token[open+1 : len(token)-1]
	}
	return token
}

// tokenHint helps those who come from other languages.
func tokenHint(token string) string {
	switch token {
	case `Operator("=")`:
		return "== compares"
	case `Operator("if")`, `Operator("else")`:
		return "write condition ? a : b"
	case `Operator("#")`:
		return "# is the element inside of map(), filter() and their like"
	case `Operator("&")`:
		return "bitand(a, b) works on bits, a and b on conditions"
	case `Identifier("is")`:
		return "== compares"
	case `Identifier("for")`:
		return "write map(list, it * 2), or filter(list, it > 2)"
	case `Identifier("then")`, `Identifier("elif")`:
		return "write condition ? a : b"
	case `Identifier("as")`:
		return "write let name = x; and then what reads it, or the stage's own option as"
	case `Operator("contains")`, `Operator("startsWith")`, `Operator("endsWith")`, `Operator("matches")`:
		return `it stands between two texts: item ` + tokenText(strings.ReplaceAll(token, `"`, "")) + ` "x"`
	case `Operator(".")`:
		return "a field of the item is item.name"
	}
	return ""
}
