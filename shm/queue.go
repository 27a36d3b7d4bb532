//go:build linux

package shm

import (
	"cmp"
	"math"
	"slices"
	"sync/atomic"
)

// A Queue passes blocks of items from writers to readers. Its methods may be called concurrently, each slot by one goroutine.
type Queue struct {
	arena *Arena
	index int
	l     *queueLayout
	head  *queueHeader
	table []blockEntry
	ring  []atomic.Uint32
	free  freeMap
}

func (q *Queue) init(a *Arena, i int) {
	l := &a.layout.queues[i]
	*q = Queue{
		arena: a, index: i, l: l,
		head:  at[queueHeader](a.mem, a.layout.heads+int64(i)*queueHeaderBytes),
		table: sliceAt[blockEntry](a.mem, l.table, l.entries),
		ring:  sliceAt[atomic.Uint32](a.mem, l.ring, int64(l.ringMask)+1),
		free:  newFreeMap(a.mem, l),
	}
}

// Name is the queue's name as given to Create.
func (q *Queue) Name() string { return q.l.Name }

// Index is the queue's number in Config.Queues.
func (q *Queue) Index() int { return q.index }

// Config is the queue's configuration with the defaults filled in.
func (q *Queue) Config() QueueConfig { return q.l.QueueConfig }

// BlockBytes is how many bytes of payload one block can hold: MaxItem and 64 KiB for the encoding around it, rounded up.
func (q *Queue) BlockBytes() int { return int(q.l.stride) }

// ReaderWaiting says whether a reader is looking for a block now, spinning or asleep: a writer should hand over what it has. One or two
// loads; a hint.
func (q *Queue) ReaderWaiting() bool { return q.head.hungry.Load() != 0 || q.head.readers.armed() }

// Room is how many items could be reserved now, without the lock and so as a hint; the whole capacity once nobody reads or closes the
// queue any more, and math.MaxInt for an unbounded queue.
func (q *Queue) Room() int {
	n, status := q.room(math.MaxInt32, 1)
	switch {
	case q.l.Capacity == 0:
		return math.MaxInt
	case status == Closed || status == NoReaders:
		return q.l.Capacity
	}
	return n
}

// Ready says whether Lease seems to have something else to give than Empty. It costs a look or two.
func (q *Queue) Ready() bool {
	return q.head.dirty.Load() != 0 || !q.empty() || q.head.closed.Load() != 0
}

// Closed says whether CloseWriters was called.
func (q *Queue) Closed() bool { return q.head.closed.Load() != 0 }

// ReadersGone says whether SetReadersGone was called.
func (q *Queue) ReadersGone() bool { return q.head.gone.Load() != 0 }

// CloseWriters says that nothing more will be put: readers end when every block is FREE, Reserve gives Closed. The supervisor calls it when
// all writers have ended for good and are recovered. It may be called again.
func (q *Queue) CloseWriters() {
	q.head.closed.Store(1)
	q.head.readers.bumpAndWake()
	q.head.writers.bumpAndWake()
}

// wakeAll makes everybody who waits for something of the queue look again.
func (q *Queue) wakeAll() {
	q.head.readers.bumpAndWake()
	q.head.writers.bumpAndWake()
	q.head.finished.bumpAndWake()
}

// SetReadersGone says that nobody will read any more: Reserve gives NoReaders. The supervisor calls it when all readers have ended for
// good. It may be called again.
func (q *Queue) SetReadersGone() {
	q.head.gone.Store(1)
	q.head.readers.bumpAndWake()
	q.head.writers.bumpAndWake()
}

// lock takes the queue's lock and repairs the hints if somebody's death has made them doubtful.
func (q *Queue) lock(s *Slot) {
	s.touch(q.index)
	if !q.head.lock.tryLock(s.me) {
		q.head.lock.lockSlow(s.me, s.spin(lockSpin))
	}
	crashpoint(pointLocked)
	q.repair()
}

