package stages

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

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
		return &loopNode{lane: laneInt, isConst: true, literal: true, int: n.Value}
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
			if !b.loop.elements {
				return b.index()
			}
		case "at":
			if b.loop.elements {
				return b.position()
			}
		}
	case *ast.MemberNode:
		if field := b.field(n); field != nil {
			return field
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

// field is a field of the item of Records.
func (b *columnBuilder) field(n *ast.MemberNode) *loopNode {
	base, isName := n.Node.(*ast.IdentifierNode)
	property, isText := n.Property.(*ast.StringNode)
	if !isName || !isText || base.Value != "item" {
		return nil
	}
	return b.loop.fields[property.Value]
}

// uniform compiles a part that is the same for all items of a column, if it is of one known kind.
func (b *columnBuilder) uniform(node ast.Node) *loopNode {
	c := compiler{tree: exprTree{source: b.source, ascii: isASCII(b.source)}, scope: b.scope}
	e := &Expr{code: c.value(node)}
	if len(c.errs) > 0 || c.impure || slices.ContainsFunc(c.names, func(name string) bool { return !b.isUniform(name) }) {
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

// isUniform says whether a variable is the same for all items of a column.
func (b *columnBuilder) isUniform(name string) bool {
	return isUniform(name) || b.loop.elements && name != "item" && name != "at"
}

// isUniform says whether a variable is the same for all items of a worker.
func isUniform(name string) bool {
	switch name {
	case "args", "cpus", "env", "run", "self", "spec", "vars":
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

// position is the index of an array's element.
func (b *columnBuilder) position() *loopNode {
	out := &loopNode{lane: laneInt}
	out.run = func(env *Env, n int) bool {
		first, ok := env.At.(int)
		out.ints = room(out.ints, n)
		for i := range out.ints {
			out.ints[i] = first + i
		}
		return ok
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
	x, y = b.toFloat(x), b.toFloat(y)
	if kernel := floatConstKernel(operator); kernel != nil && y.isConst && !x.isConst {
		return b.floatsConst(kernel, x, y)
	}
	return b.floats(floatKernel(operator), x, y)
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

// floatsConst runs a kernel over a lane of floats and a constant.
func (b *columnBuilder) floatsConst(kernel func(dst, x []float64, y float64) bool, x, y *loopNode) *loopNode {
	out := &loopNode{lane: laneFloat}
	out.run = func(_ *Env, n int) bool {
		out.floats = room(out.floats, n)
		return kernel(out.floats, x.vectorFloats(n), y.float)
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

// texts compares a lane of texts with a constant, or looks for it in them.
func (b *columnBuilder) texts(operator string, x, y *loopNode) *loopNode {
	if x.isConst || !y.isConst {
		return nil
	}
	switch operator {
	case "==", "!=":
		equal := operator == "=="
		return b.compare(func(dst []bool, n int) {
			want := y.text
			for i, s := range x.texts[:n] {
				dst[i] = (s == want) == equal
			}
		})
	case "contains":
		return b.looking(strings.Contains, x, y)
	case "startsWith":
		return b.looking(strings.HasPrefix, x, y)
	case "endsWith":
		return b.looking(strings.HasSuffix, x, y)
	}
	return nil
}

// looking says of each text whether it has the constant in it.
func (b *columnBuilder) looking(has func(s, part string) bool, x, y *loopNode) *loopNode {
	return b.compare(func(dst []bool, n int) {
		part := y.text
		for i, s := range x.texts[:n] {
			dst[i] = has(s, part)
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
	if x.literal && -most <= x.int && x.int <= most {
		return &loopNode{lane: laneFloat, isConst: true, literal: true, float: float64(x.int)}
	}
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
			return parseFloats(out.floats, x.vectorTexts(n))
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
			return parseInts(out.ints, x.vectorTexts(n))
		}
		return truncateFloats(out.ints, x.vectorFloats(n))
	}
	return b.add(out)
}
