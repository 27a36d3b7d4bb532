package stages

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// ColumnLoop runs an expression over a whole column at a time, as loops over its numbers. Its results are those of Run, item by
// item: where a loop meets what Run would refuse (an overflow, a zero divisor, text that is no number), even in a branch that Run
// would not take, it gives up on the column, and the caller runs that one item by item, which also finds the item to blame.
//
// A ColumnLoop owns its memory, so each goroutine makes its own.
type ColumnLoop struct {
	in       ColumnKind
	expr     *Expr
	waits    bool // the nodes are made at the first column
	broken   bool // no nodes could be made
	item     *loopNode
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
	if len(e.source) > maxLoopSource || in == Mixed {
		return nil, false
	}
	l = &ColumnLoop{in: in, expr: e}
	return l, l.build(nil)
}

// build makes the nodes. Without an env, the kinds of what is uniform may be unknown; then it is tried again at the first column.
func (l *ColumnLoop) build(env *Env) (ok bool) {
	b := columnBuilder{loop: l, scope: l.expr.scope, source: l.expr.source, env: env}
	l.item, l.order, l.uniforms = &loopNode{lane: laneOf(l.in)}, nil, nil
	l.root = b.node(l.expr.tree.node)
	if l.waits = b.unknown && env == nil; l.waits {
		return true
	}
	return l.root != nil && l.root.lane != laneText
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
// Ints, Floats, or Mixed with bools. env is that of the first item, but for the item. If it reports false, out is unchanged.
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
	default:
		for _, v := range root.vectorBools(n) {
			out.Append(v)
		}
	}
	return true
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
	l.item.ints, l.item.floats, l.item.texts = in.Ints, in.Floats, in.Strings
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

// columnBuilder turns a tree into nodes; nil stands for what has to run item by item.
type columnBuilder struct {
	loop    *ColumnLoop
	scope   *Scope
	source  string
	env     *Env // nil before the first column
	unknown bool // something uniform is of a kind that only its value will tell
}

func (b *columnBuilder) add(n *loopNode) *loopNode {
	b.loop.order = append(b.loop.order, n)
	return n
}

func (b *columnBuilder) node(node ast.Node) *loopNode {
	switch n := node.(type) {
	case *ast.IntegerNode:
		return &loopNode{lane: laneInt, isConst: true, int: n.Value}
	case *ast.FloatNode:
		return &loopNode{lane: laneFloat, isConst: true, float: n.Value}
	case *ast.BoolNode:
		return &loopNode{lane: laneBool, isConst: true, bool: n.Value}
	case *ast.StringNode:
		return &loopNode{lane: laneText, isConst: true, text: n.Value}
	case *ast.IdentifierNode:
		switch n.Value {
		case "item":
			return b.loop.item
		case "index":
			return b.index()
		}
	case *ast.UnaryNode:
		return b.unary(n)
	case *ast.BinaryNode:
		return b.binary(n)
	case *ast.ConditionalNode:
		return b.conditional(n)
	case *ast.BuiltinNode:
		if same := b.uniform(node); same != nil {
			return same
		}
		return b.call(n.Name, n.Arguments)
	case *ast.CallNode:
		if same := b.uniform(node); same != nil {
			return same
		}
		if name, ok := n.Callee.(*ast.IdentifierNode); ok {
			return b.call(name.Value, n.Arguments)
		}
		return nil
	}
	return b.uniform(node)
}

// uniform compiles a part that is the same for all items of a column, if it is of one known kind.
func (b *columnBuilder) uniform(node ast.Node) *loopNode {
	c := compiler{tree: exprTree{source: b.source, ascii: isASCII(b.source)}, scope: b.scope}
	e := &Expr{code: c.value(node)}
	if len(c.errs) > 0 || c.impure || slices.ContainsFunc(c.names, func(name string) bool { return !isUniform(name) }) {
		return nil
	}
	e.slots, e.indexes = c.slots, c.indexes
	kind := e.Type().Kinds
	if b.env != nil {
		v, err := e.Run(b.env)
		if err != nil {
			return nil
		}
		kind = KindOf(v)
	}
	n := &loopNode{isConst: true}
	switch kind {
	case KindInt:
		n.lane = laneInt
	case KindFloat:
		n.lane = laneFloat
	case KindBool:
		n.lane = laneBool
	case KindString:
		n.lane = laneText
	default:
		b.unknown = b.unknown || kind&(KindNumber|KindBool|KindString) != 0
		return nil
	}
	b.loop.uniforms = append(b.loop.uniforms, uniform{e, n})
	return n
}

