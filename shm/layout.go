//go:build linux

package shm

import (
	"fmt"
	"math/bits"
)

const (
	layoutMagic   = 0x3130_6e75_7270_6d7f // "\x7fmprun01", little-endian
	layoutVersion = 5
	pageBytes     = 4096

	// A queue whose payload would take more address space than this, or that would bring the arena above arenaMapLimit, is read
	// and written by system calls instead of through the mapping (address spaces may be as small as 39 bits on arm64).
	queueMapLimit = 64 << 30
	arenaMapLimit = 256 << 30
)

// payloadKind is where the payloads of a queue's blocks lie.
type payloadKind uint8

const (
	payloadInvalid payloadKind = iota
	payloadMapped              // in the mapped part of the arena
	payloadMemory              // in the part of the arena behind the mapping, by pread and pwrite
	payloadSpill               // in an unlinked file, by pread and pwrite: a full disk is an error there, not a SIGBUS
)

// layout is the offsets of one arena: a pure function of the normalised configuration, kept outside the arena.
type layout struct {
	config         Config
	slots          int64 // offset of the slots
	touched        int64 // offset of the touched bits: of slot 0, of slot 1, ...
	touchedBytes   int64 // of one slot
	rows           int64 // offset of the counters, one row of counterRow a slot
	board          int64 // offset of the board
	limits         int64 // offset of the limits
	heads          int64 // offset of the queue headers
	queues         []queueLayout
	primitiveHeads int64 // offset of the primitives' headers
	primitiveRows  int64 // offset of their rows: of slot 0, of slot 1, ...
	primitives     []primitiveLayout
	segments       []int64 // bytes of each
	withRows       int     // primitives that have rows
	mapped         int64   // bytes to map
	size           int64   // bytes of the file
}

// queueLayout is where one queue's parts lie.
type queueLayout struct {
	QueueConfig
	entries  int64 // blocks
	ringMask uint32
	table    int64
	ring     int64
	free     []int64 // levels of the map of free blocks, the finest first; the last is one word
	kind     payloadKind
	stride   int64 // bytes of one block's payload
	payload  int64 // offset of block 0's payload in the arena, or in the queue's spill file
	spill    int   // index of the spill file, -1 without
}

// primitiveLayout is where one primitive's parts lie.
type primitiveLayout struct {
	PrimitiveConfig
	row       int   // its number among those that have rows
	stripes   int64 // of an array
	data      int64 // of side 0; with a segment, of what is not in it
	dataBytes int64 // from there to side 1
	shift     int64 // with a segment: where in that side 0 begins
}

func roundUp(n, to int64) int64 { return (n + to - 1) / to * to }

// entries is such that blocks are never what a writer waits for: each waiting or reserved block has an item, each other one is leased.
func (c QueueConfig) entries() int64 {
	if c.Capacity == 0 {
		return min(spillEntries, spillFileLimit/c.stride())
	}
	return int64(c.Capacity) + int64(c.Readers)*MaxInputs + MaxOutputs
}

func (c QueueConfig) stride() int64 { return roundUp(int64(c.MaxItem)+blockSlack, pageBytes) }

// newLayout computes the offsets. The configuration must be normalised.
func newLayout(c Config) *layout {
	l := &layout{config: c, queues: make([]queueLayout, len(c.Queues))}
	at := int64(arenaHeaderBytes)
	take := func(n, align int64) int64 {
		off := roundUp(at, align)
		at = off + n
		return off
	}
	l.heads = take(queueHeaderBytes*int64(len(c.Queues)), pageBytes)
	l.primitiveHeads = take(primitiveBytes*int64(len(c.Primitives)), 64)
	l.slots = take(slotBytes*int64(c.Slots), pageBytes)
	l.touchedBytes = touchedBytes(len(c.Queues), len(c.Primitives))
	l.touched = take(l.touchedBytes*int64(c.Slots), 64)
	l.rows = take(counterBytes*int64(c.Slots)*int64(len(c.Queues)), pageBytes)
	l.board = take(wordBytes*int64(c.Board), pageBytes)
	l.limits = take(limitBytes*int64(c.Limits), pageBytes)
	spills := 0
	for i, q := range c.Queues {
		ql := queueLayout{QueueConfig: q, entries: q.entries(), stride: q.stride(), spill: -1}
		ringSize := int64(1) << bits.Len64(uint64(ql.entries-1))
		ql.ringMask = uint32(ringSize - 1)
		ql.table = take(entryBytes*ql.entries, pageBytes)
		ql.ring = take(4*ringSize, pageBytes)
		for words := roundUp(ql.entries, 64) / 64; ; words = roundUp(words, 64) / 64 {
			ql.free = append(ql.free, take(8*words, 64))
			if words == 1 {
				break
			}
		}
		if q.Capacity == 0 {
			ql.kind, ql.spill = payloadSpill, spills
			spills++
		}
		l.queues[i] = ql
	}
	l.placePrimitives(take)
	l.placePayloads(roundUp(at, pageBytes))
	return l
}

