package stages

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// errChainEnd goes from an `?.` that met null to the end of its chain of fields.
var errChainEnd = errors.New("the chain ends at null")

// chain is a?.b.c: null as soon as what stands before a ?. is null.
func (c *compiler) chain(n *ast.ChainNode) code {
	got := c.node(n.Node)
	run := got.run
	got.typ = got.typ.Nullable()
	got.isConst = false
	got.run = func(env *Env) (any, error) {
		v, err := run(env)
		if err == errChainEnd { //nolint:errorlint // never wrapped
			return nil, nil
		}
		return v, err
	}
	return got
}

// member is a.b or a[b].
func (c *compiler) member(n *ast.MemberNode) code {
	base := c.node(n.Node)
	property := c.value(n.Property)
	at := c.tree.at(n)
	got := code{object: base.object, typ: c.memberType(n, base, property)}
	run, optional := base.run, n.Optional
	if name, ok := property.val.(string); ok {
		got.run = func(env *Env) (any, error) {
			from, err := run(env)
			if err != nil {
				return nil, err
			}
			if m, ok := from.(map[string]any); ok {
				return m[name], nil
			}
			if from == nil && optional {
				return nil, errChainEnd
			}
			v, err := readField(from, name)
			if err != nil {
				return nil, failAt(err, at)
			}
			return v, nil
		}
		return got
	}
	got.run = func(env *Env) (any, error) {
		from, err := run(env)
		if err != nil {
			return nil, err
		}
		if from == nil && optional {
			return nil, errChainEnd
		}
		key, err := property.run(env)
		if err != nil {
			return nil, err
		}
		v, err := readElement(from, key)
		if err != nil {
			return nil, failAt(err, at)
		}
		return v, nil
	}
	return got
}

// memberType is the type of a field or element; it reports what can be no such thing.
func (c *compiler) memberType(n *ast.MemberNode, base, property code) Type {
	at := c.tree.at(n)
	t := base.typ
	if n.Optional {
		t = t.NotNull()
	}
	if t.Kinds == 0 || t.Kinds == KindAny {
		return AnyType
	}
	if name, ok := property.val.(string); ok {
		if !t.May(KindMap) {
			return c.fail(at, elementHint(n.Node, t, name), "%s has no field %s", aType(t), quoted(name)).typ
		}
		typ, ok := t.Field(name)
		if !ok {
			names := make([]string, len(t.Fields))
			for i, f := range t.Fields {
				names[i] = f.Name
			}
			return c.fail(at, fieldHint(name, names), "there is no field %s", quoted(name)).typ
		}
		return typ
	}
	var got Type
	if t.May(KindList) && property.typ.May(KindInt) {
		got = Join(got, t.Element())
	}
	if t.May(KindString) && property.typ.May(KindInt) {
		got = Join(got, StringType)
	}
	if t.May(KindBytes) && property.typ.May(KindInt) {
		got = Join(got, IntType)
	}
	if t.May(KindMap) && property.typ.May(KindString) {
		got = Join(got, t.Value().Nullable())
	}
	if got.Kinds == 0 && property.typ.Kinds != 0 {
		return c.fail(at, "", "%s cannot be an index of %s", aType(property.typ), aType(t)).typ
	}
	return got
}

// elementHint tells how to read a field of a list's elements.
func elementHint(list ast.Node, t Type, name string) string {
	id, ok := list.(*ast.IdentifierNode)
	elem := t.Element()
	if !ok || !t.May(KindList) || !elem.Record {
		return ""
	}
	if _, ok := elem.Field(name); !ok {
		return ""
	}
	return fmt.Sprintf("of one of them it is %s[0].%s, of all map(%s, it.%s)", id.Value, name, id.Value, name)
}

// fieldHint tells the nearest field, or all if they are few.
func fieldHint(name string, names []string) string {
	if hint := didYouMean(name, names); hint != "" || len(names) == 0 || len(names) > 8 {
		return hint
	}
	hint := "there are "
	if len(names) == 1 {
		hint = "there is "
	}
	for i, n := range names {
		if i > 0 {
			hint += ", "
		}
		hint += n
	}
	return hint
}

// readField is the field of what is no map.
func readField(from any, name string) (any, error) {
	if o, ok := from.(Fielded); ok {
		return o.Field(name)
	}
	if o, ok := from.(Object); ok {
		v, err := Normalize(o)
		if err != nil {
			return nil, err
		}
		if m, ok := v.(map[string]any); ok {
			return m[name], nil
		}
		from = v
	}
	if from == nil {
		return nil, fmt.Errorf("null has no field %s", quoted(name))
	}
	return nil, fmt.Errorf("%s has no field %s", aKind(from), quoted(name))
}