// isUniform says whether a variable is the same for all items of a worker.
func isUniform(name string) bool {
	switch name {
	case "args", "cpus", "env", "self", "spec", "vars":
		return true
	}
	return false
}

func (b *columnBuilder) index() *loopNode {
	out := &loopNode{lane: laneInt}
	out.run = func(env *Env, n int) bool {
		out.ints = room(out.ints, n)
		for i := range out.ints {
			out.ints[i] = env.Index + i
		}
		return true
	}
	return b.add(out)
}

func (b *columnBuilder) unary(n *ast.UnaryNode) *loopNode {
	x := b.node(n.Node)
	if x == nil {
		return nil
	}
	switch {
	case n.Operator == "+" && (x.lane == laneInt || x.lane == laneFloat):
		return x
	case n.Operator == "-" && x.lane == laneInt:
		return b.ints(intKernel("-"), &loopNode{lane: laneInt, isConst: true}, x)
	case n.Operator == "-" && x.lane == laneFloat:
		// Not 0 - x: that has another zero.
		return b.floats(floatKernel("*"), x, &loopNode{lane: laneFloat, isConst: true, float: -1})
	case n.Operator != "-" && n.Operator != "+" && x.lane == laneBool:
		out := &loopNode{lane: laneBool}
		out.run = func(_ *Env, n int) bool {
			out.bools = room(out.bools, n)
			for i, v := range x.vectorBools(n) {
				out.bools[i] = !v
			}
			return true
		}
		return b.add(out)
	}
	return nil
}

func (b *columnBuilder) binary(n *ast.BinaryNode) *loopNode {
	x, y := b.node(n.Left), b.node(n.Right)
	if x == nil || y == nil {
		return nil
	}
	return b.operate(n.Operator, x, y)
}

// operate is x operator y; div and mod count as operators too.
func (b *columnBuilder) operate(operator string, x, y *loopNode) *loopNode {
	switch {
	case x.lane == laneBool && y.lane == laneBool:
		return b.logical(operator, x, y)
	case x.lane == laneText && y.lane == laneText:
		return b.texts(operator, x, y)
	case x.lane == laneInt && y.lane == laneInt && operator != "/":
		if compare := compareKernel[int](operator); compare != nil {
			return b.compare(func(dst []bool, n int) { compare(dst, x.vectorInts(n), y.vectorInts(n)) })
		}
		return b.ints(intKernel(operator), x, y)
	case x.lane > laneFloat || y.lane > laneFloat:
		return nil
	}
	if compare := compareKernel[float64](operator); compare != nil {
		x, y = b.exactFloat(x), b.exactFloat(y)
		return b.compare(func(dst []bool, n int) { compare(dst, x.vectorFloats(n), y.vectorFloats(n)) })
	}
	return b.floats(floatKernel(operator), b.toFloat(x), b.toFloat(y))
}

// ints runs a kernel over two lanes of ints.
func (b *columnBuilder) ints(k *intOperation, x, y *loopNode) *loopNode {
	if k == nil {
		return nil
	}
	out := &loopNode{lane: laneInt}
	out.run = func(_ *Env, n int) bool {
		out.ints = room(out.ints, n)
		if y.isConst {
			return k.byConst(out.ints, x.vectorInts(n), y.int)
		}
		return k.byVector(out.ints, x.vectorInts(n), y.vectorInts(n))
	}
	return b.add(out)
}

func (b *columnBuilder) floats(kernel func(dst, x, y []float64) bool, x, y *loopNode) *loopNode {
	if kernel == nil {
		return nil
	}
	out := &loopNode{lane: laneFloat}
	out.run = func(_ *Env, n int) bool {
		out.floats = room(out.floats, n)
		return kernel(out.floats, x.vectorFloats(n), y.vectorFloats(n))
	}
	return b.add(out)
}

func (b *columnBuilder) compare(run func(dst []bool, n int)) *loopNode {
	out := &loopNode{lane: laneBool}
	out.run = func(_ *Env, n int) bool {
		out.bools = room(out.bools, n)
		run(out.bools, n)
		return true
	}
	return b.add(out)
}

