package planner

import (
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// readShape reads how many elements an array has: as it says, or as many as its init.
func (c *compiler) readShape(a *cell, def *spec.Array) {
	switch {
	case def.Length.IsSet():
		a.plan.Shape = []int{c.count(def.Length, 1, 1)}
	case len(def.Shape) > 0:
		for _, d := range def.Shape {
			a.plan.Shape = append(a.plan.Shape, c.count(d, 1, 1))
		}
	default:
		a.plan.Shape = c.shapeOfInit(a)
	}
	if a.plan.Shape == nil {
		a.ok = false
		return
	}
	elements := int64(1)
	for _, d := range a.plan.Shape {
		if elements > maxCellBytes/int64(d) {
			c.errorAt(def.Key, spec.CodeTooLarge, "", "an array has at most %d bytes", int64(maxCellBytes))
			a.ok, a.plan.Shape = false, []int{1}
			return
		}
		elements *= int64(d)
	}
	if a.ok && elements > maxCellBytes/a.plan.Type.Layout().Size {
		c.errorAt(def.Key, spec.CodeTooLarge, "", "an array has at most %d bytes, this one would have %d times %d", int64(maxCellBytes), elements, a.plan.Type.Layout().Size)
		a.ok, a.plan.Shape = false, []int{1}
	}
}

// hasUnread says whether a mapping has a key with a value that is not empty: where there is none of it here, spec.Load has said what is wrong.
func hasUnread(n *spec.Node, key string) bool {
	if n == nil {
		return false
	}
	e := n.Get(key)
	if e == nil || e.Value == nil || e.Value.Kind == spec.Null {
		return false
	}
	return e.Value.Kind != spec.Seq || len(e.Value.Items) > 0
}

// shapeOfInit is the shape of an array that says none, by the list that it starts with; nil after a finding.
func (c *compiler) shapeOfInit(a *cell) []int {
	n := a.def.Init.Node
	switch {
	case n == nil:
	case c.isFile(n):
		if shape := a.shapeOfFile(); len(shape) > 0 {
			return shape
		}
		if a.header != nil {
			c.errorAt(n.Keys[0].Value, CodeInitFile, "", "%s cannot start with %s: its shape is %s, which is no array with elements", a.plan.Name, a.plan.File, shapeText(a.header.Shape))
		}
		return nil
	default:
		if value, ok := c.data(n); !ok {
			return nil
		} else if shape := listShape(value, a.plan.Type.Layout()); shape != nil {
			return shape
		}
	}
	if !c.hasError(a.def.Node) && !hasUnread(a.def.Node, "length") && !hasUnread(a.def.Node, "shape") {
		c.errorAt(a.def.Key, spec.CodeMissingKey, "as in: length: 100", "the array %s needs a length, or a shape", a.plan.Name)
	}
	return nil
}

// listShape is the lengths of a list, and of the lists in it; of a text that becomes characters its own. nil: it is no list, or empty.
func listShape(value any, l *stages.Layout) []int {
	switch v := value.(type) {
	case string:
		if n := len(v); l.Scalar == stages.ScalarChar && n > 0 {
			return []int{n}
		}
	case []any:
		switch {
		case len(v) == 0:
			return nil
		case l.Scalar == stages.NoScalar: // a record may be a list, too: such an array has one dimension
			return []int{len(v)}
		}
		return append([]int{len(v)}, listShape(v[0], l)...)
	}
	return nil
}

// readInit reads what a cell starts with, and sees whether it fits.
func (c *compiler) readInit(v *cell) {
	n := v.def.Init.Node
	if n == nil || n.IsUnknown() {
		return
	}
	if c.isFile(n) {
		c.checkInitFile(v)
		return
	}
	value, ok := c.data(n)
	if !ok || !v.ok {
		return
	}
	if _, isList := value.([]any); len(v.plan.Shape) > 0 && !isList {
		if _, isText := value.(string); !isText {
			one := stages.CellType{Type: v.plan.Type}
			if _, misfit := one.EncodeCell(value); misfit == nil {
				v.plan.Init = literal(value, n)
				return
			}
		}
	}
	if _, misfit := v.plan.EncodeCell(value); misfit != nil {
		c.errorAt(n, CodeItemType, misfitHint(misfit), "%s cannot start with this: %s", v.plan.Name, misfit)
		return
	}
	v.plan.Init = literal(value, n)
}

func misfitHint(m *stages.Misfit) string {
	if m.Unknown == "" {
		return ""
	}
	if hint := didYouMean(m.Unknown, m.Known); hint != "" {
		return hint
	}
	return "it has " + andList(m.Known)
}
