package stages

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/expr-lang/expr/ast"
)

// evalFunc is a compiled node: it gives the node's value for one item.
type evalFunc func(*Env) (any, error)

// code is a node as compiled: how to get its value and what is known of it.
type code struct {
	run evalFunc
	typ Type
	// object: the value may be an Object rather than an item.
	object bool
	// isConst: the value is val whatever the Env.
	isConst bool
	val     any
}

// compiler turns a tree into code and collects what is wrong with it. A node with an error is of type any, so that it causes no
// further ones.
type compiler struct {
	tree    exprTree
	scope   *Scope
	errs    ExprErrors
	names   []string
	slots   int  // used in Env.slots
	indexes int  // used in Env.indexes
	draws   bool // a function uses Env.draws
	impure  bool // the value does not depend on what is read alone
	loops   []loop
	lets    []let
}

// loop is a closure around the current node: its element and position are in Env.
type loop struct {
	slot, index, acc int // acc is -1 outside of reduce()
	elem, accType    Type
}

// let is a variable declared in the expression.
type let struct {
	name string
	slot int
	typ  Type
}

func constant(v any) code {
	return code{run: func(*Env) (any, error) { return v, nil }, typ: TypeOf(v), isConst: true, val: v}
}

func (c *compiler) fail(offset int, hint, format string, args ...any) code {
	c.errs = append(c.errs, &ExprError{Offset: offset, Msg: fmt.Sprintf(format, args...), Hint: hint})
	return code{run: func(*Env) (any, error) { return nil, errors.New("not compiled") }, typ: AnyType}
}

// value compiles a node whose value must be an item.
func (c *compiler) value(node ast.Node) code {
	got := c.node(node)
	if !got.object {
		return got
	}
	run, at := got.run, c.tree.at(node)
	got.object = false
	got.run = func(env *Env) (any, error) {
		v, err := run(env)
		if err != nil || KindOf(v) != 0 {
			return v, err
		}
		if v, err = Normalize(v); err != nil {
			return nil, failAt(err, at)
		}
		return v, nil
	}
	return got
}

