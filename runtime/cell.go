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
	weight  int // numbers, addends and pieces of runs
}

// pendingNumber is a number that the chain has changed.
type pendingNumber struct {
	off    int64
	scalar stages.Scalar // NoScalar: a run has taken its place
	stored bool          // now is all that counts
	base   stages.Number // what was there when now was computed
	now    stages.Number // as the chain sees it
	sums   []stages.Number
}

// pendingRun is bytes that the chain has written.
type pendingRun struct {
	off int64
	buf []byte
}

func (r *pendingRun) end() int64 { return r.off + int64(len(r.buf)) }

const (
	// smallCell is up to how many bytes a cell has a table in place of a map.
	smallCell = 64 << 10
	// fullCell is the weight from which on what is pending must be committed.
	fullCell = 1 << 16
	// runPiece is how many bytes of a run weigh as much as a number.
	runPiece = 512
)

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

// refold computes how the chain sees a number that it has added to, if what is there has changed.
func (c *cell) refold(p *pendingNumber) {
	if p.stored {
		return
	}
	base := stages.Number(c.array.Load(p.off, numberKinds[p.scalar]))
	if base == p.base {
		return
	}
	now := base
	for _, n := range p.sums {
		sum, err := stages.Sum(p.scalar, now, n)
		if err != nil {
			return // the commit will say so; until then the chain sees what it saw
		}
		now = sum
	}
	p.base, p.now = base, now
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

// keep notes what is added to a number that was added to before.
func (c *cell) keep(p *pendingNumber, n stages.Number) {
	last := len(p.sums) - 1
	if !p.scalar.IsFloat() {
		x, y := int(p.sums[last]), int(n)
		if sum := x + y; (x^sum)&(y^sum) >= 0 {
			p.sums[last] = stages.Number(sum)
			return
		}
	}
	p.sums = append(p.sums, n)
	c.weight++
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
		fresh = covering(c.runs[first:last], fresh)
	}
	c.runs = slices.Replace(c.runs, first, last, fresh)
	c.weight += len(p)/runPiece + 1
	for i := range c.numbers {
		if n := &c.numbers[i]; n.scalar != stages.NoScalar && off <= n.off && n.off < off+int64(len(p)) {
			c.forget(n)
		}
	}
}

// covering is the run that covers others, which it meets, and writes over them.
func covering(old []pendingRun, fresh pendingRun) pendingRun {
	from, to := min(old[0].off, fresh.off), max(old[len(old)-1].end(), fresh.end())
	if from == fresh.off && to == fresh.end() {
		return fresh
	}
	all := pendingRun{from, make([]byte, to-from)}
	for _, r := range append(slices.Clone(old), fresh) {
		copy(all.buf[r.off-from:], r.buf)
	}
	return all
}

// Full implements stages.Cell.
func (c *cell) Full() bool { return c.weight >= fullCell }

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

// settle forgets what was pending: it was committed, or is not to be.
func (c *cell) settle() {
	c.staged, c.weight = false, 0
	for i := range c.numbers {
		if c.small != nil {
			c.small[c.numbers[i].off] = 0
		}
		c.numbers[i].sums = nil
	}
	clear(c.large)
	c.numbers, c.runs = c.numbers[:0], c.runs[:0]
}

// touch has the next commit take what is pending.
func (c *cell) touch() {
	if !c.staged {
		c.staged, c.host.dirty = true, true
		c.host.effects = append(c.host.effects, c.stage)
		c.host.touched = append(c.host.touched, c)
	}
}

// pending is the entry of the number at off, or nil.
func (c *cell) pending(off int64) *pendingNumber {
	var i int32
	if c.small != nil {
		i = c.small[off]
	} else if len(c.large) > 0 {
		i = c.large[off]
	}
	if i == 0 {
		return nil
	}
	return &c.numbers[i-1]
}

// add makes the entry of a number.
func (c *cell) add(p pendingNumber) *pendingNumber {
	c.numbers = append(c.numbers, p)
	c.weight++
	switch i := int32(len(c.numbers)); {
	case c.small != nil:
		c.small[p.off] = i
	case c.array.Len() <= smallCell:
		c.small = make([]int32, c.array.Len())
		c.small[p.off] = i
	default:
		if c.large == nil {
			c.large = map[int64]int32{}
		}
		c.large[p.off] = i
	}
	return &c.numbers[len(c.numbers)-1]
}

// forget takes back the entry of a number that a run has written over.
func (c *cell) forget(p *pendingNumber) {
	if c.small != nil {
		c.small[p.off] = 0
	} else {
		delete(c.large, p.off)
	}
	p.scalar = stages.NoScalar
}

// run is the run that the number at off is in, or nil.
func (c *cell) run(off int64) *pendingRun {
	if len(c.runs) == 0 {
		return nil
	}
	i, found := slices.BinarySearchFunc(c.runs, off, func(r pendingRun, off int64) int {
		switch {
		case r.end() <= off:
			return -1
		case r.off > off:
			return 1
		}
		return 0
	})
	if !found {
		return nil
	}
	return &c.runs[i]
}

// stage adds what is pending to a commit.
func (c *cell) stage(tx *shm.Tx) {
	for i := range c.numbers {
		p := &c.numbers[i]
		change := shm.Change{Off: p.off, Kind: numberKinds[p.scalar]}
		switch {
		case p.scalar == stages.NoScalar:
		case p.stored:
			change.Number = shm.Number(p.now)
			tx.Change(c.array, change)
		case p.scalar.IsFloat():
			change.Add = true
			change.Floats = make([]float64, len(p.sums))
			for k, n := range p.sums {
				change.Floats[k] = n.Float()
			}
			tx.Change(c.array, change)
		default:
			change.Add = true
			for _, n := range p.sums {
				change.Number = shm.Number(n)
				tx.Change(c.array, change)
			}
		}
	}
	for i := range c.runs {
		tx.Change(c.array, shm.Change{Off: c.runs[i].off, Bytes: c.runs[i].buf})
	}
}

// sumLost is the failure of a commit in which a sum did not fit that did when it was added: others had changed the number since. The worker
// goes back to its last commit, so that the add fails at its item. Where input cannot be read again, the run fails here.
func (h *host) sumLost(err error) error {
	if h.volatile != h.slot.Commits()+1 {
		h.letGo()
		return errReplay
	}
	failure := &stages.StageError{Op: "add", Type: "range", Text: err.Error() + ", since another worker has changed it meanwhile"}
	if len(h.touched) > 0 {
		failure.Pos = h.touched[0].def
	}
	return failure
}
