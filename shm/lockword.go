//go:build linux

package shm

import "sync/atomic"

// A lockWord is an owner-tagged futex lock: 0 is free, else the owner's tag, with lockWaiter when somebody may sleep for it.
// The protocol is models/lock.pml.
type lockWord struct{ word atomic.Uint32 }

const lockWaiter = 1 << 31

func (l *lockWord) tryLock(me tag) bool { return l.word.CompareAndSwap(0, uint32(me)) }

// lockSlow takes the lock for me after tryLock has not, looking at most so many times before each sleep. It returns only with the lock.
func (l *lockWord) lockSlow(owner tag, spin int) {
	me := uint32(owner)
	for {
		for range spin {
			if l.word.Load() == 0 && l.word.CompareAndSwap(0, me) {
				return
			}
			pause(1)
		}
		v := l.word.Load()
		if v == 0 {
			if l.word.CompareAndSwap(0, me) {
				return
			}
			continue
		}
		if v&lockWaiter == 0 && !l.word.CompareAndSwap(v, v|lockWaiter) {
			continue
		}
		crashpoint(pointLockArmed)
		futexWait(&l.word, v|lockWaiter, lockBound)
		// Having slept, take it with the waiter bit: there may be a third who sleeps, and our unlock is who wakes him.
		me |= lockWaiter
	}
}

// unlock frees the lock and wakes one waiter. Only the owner calls it.
func (l *lockWord) unlock() {
	v := l.word.Swap(0)
	crashpoint(pointLockReleased)
	if v&lockWaiter != 0 {
		futexWake(&l.word, 1)
	}
}

// owner is who holds the lock, 0 for nobody.
func (l *lockWord) owner() tag { return tag(l.word.Load() &^ lockWaiter) }

// releaseDead frees the lock if it names the dead slot, by compare-and-swap, and wakes all in any case: the dead may have been killed
// between its release and its wake.
func (l *lockWord) releaseDead(slot int) {
	for {
		v := l.word.Load()
		if tag(v&^lockWaiter).slot() != slot || v == 0 || l.word.CompareAndSwap(v, 0) {
			break
		}
	}
	futexWakeAll(&l.word)
}
