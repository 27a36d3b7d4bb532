//go:build linux

package shm

import "fmt"

// ReserveStatus is the outcome of Queue.Reserve.
type ReserveStatus uint8

const (
	_         ReserveStatus = iota
	Reserved                // the block is the slot's, to be filled
	Full                    // no room now: commit what there is, then Queue.WaitWritable
	NoReaders               // all readers have ended for good
	Closed                  // the queue takes nothing more
)

func (s ReserveStatus) String() string {
	return [...]string{"invalid", "reserved", "full", "no readers", "closed"}[min(s, Closed)]
}

// Reserve takes a free block to fill with at most so many items (at least 1) and about so many bytes, without waiting. Fewer items than
// asked for may be granted: Block.Granted. The items count against the capacity from now on, the bytes against MaxBytes; one block is always
// admitted. A slot may hold MaxOutputs reserved blocks, and must not wait while it holds one: it commits or cancels first.
func (q *Queue) Reserve(s *Slot, items, bytes int) (*Block, ReserveStatus, error) {
	if s.reserved >= MaxOutputs {
		return nil, 0, fmt.Errorf("reserve in queue %s: %w", q.Name(), ErrTooMany)
	}
	if items < 1 || bytes < 0 {
		return nil, 0, fmt.Errorf("reserve %d items of %d bytes in queue %s: %w", items, bytes, q.Name(), ErrTooLarge)
	}
	if int64(bytes) > q.l.stride {
		return nil, 0, fmt.Errorf("%d bytes for queue %s: %w of %d bytes", bytes, q.Name(), ErrTooLarge, q.l.stride)
	}
	q.lock(s)
	granted, status := q.room(items, int64(bytes))
	if status != Reserved {
		q.unlock()
		s.full = int64(bytes)
		return nil, status, nil
	}
	index, w, ok := q.takeFree(s.me, granted, int64(bytes))
	q.unlock()
	if !ok {
		s.full = int64(bytes)
		if q.l.Capacity == 0 {
			return nil, 0, fmt.Errorf("put to queue %s: %w", q.Name(), ErrQueueFull)
		}
		return nil, Full, nil
	}
	s.moving()
	b := s.newBlock(q, index, w)
	b.items = granted
	s.reserved++
	return b, Reserved, nil
}

// room is how many of the items may be put now. With the lock it is exact, without it a hint.
func (q *Queue) room(items int, bytes int64) (int, ReserveStatus) {
	h := q.head
	switch {
	case h.closed.Load() != 0:
		return 0, Closed
	case h.gone.Load() != 0:
		return 0, NoReaders
	}
	items = min(items, 1<<31-1)
	if q.l.Capacity == 0 {
		return items, Reserved
	}
	waiting := h.readyItems.Load() + h.reservedItems.Load()
	room := int64(q.l.Capacity) - waiting
	if room <= 0 || waiting > 0 && h.readyBytes.Load()+h.reservedBytes.Load()+bytes > q.l.MaxBytes {
		return 0, Full
	}
	return int(min(int64(items), room)), Reserved
}

// takeFree makes the free block with the lowest number FILLING(me). The caller holds the lock. False says that all blocks are taken.
func (q *Queue) takeFree(me tag, items int, bytes int64) (uint32, blockWord, bool) {
	for range 2 {
		for {
			index, ok := q.free.lowest()
			if ok {
				q.free.clear(index)
			} else if index, ok = q.extend(); !ok {
				break
			}
			if w, ok := q.fill(index, me, items, bytes); ok {
				return index, w, true
			}
		}
		// Free blocks may be unmarked where somebody is stopped between freeing and marking.
		q.head.dirty.Store(1)
		q.repair()
	}
	return 0, 0, false
}

// extend takes the next block of the table that was never used. used is raised first, so that a sweep finds the block.
func (q *Queue) extend() (uint32, bool) {
	index := q.used()
	if int(index) >= len(q.table) {
		return 0, false
	}
	q.head.used.Store(index + 1)
	crashpoint(pointReserveUsed)
	return index, true
}

// fill makes one block FILLING(me) if it is free. Its fields are written before the swap, as nobody reads those of a free block.
func (q *Queue) fill(index uint32, me tag, items int, bytes int64) (blockWord, bool) {
	e := &q.table[index]
	w := blockWord(e.word.Load())
	if w.state() != blockFree {
		return 0, false
	}
	store32(&e.items, uint32(items))
	store32(&e.cursor, 0)
	storeInt64(&e.bytes, bytes)
	next := makeWord(blockFilling, 0, w.gen()+1, me)
	if !e.word.CompareAndSwap(uint64(w), uint64(next)) {
		return 0, false
	}
	crashpoint(pointReserveFilling)
	q.head.reservedItems.Add(int64(items))
	q.head.reservedBytes.Add(bytes)
	crashpoint(pointReserveCounted)
	return next, true
}

// Cancel gives a reserved block back unpublished. It does nothing for a block that is not reserved by this slot.
func (s *Slot) Cancel(b *Block) {
	if b.slot != s || b.word.state() != blockFilling {
		return
	}
	q := b.queue
	q.trimPayload(b.index, int64(b.high))
	q.lock(s)
	e := &q.table[b.index]
	items, bytes := e.left(), e.bytes.Load()
	if e.word.CompareAndSwap(uint64(b.word), uint64(makeWord(blockFree, 0, b.word.gen(), 0))) {
		crashpoint(pointCancelFree)
		q.head.reservedItems.Add(-items)
		q.head.reservedBytes.Add(-bytes)
		q.free.set(b.index)
	}
	crashpoint(pointCancelCounted)
	q.unlock()
	q.freed()
	s.reserved--
	s.recycle(b)
}

// freed tells writers that a block is free, and the readers of a closed queue, who wait for every block to be.
func (q *Queue) freed() {
	if q.roomy() && q.head.writers.bump() {
		q.head.writers.wake()
	}
	if q.head.closed.Load() != 0 && q.head.readers.bump() {
		q.head.readers.wake()
	}
}

// roomy says whether there is so much room that a writer who waits for it should be woken: a quarter of the capacity, at least one item.
// Waking it for every block would let writer and reader take turns, a change of context for each. A reader that stops in between delays a
// writer by no more than waitBound.
func (q *Queue) roomy() bool {
	h := q.head
	capacity, bytes := int64(q.l.Capacity), q.l.MaxBytes
	return capacity == 0 || h.readyItems.Load()+h.reservedItems.Load() <= capacity-max(1, capacity/4) &&
		h.readyBytes.Load()+h.reservedBytes.Load() <= bytes-bytes/4
}
