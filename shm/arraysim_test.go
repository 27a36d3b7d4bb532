//go:build linux

package shm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// arrayModel is an array in plain Go: bytes, and numbers by way of big integers.
type arrayModel struct {
	simulated
	bytes []byte
}

const simulatedArray = 2*leastStripe + 24

// simulatedCells are words of eight bytes at the ends and on both sides of where stripes meet.
var simulatedCells = []int64{0, leastStripe - 8, leastStripe, 2*leastStripe - 8, 2 * leastStripe, simulatedArray - 8}

// integer is a number's value, of a kind that is no float.
func integer(kind NumberKind, n Number) *big.Int {
	if kind == Uint64 {
		return new(big.Int).SetUint64(uint64(n))
	}
	return big.NewInt(n.Int())
}

// bounds are the least and the greatest value of a kind.
func bounds(kind NumberKind) (least, greatest *big.Int) {
	bits := uint(8 * kind.Size())
	one := big.NewInt(1)
	switch kind {
	case Bool:
		return new(big.Int), one
	case Uint8, Uint16, Uint32, Uint64:
		return new(big.Int), new(big.Int).Sub(new(big.Int).Lsh(one, bits), one)
	}
	half := new(big.Int).Lsh(one, bits-1)
	return new(big.Int).Neg(half), new(big.Int).Sub(half, one)
}

// read is the number at an offset.
func (m *arrayModel) read(off int64, kind NumberKind) (*big.Int, float64) {
	var p [8]byte
	copy(p[:], m.bytes[off:off+int64(kind.Size())])
	bits := binary.LittleEndian.Uint64(p[:])
	switch kind {
	case Float64:
		return nil, math.Float64frombits(bits)
	case Float32:
		return nil, float64(math.Float32frombits(uint32(bits)))
	}
	n := new(big.Int).SetUint64(bits)
	if _, greatest := bounds(kind); kind != Bool && n.Cmp(greatest) > 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*kind.Size())))
	}
	return n, 0
}

// change does a change to what stands in values, which has what is in the making, and says whether it fits.
func (m *arrayModel) change(values map[int64]any, c Change) bool {
	n, f := m.read(c.Off, c.Kind)
	switch v := values[c.Off].(type) {
	case *big.Int:
		n = v
	case float64:
		f = v
	}
	if c.Kind.IsFloat() {
		next := c.Number.Float()
		if c.Add {
			next += f
		}
		if c.Kind == Float32 { // each sum, as if it were stored
			next = float64(float32(next))
		}
		values[c.Off] = next
		return true
	}
	next := integer(c.Kind, c.Number)
	if c.Add { // what is added has a sign, also to a Uint64
		next = new(big.Int).Add(n, big.NewInt(c.Number.Int()))
	}
	values[c.Off] = next
	least, greatest := bounds(c.Kind)
	return next.Cmp(least) >= 0 && next.Cmp(greatest) <= 0
}

// write puts a value into the model's bytes.
func (m *arrayModel) write(off int64, kind NumberKind, value any) {
	var p [8]byte
	switch v := value.(type) {
	case float64:
		binary.LittleEndian.PutUint64(p[:], math.Float64bits(v))
		if kind == Float32 {
			binary.LittleEndian.PutUint32(p[:], math.Float32bits(float32(v)))
		}
	case *big.Int:
		low := new(big.Int).And(v, new(big.Int).SetUint64(math.MaxUint64)) // two's complement
		binary.LittleEndian.PutUint64(p[:], low.Uint64())
	}
	copy(m.bytes[off:off+int64(kind.Size())], p[:])
}

var simulatedNumbers = []int64{0, 1, -1, 2, 100, -100, 127, 128, -128, 255, 256, 32767, -32768, 65535, 1 << 31, -1 << 31, 1<<32 - 1, math.MaxInt64, math.MinInt64}

