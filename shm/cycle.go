//go:build linux

package shm

import "slices"

// CycleQuiet says whether nothing of a cycle of queues can move any more, so that its queues may be closed: no block of them is in use, and
// every writer waits to read from them (or from a queue that has ended), with no timer and no other source, while nothing was published.
// writerSlots are the slots of all writers that have not ended for good; writers outside the cycle must have. The caller guarantees
// that each of these workers is alive and not being recovered; it may call at any moment otherwise. The protocol is models/cycle.pml.
//
// A writer may also wait for one of the given words of the board to change, which the caller alone changes.
func (a *Arena) CycleQuiet(queues, writerSlots []int, words ...int) bool {
	before := a.published(queues)
	for _, i := range queues {
		// A block that is being filled counts too: its items are numbered before it is READY.
		if !a.queues[i].allFree() {
			return false
		}
	}
	for _, slot := range writerSlots {
		w, ok := a.readWait(slot)
		if !ok || w.Timed || w.Other {
			return false
		}
		for _, t := range w.Targets {
			i := t.Index
			if t.Kind == WaitForChange && slices.Contains(words, i) && !a.There(slot, t) {
				continue // who was stopped before it could look is not quiet once the word has changed
			}
			if t.Kind != WaitToRead || !slices.Contains(queues, i) && !(a.queues[i].Closed() && a.queues[i].allFree()) {
				return false
			}
		}
	}
	return a.published(queues) == before
}

// published is the sum of the queues' sequence numbers.
func (a *Arena) published(queues []int) uint64 {
	var n uint64
	for _, i := range queues {
		n += a.queues[i].head.sequence.Load()
	}
	return n
}
