//go:build linux

package shm

import (
	"fmt"
	"os"
	"sync/atomic"
)

// PrimitiveKind is what a primitive is.
type PrimitiveKind uint8

const (
	primitiveInvalid PrimitiveKind = iota
	KindLock
	KindSemaphore
	KindCondition
	KindEvent
	KindBarrier
	KindArray
	primitiveKindsEnd
)

func (k PrimitiveKind) String() string {
	return [...]string{"nothing", "lock", "semaphore", "condition", "event", "barrier", "array", "unknown"}[min(k, primitiveKindsEnd)]
}

// PrimitiveConfig describes one primitive. Fields that its kind does not name are ignored.
type PrimitiveConfig struct {
	Kind PrimitiveKind
	Name string // for tools; the first 96 bytes are kept

	Recursive bool  // lock: its holder may take it again
	Bounded   bool  // semaphore: it never has more than Value
	Owned     bool  // semaphore: what a slot has taken and not released comes back when the slot is abandoned
	Action    bool  // barrier: the last to arrive opens it by Barrier.Trip, once it has run its action
	Set       bool  // event: it starts set
	Value     int64 // semaphore: what it starts with, from 0; barrier: parties, from 1; array: bytes, from 1
	Unit      int64 // array: bytes of an element, which is rewritten in one piece, to MaxUnit; 0: 1
	Lock      int   // condition: the number of its lock in Config.Primitives
	Segment   int   // array: its bytes are in this segment, from 1, behind those of the arrays before it that are there, too; 0: in none. Each up to the greatest has an array
}

const (
	// MaxPrimitives is how many primitives an arena has at most, MaxArrayBytes how many bytes one array, MaxHeldLocks how many locks
	// a slot holds at a time.
	MaxPrimitives = 1 << 16
	MaxArrayBytes = 64 << 30
	MaxHeldLocks  = 16
	MaxUnit       = 1 << 20 // bytes of an element of an array

	primitiveNameBytes = 96
	flagRecursive      = 1 << 0
	flagBounded        = 1 << 1
	flagOwned          = 1 << 2
	flagAction         = 1 << 3
	flagSet            = 1 << 4
)

func (c PrimitiveConfig) flags() uint32 {
	var f uint32
	for i, on := range [...]bool{c.Recursive, c.Bounded, c.Owned, c.Action, c.Set} {
		if on {
			f |= 1 << i
		}
	}
	return f
}

func (c *PrimitiveConfig) setFlags(f uint32) {
	c.Recursive, c.Bounded, c.Owned = f&flagRecursive != 0, f&flagBounded != 0, f&flagOwned != 0
	c.Action, c.Set = f&flagAction != 0, f&flagSet != 0
}

func (c PrimitiveConfig) validate(all []PrimitiveConfig) error {
	switch c.Kind {
	case KindLock, KindEvent:
	case KindSemaphore:
		if c.Value < 0 || c.Value > 1<<31-1 {
			return fmt.Errorf("value %d is not between 0 and %d", c.Value, 1<<31-1)
		}
	case KindCondition:
		if c.Lock < 0 || c.Lock >= len(all) || all[c.Lock].Kind != KindLock {
			return fmt.Errorf("primitive %d is no lock", c.Lock)
		}
	case KindBarrier:
		if c.Value < 1 || c.Value > MaxSlots {
			return fmt.Errorf("%d parties are not between 1 and %d", c.Value, MaxSlots)
		}
	case KindArray:
		if c.Value < 1 || c.Value > MaxArrayBytes {
			return fmt.Errorf("%d bytes are not between 1 and %d", c.Value, int64(MaxArrayBytes))
		}
		if c.Unit < 0 || c.Unit > MaxUnit {
			return fmt.Errorf("an element of %d bytes is not between 0 and %d", c.Unit, MaxUnit)
		}
		if c.Segment < 0 || c.Segment > MaxSegments {
			return fmt.Errorf("segment %d is not between 0 and %d", c.Segment, MaxSegments)
		}
	default:
		return fmt.Errorf("there is no kind %d", c.Kind)
	}
	return nil
}

// rows says whether each slot has a row of the kind.
func (k PrimitiveKind) rows() bool {
	return k == KindSemaphore || k == KindCondition || k == KindBarrier
}

// A primitive is what the handles of all kinds share.
//
//	constants | inner lock, dirty, state, hint, ticket | waiters' wait word      256 bytes
//	a row of 32 bytes for each slot, of semaphores, conditions and barriers: what the slot has done with it
type primitive struct {
	arena *Arena
	index int
	c     PrimitiveConfig
	head  *primitiveHeader
	row   int // number among those with rows

	stripeSize int64  // of an array: PrimitiveConfig.stripeBytes
	segment    []byte // of an array: side 0, if it is in a segment
	shift      int64  // where in the segment that begins
}

func (p *primitive) init(a *Arena, i int) {
	l := &a.layout.primitives[i]
	*p = primitive{arena: a, index: i, c: l.PrimitiveConfig, stripeSize: l.stripeBytes(), row: l.row, head: at[primitiveHeader](a.mem, a.layout.primitiveHeads+int64(i)*primitiveBytes)}
	if l.Segment > 0 {
		p.shift = l.shift
		p.segment = a.segments[l.Segment-1][l.shift : l.shift+l.Value : l.shift+l.Value]
	}
}

