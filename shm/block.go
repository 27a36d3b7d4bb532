//go:build linux

package shm

import (
	"fmt"
	"slices"
)

// A Block is a slot's handle of one block that it is filling or has leased. It belongs to the slot and is used by the slot's goroutine;
// after the commit that publishes or releases it, or Cancel, the handle must not be used: the slot uses it again.
type Block struct {
	queue  *Queue
	slot   *Slot
	index  uint32
	word   blockWord // the block's word as this slot wrote it
	seq    uint64
	items  int
	cursor int
	bytes  int64 // leased: of the payload

	buf    []byte // mapped: the whole stride; else: heap memory
	length int    // filling: bytes written so far
	high   int    // filling: bytes touched at most
	loaded bool   // leased: buf holds the payload
}

func (s *Slot) newBlock(q *Queue, index uint32, w blockWord) *Block {
	var b *Block
	if n := len(s.pool); n > 0 {
		b, s.pool = s.pool[n-1], s.pool[:n-1]
	} else {
		b = &Block{}
	}
	buf := b.buf
	if q.l.kind == payloadMapped {
		off := q.l.payload + int64(index)*q.l.stride
		buf = q.arena.mem[off : off+q.l.stride : off+q.l.stride]
	} else if b.queue != nil && b.queue.l.kind == payloadMapped {
		buf = nil
	}
	// One by one: a Block made elsewhere and copied here costs as much as all the rest of this.
	b.queue, b.slot, b.index, b.word, b.buf = q, s, index, w, buf
	b.seq, b.items, b.cursor, b.bytes = 0, 0, 0, 0
	b.length, b.high, b.loaded = 0, 0, false
	return b
}

// recycle keeps the handle for the slot's next block.
func (s *Slot) recycle(b *Block) {
	b.slot = nil
	if b.queue.l.kind != payloadMapped && cap(b.buf) > trimBytes {
		b.buf = nil
	}
	s.pool = append(s.pool, b)
}

// newLease is the handle of a block that s has just leased. Its fields are read once and checked.
func (s *Slot) newLease(q *Queue, index uint32, w blockWord) (*Block, error) {
	e := &q.table[index]
	items, cursor, bytes := int64(e.items.Load()), int64(e.cursor.Load()), e.bytes.Load()
	if items < 1 || cursor >= items || bytes < 0 || bytes > q.l.stride {
		return nil, corrupt("queue %s block %d has %d items, cursor %d, %d bytes", q.Name(), index, items, cursor, bytes)
	}
	b := s.newBlock(q, index, w)
	b.seq, b.items, b.cursor, b.bytes = e.seq.Load(), int(items), int(cursor), bytes
	s.leases = append(s.leases, b)
	return b, nil
}

func (s *Slot) dropLease(b *Block) {
	if i := slices.Index(s.leases, b); i >= 0 {
		s.leases = slices.Delete(s.leases, i, i+1)
	}
	s.recycle(b)
}

// Queue is the block's queue.
func (b *Block) Queue() *Queue { return b.queue }

// Items is the number of items in a leased block, those before the cursor included.
func (b *Block) Items() int { return b.items }

// Cursor is how many of a leased block's items are finished.
func (b *Block) Cursor() int { return b.cursor }

// Tries counts the deliveries since the cursor last moved, this one included, up to MaxTries: 1 is the first. Where it is above
// QueueConfig.MaxDeliveries the item at the cursor is to be given up. After a step of a block that was delivered before it is 2, the
// delivery of the whole and this one; with MaxDeliveries 1 it is 1, and its reader must go item by item from the start.
func (b *Block) Tries() int { return b.word.tries() }

// TriesAfterAdvance is what Tries will be behind a commit that advances the block.
func (b *Block) TriesAfterAdvance() int { return triesAfterStep(b.Tries(), b.queue.l.MaxDeliveries) }

// Undeliver takes back that this delivery of a leased block counts: its reader goes back to its last commit by itself, and has not died of
// an item. It is one swap; who is killed behind it has not died of it either. The lease stays.
func (b *Block) Undeliver() {
	w := b.word
	if w.state() != blockLeased || w.tries() == 0 {
		return
	}
	next := makeWord(blockLeased, w.tries()-1, w.gen(), w.owner())
	if b.queue.table[b.index].word.CompareAndSwap(uint64(w), uint64(next)) {
		b.word = next
	}
}

// Seq is the number of the block's first item among all items that were published in the queue, from 1 on: it does not depend on how they
// share blocks. A redelivered block keeps it.
func (b *Block) Seq() uint64 { return b.seq }

// Payload is a leased block's bytes, valid until the commit that releases the block. They lie in shared memory or in a copy; they must not be
// written, and what they say must be checked like any input. The error is of reading a spill file.
func (b *Block) Payload() ([]byte, error) {
	if b.word.state() != blockLeased {
		return nil, fmt.Errorf("read a block of queue %s: %w", b.queue.Name(), ErrNotOwned)
	}
	if b.queue.l.kind == payloadMapped {
		return b.buf[:b.bytes:b.bytes], nil
	}
	if !b.loaded {
		b.grow(int(b.bytes))
		if err := b.queue.readPayload(b.index, b.buf[:b.bytes]); err != nil {
			return nil, err
		}
		b.loaded = true
	}
	return b.buf[:b.bytes:b.bytes], nil
}

// Granted is the number of items that a reserved block may hold.
func (b *Block) Granted() int { return b.items }

// Len is the bytes written to a reserved block so far.
func (b *Block) Len() int { return b.length }

// Buffer is a reserved block's payload of n bytes, to be filled: bytes written before are kept, the others are undefined. Ask for what will be
// used: the largest n counts as touched, and what of it is not published is given back to the kernel. The slice is valid until
// the next call on the block. More than Queue.BlockBytes gives ErrTooLarge.
func (b *Block) Buffer(n int) ([]byte, error) {
	if b.word.state() != blockFilling {
		return nil, fmt.Errorf("fill a block of queue %s: %w", b.queue.Name(), ErrNotOwned)
	}
	if n < 0 || int64(n) > b.queue.l.stride {
		return nil, fmt.Errorf("%d bytes for queue %s: %w of %d bytes", n, b.queue.Name(), ErrTooLarge, b.queue.l.stride)
	}
	b.grow(n)
	b.length, b.high = n, max(b.high, n)
	return b.buf[:n:n], nil
}

// grow gives heap memory for n bytes, keeping what is there. Mapped blocks have all they can have.
func (b *Block) grow(n int) {
	if b.queue.l.kind != payloadMapped {
		b.buf = slices.Grow(b.buf[:min(b.length, len(b.buf))], n)[:n]
	}
}

// Write appends to a reserved block. Bytes that do not fit give ErrTooLarge, and none of p is written.
func (b *Block) Write(p []byte) (int, error) {
	at := b.length
	buf, err := b.Buffer(at + len(p))
	if err != nil {
		return 0, err
	}
	return copy(buf[at:], p), nil
}

// Truncate drops the bytes of a reserved block from n on. It does nothing if there are fewer.
func (b *Block) Truncate(n int) {
	if n >= 0 && n < b.length {
		b.length = n
	}
}
