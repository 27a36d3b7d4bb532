package stages

import (
	"fmt"
	"strconv"

	"github.com/expr-lang/expr/ast"
)

// call is a function that expr's parser does not know, or a method, of which there are none.
func (c *compiler) call(n *ast.CallNode) code {
	name, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		at := c.tree.at(n.Callee)
		if m, ok := n.Callee.(*ast.MemberNode); ok {
			if method, ok := m.Property.(*ast.StringNode); ok && findFunction(method.Value) != nil {
				return c.fail(at, fmt.Sprintf("write %s(...)", method.Value), "values have no methods")
			} else if ok {
				return c.fail(at, refusedFunction(method.Value), "values have no methods")
			}
		}
		return c.fail(at, "", "values have no methods")
	}
	return c.function(name.Value, c.tree.at(n), n.Arguments)
}

// builtin is a function that expr's parser knows; those that take a closure are loops.
func (c *compiler) builtin(n *ast.BuiltinNode) code {
	if l := findLoop(n.Name); l != nil {
		return c.loop(l, n)
	}
	return c.function(n.Name, c.tree.at(n), n.Arguments)
}

func (c *compiler) function(name string, at int, arguments []ast.Node) code {
	f := findFunction(name)
	if f == nil {
		if hint := refusedFunction(name); hint != "" {
			return c.fail(at, hint, "there is no function %s", quoted(name))
		}
		return c.fail(at, didYouMean(name, Functions()), "there is no function %s", quoted(name))
	}
	if !f.takesCount(len(arguments)) {
		return c.fail(at, "", "%s takes %s, not %d", f.name, f.count(), len(arguments))
	}
	args := make([]code, len(arguments))
	offsets := make([]int, len(arguments))
	types := make([]Type, len(arguments))
	wrong := false
	for i, node := range arguments {
		if f.objects {
			args[i] = c.node(node)
		} else {
			args[i] = c.value(node)
		}
		offsets[i], types[i] = c.tree.at(node), args[i].typ
		if want := f.param(i); !types[i].May(want) && types[i].Kinds != 0 {
			c.fail(offsets[i], "", "%s takes %s, not %s", f.argument(i, len(arguments)), article(want), aType(types[i]))
			wrong = true
		}
	}
	got := code{typ: f.result, run: c.calling(f, args, offsets, at)}
	if f.infer != nil {
		got.typ = f.infer(types)
	}
	if wrong {
		got.typ = AnyType
	}
	if f.pattern && len(args) > 1 {
		c.pattern(args[1], offsets[1]) // checks a constant one
	}
	c.draws = c.draws || f.draws
	c.impure = c.impure || f.impure
	if f.impure || f.grows || len(args) == 0 {
		return got
	}
	return fold(got, args...)
}

// calling evaluates the arguments into slots of the Env and calls the function with them.
func (c *compiler) calling(f *function, args []code, offsets []int, at int) evalFunc {
	first := c.slots
	c.slots += len(args)
	end := c.slots
	call := f.call
	return func(env *Env) (any, error) {
		var a []any
		if env == nil { // folding: there are no slots yet
			a = make([]any, len(args))
		} else {
			a = env.slots[first:end:end]
		}
		for i := range args {
			v, err := args[i].run(env)
			if err != nil {
				return nil, err
			}
			if kind := KindOf(v); kind&f.param(i) == 0 && (kind != 0 || !f.objects) {
				return nil, &ExprError{Offset: offsets[i], Msg: fmt.Sprintf("%s takes %s, not %s", f.argument(i, len(args)), article(f.param(i)), aKind(v))}
			}
			a[i] = v
		}
		v, err := call(env, a)
		if err != nil {
			return nil, failAt(err, at)
		}
		if env != nil && env.Budget > 0 {
			err = env.spend(steps(v), at)
		}
		return v, err
	}
}

// argument names the argument i of count in a message.
func (f *function) argument(i, count int) string {
	if count == 1 {
		return f.name + "()"
	}
	return f.name + "(), argument " + strconv.Itoa(i+1) + ","
}
