package stages

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// binaryOperator is an operator that computes both its operands first.
type binaryOperator struct {
	symbol string
	apply  func(a, b any) (any, error)
	// operands are the pairs of kinds the operator takes: one of the first set with one of the second.
	operands [][2]Kinds
	// result is the type for operands of these types.
	result func(a, b Type) Type
	// hint helps if the operands are wrong.
	hint string
}

// binaryOperators are all but and, or and ??, which may leave out their right side, and matches.
var binaryOperators = [...]binaryOperator{
	{"+", add, [][2]Kinds{{KindNumber, KindNumber}, {KindString, KindString}}, addType, "string(x) makes text, int(x) and float(x) numbers, concat(a, b) joins lists"},
	{"-", subtract, [][2]Kinds{{KindNumber, KindNumber}}, numberType, "int(x) and float(x) read numbers"},
	{"*", multiply, [][2]Kinds{{KindNumber, KindNumber}}, numberType, "int(x) and float(x) read numbers"},
	{"/", divide, [][2]Kinds{{KindNumber, KindNumber}}, floatType, "int(x) and float(x) read numbers"},
	{"%", remainder, [][2]Kinds{{KindInt, KindInt}}, intType, "mod(a, b) takes floats too"},
	{"**", power, [][2]Kinds{{KindNumber, KindNumber}}, powerType, "int(x) and float(x) read numbers"},
	{"^", power, [][2]Kinds{{KindNumber, KindNumber}}, powerType, "int(x) and float(x) read numbers"},
	{"==", equalAny, nil, boolType, "string(x), int(x) and float(x) convert"},
	{"!=", unequalAny, nil, boolType, "string(x), int(x) and float(x) convert"},
	{"<", less, [][2]Kinds{{KindNumber, KindNumber}, {KindString, KindString}}, boolType, "string(x), int(x) and float(x) convert"},
	{"<=", atMost, [][2]Kinds{{KindNumber, KindNumber}, {KindString, KindString}}, boolType, "string(x), int(x) and float(x) convert"},
	{">", greater, [][2]Kinds{{KindNumber, KindNumber}, {KindString, KindString}}, boolType, "string(x), int(x) and float(x) convert"},
	{">=", atLeast, [][2]Kinds{{KindNumber, KindNumber}, {KindString, KindString}}, boolType, "string(x), int(x) and float(x) convert"},
	{"..", span, [][2]Kinds{{KindInt, KindInt}}, spanType, ""},
	{"in", isIn, [][2]Kinds{{KindAny, KindList | KindNull}, {KindString, KindMap | KindString}}, boolType, ""},
	{"contains", containsText, textPairs, boolType, "x in list looks into a list"},
	{"startsWith", startsWith, textPairs, boolType, ""},
	{"endsWith", endsWith, textPairs, boolType, ""},
}

// textPairs are the operands of the operators on texts; null contains nothing.
var textPairs = [][2]Kinds{{KindString | KindNull, KindString | KindNull}}

func findOperator(symbol string) *binaryOperator {
	for i := range binaryOperators {
		if binaryOperators[i].symbol == symbol {
			return &binaryOperators[i]
		}
	}
	return nil
}

// Types of results that do not depend on the operands; functions, so that the tables need no code to initialise.

func boolType(_, _ Type) Type  { return BoolType }
func intType(_, _ Type) Type   { return IntType }
func floatType(_, _ Type) Type { return FloatType }
func spanType(_, _ Type) Type  { return ListOf(IntType) }

// numberType is the type of arithmetic: a float as soon as one side is one.
func numberType(a, b Type) Type {
	a.Kinds &= KindNumber
	b.Kinds &= KindNumber
	switch {
	case a.Kinds == KindInt && b.Kinds == KindInt:
		return IntType
	case a.Kinds == KindFloat || b.Kinds == KindFloat:
		return FloatType
	}
	return NumberType
}

func addType(a, b Type) Type {
	var t Type
	if a.May(KindNumber) && b.May(KindNumber) {
		t = numberType(a, b)
	}
	if a.May(KindString) && b.May(KindString) {
		t.Kinds |= KindString
	}
	return t
}

// powerType: the power of two ints is one unless the exponent is negative.
func powerType(a, b Type) Type {
	if t := numberType(a, b); t.Kinds == KindFloat {
		return t
	}
	return NumberType
}

