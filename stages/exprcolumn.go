package stages

import (
	"slices"
)

// ColumnLoop runs an expression over a whole column at a time, as loops over its numbers. Its results are those of Run, item by
// item: where a loop meets what Run would refuse (an overflow, a zero divisor, text that is no number), even in a branch that Run
// would not take, it gives up on the column, and the caller runs that one item by item, which also finds the item to blame.
//
// A ColumnLoop owns its memory, so each goroutine makes its own.
type ColumnLoop struct {
	in       ColumnKind
	expr     *Expr
	waits    bool                 // the nodes are made at the first column
	broken   bool                 // no nodes could be made
	elements bool                 // of an array: what differs from item to item is the same for all of them
	item     *loopNode            // nil over Records
	fields   map[string]*loopNode // over Records: the item's fields, which the caller fills
	root     *loopNode
	order    []*loopNode // operands before what uses them
	uniforms []uniform
}

// maxLoopSource bounds the source that loops are tried for: finding what is uniform is quadratic in the depth of its calls.
const maxLoopSource = 4 << 10

// uniform is a part of the expression that reads nothing of the item, such as vars.n: it is computed once for a column.
type uniform struct {
	expr *Expr
	node *loopNode
}

// lane is the kind of the values that a node computes.
type lane uint8

const (
	laneInt lane = iota + 1
	laneFloat
	laneBool
	laneText
)

// loopNode is one operation over a column. run leaves its n results in the slice of its lane, or says that it cannot. A constant
// is in the field of its lane; its slice is filled by vector, for loops that take no constant.
type loopNode struct {
	lane    lane
	isConst bool
	literal bool // a constant that stands in the expression
	int     int
	float   float64
	bool    bool
	text    string

	ints   []int
	floats []float64
	bools  []bool
	texts  []string

	run func(env *Env, n int) bool
}

// ColumnLoop makes the loops for columns of the given kind; ok is false if the expression has to run item by item: if it is
// anything but arithmetic, comparison, logic and ternaries over the item, its index, constants, what is the same for all items,
// and int(), float(), div() and mod() of these.
func (e *Expr) ColumnLoop(in ColumnKind) (l *ColumnLoop, ok bool) {
	if len(e.source) > maxLoopSource || in == Mixed || in == Records {
		return nil, false
	}
	l = &ColumnLoop{in: in, expr: e}
	return l, l.build(nil)
}

// elementLoop makes the loops of an expression of `apply`, in which `at` counts from Env.At on.
func (e *Expr) elementLoop(in ColumnKind) (l *ColumnLoop, ok bool) {
	if len(e.source) > maxLoopSource {
		return nil, false
	}
	l = &ColumnLoop{in: in, expr: e, elements: true}
	return l, l.build(nil)
}

// recordLoop makes the loops for columns of Records whose fields are of these lanes.
func (e *Expr) recordLoop(fields map[string]*loopNode) (l *ColumnLoop, ok bool) {
	if len(e.source) > maxLoopSource {
		return nil, false
	}
	l = &ColumnLoop{in: Records, expr: e, fields: fields}
	return l, l.build(nil)
}

// build makes the nodes. Without an env, the kinds of what is uniform may be unknown; then it is tried again at the first column.
func (l *ColumnLoop) build(env *Env) (ok bool) {
	b := columnBuilder{loop: l, scope: l.expr.scope, source: l.expr.source, env: env}
	l.item, l.order, l.uniforms = nil, nil, nil
	if l.in != Records {
		l.item = &loopNode{lane: laneOf(l.in)}
	}
	l.root = b.node(l.expr.tree.node)
	if l.waits = b.unknown && env == nil; l.waits {
		return true
	}
	return l.root != nil && (l.root.lane != laneText || l.in == Records && !l.root.isConst)
}

// laneOf is the lane of a column's items.
func laneOf(kind ColumnKind) lane {
	switch kind {
	case Ints:
		return laneInt
	case Floats:
		return laneFloat
	case Strings:
		return laneText
	}
	return 0
}

