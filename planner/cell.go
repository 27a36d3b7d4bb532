package planner

import (
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
	"github.com/mprun/mprun/stages/npy"
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

	Segment string `json:"segment,omitempty"` // the file of shm.SegmentFolder that its members are in, one behind the other; "": nobody else can open them

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

	header *npy.Header // of the file that it starts with; nil: none, or it cannot be read
}

// maxCellBytes is what an array can have (shm.MaxArrayBytes).
const maxCellBytes = 64 << 30

// readCells reads values, then arrays.
func (c *compiler) readCells() {
	for _, def := range c.doc.Values {
		v := c.cell("value", &def.Cell)
		c.readInitFile(v)
		c.readInit(v)
	}
	for _, def := range c.doc.Arrays {
		a := c.cell("array", &def.Cell)
		c.readInitFile(a)
		c.readShape(a, def)
		c.readInit(a)
	}
	c.checkCellTotal()
	c.checkSegments()
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
	c.readSegment(v)
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

// checkCellsUsed warns of values and arrays that nothing uses; those with a name other programs may use.
func (c *compiler) checkCellsUsed() {
	for _, v := range c.cells {
		if len(c.places[v.plan.Name]) == 0 && v.plan.Segment == "" && !c.allows(v.def.Node, CodeUnused) {
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