func (c *compiler) unary(n *ast.UnaryNode) code {
	if n.Operator == "not" || n.Operator == "!" {
		is := c.condition(n.Node)
		return code{typ: BoolType, run: func(env *Env) (any, error) {
			v, err := is(env)
			if err != nil {
				return nil, err
			}
			return !v, nil
		}}
	}
	got, at := c.value(n.Node), c.tree.at(n)
	apply := negate
	if n.Operator == "+" {
		apply = plus
	}
	if !got.typ.May(KindNumber) && got.typ.Kinds != 0 {
		return c.fail(at, "int(x) and float(x) read numbers", "%s has no meaning for %s", n.Operator, aType(got.typ))
	}
	typ := Type{Kinds: got.typ.Kinds & KindNumber}
	return fold(code{typ: typ, run: func(env *Env) (any, error) {
		v, err := got.run(env)
		if err != nil {
			return nil, err
		}
		if v, err = apply(v); err != nil {
			return nil, failAt(err, at)
		}
		return v, nil
	}}, got)
}

func (c *compiler) binary(n *ast.BinaryNode) code {
	switch n.Operator {
	case "and", "&&":
		return c.logical(n, false)
	case "or", "||":
		return c.logical(n, true)
	case "??":
		return c.coalesce(n)
	case "matches":
		return c.matches(n)
	}
	at := c.tree.at(n)
	op := findOperator(n.Operator)
	if op == nil {
		return c.fail(at, "", "unknown operator %s", n.Operator)
	}
	left, right := c.value(n.Left), c.value(n.Right)
	if !op.takes(left.typ, right.typ) {
		return c.fail(at, op.hint, "%s has no meaning %s", op.symbol, betweenTypes(left.typ, right.typ))
	}
	typ := op.result(left.typ, right.typ)
	if exponent, ok := right.val.(int); ok && exponent >= 0 && typ.Kinds == KindNumber && left.typ.Is(KindInt) {
		typ = IntType
	}
	if op.symbol == ".." {
		return code{typ: typ, run: spanRun(left.run, right.run, at)}
	}
	return fold(code{typ: typ, run: binaryRun(op, left, right, at)}, left, right)
}

// spanRun makes the list of a..b, which is never done before the run: its elements are taken out of the budget before they are made.
func spanRun(left, right evalFunc, at int) evalFunc {
	return func(env *Env) (any, error) {
		a, err := left(env)
		if err != nil {
			return nil, err
		}
		b, err := right(env)
		if err != nil {
			return nil, err
		}
		n, err := spanLength(a, b)
		if err != nil {
			return nil, failAt(err, at)
		}
		if err := env.spend(1+n, at); err != nil {
			return nil, err
		}
		return span(a, b)
	}
}

// binaryRun calls the operator; a constant right side, as most have, is fetched once.
func binaryRun(op *binaryOperator, left, right code, at int) evalFunc {
	apply, x, y := op.apply, left.run, right.run
	if right.isConst {
		b := right.val
		return func(env *Env) (any, error) {
			a, err := x(env)
			if err != nil {
				return nil, err
			}
			v, err := apply(a, b)
			if err != nil {
				return nil, failAt(err, at)
			}
			return v, nil
		}
	}
	return func(env *Env) (any, error) {
		a, err := x(env)
		if err != nil {
			return nil, err
		}
		b, err := y(env)
		if err != nil {
			return nil, err
		}
		v, err := apply(a, b)
		if err != nil {
			return nil, failAt(err, at)
		}
		return v, nil
	}
}

// takes says whether the operator can have a meaning for operands of these types.
func (op *binaryOperator) takes(a, b Type) bool {
	if a.Kinds == 0 || b.Kinds == 0 {
		return true
	}
	if op.operands == nil { // equality: of kinds that can be the same; everything may be asked for null
		const loose = KindNull
		if a.May(loose) || b.May(loose) || a.Kinds&b.Kinds != 0 {
			return true
		}
		return a.May(KindNumber) && b.May(KindNumber)
	}
	for _, pair := range op.operands {
		if a.May(pair[0]) && b.May(pair[1]) {
			return true
		}
	}
	return false
}

// logical is and, or: the right side runs only if the left does not decide.
func (c *compiler) logical(n *ast.BinaryNode, decides bool) code {
	left, right := c.condition(n.Left), c.condition(n.Right)
	return code{typ: BoolType, run: func(env *Env) (any, error) {
		v, err := left(env)
		if err == nil && v != decides {
			v, err = right(env)
		}
		if err != nil {
			return nil, err
		}
		return v, nil
	}}
}

// coalesce is a ?? b: b if a is null.
func (c *compiler) coalesce(n *ast.BinaryNode) code {
	left, right := c.value(n.Left), c.value(n.Right)
	typ := left.typ
	if typ.May(KindNull) {
		typ = Join(typ.NotNull(), right.typ)
	}
	return code{typ: typ, run: func(env *Env) (any, error) {
		v, err := left.run(env)
		if err != nil || v != nil {
			return v, err
		}
		return right.run(env)
	}}
}