// logical computes both sides, though Run may leave out the right one: if that fails, the column runs item by item.
func (b *columnBuilder) logical(operator string, x, y *loopNode) *loopNode {
	kernel := boolKernel(operator)
	if kernel == nil {
		return nil
	}
	return b.compare(func(dst []bool, n int) {
		p, q := x.vectorBools(n), y.vectorBools(n)
		for i := range dst {
			dst[i] = kernel(p[i], q[i])
		}
	})
}

// texts compares a lane of texts with a constant.
func (b *columnBuilder) texts(operator string, x, y *loopNode) *loopNode {
	if x.isConst || !y.isConst || (operator != "==" && operator != "!=") {
		return nil
	}
	equal := operator == "=="
	return b.compare(func(dst []bool, n int) {
		want := y.text
		for i, s := range x.texts[:n] {
			dst[i] = (s == want) == equal
		}
	})
}

// toFloat is a lane of numbers as floats, rounded where an int has more than 53 bits, as in arithmetic.
func (b *columnBuilder) toFloat(x *loopNode) *loopNode { return b.converted(x, false) }

// exactFloat gives up on ints that no float can stand for: comparisons are exact.
func (b *columnBuilder) exactFloat(x *loopNode) *loopNode { return b.converted(x, true) }

func (b *columnBuilder) converted(x *loopNode, exact bool) *loopNode {
	if x.lane == laneFloat {
		return x
	}
	const most = 1 << 53
	out := &loopNode{lane: laneFloat}
	out.run = func(_ *Env, n int) bool {
		out.floats = room(out.floats, n)
		for i, v := range x.vectorInts(n) {
			if exact && (v > most || v < -most) {
				return false
			}
			out.floats[i] = float64(v)
		}
		return true
	}
	return b.add(out)
}

func (b *columnBuilder) conditional(n *ast.ConditionalNode) *loopNode {
	cond, yes, no := b.node(n.Cond), b.node(n.Exp1), b.node(n.Exp2)
	if cond == nil || yes == nil || no == nil || cond.lane != laneBool || yes.lane != no.lane || yes.lane == laneText {
		return nil
	}
	out := &loopNode{lane: yes.lane}
	out.run = func(_ *Env, n int) bool {
		is := cond.vectorBools(n)
		switch out.lane {
		case laneInt:
			out.ints = choose(out.ints, is, yes.vectorInts(n), no.vectorInts(n))
		case laneFloat:
			out.floats = choose(out.floats, is, yes.vectorFloats(n), no.vectorFloats(n))
		default:
			out.bools = choose(out.bools, is, yes.vectorBools(n), no.vectorBools(n))
		}
		return true
	}
	return b.add(out)
}

func choose[T any](dst []T, is []bool, yes, no []T) []T {
	dst = room(dst, len(is))
	yes, no = yes[:len(is)], no[:len(is)]
	for i, v := range is {
		x := no[i]
		if v {
			x = yes[i]
		}
		dst[i] = x
	}
	return dst
}

// call is one of the functions that have a loop.
func (b *columnBuilder) call(name string, arguments []ast.Node) *loopNode {
	args := make([]*loopNode, len(arguments))
	for i, node := range arguments {
		if args[i] = b.node(node); args[i] == nil {
			return nil
		}
	}
	switch {
	case (name == "div" || name == "mod") && len(args) == 2 && args[0].lane == laneInt && args[1].lane == laneInt:
		return b.ints(intKernel(name), args[0], args[1])
	case len(args) != 1:
		return nil
	}
	x := args[0]
	switch {
	case name == "int" && x.lane == laneInt, name == "float" && x.lane == laneFloat:
		return x
	case name == "float" && x.lane == laneInt:
		return b.toFloat(x)
	case name == "int":
		return b.toInts(x)
	case name == "float" && x.lane == laneText:
		out := &loopNode{lane: laneFloat}
		out.run = func(_ *Env, n int) bool {
			out.floats = room(out.floats, n)
			return parseFloats(out.floats, x.texts)
		}
		return b.add(out)
	}
	return nil
}

// toInts is int() of a lane of texts or floats.
func (b *columnBuilder) toInts(x *loopNode) *loopNode {
	if x.lane != laneText && x.lane != laneFloat {
		return nil
	}
	out := &loopNode{lane: laneInt}
	out.run = func(_ *Env, n int) bool {
		out.ints = room(out.ints, n)
		if x.lane == laneText {
			return parseInts(out.ints, x.texts)
		}
		return truncateFloats(out.ints, x.floats)
	}
	return b.add(out)
}
