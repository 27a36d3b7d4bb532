package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
	"github.com/mprun/mprun/stages/npy"
)

// What a value or an array starts with can be a file. Its header says what is in it: the shape of an array that gives none, and whether type
// and shape are those that the spec says. The elements are read when the run starts, and the header is then looked at again.

// isFile says whether an init is {file: path}. A record with a field of that name is started by a list, or with its other fields.
func (c *compiler) isFile(n *spec.Node) bool {
	return n.Kind == spec.Map && len(n.Keys) == 1 && n.Keys[0].Key.Text == "file"
}

// readInitFile reads the path and the header of the file that a cell starts with, if it does.
func (c *compiler) readInitFile(v *cell) {
	n := v.def.Init.Node
	if n == nil || n.IsUnknown() || !c.isFile(n) {
		return
	}
	value, ok := c.data(n.Keys[0].Value)
	if !ok {
		return
	}
	path, isText := value.(string)
	if !isText || path == "" {
		c.errorAt(n.Keys[0].Value, spec.CodeWrongKind, "as in: init: {file: x.npy}", "expected the path of a file in NumPy's format")
		return
	}
	v.plan.File = path
	file, err := c.host.OpenFile(within(c.opts.Dir, path))
	if err == nil {
		defer file.Close()
		var header npy.Header
		if header, err = npy.ReadHeader(file); err == nil {
			v.header = &header
			return
		}
	}
	c.errorAt(n.Keys[0].Value, CodeInitFile, "", "%s cannot start with %s: %s", v.plan.Name, path, err)
}

// shapeOfFile is the shape that each member of an array has by its file: what that has as a whole, or a part of it if there is one for each
// member, as `save` writes it; nil if the file has no elements, or cannot be read.
func (v *cell) shapeOfFile() []int {
	if v.header == nil || slices.Contains(v.header.Shape, 0) {
		return nil
	}
	shape := v.header.Shape
	if v.plan.Count > 0 && len(shape) > 1 && shape[0] == v.plan.Count {
		return shape[1:]
	}
	return slices.Clone(shape)
}

// checkInitFile finds a file whose elements are of another type or number than the cell's.
func (c *compiler) checkInitFile(v *cell) {
	if v.header == nil || !v.ok {
		return
	}
	n := v.def.Init.Node.Keys[0].Value
	misfit := func(why string) {
		c.errorAt(n, CodeInitFile, "", "%s cannot start with %s: %s", v.plan.Name, v.plan.File, why)
	}
	if err := v.header.Check(v.plan.Type.Layout()); err != nil {
		misfit(err.Error())
		return
	}
	whole := append([]int{v.plan.Count}, v.plan.Shape...)
	if slices.Equal(v.header.Shape, v.plan.Shape) || v.plan.Count > 0 && slices.Equal(v.header.Shape, whole) {
		return
	}
	wanted := shapeText(v.plan.Shape)
	if v.plan.Kind == "value" {
		wanted += " as of one element"
	}
	if v.plan.Count > 0 {
		wanted += ", or " + shapeText(whole) + " for all members"
	}
	misfit(fmt.Sprintf("it has the shape %s, not %s", shapeText(v.header.Shape), wanted))
}

// shapeText is a shape as a spec has it: [480, 640].
func shapeText(shape []int) string {
	dims := make([]string, len(shape))
	for i, d := range shape {
		dims[i] = stages.TextOf(d)
	}
	return "[" + strings.Join(dims, ", ") + "]"
}
