//go:build linux

package shm

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"unsafe"
)

// An Array is shared bytes: numbers, structures of numbers, or text. A value is an array of one element.
//
//	stripes: lock | side, one for each stripeBytes | bytes of side 0 | bytes of side 1
//
// The bytes are changed by commits only. Tx.Change: under the locks of the stripes, which are taken in order before the store that decides and
// freed once the after-images are written; recovery writes those of stripes that still name the dead. Array.Rewrite: whole stripes are
// written to the side that nobody reads, and the commit turns them over, which takes no copy of what was there before. (Of an array in a
// segment it copies them; see segment.go.)
//
// Numbers are loaded and stored whole. What several numbers say together is of one moment only for who holds a lock of the spec.
type Array struct{ *primitive }

const (
	leastStripe = 64 << 10 // bytes
	mostStripes = 256
)

// Array is primitive number i, an array.
func (a *Arena) Array(i int) Array { return Array{a.primitive(i, KindArray)} }

// stripeBytes is how many bytes of an array one lock guards: some leastStripe or more, so that no more than mostStripes are needed, and whole
// elements, so that Array.Rewrite makes each of them in one piece. It is a multiple of 8 as well, since small numbers share a word.
func (c *PrimitiveConfig) stripeBytes() int64 {
	unit := max(1, c.Unit)
	for whole := unit; unit%8 != 0; unit += whole {
	}
	return roundUp(roundUp(max(leastStripe, (c.Value+mostStripes-1)/mostStripes), leastStripe), unit)
}

// stripes is how many locks an array has.
func (c *PrimitiveConfig) stripes() int64 {
	return roundUp(c.Value, c.stripeBytes()) / c.stripeBytes()
}

// stripe is the number of the stripe that has the byte at off.
func (a Array) stripe(off int64) int { return int(off / a.stripeSize) }

func (a Array) stripeHeader(i int) *stripeHeader {
	return at[stripeHeader](a.arena.mem, a.arena.layout.primitives[a.index].stripes+int64(i)*stripeHeaderBytes)
}

// stripeLock is the lock of a stripe.
func (a Array) stripeLock(i int) *lockWord { return &a.stripeHeader(i).lock }

// side is the word of a stripe that says where its bytes are, in its last bit. It counts, so that a reader sees that it was turned over.
func (a Array) side(stripe int) *atomic.Uint64 { return &a.stripeHeader(stripe).side }

// Len is the array's bytes.
func (a Array) Len() int64 { return a.c.Value }

// memory is the bytes of a side. They change under the reader's eyes.
func (a Array) memory(side uint64) []byte {
	l := &a.arena.layout.primitives[a.index]
	if a.segment != nil {
		if side&1 == 0 {
			return a.segment
		}
		return a.arena.mem[l.data : l.data+a.c.Value : l.data+l.dataBytes]
	}
	at := l.data + int64(side&1)*l.dataBytes
	return a.arena.mem[at : at+a.c.Value : at+l.dataBytes]
}

// inside says whether n bytes at off, a multiple of size, lie in the array.
func (a Array) inside(off, n int64) error {
	if off < 0 || n < 0 || off > a.c.Value-n {
		return fmt.Errorf("bytes %d to %d of array %s, which has %d: %w", off, off+n, a.c.Name, a.c.Value, ErrRange)
	}
	return nil
}

// Load is the number at a byte offset, which is a multiple of its size and inside: anything else panics, since offsets come from indices that
// were checked. Of the moment.
func (a Array) Load(off int64, kind NumberKind) Number {
	side := a.side(a.stripe(off))
	for {
		v := side.Load()
		n := kind.decode(a.loadBits(a.memory(v), off, kind.Size()))
		if side.Load() == v { // else somebody may be writing to the side that was read
			return n
		}
	}
}

// loadBits is the bits of a number. Those of a byte or two are taken from the word of 32 bits that has them: arrays of the arena begin and end at
// multiples of eight.
func (a Array) loadBits(mem []byte, off int64, size int) uint64 {
	switch p := unsafe.Pointer(&mem[off : off+int64(size)][0]); size {
	case 8:
		return (*atomic.Uint64)(p).Load()
	case 4:
		return uint64((*atomic.Uint32)(p).Load())
	}
	if a.segment != nil {
		return loadAlone(mem, off, size)
	}
	word := (*atomic.Uint32)(unsafe.Pointer(&mem[off&^3])).Load()
	return uint64(word>>(8*(off&3))) & (1<<(8*size) - 1)
}

// storeBits writes a number's bits. The caller holds the stripe's lock, so that nobody else changes the rest of its word.
func (a Array) storeBits(mem []byte, off int64, size int, bits uint64) {
	switch p := unsafe.Pointer(&mem[off : off+int64(size)][0]); size {
	case 8:
		(*atomic.Uint64)(p).Store(bits)
	case 4:
		(*atomic.Uint32)(p).Store(uint32(bits))
	default:
		if a.segment != nil {
			storeAlone(mem, off, size, bits)
			return
		}
		word := (*atomic.Uint32)(unsafe.Pointer(&mem[off&^3]))
		shift := 8 * (off & 3)
		mask := uint32(1<<(8*size)-1) << shift
		word.Store(word.Load()&^mask | uint32(bits)<<shift&mask)
	}
}

// storeImage writes an after-image: numbers whole, since readers take no lock. It may be done again.
func (a Array) storeImage(off int64, image []byte) {
	mem, size := a.memory(a.side(a.stripe(off)).Load()), len(image)
	if (size == 1 || size == 2 || size == 4 || size == 8) && (off+a.shift)%int64(size) == 0 {
		var bits [8]byte
		copy(bits[:], image)
		a.storeBits(mem, off, size, binary.LittleEndian.Uint64(bits[:]))
		return
	}
	copy(mem[off:], image)
}

// Read copies bytes out of the array; those of each stripe are of one moment but for changes that go on meanwhile.
func (a Array) Read(p []byte, off int64) error {
	if err := a.inside(off, int64(len(p))); err != nil {
		return err
	}
	for len(p) > 0 {
		stripe := a.stripe(off)
		n := int(min(int64(len(p)), int64(stripe+1)*a.stripeSize-off))
		for side := a.side(stripe); ; {
			v := side.Load()
			copy(p[:n], a.memory(v)[off:])
			// A swap, so that on no processor the copy's loads come behind it.
			if side.CompareAndSwap(v, v) {
				break
			}
		}
		p, off = p[n:], off+int64(n)
	}
	return nil
}

// Fill writes bytes before anybody else has the arena: what an array begins with.
func (a Array) Fill(p []byte, off int64) error {
	if err := a.inside(off, int64(len(p))); err != nil {
		return err
	}
	copy(a.memory(0)[off:], p)
	return nil
}

// A Change is one change of an array: a number is stored or added, or bytes are.
type Change struct {
	Off    int64 // of the first byte; a multiple of the number's size
	Kind   NumberKind
	Add    bool      // Number is added to what is there
	Number Number    // with Kind
	Floats []float64 // with Add and a float's Kind, in place of Number: they are added one after the other. They must stay unchanged until the commit
	Bytes  []byte    // without Kind: they must stay unchanged until the commit
}

// size is the bytes that change.
func (c *Change) size() int64 {
	if c.Kind == numberInvalid {
		return int64(len(c.Bytes))
	}
	return int64(c.Kind.Size())
}

// stripeHeader is one stripe of an array.
type stripeHeader struct {
	lock lockWord
	_    [4]byte
	side atomic.Uint64
	_    [48]byte
}

const stripeHeaderBytes = 64
