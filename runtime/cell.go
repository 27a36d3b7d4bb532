package runtime

import (
	"fmt"
	"slices"

	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// cell is a value or an array as a worker's chain sees it: it implements stages.Cell.
//
// What the chain stores and adds is kept here until the commit, which hands it to the arena as part of its one step; until then the chain
// sees it, and nobody else. A commit makes one change of each number, however often the chain has added to it, so that what is kept is
// bounded by what is touched, not by how often:
//
//	numbers  one entry for each that was stored or added to, found by its offset
//	runs     bytes that were written as a whole, in order and apart from each other; numbers in them are changed there
//
// Sums of integers are kept as one number. Addends of floats are kept one by one and added in their order to what is there at the commit:
// else how often a chain commits could be seen in the last bits.
//
// What others do between an add and its commit may keep the sum from fitting. Then the commit fails, and changes nothing; the worker ends
// and starts again from its last commit (errReplay), where the add is found to fail at its item.
type cell struct {
	host  *host
	typ   *stages.CellType
	array shm.Array
	def   stages.Pos // where the spec defines it

	staged  bool // the next commit knows of it
	numbers []pendingNumber
	small   []int32         // by offset: number of the entry, from 1; of cells of up to smallCell bytes
	large   map[int64]int32 // the same of larger ones
	runs    []pendingRun
	weight  int   // numbers, addends and pieces of runs
	bytes   int64 // of log that what is pending counts as, of which the host has the sum
}

// numberKinds are the arena's kinds of the scalars.
var numberKinds = [...]shm.NumberKind{
	stages.ScalarBool: shm.Bool,
	stages.ScalarInt8: shm.Int8, stages.ScalarUint8: shm.Uint8, stages.ScalarInt16: shm.Int16, stages.ScalarUint16: shm.Uint16,
	stages.ScalarInt32: shm.Int32, stages.ScalarUint32: shm.Uint32, stages.ScalarInt64: shm.Int64, stages.ScalarUint64: shm.Uint64,
	stages.ScalarFloat32: shm.Float32, stages.ScalarFloat64: shm.Float64,
	stages.ScalarChar: shm.Uint8, stages.ScalarWide: shm.Uint32,
}

// Cell implements stages.Host.
func (h *host) Cell(ref stages.Ref) (stages.Cell, error) {
	members, ok := h.cells[ref.Name]
	if !ok || ref.Member < 0 || ref.Member >= len(members) {
		return nil, fmt.Errorf("the plan has no value or array %s", refText(ref))
	}
	return members[ref.Member], nil
}

// openCells makes the cells of the plan, which are numbered in the arena.
func (h *host) openCells() {
	h.cells = make(map[string][]*cell, len(h.handoff.Cells))
	for i := range h.handoff.Cells {
		def := &h.handoff.Cells[i]
		members := make([]*cell, def.Members())
		entry := h.primitives.entries[def.Name]
		for m := range members {
			members[m] = &cell{host: h, typ: &def.CellType, array: h.arena.Array(entry.number(m)), def: def.Pos}
		}
		h.cells[def.Name] = members
	}
}

// cellObject is a value or an array as expressions read it.
func (h *host) cellObject(name string) (any, bool) {
	object, ok := h.cellObjects[name]
	if !ok { // made once: of most values it is a number, which is not
		members, known := h.cells[name]
		if !known {
			return nil, false
		}
		cells := make([]stages.Cell, len(members))
		for i, c := range members {
			cells[i] = c
		}
		object = stages.NewCellReader(cells, h.primitives.entries[name].def.Count > 0)
		h.cellObjects[name] = object
	}
	return object.Read(), true
}

// Type implements stages.Cell.
func (c *cell) Type() *stages.CellType { return c.typ }

// Load implements stages.Cell.
func (c *cell) Load(off int64, s stages.Scalar) stages.Number {
	if len(c.runs) > 0 {
		if r := c.run(off); r != nil {
			return stages.GetNumber(r.buf[off-r.off:], s)
		}
	}
	if p := c.pending(off); p != nil {
		c.refold(p)
		return p.now
	}
	return stages.Number(c.array.Load(off, numberKinds[s]))
}

// Read implements stages.Cell.
func (c *cell) Read(p []byte, off int64) {
	if err := c.array.Read(p, off); err != nil {
		panic(fmt.Sprintf("runtime: reading %s: %v", c.array.Name(), err)) // offsets were checked
	}
	end := off + int64(len(p))
	for i := range c.numbers {
		if n := &c.numbers[i]; n.scalar != stages.NoScalar && off <= n.off && n.off < end {
			c.refold(n)
			stages.PutNumber(p[n.off-off:], n.scalar, n.now)
		}
	}
	for i := range c.runs {
		if r := &c.runs[i]; r.off < end && off < r.end() {
			from := max(off, r.off)
			copy(p[from-off:], r.buf[from-r.off:])
		}
	}
}

// Store implements stages.Cell.
func (c *cell) Store(off int64, s stages.Scalar, n stages.Number) {
	c.touch()
	if r := c.run(off); r != nil {
		stages.PutNumber(r.buf[off-r.off:], s, n)
		return
	}
	p := c.pending(off)
	if p == nil {
		p = c.add(pendingNumber{off: off, scalar: s})
	}
	if s == stages.ScalarFloat32 {
		n = stages.FloatNumber(float64(float32(n.Float())))
	}
	c.count(-addendBytes * int64(max(0, len(p.sums)-1)))
	p.stored, p.now, p.sums = true, n, nil
}

// Add implements stages.Cell.
func (c *cell) Add(off int64, s stages.Scalar, n stages.Number) error {
	if r := c.run(off); r != nil {
		sum, err := stages.Sum(s, stages.GetNumber(r.buf[off-r.off:], s), n)
		if err == nil {
			stages.PutNumber(r.buf[off-r.off:], s, sum)
		}
		return err
	}
	p := c.pending(off)
	if p == nil {
		base := stages.Number(c.array.Load(off, numberKinds[s]))
		sum, err := stages.Sum(s, base, n)
		if err != nil {
			return err
		}
		c.touch()
		p = c.add(pendingNumber{off: off, scalar: s, base: base, now: sum})
		p.sums = append(p.sums, n)
		return nil
	}
	sum, err := stages.Sum(s, p.now, n)
	if err != nil { // others may have made room for it
		c.refold(p)
		if sum, err = stages.Sum(s, p.now, n); err != nil {
			return err
		}
	}
	p.now = sum
	if !p.stored {
		c.keep(p, n)
	}
	return nil
}

// Write implements stages.Cell.
func (c *cell) Write(p []byte, off int64) {
	c.touch()
	fresh := pendingRun{off, p}
	first, _ := slices.BinarySearchFunc(c.runs, off, func(r pendingRun, off int64) int {
		if r.end() <= off {
			return -1
		}
		return 1
	})
	last := first
	for last < len(c.runs) && c.runs[last].off < fresh.end() {
		last++
	}
	if last > first {
		for _, r := range c.runs[first:last] {
			c.count(-runBytes(int64(len(r.buf))))
		}
		fresh = covering(c.runs[first:last], fresh)
	}
	c.runs = slices.Replace(c.runs, first, last, fresh)
	c.count(runBytes(int64(len(fresh.buf))))
	c.weight += len(p)/runPiece + 1
	for i := range c.numbers {
		if n := &c.numbers[i]; n.scalar != stages.NoScalar && off <= n.off && n.off < off+int64(len(p)) {
			c.forget(n)
		}
	}
}

// Full implements stages.Cell.
func (c *cell) Full() bool { return c.weight >= fullCell }

// Room implements stages.Cell.
func (c *cell) Room(n int64) bool {
	left := stages.SectionBytes - c.host.changing
	return n <= left && runBytes(n) <= left // n first: its sum cannot overflow then
}

// Rewrite implements stages.Cell.
func (c *cell) Rewrite(from, to int64, rewrite func(fresh, old []byte, off int64) error) error {
	err := c.array.Rewrite(c.host.slot, from, to, rewrite)
	if err == nil {
		c.host.dirty = true
	}
	return err
}

// Floats implements stages.Cell.
func (c *cell) Floats(p []byte) []float64 { return shm.Float64s(p) }
