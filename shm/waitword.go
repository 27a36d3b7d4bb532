//go:build linux

package shm

import "sync/atomic"

// A waitWord is a 31-bit sequence and, in its last bit, whether somebody may sleep for its change. The protocol is models/queue.pml:
// arm, look at the condition again, sleep; whoever makes the condition true bumps and wakes all.
type waitWord struct{ word atomic.Uint32 }

// arm sets the waiter bit and gives the value to sleep on.
func (w *waitWord) arm() uint32 { return w.word.Or(1) | 1 }

// armed says whether somebody may be asleep.
func (w *waitWord) armed() bool { return w.word.Load()&1 != 0 }

// bump changes the word if the waiter bit is set, clearing it in the same swap, and says whether it did: then wake must follow.
func (w *waitWord) bump() bool {
	for {
		v := w.word.Load()
		if v&1 == 0 {
			return false
		}
		if w.word.CompareAndSwap(v, v+1) {
			return true
		}
	}
}

// wake wakes all sleepers.
func (w *waitWord) wake() { futexWakeAll(&w.word) }

// bumpAndWake does both, bit or not: for deaths, closing and interrupts.
func (w *waitWord) bumpAndWake() {
	for {
		v := w.word.Load()
		if w.word.CompareAndSwap(v, (v|1)+1) {
			break
		}
	}
	w.wake()
}