// rowOf is a slot's row.
func (p *primitive) rowOf(slot int) *primitiveRow {
	return at[primitiveRow](p.arena.mem, p.arena.layout.primitiveRows+(int64(slot)*int64(p.arena.layout.withRows)+int64(p.row))*primitiveRowBytes)
}

// Name is the primitive's name as given to Create.
func (p *primitive) Name() string { return p.c.Name }

// Index is the primitive's number in Config.Primitives.
func (p *primitive) Index() int { return p.index }

// lock takes the inner lock, which guards the state of everything but locks and arrays. Its holder does nothing but memory operations.
// A slot that holds rewritten stripes panics, as for any other fault of the program: another may hold this lock and wait for the stripes.
func (p *primitive) lock(s *Slot) {
	if len(s.rewritten) > 0 {
		panic(fmt.Sprintf("shm: slot %d uses %v %s: %v", s.index, p.c.Kind, p.c.Name, ErrRewritten))
	}
	p.touch(s)
	if !p.head.lock.tryLock(s.me) {
		p.head.lock.lockSlow(s.me, s.spin(lockSpin))
	}
	crashpoint(pointPrimitiveLocked)
}

func (p *primitive) unlock() { p.head.lock.unlock() }

// wakeAll tells everybody who waits here to look again.
func (p *primitive) wake() {
	if p.head.waiters.bump() {
		p.head.waiters.wake()
	}
}

// Primitives is the number of primitives.
func (a *Arena) Primitives() int { return len(a.primitives) }

// Primitive is the configuration of primitive number i.
func (a *Arena) Primitive(i int) PrimitiveConfig { return a.primitives[i].c }

// primitive is number i, which must be of the kind: anything else is a fault of the program.
func (a *Arena) primitive(i int, kind PrimitiveKind) *primitive {
	p := &a.primitives[i]
	if p.c.Kind != kind {
		panic(fmt.Sprintf("shm: primitive %d is a %v, no %v", i, p.c.Kind, kind))
	}
	return p
}

// primitiveHeader is one primitive. Its first lines are written once.
type primitiveHeader struct {
	kind    uint32
	flags   uint32
	value   int64
	of      int64 // condition: its lock; array: bytes of an element, and above these 32 bits its segment
	nameLen int64
	name    [primitiveNameBytes]byte

	lock   lockWord      // of a lock: the lock itself; else the inner lock
	dirty  atomic.Uint32 // hint must be computed anew
	died   atomic.Uint32 // lock: the tag of an owner who died with it, until the next one has been told; barrier: see Desert
	parts  atomic.Uint32 // barrier: parties that have gone for good
	state  atomic.Uint64 // event: set; barrier: barrierState
	hint   atomic.Int64  // semaphore: value; barrier: arrived in this generation
	ticket atomic.Uint64 // condition: waits begun
	_      [24]byte

	waiters waitWord
	_       [60]byte
}

// primitiveRow is what one slot has done with one primitive.
//
//	semaphore: acquired | released | acquired, as committed
//	condition: number of the wait << 2 | waitState | ticket | wait as committed << 1 | it was not over
//	barrier:   number of the wait << 32 | ticket | place among those who arrived
type primitiveRow struct {
	a, b, c atomic.Uint64
	_       [8]byte
}

const (
	primitiveBytes    = 256
	primitiveRowBytes = 32
	segmentShift      = 32 // in primitiveHeader.of
)

// write fills the words that are constant from then on, and those that begin with something.
func (p *primitive) write(c PrimitiveConfig) {
	h := p.head
	h.kind, h.flags, h.value, h.of, h.nameLen = uint32(c.Kind), c.flags(), c.Value, int64(c.Lock), int64(len(c.Name))
	copy(h.name[:], c.Name)
	switch c.Kind {
	case KindArray:
		h.of = c.Unit | int64(c.Segment)<<segmentShift
	case KindSemaphore:
		h.hint.Store(c.Value)
	case KindEvent:
		if c.Set {
			h.state.Store(1)
		}
	}
}

// readPrimitives reads the headers of the primitives, which lie where the rest of the configuration says.
func (c *Config) readPrimitives(f *os.File, n int) error {
	off := primitiveHeads(len(c.Queues))
	c.Primitives = make([]PrimitiveConfig, n)
	heads := make([]primitiveHeader, n)
	if _, err := f.ReadAt(bytesOfSlice(heads), off); err != nil {
		return fmt.Errorf("%w: read the headers of %d primitives: %w", ErrLayout, n, err)
	}
	for i := range c.Primitives {
		h := &heads[i]
		if h.nameLen < 0 || h.nameLen > primitiveNameBytes || h.kind >= uint32(primitiveKindsEnd) {
			return fmt.Errorf("%w: primitive %d is of kind %d, with a name of %d bytes", ErrLayout, i, h.kind, h.nameLen)
		}
		p := &c.Primitives[i]
		p.Kind, p.Name, p.Value, p.Lock = PrimitiveKind(h.kind), string(h.name[:h.nameLen]), h.value, int(h.of)
		p.setFlags(h.flags)
		if p.Kind == KindArray {
			p.Lock, p.Unit, p.Segment = 0, h.of&(1<<segmentShift-1), int(h.of>>segmentShift)
		}
	}
	return nil
}