// primitiveHeads is the offset of the primitives' headers behind those of so many queues: readLayout needs it before the layout.
func primitiveHeads(queues int) int64 {
	return roundUp(arenaHeaderBytes+queueHeaderBytes*int64(queues), 64)
}

func (l *layout) placePrimitives(take func(n, align int64) int64) {
	l.primitives = make([]primitiveLayout, len(l.config.Primitives))
	l.segments = make([]int64, l.config.segments())
	for i, c := range l.config.Primitives {
		p := &l.primitives[i]
		p.PrimitiveConfig = c
		if c.Kind.rows() {
			p.row = l.withRows
			l.withRows++
		}
		if c.Kind == KindArray {
			align := int64(64)
			if c.Value >= pageBytes {
				align = pageBytes
			}
			p.stripes = take(stripeHeaderBytes*c.stripes(), 64)
			p.dataBytes = roundUp(c.Value, align)
			sides := int64(2)
			if c.Segment > 0 {
				sides = 1
				p.shift = l.segments[c.Segment-1]
				l.segments[c.Segment-1] += c.Value
			}
			p.data = take(sides*p.dataBytes, align)
		}
	}
	l.primitiveRows = take(primitiveRowBytes*int64(l.withRows)*int64(l.config.Slots), 64)
}

// placePayloads puts the payloads behind everything else: first those that are mapped, then those that are not.
func (l *layout) placePayloads(at int64) {
	for i := range l.queues {
		q := &l.queues[i]
		if need := q.entries * q.stride; q.kind == payloadInvalid && need <= queueMapLimit && at+need <= arenaMapLimit {
			q.kind, q.payload = payloadMapped, at
			at += need
		}
	}
	l.mapped = at
	for i := range l.queues {
		if q := &l.queues[i]; q.kind == payloadInvalid {
			q.kind, q.payload = payloadMemory, at
			at += q.entries * q.stride
		}
	}
	l.size = at
}

// spills is the number of spill files.
func (l *layout) spills() int {
	n := 0
	for i := range l.queues {
		if l.queues[i].kind == payloadSpill {
			n++
		}
	}
	return n
}

// State logs lie in a memfd of their own, two for each slot and one of effects, far apart in a sparse file.
const (
	stateLogBytes = 1 << 40
	effectLog     = 2
	slotLogs      = 3
)

func stateOffset(slot int, log uint32) int64 {
	return (int64(slot)*slotLogs + int64(log)) * stateLogBytes
}

// checkHeader compares an arena's header with what this program would have written. Bytes of others are judged here once.
func (h *arenaHeader) check() error {
	switch {
	case h.magic != layoutMagic:
		return fmt.Errorf("%w: magic %#x", ErrLayout, h.magic)
	case h.version != layoutVersion:
		return fmt.Errorf("%w: version %d, this program has %d", ErrLayout, h.version, layoutVersion)
	case h.slots < 1 || h.slots > MaxSlots || h.queues > MaxQueues || h.board > MaxBoard || h.primitives > MaxPrimitives || h.limits > MaxLimits:
		return fmt.Errorf("%w: %d slots, %d queues, a board of %d words, %d primitives, %d limits", ErrLayout, h.slots, h.queues, h.board, h.primitives, h.limits)
	}
	return nil
}
