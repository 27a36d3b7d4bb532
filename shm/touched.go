//go:build linux

package shm

import (
	"math/bits"
	"sync/atomic"
)

// A slot's touched bits say what its workers may have changed: one bit for each queue and each primitive, on lines of the slot alone.
//
//	queue 0 | queue 1 | ... | primitive 0 | primitive 1 | ...
//
// A worker sets the bit before it takes a lock there for the first time (models/touched.pml). So whatever a death can have left half done lies in
// what is marked: recovery looks at that only, and wakes only those who wait there. Of n workers that die or end, each would
// otherwise wake the n-1 others and look through the queues of all.
//
// Recovery leaves the bits: what a commit keeps for the replacement is that one's without a lock. A worker that ends well, with nothing in
// its hands, takes those of the queues back (Slot.Leave).
func (a *Arena) touchedWords(slot int) []atomic.Uint64 {
	n := a.layout.touchedBytes
	return sliceAt[atomic.Uint64](a.mem, a.layout.touched+int64(slot)*n, n/wordBytes)
}

// touchedBytes is the bytes of one slot's bits: whole lines.
func touchedBytes(queues, primitives int) int64 { return roundUp(int64(queues+primitives), 64*8) / 8 }

// touch marks a queue, or a primitive behind all queues, before anything there is changed.
func (s *Slot) touch(i int) {
	word, bit := &s.touched[i/64], uint64(1)<<(i%64)
	if w := word.Load(); w&bit == 0 {
		word.Store(w | bit)
		crashpoint(pointTouched)
	}
}

func (p *primitive) touch(s *Slot) { s.touch(len(p.arena.queues) + p.index) }

// touched is the queues and primitives that a slot may have changed. The words come from shared memory: bits behind the last are nothing.
func (a *Arena) touched(slot int) (queues, primitives []int) {
	for i := range a.touchedWords(slot) {
		for w := a.touchedWords(slot)[i].Load(); w != 0; w &= w - 1 {
			n := i*64 + bits.TrailingZeros64(w)
			switch {
			case n < len(a.queues):
				queues = append(queues, n)
			case n < len(a.queues)+len(a.primitives):
				primitives = append(primitives, n-len(a.queues))
			}
		}
	}
	return queues, primitives
}

// hasTouched says whether a slot has marked the queue or, behind all queues, the primitive.
func (a *Arena) hasTouched(slot, i int) bool {
	return a.touchedWords(slot)[i/64].Load()&(1<<(i%64)) != 0
}

// Leave says that the slot's worker is about to end well: it has nothing more to do with any queue. Its end then wakes nobody who has not been
// woken by what it did. A slot that still holds blocks, or whose last commit kept some for a replacement, stays as it is. The slot may be
// used again afterwards.
func (s *Slot) Leave() {
	if len(s.leases) > 0 || s.reserved > 0 || s.head.record.headers[s.seq&1].held.Load() > 0 {
		return
	}
	queues, _ := s.arena.touched(s.index)
	for _, i := range queues {
		// A writer whom this reader has not woken, as there was little room, need not wait for another to read.
		if w := &s.arena.queues[i].head.writers; w.bump() {
			w.wake()
		}
		word := &s.touched[i/64]
		word.Store(word.Load() &^ (1 << (i % 64)))
		crashpoint(pointLeft)
	}
}

// wakeTouched makes everybody look again who waits for what a slot may have changed: the dead may have been killed before it woke them.
func (a *Arena) wakeTouched(queues, primitives []int) {
	for _, i := range queues {
		a.queues[i].wakeAll()
	}
	for _, i := range primitives {
		a.primitives[i].head.waiters.bumpAndWake()
	}
}
