package stages

import (
	"bytes"
	"fmt"
	"slices"
)

// fakeCell is a value or an array of a world as one worker's chain sees it: a copy of what is committed, with what the chain has done since.
type fakeCell struct {
	host   *fakeHost
	shared *sharedCell
	own    []byte // what the chain sees; nil: as it is committed
}

// sharedCell is the memory of a value or an array.
type sharedCell struct {
	typ   CellType
	bytes []byte
}

// newCell adds a value or an array to the world.
func (w *world) newCell(name string, typ CellType) {
	w.cells[name] = &sharedCell{typ, make([]byte, typ.Bytes())}
}

// cellTexts is all values and arrays, for comparisons.
func (w *world) cellTexts() string {
	var b bytes.Buffer
	for _, name := range sortedNames(w.cells) {
		c := w.cells[name]
		fmt.Fprintf(&b, "%s = %s\n", name, AppendJSON(nil, c.typ.part().decode(c.bytes)))
	}
	return b.String()
}

func sortedNames[T any](m map[string]T) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (h *fakeHost) Cell(ref Ref) (Cell, error) {
	shared := h.world.cells[ref.Name]
	if shared == nil {
		return nil, fmt.Errorf("there is no cell %s", ref.Name)
	}
	if h.cells[ref.Name] == nil {
		if h.cells == nil {
			h.cells = map[string]*fakeCell{}
		}
		h.cells[ref.Name] = &fakeCell{host: h, shared: shared}
	}
	return h.cells[ref.Name], nil
}

// fakeResources is the cells of a world in expressions.
type fakeResources struct{ host *fakeHost }

func (r fakeResources) Lookup(name string) (any, bool) {
	c, err := r.host.Cell(Ref{Name: name})
	if err != nil {
		return nil, false
	}
	return NewCellReader([]Cell{c}, false).Read(), true
}

func (c *fakeCell) Type() *CellType { return &c.shared.typ }

func (c *fakeCell) seen() []byte {
	if c.own != nil {
		return c.own
	}
	return c.shared.bytes
}

// mine is what the chain sees, to be changed: the next commit makes it what there is.
func (c *fakeCell) mine() []byte {
	if c.own == nil {
		c.own = slices.Clone(c.shared.bytes)
		c.host.happened = true
		c.host.staged = append(c.host.staged, func() { copy(c.shared.bytes, c.own); c.own = nil })
	}
	return c.own
}

func (c *fakeCell) Load(off int64, s Scalar) Number { return s.get(c.seen()[off:]) }
func (c *fakeCell) Read(p []byte, off int64)        { copy(p, c.seen()[off:]) }

func (c *fakeCell) Store(off int64, s Scalar, n Number) {
	s.put(c.mine()[off:], n)
	c.host.changed += int64(s.Size())
}

func (c *fakeCell) Write(p []byte, off int64) {
	copy(c.mine()[off:], p)
	c.host.changed += int64(len(p))
}

func (c *fakeCell) Add(off int64, s Scalar, n Number) error {
	sum, err := Sum(s, c.Load(off, s), n)
	if err == nil {
		c.Store(off, s, sum)
	}
	return err
}

// Full is now and then true while something waits to be committed.
func (c *fakeCell) Full() bool { return c.own != nil && ask(c.host.cellFull) }

// Room is of the world's bound, and takes twice the same as two changes.
func (c *fakeCell) Room(n int64) bool {
	return c.host.world.room == 0 || c.host.changed+n <= c.host.world.room
}

func (c *fakeCell) Floats([]byte) []float64 { return nil }

func (c *fakeCell) Rewrite(from, to int64, rewrite func(fresh, old []byte, off int64) error) error {
	if len(c.host.staged) > 0 {
		return fmt.Errorf("something else is part of the commit of a rewritten array")
	}
	old, fresh := slices.Clone(c.shared.bytes[from:to]), make([]byte, to-from)
	const piece = 3 // elements, so that arrays of tests have several
	step := piece * c.shared.typ.Type.Layout().Size
	for at := int64(0); at < to-from; at += step {
		end := min(at+step, to-from)
		if err := rewrite(fresh[at:end:end], old[at:end:end], from+at); err != nil {
			return err
		}
	}
	copy(c.mine()[from:], fresh)
	return nil
}