// node compiles a node whose value may be an Object.
func (c *compiler) node(node ast.Node) code {
	switch n := node.(type) {
	case *ast.NilNode:
		return constant(nil)
	case *ast.IntegerNode:
		return constant(n.Value)
	case *ast.FloatNode:
		return constant(n.Value)
	case *ast.BoolNode:
		return constant(n.Value)
	case *ast.StringNode:
		return constant(n.Value)
	case *ast.BytesNode:
		return constant(n.Value)
	case *ast.IdentifierNode:
		return c.identifier(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ChainNode:
		return c.chain(n)
	case *ast.MemberNode:
		return c.member(n)
	case *ast.SliceNode:
		return c.slice(n)
	case *ast.CallNode:
		return c.call(n)
	case *ast.BuiltinNode:
		return c.builtin(n)
	case *ast.PredicateNode:
		return c.value(n.Node)
	case *ast.PointerNode:
		return c.pointer(n)
	case *ast.VariableDeclaratorNode:
		return c.declare(n)
	case *ast.SequenceNode:
		return c.sequence(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.ArrayNode:
		return c.list(n)
	case *ast.MapNode:
		return c.mapping(n)
	}
	return c.fail(0, "", "the expression has a part that is not supported")
}

func (c *compiler) identifier(n *ast.IdentifierNode) code {
	at := c.tree.at(n)
	switch n.Value {
	case "null":
		return constant(nil)
	case "it":
		if len(c.loops) == 0 {
			return c.fail(at, "the current item is called item", "it stands for the element inside of map(), filter() and their like")
		}
		return c.element()
	}
	for _, l := range slices.Backward(c.lets) {
		if l.name == n.Value {
			return c.slot(l.slot, l.typ)
		}
	}
	if i := slices.IndexFunc(c.scope.Bound, func(b Binding) bool { return b.Name == n.Value }); i >= 0 {
		c.reads(n.Value)
		return code{typ: c.scope.Bound[i].Type, run: func(env *Env) (any, error) { return env.Bound[i], nil }}
	}
	if typ, ok := c.scope.Vars[n.Value]; ok {
		for _, v := range variables {
			if v.name == n.Value {
				c.reads(n.Value)
				return variable(v.name, v.read, typ)
			}
		}
	}
	if typ, ok := c.scope.Resources[n.Value]; ok {
		c.reads(n.Value)
		return resource(n.Value, typ, at)
	}
	return c.unknownName(n.Value, at)
}

// variable reads a variable; the one that nearly every expression has goes without a second call.
func variable(name string, read func(*Env) any, typ Type) code {
	if name == "item" {
		return code{typ: typ, run: func(env *Env) (any, error) { return env.Item, nil }}
	}
	return code{typ: typ, run: func(env *Env) (any, error) { return read(env), nil }}
}

func resource(name string, typ Type, at int) code {
	return code{typ: typ, object: true, run: func(env *Env) (any, error) {
		if env.Resources != nil {
			if v, ok := env.Resources.Lookup(name); ok {
				return v, nil
			}
		}
		return nil, &ExprError{Offset: at, Msg: quoted(name) + " cannot be read here"}
	}}
}

func (c *compiler) unknownName(name string, at int) code {
	if IsFunction(name) {
		return c.fail(at, fmt.Sprintf("call it: %s(...)", name), "%s is a function", name)
	}
	for _, v := range variables {
		if v.name == name {
			hint := ""
			if name == "out" {
				hint = "it is there beside creates"
			}
			return c.fail(at, hint, "there is no %s here", name)
		}
	}
	switch name {
	case "True", "False", "None":
		return c.fail(at, "write true, false and null", "unknown name %s", quoted(name))
	case "$env":
		return c.fail(at, "", "$env is not there; the environment is env")
	}
	candidates := c.scope.names()
	for _, l := range c.lets {
		candidates = append(candidates, l.name)
	}
	return c.fail(at, cmp.Or(foreignName(name), didYouMean(name, candidates)), "unknown name %s", quoted(name))
}

// foreignName helps those who look for the item by the name that it has in other languages.
func foreignName(name string) string {
	switch name {
	case "$item", "$ITEM", "ITEM", "line", "row", "record", "value", "this", "_", "$_", "x", "$0", "input", "element":
		return "the current item is item"
	case "i", "n", "NR", "idx":
		return "the current item is item, its number index, and what is in vars vars.NAME"
	}
	return ""
}

// didYouMean is a hint at the nearest candidate, or "" if none is near: at most a third of its letters differ, or two neighbours have
// changed places, or only case and underscores do not agree.
func didYouMean(name string, candidates []string) string {
	slices.Sort(candidates)
	best, least := "", max(1, (len(name)+1)/3)+1
	for _, candidate := range candidates {
		d := levenshtein.Distance(name, candidate, nil)
		if swapped(name, candidate) || bareName(name) == bareName(candidate) {
			d = min(d, 1)
		}
		if d < least && d < len(candidate) {
			best, least = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return "did you mean " + quoted(best) + "?"
}

// bareName is a name without what people write differently: closedAt, closed_at.
func bareName(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// swapped says whether two neighbouring letters have changed places.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

func (c *compiler) reads(name string) {
	if !slices.Contains(c.names, name) {
		c.names = append(c.names, name)
	}
}

func (c *compiler) newSlot() int {
	c.slots++
	return c.slots - 1
}

func (c *compiler) slot(i int, typ Type) code {
	return code{typ: typ, run: func(env *Env) (any, error) { return env.slots[i], nil }}
}

// element is the element of the innermost closure.
func (c *compiler) element() code {
	l := c.loops[len(c.loops)-1]
	return c.slot(l.slot, l.elem)
}

// pointer is #, #index or #acc; the parser lets them stand in closures only.
func (c *compiler) pointer(n *ast.PointerNode) code {
	l := c.loops[len(c.loops)-1]
	switch {
	case n.Name == "":
		return c.element()
	case n.Name == "index":
		i := l.index
		return code{typ: IntType, run: func(env *Env) (any, error) { return env.indexes[i], nil }}
	case n.Name == "acc": // of the nearest reduce(), also from closures inside of it
		for _, l := range slices.Backward(c.loops) {
			if l.acc >= 0 {
				return c.slot(l.acc, l.accType)
			}
		}
	}
	return c.fail(c.tree.at(n), "", "unknown name #%s", n.Name)
}

func (c *compiler) declare(n *ast.VariableDeclaratorNode) code {
	at := c.tree.at(n)
	value := c.value(n.Value)
	switch {
	case n.Name == "it" || n.Name == "null" || isVariable(n.Name):
		c.fail(at, "", "%s cannot be declared: it has a meaning already", n.Name)
	case IsFunction(n.Name):
		c.fail(at, "", "%s cannot be declared: it is a function", n.Name)
	case slices.ContainsFunc(c.lets, func(l let) bool { return l.name == n.Name }) || slices.Contains(c.scope.names(), n.Name):
		c.fail(at, "", "%s is declared already", n.Name)
	}
	slot := c.newSlot()
	c.lets = append(c.lets, let{n.Name, slot, value.typ})
	body := c.value(n.Expr)
	c.lets = c.lets[:len(c.lets)-1]
	return code{typ: body.typ, run: func(env *Env) (any, error) {
		v, err := value.run(env)
		if err != nil {
			return nil, err
		}
		env.slots[slot] = v
		return body.run(env)
	}}
}

func isVariable(name string) bool {
	for _, v := range variables {
		if v.name == name {
			return true
		}
	}
	return false
}

// sequence is a; b; c: the value of the last.
func (c *compiler) sequence(n *ast.SequenceNode) code {
	parts := make([]code, len(n.Nodes))
	for i, node := range n.Nodes {
		parts[i] = c.value(node)
	}
	last := len(parts) - 1
	return code{typ: parts[last].typ, run: func(env *Env) (any, error) {
		for _, part := range parts[:last] {
			if _, err := part.run(env); err != nil {
				return nil, err
			}
		}
		return parts[last].run(env)
	}}
}

func (c *compiler) conditional(n *ast.ConditionalNode) code {
	cond := c.condition(n.Cond)
	yes, no := c.value(n.Exp1), c.value(n.Exp2)
	return code{typ: Join(yes.typ, no.typ), run: func(env *Env) (any, error) {
		is, err := cond(env)
		if err != nil {
			return nil, err
		}
		if is {
			return yes.run(env)
		}
		return no.run(env)
	}}
}

// condition compiles a node that must be true or false.
func (c *compiler) condition(node ast.Node) func(*Env) (bool, error) {
	got, at := c.value(node), c.tree.at(node)
	if !got.typ.May(KindBool) && got.typ.Kinds != 0 {
		c.fail(at, "", "a condition must be true or false, not %s", aType(got.typ))
	}
	return func(env *Env) (bool, error) {
		v, err := got.run(env)
		if err != nil {
			return false, err
		}
		is, ok := v.(bool)
		if !ok {
			return false, &ExprError{Offset: at, Msg: "a condition must be true or false, not " + aKind(v)}
		}
		return is, nil
	}
}

// betweenTypes names the operands that an operator does not take; one that is not known is not to blame.
func betweenTypes(a, b Type) string {
	switch {
	case a.Kinds == KindAny:
		return "for " + aType(b)
	case b.Kinds == KindAny:
		return "for " + aType(a)
	}
	return "between " + aType(a) + " and " + aType(b)
}

// aType names a type with its article, for messages.
func aType(t Type) string {
	kinds := t.Kinds
	if kinds != KindNull {
		kinds &^= KindNull
	}
	return article(kinds)
}

func (c *compiler) list(n *ast.ArrayNode) code {
	parts := make([]evalFunc, len(n.Nodes))
	var elem Type
	for i, node := range n.Nodes {
		got := c.value(node)
		parts[i], elem = got.run, Join(elem, got.typ)
	}
	return code{typ: Type{Kinds: KindList, Elem: part(elem)}, run: func(env *Env) (any, error) {
		list := make([]any, len(parts))
		for i, run := range parts {
			v, err := run(env)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	}}
}

func (c *compiler) mapping(n *ast.MapNode) code {
	type pair struct {
		key, value code
		at         int
	}
	pairs := make([]pair, len(n.Pairs))
	record, values := true, Type{}
	fields := make([]FieldType, 0, len(pairs))
	for i, node := range n.Pairs {
		p := node.(*ast.PairNode)
		pairs[i] = pair{c.value(p.Key), c.value(p.Value), c.tree.at(p.Key)}
		values = Join(values, pairs[i].value.typ)
		if name, ok := pairs[i].key.val.(string); ok {
			fields = append(fields, FieldType{Name: name, Type: pairs[i].value.typ})
			continue
		}
		record = false
		if t := pairs[i].key.typ; !t.May(KindString) && t.Kinds != 0 {
			c.fail(pairs[i].at, "string(x) makes it one", "a map's key must be a string, not %s", aType(t))
		}
	}
	typ := MapOf(values)
	if record {
		typ = RecordOf(fields...)
	}
	return code{typ: typ, run: func(env *Env) (any, error) {
		m := make(map[string]any, len(pairs))
		for i := range pairs {
			p := &pairs[i]
			key, err := p.key.run(env)
			if err != nil {
				return nil, err
			}
			name, ok := key.(string)
			if !ok {
				return nil, &ExprError{Offset: p.at, Msg: "a map's key must be a string, not " + aKind(key)}
			}
			if m[name], err = p.value.run(env); err != nil {
				return nil, err
			}
		}
		return m, nil
	}}
}
