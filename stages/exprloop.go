package stages

import (
	"errors"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// loopFunction is a function that runs a closure for each element of a list. A map in place of a list stands for the list of its
// {key, value} in the order of the keys.
type loopFunction struct {
	name string
	// condition: the closure must give true or false.
	condition bool
	// element: without a closure the elements themselves are taken.
	element bool
	run     func(l *looping, env *Env) (any, error)
	// result is the type, from the elements' type and the closure's.
	result func(elem, body Type) Type
}

// loopFunctions is sorted by name.
var loopFunctions = [...]loopFunction{
	{"all", true, false, loopAll, boolType},
	{"any", true, false, loopAny, boolType},
	{"count", true, true, loopCount, intType},
	{"filter", true, false, loopFilter, listOfElements},
	{"find", true, false, loopFind, maybeElementOf},
	{"findIndex", true, false, loopFindIndex, maybeIntType},
	{"findLast", true, false, loopFindLast, maybeElementOf},
	{"findLastIndex", true, false, loopFindLastIndex, maybeIntType},
	{"groupBy", false, false, loopGroupBy, groupsOf},
	{"map", false, false, loopMap, listOfResults},
	{"none", true, false, loopNone, boolType},
	{"one", true, false, loopOne, boolType},
	{"reduce", false, false, loopReduce, nil},
	{"sortBy", false, false, loopSortBy, listOfElements},
	{"sum", false, true, loopSum, sumType},
}

func findLoop(name string) *loopFunction {
	i, found := slices.BinarySearchFunc(loopFunctions[:], name, func(l loopFunction, name string) int { return compareNames(l.name, name) })
	if !found {
		return nil
	}
	return &loopFunctions[i]
}

func listOfElements(elem, _ Type) Type { return ListOf(elem) }
func listOfResults(_, body Type) Type  { return ListOf(body) }
func maybeElementOf(elem, _ Type) Type { return elem.Nullable() }
func maybeIntType(_, _ Type) Type      { return IntType.Nullable() }
func groupsOf(elem, _ Type) Type       { return MapOf(ListOf(elem)) }

// sumType: the sum of nothing is the int 0.
func sumType(_, body Type) Type {
	switch body.Kinds & KindNumber {
	case KindInt:
		return IntType
	}
	return NumberType
}

// looping is a compiled call of a loopFunction.
type looping struct {
	loop
	name   string
	at     int
	bodyAt int
	list   code
	body   evalFunc
	third  *code // the initial value of reduce(), the order of sortBy()
}

func (c *compiler) loop(f *loopFunction, n *ast.BuiltinNode) code {
	l := &looping{name: f.name, at: c.tree.at(n), list: c.node(n.Arguments[0])}
	if l.bodyAt = l.at; len(n.Arguments) > 1 {
		l.bodyAt = c.tree.at(n.Arguments[1])
	}
	if t := l.list.typ; !t.May(KindList|KindMap) && t.Kinds != 0 {
		return c.fail(c.tree.at(n.Arguments[0]), "", "%s() takes a list, not %s", f.name, aType(t))
	}
	if len(n.Arguments) == 3 {
		third := c.value(n.Arguments[2])
		l.third = &third
	}
	l.loop = loop{slot: c.newSlot(), index: c.indexes, acc: -1, elem: elementType(l.list)}
	c.indexes++
	if f.name == "reduce" {
		return c.reduce(l, n)
	}
	c.loops = append(c.loops, l.loop)
	body := c.loopBody(f, l, n)
	c.loops = c.loops[:len(c.loops)-1]
	run := f.run
	return code{typ: f.result(l.elem, body), run: func(env *Env) (any, error) { return run(l, env) }}
}

// loopBody compiles the closure, or takes the elements where there may be none.
func (c *compiler) loopBody(f *loopFunction, l *looping, n *ast.BuiltinNode) Type {
	got := c.element()
	if len(n.Arguments) > 1 {
		got = c.value(n.Arguments[1])
	}
	l.body = got.run
	if f.condition && !got.typ.May(KindBool) && got.typ.Kinds != 0 {
		c.fail(l.bodyAt, "", "a condition must be true or false, not %s", aType(got.typ))
	}
	if f.name == "sum" && !got.typ.May(KindNumber) && got.typ.Kinds != 0 {
		c.fail(l.bodyAt, "", "sum() takes numbers, not %s", aType(got.typ))
	}
	return got.typ
}

// reduce finds the type of #acc by trying: it begins as that of the initial value and is widened until the closure stays inside.
func (c *compiler) reduce(l *looping, n *ast.BuiltinNode) code {
	l.acc = c.newSlot()
	l.accType = l.elem
	if l.third != nil {
		l.accType = l.third.typ
	}
	slots, indexes, errs := c.slots, c.indexes, len(c.errs)
	for try := 0; ; try++ {
		c.slots, c.indexes, c.errs = slots, indexes, c.errs[:errs]
		c.loops = append(c.loops, l.loop)
		body := c.value(n.Arguments[1])
		c.loops = c.loops[:len(c.loops)-1]
		wider := Join(l.accType, body.typ)
		if wider.String() == l.accType.String() || len(c.errs) > errs {
			l.body = body.run
			break
		}
		if l.accType = wider; try == 3 {
			l.accType = AnyType
		}
	}
	return code{typ: l.accType, run: func(env *Env) (any, error) { return loopReduce(l, env) }}
}

// elementType is the type of what a loop over a list sees. An Object with elements is seen as a list of those, whatever else it is.
func elementType(list code) Type {
	var elem Type
	t := list.typ
	if t.May(KindList) {
		elem = t.Element()
	}
	if t.May(KindMap) && !(list.object && t.May(KindList)) {
		elem = Join(elem, RecordOf(FieldType{Name: "key", Type: StringType}, FieldType{Name: "value", Type: t.Value()}))
	}
	if elem.Kinds == 0 && t.Kinds == 0 {
		return AnyType
	}
	return elem
}

// items evaluates the list.
func (l *looping) items(env *Env) ([]any, error) {
	v, err := l.list.run(env)
	if err != nil {
		return nil, err
	}
	if l.list.object {
		if v, err = listed(v); err != nil {
			return nil, failAt(err, l.at)
		}
	}
	switch v := v.(type) {
	case []any:
		return v, nil
	case map[string]any:
		return pairsOf(v), nil
	}
	return nil, &ExprError{Offset: l.at, Msg: l.name + "() takes a list, not " + aKind(v)}
}

// listed is an Object as an item: one with elements is the list of them.
func listed(v any) (any, error) {
	o, ok := v.(Indexed)
	if !ok {
		return Normalize(v)
	}
	list := make([]any, o.Len())
	for i := range list {
		e, err := o.At(i)
		if err != nil {
			return nil, err
		}
		if list[i], err = Normalize(e); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// pairsOf is a map as the list that loops see.
func pairsOf(m map[string]any) []any {
	list := make([]any, 0, len(m))
	for _, key := range sortedKeys(m) {
		list = append(list, map[string]any{"key": key, "value": m[key]})
	}
	return list
}

// eval runs the closure for one element.
func (l *looping) eval(env *Env, list []any, i int) (any, error) {
	if env.Budget > 0 {
		if err := env.spend(1, l.at); err != nil {
			return nil, err
		}
	}
	env.slots[l.slot], env.indexes[l.index] = list[i], i
	return l.body(env)
}

// holds runs the closure as a condition.
func (l *looping) holds(env *Env, list []any, i int) (bool, error) {
	v, err := l.eval(env, list, i)
	if err != nil {
		return false, err
	}
	is, ok := v.(bool)
	if !ok {
		return false, &ExprError{Offset: l.bodyAt, Msg: "a condition must be true or false, not " + aKind(v)}
	}
	return is, nil
}

// search is the index of the first element, or the last, for which the closure is want; -1 if there is none.
func (l *looping) search(env *Env, want, last bool) (list []any, at int, err error) {
	if list, err = l.items(env); err != nil {
		return nil, -1, err
	}
	for n := range list {
		i := n
		if last {
			i = len(list) - 1 - n
		}
		is, err := l.holds(env, list, i)
		if err != nil {
			return nil, -1, err
		}
		if is == want {
			return list, i, nil
		}
	}
	return list, -1, nil
}

func loopAll(l *looping, env *Env) (any, error) {
	_, at, err := l.search(env, false, false)
	return at < 0, err
}

func loopAny(l *looping, env *Env) (any, error) {
	_, at, err := l.search(env, true, false)
	return at >= 0, err
}

func loopNone(l *looping, env *Env) (any, error) {
	_, at, err := l.search(env, true, false)
	return at < 0, err
}

func loopFind(l *looping, env *Env) (any, error) { return l.found(env, false) }

func loopFindLast(l *looping, env *Env) (any, error) { return l.found(env, true) }

func (l *looping) found(env *Env, last bool) (any, error) {
	list, at, err := l.search(env, true, last)
	if err != nil || at < 0 {
		return nil, err
	}
	return list[at], nil
}

func loopFindIndex(l *looping, env *Env) (any, error) { return l.foundIndex(env, false) }

func loopFindLastIndex(l *looping, env *Env) (any, error) { return l.foundIndex(env, true) }

func (l *looping) foundIndex(env *Env, last bool) (any, error) {
	_, at, err := l.search(env, true, last)
	if err != nil || at < 0 {
		return nil, err
	}
	return at, nil
}

func (l *looping) count(env *Env) (int, error) {
	list, err := l.items(env)
	if err != nil {
		return 0, err
	}
	n := 0
	for i := range list {
		is, err := l.holds(env, list, i)
		if err != nil {
			return 0, err
		}
		if is {
			n++
		}
	}
	return n, nil
}

func loopCount(l *looping, env *Env) (any, error) {
	n, err := l.count(env)
	if err != nil {
		return nil, err
	}
	return n, nil
}

func loopOne(l *looping, env *Env) (any, error) {
	n, err := l.count(env)
	return n == 1, err
}

func loopFilter(l *looping, env *Env) (any, error) {
	list, err := l.items(env)
	if err != nil {
		return nil, err
	}
	kept := make([]any, 0, len(list))
	for i := range list {
		is, err := l.holds(env, list, i)
		if err != nil {
			return nil, err
		}
		if is {
			kept = append(kept, list[i])
		}
	}
	return kept, nil
}

func loopMap(l *looping, env *Env) (any, error) {
	list, err := l.items(env)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(list))
	for i := range list {
		if out[i], err = l.eval(env, list, i); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func loopSum(l *looping, env *Env) (any, error) {
	list, err := l.items(env)
	if err != nil {
		return nil, err
	}
	var total any = 0
	for i := range list {
		v, err := l.eval(env, list, i)
		if err != nil {
			return nil, err
		}
		if KindOf(v)&KindNumber == 0 {
			return nil, &ExprError{Offset: l.bodyAt, Msg: "sum() takes numbers, not " + aKind(v)}
		}
		if total, err = add(total, v); err != nil {
			return nil, failAt(err, l.at)
		}
	}
	return total, nil
}

// loopGroupBy groups by the text of the closure's value: keys of a map are text.
func loopGroupBy(l *looping, env *Env) (any, error) {
	list, err := l.items(env)
	if err != nil {
		return nil, err
	}
	groups := make(map[string]any)
	for i := range list {
		key, err := l.eval(env, list, i)
		if err != nil {
			return nil, err
		}
		if KindOf(key)&(KindList|KindMap) != 0 {
			return nil, &ExprError{Offset: l.bodyAt, Msg: "groupBy() cannot group by " + aKind(key)}
		}
		name := TextOf(key)
		group, _ := groups[name].([]any)
		groups[name] = append(group, list[i])
	}
	return groups, nil
}

var errReduceNothing = errors.New("reduce() of an empty list needs an initial value")

// look refuses an accumulator that has grown beyond what an item may be.
func (l *looping) look(env *Env, acc any) error {
	left := maxParts
	if env.Budget > 0 {
		left = min(left, env.Budget)
	}
	all := left
	if err := overgrown(acc, maxItemDepth, &left); err != nil {
		return failAt(err, l.at)
	}
	return env.spend(all-left, l.at)
}

func loopReduce(l *looping, env *Env) (any, error) {
	list, err := l.items(env)
	if err != nil {
		return nil, err
	}
	from := 0
	var acc any
	switch {
	case l.third != nil:
		if acc, err = l.third.run(env); err != nil {
			return nil, err
		}
	case len(list) == 0:
		return nil, failAt(errReduceNothing, l.at)
	default:
		acc, from = list[0], 1
	}
	for i := from; i < len(list); i++ {
		env.slots[l.acc] = acc
		if acc, err = l.eval(env, list, i); err != nil {
			return nil, err
		}
		if n := i - from + 1; n&(n-1) == 0 || i == len(list)-1 { // now and then: looking costs
			if err := l.look(env, acc); err != nil {
				return nil, err
			}
		}
	}
	return acc, nil
}