// Map appends the results for all items of in to out; an out that is not empty must be of the kind of the results, which are
// Ints, Floats, Strings over Records, or Mixed with bools. env is that of the first item, but for the item. If it reports false, out is unchanged.
func (l *ColumnLoop) Map(env *Env, in, out *Column) bool {
	if !l.compute(env, in) {
		return false
	}
	n, root := in.Len(), l.root
	switch root.lane {
	case laneInt:
		out.AppendRange(&Column{Kind: Ints, Ints: root.vectorInts(n)}, 0, n)
	case laneFloat:
		out.AppendRange(&Column{Kind: Floats, Floats: root.vectorFloats(n)}, 0, n)
	case laneText:
		out.AppendRange(&Column{Kind: Strings, Strings: root.texts[:n]}, 0, n)
	default:
		for _, v := range root.vectorBools(n) {
			out.Append(v)
		}
	}
	return true
}

// numbers gives the results for all items of in, where they are numbers, as a Column that is valid until the next call; false as of Map.
// If room is long enough, floats may be put there; what is in it after a false is nothing.
func (l *ColumnLoop) numbers(env *Env, in *Column, room []float64) (Column, bool) {
	n := in.Len()
	if len(room) >= n && l.root != nil && l.root.run != nil && l.root.lane == laneFloat {
		before := l.root.floats
		l.root.floats = room[:0]
		defer func() { l.root.floats = before }()
	}
	if !l.compute(env, in) {
		return Column{}, false
	}
	switch l.root.lane {
	case laneInt:
		return Column{Kind: Ints, Ints: l.root.vectorInts(n)}, true
	case laneFloat:
		return Column{Kind: Floats, Floats: l.root.vectorFloats(n)}, true
	}
	return Column{}, false
}

// Select gives the results of a condition for all items of in; they stay valid until the next call. It reports false if the
// column has to run item by item.
func (l *ColumnLoop) Select(env *Env, in *Column) ([]bool, bool) {
	if !l.compute(env, in) || l.root.lane != laneBool {
		return nil, false
	}
	return l.root.vectorBools(in.Len()), true
}

// compute runs all nodes.
func (l *ColumnLoop) compute(env *Env, in *Column) bool {
	if in.Kind != l.in || l.broken {
		return false
	}
	if l.waits {
		if l.broken = !l.build(env); l.broken {
			return false
		}
	}
	if l.item != nil {
		l.item.ints, l.item.floats, l.item.texts = in.Ints, in.Floats, in.Strings
	}
	for _, u := range l.uniforms {
		v, err := u.expr.Run(env)
		if err != nil || !u.node.set(v) {
			return false
		}
	}
	n := in.Len()
	for _, node := range l.order {
		if !node.run(env, n) {
			return false
		}
	}
	return true
}

// set makes the node a constant of v, which must be of its lane.
func (n *loopNode) set(v any) bool {
	switch v := v.(type) {
	case int:
		n.int, n.ints = v, n.ints[:0]
		return n.lane == laneInt
	case float64:
		n.float, n.floats = v, n.floats[:0]
		return n.lane == laneFloat
	case bool:
		n.bool, n.bools = v, n.bools[:0]
		return n.lane == laneBool
	case string:
		n.text, n.texts = v, n.texts[:0]
		return n.lane == laneText
	}
	return false
}

// vectorInts is the results as a slice of n, also those of a constant.
func (n *loopNode) vectorInts(count int) []int {
	return vector(n.isConst, n.int, &n.ints, count)
}

func (n *loopNode) vectorFloats(count int) []float64 {
	return vector(n.isConst, n.float, &n.floats, count)
}

func (n *loopNode) vectorBools(count int) []bool {
	return vector(n.isConst, n.bool, &n.bools, count)
}

func (n *loopNode) vectorTexts(count int) []string {
	return vector(n.isConst, n.text, &n.texts, count)
}

func vector[T any](isConst bool, value T, slice *[]T, count int) []T {
	if isConst && len(*slice) < count {
		*slice = slices.Grow((*slice)[:0], count)[:count]
		for i := range *slice {
			(*slice)[i] = value
		}
	}
	return (*slice)[:count]
}

// room is a slice of n elements in the memory of s.
func room[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/2)
	}
	return s[:n]
}
