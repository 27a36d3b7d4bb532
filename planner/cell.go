package planner

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// Cell is a value or an array of the spec, or a family of them.
type Cell struct {
	Name  string     `json:"name"`
	Kind  string     `json:"kind"` // value, array: as stages.Place.Kind
	Pos   stages.Pos `json:"pos"`
	Count int        `json:"count,omitempty"` // members of a family; 0: it is none
	stages.CellType

	Init *stages.Source `json:"init,omitempty"` // a literal: what each member starts with, as stages.CellType.EncodeCell takes it, or one element for all; nil: zeros
	File string         `json:"file,omitempty"` // what it starts with, in NumPy's format, in place of Init
	Save string         `json:"save,omitempty"` // where it is written at the end of the run, in NumPy's format

	OwnLock bool   `json:"own_lock,omitempty"` // it has a lock of its own, which is recursive
	Lock    string `json:"lock,omitempty"`     // the lock that goes with it, member by member if that is a family
}

// Members is how many the cell is: 1 if it is no family.
func (c *Cell) Members() int { return max(1, c.Count) }

// Member is the name of a member: total[2] of a family, the cell's own else.
func (c *Cell) Member(i int) string { return memberName(c.Name, c.Count, i) }

// Memory is the bytes of all members.
func (c *Cell) Memory() int64 { return int64(c.Members()) * c.Bytes() }

// cell is a value or an array with what the passes find out of it.
type cell struct {
	plan Cell
	def  *spec.Cell
	ok   bool // its type and its shape are known
}

// maxCellBytes is what an array can have (shm.MaxArrayBytes).
const maxCellBytes = 64 << 30

// readCells reads values, then arrays.
func (c *compiler) readCells() {
	for _, def := range c.doc.Values {
		v := c.cell("value", &def.Cell)
		c.readInit(v)
	}
	for _, def := range c.doc.Arrays {
		a := c.cell("array", &def.Cell)
		c.readShape(a, def)
		c.readInit(a)
	}
	c.checkCellTotal()
}

// cell begins a value or an array with what both have.
func (c *compiler) cell(kind string, def *spec.Cell) *cell {
	v := &cell{def: def, plan: Cell{Name: def.Name, Kind: kind, Pos: posOf(def.Key), OwnLock: true}}
	if def.Count.IsSet() {
		v.plan.Count = c.atMost(def.Count.Node, c.count(def.Count, 1, 1), maxPrimitives, 1, "a count")
	}
	v.plan.Type, _, v.ok = c.storeType(def.Type)
	if v.plan.Save = c.text(def.Save, ""); def.Save.IsSet() && v.plan.Save == "" {
		c.errorAt(def.Save.Node, spec.CodeBadValue, "as in: save: "+def.Name+".npy", "the path is empty")
	}
	c.readCellLock(v)
	c.cells = append(c.cells, v)
	if s, ok := c.symbols[def.Name]; ok && s.key == def.Key {
		s.cell = v
		c.symbols[def.Name] = s
	}
	return v
}

