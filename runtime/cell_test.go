package runtime

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// cellBench is a cell of an arena that two workers have.
type cellBench struct {
	arena *shm.Arena
	hosts [2]*host
	cells [2]*cell
}

func newCellBench(t *testing.T, typ stages.CellType) *cellBench {
	t.Helper()
	arena, err := shm.Create(shm.Config{Slots: 2, Primitives: []shm.PrimitiveConfig{{Kind: shm.KindArray, Name: "a", Value: typ.Bytes()}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = arena.Close() })
	b := &cellBench{arena: arena}
	for i := range b.hosts {
		slot, err := arena.Attach(i)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := slot.Adopt(); err != nil {
			t.Fatal(err)
		}
		b.hosts[i] = &host{arena: arena, slot: slot}
		b.cells[i] = &cell{host: b.hosts[i], typ: &typ, array: arena.Array(0)}
	}
	return b
}

// commit makes what a worker has changed visible.
func (b *cellBench) commit(worker int) error {
	h := b.hosts[worker]
	tx := h.slot.Begin()
	for _, do := range h.effects {
		do(tx)
	}
	if err := h.slot.Commit(tx); err != nil {
		return err
	}
	h.settleEffects()
	return nil
}

// committed is what others see.
func (b *cellBench) committed(t *testing.T) []byte {
	t.Helper()
	all := make([]byte, b.arena.Array(0).Len())
	if err := b.arena.Array(0).Read(all, 0); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestCellAgainstBytes holds a cell, with what is pending in it, against a copy of its bytes that is changed at once.
func TestCellAgainstBytes(t *testing.T) {
	for _, scalar := range []stages.Scalar{stages.ScalarInt8, stages.ScalarUint16, stages.ScalarInt64, stages.ScalarFloat32, stages.ScalarFloat64} {
		for seed := range uint64(30) {
			checkAgainstBytes(t, scalar, rand.New(rand.NewPCG(seed, uint64(scalar))), []int{7, 20_000}[seed%2])
		}
	}
}

func checkAgainstBytes(t *testing.T, s stages.Scalar, random *rand.Rand, length int) {
	t.Helper()
	b := newCellBench(t, stages.CellType{Type: stages.StoreType{Name: s.String()}, Shape: []int{length}})
	c, size := b.cells[0], int64(s.Size())
	seen, there := make([]byte, length*s.Size()), make([]byte, length*s.Size())
	number := func() stages.Number {
		if s.IsFloat() {
			return stages.FloatNumber(float64(random.IntN(2000)-1000) / 7)
		}
		return stages.Number(random.IntN(128))
	}
	some := func() int64 { return size * int64(random.IntN(min(length, 9))) }
	for step := range 300 {
		off := some()
		switch random.IntN(8) {
		case 0, 1, 2:
			n := number()
			sum, want := stages.Sum(s, stages.GetNumber(seen[off:], s), n)
			if err := c.Add(off, s, n); (err == nil) != (want == nil) {
				t.Fatalf("%s, step %d: adding gives %v in place of %v", s, step, err, want)
			}
			if want == nil {
				stages.PutNumber(seen[off:], s, sum)
			}
		case 3:
			n := number()
			c.Store(off, s, n)
			stages.PutNumber(seen[off:], s, n)
		case 4:
			end := min(off+size*int64(random.IntN(5)), int64(len(seen)))
			p := make([]byte, end-off)
			for at := int64(0); at < int64(len(p)); at += size {
				stages.PutNumber(p[at:], s, number())
			}
			copy(seen[off:], p)
			c.Write(p, off)
		case 5:
			if got, want := c.Load(off, s), stages.GetNumber(seen[off:], s); got != want {
				t.Fatalf("%s, step %d: the number at %d is %v in place of %v", s, step, off, got, want)
			}
		case 6:
			got := make([]byte, len(seen))
			if c.Read(got, 0); !bytes.Equal(got, seen) {
				t.Fatalf("%s, step %d: the chain sees\n%v in place of\n%v", s, step, got, seen)
			}
		case 7:
			if !bytes.Equal(b.committed(t), there) {
				t.Fatalf("%s, step %d: others see what was not committed", s, step)
			}
			if err := b.commit(0); err != nil {
				t.Fatal(err)
			}
			there = bytes.Clone(seen)
			if got := b.committed(t); !bytes.Equal(got, there) {
				t.Fatalf("%s, step %d: the commit leaves\n%v in place of\n%v", s, step, got, there)
			}
		}
	}
}

// TestCellOfTwo: what two workers add comes together, and each sees its own at once.
func TestCellOfTwo(t *testing.T) {
	b := newCellBench(t, stages.CellType{Type: stages.StoreType{Name: "int64"}})
	for range 1000 {
		for i, c := range b.cells {
			if err := c.Add(0, stages.ScalarInt64, stages.Number(i+1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, want := range []stages.Number{1000, 2000} {
		if got := b.cells[i].Load(0, stages.ScalarInt64); got != want {
			t.Errorf("worker %d sees %d in place of %d", i, got, want)
		}
	}
	if n := len(b.cells[0].numbers); n != 1 {
		t.Errorf("a thousand adds are %d changes", n)
	}
	for i := range b.hosts {
		if err := b.commit(i); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.cells[0].Load(0, stages.ScalarInt64); got != 3000 {
		t.Errorf("both have added %d", got)
	}
}

// TestSumsOfFloatsKeepTheirOrder: how often a chain commits does not show in the last bits of a sum.
func TestSumsOfFloatsKeepTheirOrder(t *testing.T) {
	for _, s := range []stages.Scalar{stages.ScalarFloat32, stages.ScalarFloat64} {
		sums := map[stages.Number]bool{}
		for _, every := range []int{1, 7, 1000} {
			b := newCellBench(t, stages.CellType{Type: stages.StoreType{Name: s.String()}})
			for i := range 1000 {
				if err := b.cells[0].Add(0, s, stages.FloatNumber(0.1*float64(i%13))); err != nil {
					t.Fatal(err)
				}
				if i%every == every-1 {
					if err := b.commit(0); err != nil {
						t.Fatal(err)
					}
				}
			}
			sums[b.cells[0].Load(0, s)] = true
		}
		if len(sums) != 1 {
			t.Errorf("%s: there are %d sums", s, len(sums))
		}
	}
}

// TestSumThatOthersLeftNoRoomFor: the commit fails, changes nothing, and sends the worker back to the one before.
func TestSumThatOthersLeftNoRoomFor(t *testing.T) {
	b := newCellBench(t, stages.CellType{Type: stages.StoreType{Name: "uint8"}})
	for _, c := range b.cells {
		if err := c.Add(0, stages.ScalarUint8, 200); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.commit(1); err != nil {
		t.Fatal(err)
	}
	err := b.commit(0)
	if err == nil {
		t.Fatal("400 fits into a uint8")
	}
	if got := b.hosts[0].sumLost(err); got != errReplay { //nolint:errorlint // never wrapped
		t.Errorf("the worker ends with %v", got)
	}
	if got := b.cells[1].Load(0, stages.ScalarUint8); got != 200 {
		t.Errorf("there is %d", got)
	}
	if err := b.cells[1].Add(0, stages.ScalarUint8, 100); err == nil {
		t.Error("300 fits into a uint8")
	}
}

// TestCellIsFull: what is pending is bounded, however much is changed.
func TestCellIsFull(t *testing.T) {
	b := newCellBench(t, stages.CellType{Type: stages.StoreType{Name: "float64"}, Shape: []int{1 << 17}})
	c := b.cells[0]
	for i := range int64(1 << 17) {
		if c.Full() {
			if i < fullCell {
				t.Errorf("%d numbers are too many", i)
			}
			if err := b.commit(0); err != nil {
				t.Fatal(err)
			}
			if c.Full() {
				t.Error("what was committed is still in the way")
			}
			return
		}
		c.Store(8*i, stages.ScalarFloat64, stages.FloatNumber(math.Pi))
	}
	t.Error("any number of numbers is kept")
}

// TestCellRoom: what is pending in all cells of a worker counts, what is written over does not, and a commit makes room again.
func TestCellRoom(t *testing.T) {
	b := newCellBench(t, stages.CellType{Type: stages.StoreType{Name: "float64"}, Shape: []int{1 << 17}})
	c, size := b.cells[0], int64(1<<20)
	other := &cell{host: c.host, typ: c.typ, array: c.array}
	if !c.Room(stages.SectionBytes-numberBytes) || c.Room(stages.SectionBytes) || c.Room(math.MaxInt64) {
		t.Error("the room of a section without changes is not the bound")
	}
	for range 1000 { // the same bytes, at the same place
		c.Write(make([]byte, size), 0)
	}
	if used := c.host.changing; used != runBytes(size) {
		t.Errorf("a run of %d bytes counts as %d", size, used)
	}
	c.Write(make([]byte, 16), 8)
	c.Store(8, stages.ScalarFloat64, 1) // in the run
	if used := c.host.changing; used != runBytes(size) {
		t.Errorf("what is changed in a run counts by itself: %d", used)
	}
	if err := b.commit(0); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := c.Add(0, stages.ScalarFloat64, stages.FloatNumber(float64(i))); err != nil {
			t.Fatal(err)
		}
	}
	if used := c.host.changing; used != numberBytes+2*addendBytes {
		t.Errorf("a number with three addends counts as %d", used)
	}
	c.Store(0, stages.ScalarFloat64, 1)
	if used := c.host.changing; used != numberBytes {
		t.Errorf("a number that was stored counts as %d", used)
	}
	c.host.changing = stages.SectionBytes - numberBytes // as if others had taken the rest
	if other.Room(8) || !other.Room(0) {
		t.Error("cells of one worker do not share the bound")
	}
	c.host.changing = numberBytes
	if err := b.commit(0); err != nil {
		t.Fatal(err)
	}
	if c.host.changing != 0 || c.bytes != 0 {
		t.Errorf("a commit leaves %d and %d", c.host.changing, c.bytes)
	}
}
