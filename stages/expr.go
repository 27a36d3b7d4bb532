package stages

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Expr is a compiled expression. It is immutable: goroutines may share it, each with its own Env.
//
// expr-lang's lexer and parser read the source, so the language and its precedences are theirs. What the parser gives is checked
// and turned into closures in one walk; no code of expr's virtual machine runs, which makes an item some ten times cheaper and
// keeps Go's types out of values and messages. README.md lists where the language differs from expr-lang.
type Expr struct {
	source  string
	tree    exprTree
	code    code
	names   []string
	slots   int
	indexes int
	draws   bool
	impure  bool // its value does not depend on what it reads alone
	salt    uint64
	scope   *Scope
}

// ExprError is one thing wrong with an expression: before the run (syntax, names, types) or, as the error of Run, with one item.
type ExprError struct {
	Pos    Pos    // where the source begins, if the caller of Compile gave it
	Offset int    // byte in the source
	Msg    string // one line
	Hint   string // what to write instead, or ""
}

// Error is the message and, if there is one, the hint.
func (e *ExprError) Error() string {
	if e.Hint == "" {
		return e.Msg
	}
	return e.Msg + "; " + e.Hint
}

// ExprErrors are all things found wrong with an expression, in the order of their offsets; there is at least one.
type ExprErrors []*ExprError

// Error is the first message and how many more there are.
func (e ExprErrors) Error() string {
	if len(e) == 1 {
		return e[0].Error()
	}
	return fmt.Sprintf("%s (and %d more)", e[0].Error(), len(e)-1)
}

// Unwrap gives the single errors.
func (e ExprErrors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, one := range e {
		errs[i] = one
	}
	return errs
}

// CompileExpr checks an expression against what it may read and compiles it. The error is an ExprErrors.
func CompileExpr(src string, scope *Scope) (*Expr, error) {
	tree, err := parseExpr(src)
	if err != nil {
		return nil, ExprErrors{err}
	}
	c := compiler{tree: tree, scope: scope}
	e := &Expr{source: src, tree: tree, scope: scope, code: c.value(tree.node)}
	if len(c.errs) > 0 {
		slices.SortStableFunc(c.errs, func(a, b *ExprError) int { return a.Offset - b.Offset })
		return nil, slices.CompactFunc(c.errs, func(a, b *ExprError) bool { return *a == *b })
	}
	e.names, e.slots, e.indexes, e.draws, e.impure = c.names, c.slots, c.indexes, c.draws, c.impure
	slices.Sort(e.names)
	e.salt = hashString(hashSeed, src)
	return e, nil
}

// Type is what is known of the results.
func (e *Expr) Type() Type { return e.code.typ }

// Source is the expression as it was written.
func (e *Expr) Source() string { return e.source }

// Names are the variables, bound names and resources that the expression reads, sorted.
func (e *Expr) Names() []string { return e.names }

// Const is the value of an expression that reads nothing and so is the same for every item.
func (e *Expr) Const() (value any, ok bool) { return e.code.val, e.code.isConst }

// Run evaluates the expression. The result is an item. An error is an *ExprError of one line that says at which byte of the
// source it arose.
func (e *Expr) Run(env *Env) (any, error) {
	env.spent = 0
	if e.slots == 0 && !e.draws {
		return e.code.run(env)
	}
	if len(env.slots) < e.slots {
		env.slots = make([]any, e.slots)
	}
	if len(env.indexes) < e.indexes {
		env.indexes = make([]int, e.indexes)
	}
	env.draws = e.salt
	v, err := e.code.run(env)
	clear(env.slots[:e.slots]) // or the last item would be kept alive
	return v, err
}

// RunBool evaluates a condition; a result other than true and false is an error.
func (e *Expr) RunBool(env *Env) (bool, error) {
	v, err := e.Run(env)
	if err != nil {
		return false, err
	}
	b, ok := v.(bool)
	if !ok {
		return false, &ExprError{Msg: "a condition must be true or false, not " + aKind(v)}
	}
	return b, nil
}

// failAt is err as it arose at a byte of the source. What is further inside knows better.
func failAt(err error, offset int) error {
	var at *ExprError
	if errors.As(err, &at) {
		return err
	}
	return &ExprError{Offset: offset, Msg: oneLine(err.Error())}
}

// oneLine keeps a message of others from breaking the line.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\r\n") {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}