func (c *compiler) readCellLock(v *cell) {
	ref := v.def.Lock
	if !ref.IsSet() {
		return
	}
	v.plan.OwnLock = ref.Own
	if ref.Name == "" {
		return
	}
	s, ok := c.lookup(ref.Name, ref.Node.At(), ref.Node, "lock")
	if !ok {
		return
	}
	c.places[ref.Name] = append(c.places[ref.Name], ref.Node)
	v.plan.Lock = ref.Name
	if s.primitive != nil && s.primitive.plan.Count > 0 && s.primitive.plan.Count != v.plan.Count {
		c.errorAt(ref.Node, CodeBadPlace, "give it the same count, or name a lock that is no family",
			"%s, so that %s needs as many: each has a lock of its own of them", stages.FamilyText(ref.Name, s.primitive.plan.Count), v.plan.Name)
	}
}

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
	if n != nil && !c.isFile(n) {
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

// isFile says whether an init is {file: path}. A record with a field of that name is started by a list, or with its other fields.
func (c *compiler) isFile(n *spec.Node) bool {
	return n.Kind == spec.Map && len(n.Keys) == 1 && n.Keys[0].Key.Text == "file"
}

// readInit reads what a cell starts with, and sees whether it fits.
func (c *compiler) readInit(v *cell) {
	n := v.def.Init.Node
	if n == nil || n.IsUnknown() {
		return
	}
	if c.isFile(n) {
		path, ok := c.data(n.Keys[0].Value)
		text, isText := path.(string)
		if ok && (!isText || text == "") {
			c.errorAt(n.Keys[0].Value, spec.CodeWrongKind, "as in: init: {file: x.npy}", "expected the path of a file in NumPy's format")
		}
		v.plan.File = text
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

// checkCellTotal finds more values and arrays than one run can hold, and two that are saved to one file.
func (c *compiler) checkCellTotal() {
	total := 0
	for _, p := range c.primitives {
		total += p.plan.Members()
	}
	saved := map[string]*cell{}
	for _, v := range c.cells {
		if total += 2 * v.plan.Members(); total > maxPrimitives {
			c.errorAt(v.def.Key, spec.CodeBadValue, "", "%s brings the values, arrays, locks and what else is shared to %d; there can be %d", v.plan.Name, total, maxPrimitives)
			return
		}
		if v.plan.Save == "" {
			continue
		}
		if first := saved[v.plan.Save]; first != nil {
			c.at(spec.Error, v.def.Save.Node.At(), v.def.Save.Node.Path(), spec.CodeBadValue, "", v.plan.Save+" is where "+first.plan.Name+" is saved already",
				spec.Related{Range: first.def.Save.Node.At(), Message: "that is here"})
		}
		saved[v.plan.Save] = v
	}
}

// checkCellsUsed warns of values and arrays that nothing uses.
func (c *compiler) checkCellsUsed() {
	for _, v := range c.cells {
		if len(c.places[v.plan.Name]) == 0 && !c.allows(v.def.Node, CodeUnused) {
			c.warnAt(v.def.Key, CodeUnused, "", "nothing uses the %s %s", v.plan.Kind, v.plan.Name)
		}
	}
}

// cellType is what expressions read of a value or an array.
func (s symbol) cellType() stages.Type {
	if s.cell == nil || !s.cell.ok {
		return stages.AnyType
	}
	typ := s.cell.plan.ItemType()
	if s.cell.plan.Count > 0 {
		typ = stages.ListOf(typ)
	}
	return typ
}

// placePart is one [index] or .field of a place.
type placePart struct {
	at    int    // of the index or the name, in bytes
	text  string // the index, or the name
	field bool
}

// splitPlace splits what follows a name in the text of a place, from the byte at on. It gives the byte at which it is neither an index nor
// a field, -1 if there is none.
func splitPlace(text string, at int) (parts []placePart, bad int) {
	for at < len(text) {
		switch text[at] {
		case '[':
			end := stages.FindBracket(text[at+1:])
			if end <= 0 || strings.TrimSpace(text[at+1:at+1+end]) == "" {
				return parts, at
			}
			parts = append(parts, placePart{at: at + 1, text: text[at+1 : at+1+end]})
			at += end + 2
		case '.':
			name := leadingName(text[at+1:])
			if name == "" {
				return parts, at
			}
			parts = append(parts, placePart{at: at + 1, text: name, field: true})
			at += 1 + len(name)
		default:
			return parts, at
		}
	}
	return parts, -1
}

// decodeCellPlace decodes the indexes and fields behind the name of a value or an array.
func (c *compiler) decodeCellPlace(n *spec.Node, p *stages.Place, v *cell) bool {
	at := len(p.Name)
	parts, bad := splitPlace(n.Text, at)
	if bad >= 0 {
		c.errorIn(n.RangeAt(bad, len(n.Text)), n, CodeBadPlace, "as in: hist[item % 10], points[0].x", "behind %s belong indexes in [ ] and names of fields, not %s", p.Name, shortJSON(n.Text[bad:]))
		return false
	}
	if v == nil || !v.ok {
		return true // reported where it is defined
	}
	p.Count = v.plan.Count
	left := len(v.plan.Shape)
	if p.Count > 0 {
		if left++; len(parts) == 0 || parts[0].field {
			c.errorAt(n, CodeBadPlace, "say which, as in "+p.Name+"[0]", "%s is %s: %s", p.Name, familyText(p.Kind), stages.FamilyText(p.Name, p.Count))
			return false
		}
	}
	layout := v.plan.Type.Layout()
	for _, part := range parts {
		before := n.Text[:part.at-1]
		switch {
		case part.field && left > 0:
			c.errorIn(n.RangeAt(part.at, part.at+len(part.text)), n, CodeBadPlace, "say of which element, as in "+before+"[0]."+part.text, "%s has elements, not fields", before)
			return false
		case part.field:
			field := fieldOf(layout, part.text)
			if field == nil {
				c.unknownField(n, part, before, layout)
				return false
			}
			layout = field
			p.Field = strings.TrimPrefix(p.Field+"."+part.text, ".")
		case left == 0:
			c.errorIn(n.RangeAt(part.at-1, part.at+len(part.text)+1), n, CodeBadPlace, "", "%s has no elements", before)
			return false
		default:
			left--
			p.Index = append(p.Index, stages.Source{Kind: stages.SourceExpr, Text: part.text, Pos: stagePos(n.PosAt(part.at))})
		}
	}
	return true
}

func (c *compiler) unknownField(n *spec.Node, part placePart, before string, l *stages.Layout) {
	at := n.RangeAt(part.at, part.at+len(part.text))
	if l.Scalar != stages.NoScalar {
		c.errorIn(at, n, CodeBadPlace, "", "%s is of type %s, which has no fields", before, l.Scalar)
		return
	}
	var names []string
	for _, f := range l.Fields {
		names = append(names, f.Name)
	}
	c.errorIn(at, n, CodeBadPlace, misfitHint(&stages.Misfit{Unknown: part.text, Known: names}), "%s is of type %s, which has no field %s", before, l.Type.Name, part.text)
}

func fieldOf(l *stages.Layout, name string) *stages.Layout {
	i := slices.IndexFunc(l.Fields, func(f stages.FieldLayout) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return l.Fields[i].Layout
}

// target is what a place of a value or an array leads to: how many dimensions are left, and the type behind them.
func (v *cell) target(p *stages.Place) (typ *stages.StoreType, shape []int) {
	taken := len(p.Index)
	if v.plan.Count > 0 {
		taken--
	}
	layout := v.plan.Type.Layout()
	if p.Field != "" {
		for name := range strings.SplitSeq(p.Field, ".") {
			layout = fieldOf(layout, name)
		}
	}
	return layout.Type, v.plan.Shape[min(max(taken, 0), len(v.plan.Shape)):]
}

// dimensions says how many elements there are, for people.
func dimensions(shape []int) string {
	words := make([]string, len(shape))
	for i, d := range shape {
		words[i] = strconv.Itoa(d)
	}
	return strings.Join(words, " x ")
}
