//go:build linux

package shm

import "fmt"

// LeaseStatus is the outcome of Queue.Lease.
type LeaseStatus uint8

const (
	_      LeaseStatus = iota
	Leased             // the block is the slot's
	Empty              // nothing is READY now: Queue.WaitReadable
	Ended              // nothing will ever come: closed, and every block is FREE
)

func (s LeaseStatus) String() string {
	return [...]string{"invalid", "leased", "empty", "ended"}[min(s, Ended)]
}

// Lease takes the oldest block that waits, for the calling slot, without waiting for one. A lease lasts until a commit releases the block, or
// until the slot's worker dies, when the block is READY again under its old number. A slot may hold MaxInputs leases.
func (q *Queue) Lease(s *Slot) (*Block, LeaseStatus, error) {
	if len(s.leases) >= MaxInputs {
		return nil, 0, fmt.Errorf("lease from queue %s: %w", q.Name(), ErrTooMany)
	}
	// A look without the lock: a reader that polls does not disturb the writers.
	if q.empty() && q.head.dirty.Load() == 0 && q.head.closed.Load() == 0 {
		return nil, Empty, nil
	}
	q.lock(s)
	index, w, status, err := q.takeHead(s.me)
	if status != Leased {
		q.unlock()
		return nil, status, err
	}
	bumped := q.roomy() && q.head.writers.bump()
	q.unlock()
	crashpoint(pointLeaseUnlocked)
	if bumped {
		q.head.writers.wake()
	}
	s.moving()
	b, err := s.newLease(q, index, w)
	if err != nil {
		return nil, 0, err
	}
	return b, Leased, nil
}

// takeHead leases the block at the ring's head. The caller holds the lock. A ring that contradicts the table is rebuilt once.
func (q *Queue) takeHead(me tag) (uint32, blockWord, LeaseStatus, error) {
	h := q.head
	for range 2 {
		if q.empty() {
			if h.closed.Load() != 0 && q.allFree() {
				return 0, 0, Ended, nil
			}
			return 0, 0, Empty, nil
		}
		at := h.head.Load()
		index := q.ring[at&q.l.ringMask].Load()
		if int(index) < len(q.table) {
			e := &q.table[index]
			w := blockWord(e.word.Load())
			next := makeWord(blockLeased, w.tries()+1, w.gen(), me)
			if w.state() == blockReady && e.word.CompareAndSwap(uint64(w), uint64(next)) {
				crashpoint(pointLeaseLeased)
				h.head.Store(at + 1)
				h.readyItems.Add(-e.left())
				h.readyBytes.Add(-e.bytes.Load())
				store32(&h.hungry, 0)
				crashpoint(pointLeasePopped)
				return index, next, Leased, nil
			}
		}
		h.dirty.Store(1)
		q.repair()
	}
	return 0, 0, 0, corrupt("queue %s: the ring names a block that is not READY", q.Name())
}