// readElement is from[key] for a key that is not a constant name.
func readElement(from, key any) (any, error) {
	switch o := from.(type) {
	case Indexed:
		if i, ok := key.(int); ok {
			i, err := inside(i, o.Len())
			if err != nil {
				return nil, err
			}
			return o.At(i)
		}
	case Fielded:
		if name, ok := key.(string); ok {
			return o.Field(name)
		}
	}
	if o, ok := from.(Object); ok {
		v, err := Normalize(o)
		if err != nil {
			return nil, err
		}
		from = v
	}
	switch from := from.(type) {
	case map[string]any:
		if name, ok := key.(string); ok {
			return from[name], nil
		}
	case []any:
		if i, ok := key.(int); ok {
			i, err := inside(i, len(from))
			if err != nil {
				return nil, err
			}
			return from[i], nil
		}
	case []byte:
		if i, ok := key.(int); ok {
			i, err := inside(i, len(from))
			if err != nil {
				return nil, err
			}
			return int(from[i]), nil
		}
	case string:
		if i, ok := key.(int); ok {
			return character(from, i)
		}
	case nil:
		return nil, fmt.Errorf("null has no element %s", string(AppendJSON(nil, key)))
	}
	if name, ok := key.(string); ok {
		return nil, fmt.Errorf("%s has no field %s", aKind(from), quoted(name))
	}
	return nil, fmt.Errorf("%s cannot be an index of %s", aKind(key), aKind(from))
}

// inside is an index from the front for one that may count from the end.
func inside(i, length int) (int, error) {
	at := i
	if at < 0 {
		at += length
	}
	if at < 0 || at >= length {
		return 0, errors.New("index " + strconv.Itoa(i) + " is outside: there are " + strconv.Itoa(length) + " elements")
	}
	return at, nil
}

// character is the i-th character of a text, as text.
func character(s string, i int) (any, error) {
	if isASCII(s) {
		i, err := inside(i, len(s))
		if err != nil {
			return nil, err
		}
		return s[i : i+1], nil
	}
	i, err := inside(i, utf8.RuneCountInString(s))
	if err != nil {
		return nil, err
	}
	return cutRunes(s, i, i+1), nil
}

// cutRunes is the characters from up to, but without, to, which are inside.
func cutRunes(s string, from, to int) string {
	n, start := 0, len(s)
	for at := range s {
		if n == from {
			start = at
		}
		if n == to {
			return s[min(start, at):at]
		}
		n++
	}
	return s[start:]
}

// slice is a[from:to] of a list, text (by characters) or bytes; what lies outside is cut off, as in Python.
func (c *compiler) slice(n *ast.SliceNode) code {
	base, at := c.value(n.Node), c.tree.at(n)
	const sliceable = KindList | KindString | KindBytes
	if !base.typ.May(sliceable) && base.typ.Kinds != 0 {
		c.fail(at, "", "%s cannot be cut", aType(base.typ))
	}
	typ := base.typ
	typ.Kinds &= sliceable
	from, to := c.bound(n.From), c.bound(n.To)
	return code{typ: typ, run: func(env *Env) (any, error) {
		v, err := base.run(env)
		if err != nil {
			return nil, err
		}
		length, err := lengthToCut(v)
		if err != nil {
			return nil, failAt(err, at)
		}
		a, err := from(env, 0, length)
		if err != nil {
			return nil, err
		}
		b, err := to(env, length, length)
		if err != nil {
			return nil, err
		}
		return cut(v, a, max(a, b)), nil
	}}
}

func lengthToCut(v any) (int, error) {
	switch v := v.(type) {
	case []any:
		return len(v), nil
	case []byte:
		return len(v), nil
	case string:
		return utf8.RuneCountInString(v), nil
	}
	return 0, fmt.Errorf("%s cannot be cut", aKind(v))
}

func cut(v any, from, to int) any {
	switch v := v.(type) {
	case []any:
		return v[from:to:to]
	case []byte:
		return v[from:to:to]
	case string:
		if isASCII(v) {
			return v[from:to]
		}
		return cutRunes(v, from, to)
	}
	return nil
}

// bound compiles one end of a slice; the result lies in 0..length.
func (c *compiler) bound(node ast.Node) func(env *Env, absent, length int) (int, error) {
	if node == nil {
		return func(_ *Env, absent, _ int) (int, error) { return absent, nil }
	}
	got, at := c.value(node), c.tree.at(node)
	if !got.typ.May(KindInt) && got.typ.Kinds != 0 {
		c.fail(at, "", "%s cannot be an index", aType(got.typ))
	}
	return func(env *Env, _, length int) (int, error) {
		v, err := got.run(env)
		if err != nil {
			return 0, err
		}
		i, ok := v.(int)
		if !ok {
			return 0, &ExprError{Offset: at, Msg: aKind(v) + " cannot be an index"}
		}
		if i < 0 {
			i += length
		}
		return min(max(i, 0), length), nil
	}
}