// commitChanges changes numbers, several times each, and bytes, in one commit.
func (m *arrayModel) commitChanges(t *rapid.T, i int) {
	a, tx := m.arena.Array(0), m.slots[i].Begin()
	kinds, fits, values := make(map[int64]NumberKind), true, make(map[int64]any)
	order := make(map[int64]NumberKind)
	often := rapid.SampledFrom(simulatedCells).Draw(t, "often") // adds to one number are joined
	for range rapid.IntRange(4, 12).Draw(t, "changes") {
		cell, place := often, 0
		if rapid.IntRange(0, 2).Draw(t, "elsewhere") == 0 {
			cell, place = rapid.SampledFrom(simulatedCells).Draw(t, "cell"), rapid.IntRange(0, 7).Draw(t, "place")
		}
		if kinds[cell] == numberInvalid {
			kinds[cell] = NumberKind(rapid.IntRange(int(Bool), int(Float64)).Draw(t, "kind"))
		}
		kind := kinds[cell]
		c := Change{Kind: kind, Add: rapid.Bool().Draw(t, "add"), Number: IntNumber(rapid.SampledFrom(simulatedNumbers).Draw(t, "number"))}
		c.Off = cell + int64(place/kind.Size()*kind.Size())
		if kind.IsFloat() {
			c.Number = FloatNumber(float64(c.Number.Int()) / 8)
		}
		fits = m.change(values, c) && fits
		order[c.Off] = kind
		tx.Change(a, c)
	}
	text := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "text")
	at := leastStripe + 8 - int64(len(text))/2 // behind the cell there, or over its stripe's begin
	if kinds[leastStripe-8] != numberInvalid || kinds[leastStripe] != numberInvalid {
		at = leastStripe + 8
	}
	tx.Change(a, Change{Off: at, Bytes: text})
	err := m.slots[i].Commit(tx)
	if (err == nil) != fits || err != nil && !errors.Is(err, ErrRange) {
		t.Fatalf("Commit gives %v; in the model all fits: %v", err, fits)
	}
	if !fits {
		return
	}
	for off, value := range values {
		m.write(off, order[off], value)
	}
	copy(m.bytes[at:], text)
}

// rewrite makes a part anew, which counts only if it is committed.
func (m *arrayModel) rewrite(t *rapid.T, i int) {
	a, s := m.arena.Array(0), m.slots[i]
	from := rapid.Int64Range(0, simulatedArray).Draw(t, "from")
	to := rapid.Int64Range(from, simulatedArray).Draw(t, "to")
	mask := rapid.Byte().Draw(t, "mask")
	fails := errors.New("so wanted")
	ending := rapid.IntRange(0, 4).Draw(t, "ending")
	err := a.Rewrite(s, from, to, func(fresh, old []byte, off int64) error {
		for k, b := range old {
			fresh[k] = b ^ mask
		}
		if ending == 0 && off+int64(len(old)) == to {
			return fails
		}
		return nil
	})
	switch {
	case ending == 0 && from < to:
		if !errors.Is(err, fails) {
			t.Fatalf("Rewrite gives %v", err)
		}
		return
	case err != nil:
		t.Fatal(err)
	case ending == 1:
		m.die(t, i)
		return
	case ending == 2:
		s.DropRewritten()
		return
	case ending == 3 && from < to: // nothing else may be changed with it, and then it is still there
		tx := s.Begin()
		tx.Change(a, Change{Kind: Int8, Number: IntNumber(1)})
		if err := s.Commit(tx); !errors.Is(err, ErrTooMany) {
			t.Fatalf("Commit gives %v", err)
		}
	}
	m.commit(t, i, func(*Tx) {})
	for k := from; k < to; k++ {
		m.bytes[k] ^= mask
	}
}

// Random changes, rewritten parts and deaths leave an array as the model has it.
func TestArraySimulation(t *testing.T) {
	simulateArray(t, PrimitiveConfig{Kind: KindArray, Name: "a", Value: simulatedArray})
}

// In a segment, too, where another program finds the same.
func TestArraySimulationInASegment(t *testing.T) {
	simulateArray(t, PrimitiveConfig{Kind: KindArray, Name: "a", Value: simulatedArray, Segment: 1})
}

func simulateArray(t *testing.T, c PrimitiveConfig) {
	rapid.Check(t, func(t *rapid.T) {
		m := &arrayModel{bytes: make([]byte, simulatedArray)}
		m.simulated = newSimulated(t, 2, c)
		defer m.arena.Close()
		got := make([]byte, simulatedArray)
		for range rapid.IntRange(15, 40).Draw(t, "operations") {
			i := rapid.IntRange(0, 1).Draw(t, "slot")
			switch rapid.IntRange(0, 5).Draw(t, "operation") {
			case 0:
				m.die(t, i)
			case 1:
				m.rewrite(t, i)
			default:
				m.commitChanges(t, i)
			}
			if err := m.arena.Array(0).Read(got, 0); err != nil {
				t.Fatal(err)
			}
			if c.Segment > 0 {
				if _, err := m.arena.segmentFile(c.Segment).ReadAt(got, 0); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(got, m.bytes) {
				at := 0
				for got[at] == m.bytes[at] {
					at++
				}
				t.Fatalf("byte %d is %d instead of %d", at, got[at], m.bytes[at])
			}
			m.check(t)
		}
	})
}