// matches is text matches pattern; a constant pattern is compiled, and checked, once.
func (c *compiler) matches(n *ast.BinaryNode) code {
	left, right, at := c.value(n.Left), c.value(n.Right), c.tree.at(n)
	const subject = KindString | KindBytes | KindNull
	if !left.typ.May(subject) && left.typ.Kinds != 0 || !right.typ.May(KindString|KindNull) && right.typ.Kinds != 0 {
		return c.fail(at, "", "matches has no meaning %s", betweenTypes(left.typ, right.typ))
	}
	pattern := c.pattern(right, c.tree.at(n.Right))
	return code{typ: BoolType, run: func(env *Env) (any, error) {
		v, err := left.run(env)
		if err != nil {
			return nil, err
		}
		re, err := pattern(env)
		if err != nil {
			return nil, failAt(err, at)
		}
		if v == nil || re == nil {
			return false, nil
		}
		switch v := v.(type) {
		case string:
			return re.MatchString(v), nil
		case []byte:
			return re.Match(v), nil
		}
		return nil, &ExprError{Offset: at, Msg: "matches has no meaning for " + aKind(v)}
	}}
}

// cachedRegexp is a pattern that an Env has met.
type cachedRegexp struct {
	re  *regexp.Regexp
	err error
}

// maxCachedRegexps bounds how many patterns made at run time an Env keeps.
const maxCachedRegexps = 64

// pattern gives the regular expression that got stands for; nil if its value is null.
func (c *compiler) pattern(got code, at int) func(*Env) (*regexp.Regexp, error) {
	if s, ok := got.val.(string); ok {
		re, err := compileRegexp(s)
		if err != nil {
			c.fail(at, "", "%s", err)
		}
		return func(*Env) (*regexp.Regexp, error) { return re, nil }
	}
	return func(env *Env) (*regexp.Regexp, error) {
		v, err := got.run(env)
		if err != nil || v == nil {
			return nil, err
		}
		s, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("a pattern must be a string, not %s", aKind(v))
		}
		return env.regexp(s)
	}
}

func (env *Env) regexp(pattern string) (*regexp.Regexp, error) {
	if env == nil { // folding
		return compileRegexp(pattern)
	}
	if cached, ok := env.regexps[pattern]; ok {
		return cached.re, cached.err
	}
	if env.regexps == nil || len(env.regexps) >= maxCachedRegexps {
		env.regexps = make(map[string]*cachedRegexp)
	}
	re, err := compileRegexp(pattern)
	env.regexps[pattern] = &cachedRegexp{re, err}
	return re, err
}

func compileRegexp(pattern string) (*regexp.Regexp, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, errors.New("the pattern is wrong: " + strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return re, nil
}

// spanLength is how many ints there are from a to b, both included.
func spanLength(a, b any) (int, error) {
	from, ok := a.(int)
	to, ok2 := b.(int)
	if !ok || !ok2 {
		return 0, operandError("..", a, b)
	}
	if to < from {
		return 0, nil
	}
	if uint64(to)-uint64(from) >= maxList {
		return 0, fmt.Errorf("a list may be made of at most %d ints", maxList)
	}
	return to - from + 1, nil
}

// span is a..b: the ints from a to b, both included.
func span(a, b any) (any, error) {
	n, err := spanLength(a, b)
	if err != nil {
		return nil, err
	}
	list := make([]any, n)
	for i := range list {
		list[i] = a.(int) + i
	}
	return list, nil
}

// isIn is element in list, key in map, part in text; nothing is in null.
func isIn(a, b any) (any, error) {
	switch in := b.(type) {
	case nil:
		return false, nil
	case []any:
		for _, e := range in {
			if Equal(e, a) {
				return true, nil
			}
		}
		return false, nil
	case map[string]any:
		if key, ok := a.(string); ok {
			_, found := in[key]
			return found, nil
		}
	case string:
		if s, ok := a.(string); ok {
			return strings.Contains(in, s), nil
		}
	}
	return nil, operandError("in", a, b)
}

func containsText(a, b any) (any, error) { return onTexts("contains", strings.Contains, a, b) }
func startsWith(a, b any) (any, error)   { return onTexts("startsWith", strings.HasPrefix, a, b) }
func endsWith(a, b any) (any, error)     { return onTexts("endsWith", strings.HasSuffix, a, b) }

func onTexts(op string, holds func(s, part string) bool, a, b any) (any, error) {
	if a == nil || b == nil {
		return false, nil
	}
	s, ok := a.(string)
	part, ok2 := b.(string)
	if !ok || !ok2 {
		return nil, operandError(op, a, b)
	}
	return holds(s, part), nil
}