// lockSpin is looks at a taken lock before sleeping for it: many times what its holder needs, unless he has lost his core.
const lockSpin = 50

func (q *Queue) unlock() { q.head.lock.unlock() }

// repair rebuilds the hints from the table if the queue is dirty. The caller holds the lock. dirty is cleared first: a death during the
// rebuild sets it again, and so does one that this rebuild has not seen.
func (q *Queue) repair() {
	if q.head.dirty.Load() == 0 {
		return
	}
	q.head.dirty.Store(0)
	crashpoint(pointRepairClean)
	q.rebuild()
	crashpoint(pointRepairBuilt)
}

type ringEntry struct {
	seq   uint64
	index uint32
}

func compareRing(a, b ringEntry) int { return cmp.Compare(a.seq, b.seq) }

// rebuild computes ring, counts and the map of free blocks from the table. Blocks may become FREE meanwhile, without the lock: so bits of
// the map are only set here, and one that is set wrongly is found out by Reserve.
func (q *Queue) rebuild() {
	var ready []ringEntry
	var readyItems, reservedItems, readyBytes, reservedBytes int64
	for i := range q.used() {
		e := &q.table[i]
		switch blockWord(e.word.Load()).state() {
		case blockFree:
			q.free.restore(i)
		case blockReady:
			ready = append(ready, ringEntry{e.seq.Load(), i})
			readyItems += e.left()
			readyBytes += e.bytes.Load()
		case blockFilling:
			reservedItems += e.left()
			reservedBytes += e.bytes.Load()
		}
	}
	slices.SortFunc(ready, compareRing)
	for i, r := range ready {
		q.ring[i].Store(r.index)
	}
	h := q.head
	h.head.Store(0)
	h.tail.Store(uint32(len(ready)))
	h.readyItems.Store(readyItems)
	h.reservedItems.Store(reservedItems)
	h.readyBytes.Store(readyBytes)
	h.reservedBytes.Store(reservedBytes)
}

// used is how many blocks of the table have ever been taken.
func (q *Queue) used() uint32 { return min(q.head.used.Load(), uint32(len(q.table))) }

// allFree says whether no block holds anything. It reads the used part of the table up to the first block that is not free, and is called
// only for closed queues without a READY block.
func (q *Queue) allFree() bool {
	for i := range q.used() {
		if blockWord(q.table[i].word.Load()).state() != blockFree {
			return false
		}
	}
	return true
}

// empty says whether the ring has no block; without the lock it is a hint.
func (q *Queue) empty() bool { return q.head.head.Load() == q.head.tail.Load() }

// left is the items behind the cursor.
func (e *blockEntry) left() int64 { return int64(e.items.Load()) - int64(e.cursor.Load()) }

// owner is who fills or has leased the block, 0 for nobody.
func (e *blockEntry) owner() tag { return blockWord(e.word.Load()).owner() }

// ref names a block of the arena in one word.
func (q *Queue) ref(index uint32) uint64 { return uint64(q.index)<<32 | uint64(index) }

// blockRef is the block that ref named. The word comes from shared memory and may be anything.
func (a *Arena) blockRef(ref uint64) (*Queue, uint32, error) {
	i, index := ref>>32, uint32(ref)
	if i >= uint64(len(a.queues)) || int64(index) >= a.queues[i].l.entries {
		return nil, 0, corrupt("a record names block %d of queue %d", index, i)
	}
	return &a.queues[i], index, nil
}

// Unfinished is how many items were put and are not finished. 0 was true at some moment of the call.
func (q *Queue) Unfinished() int64 { return q.unfinished() }

// unfinished is how many items were put and are not finished. Finished ones are counted first: 0 was true at that moment.
func (q *Queue) unfinished() int64 {
	var published, finished uint64
	for i := range q.arena.Slots() {
		finished += q.arena.row(i)[q.index].finished.Load()
	}
	for i := range q.arena.Slots() {
		published += q.arena.row(i)[q.index].published.Load()
	}
	return int64(published - finished)
}
