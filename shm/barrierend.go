//go:build linux

package shm

// Shrink says that so many parties have gone for good: the others need not wait for them. The supervisor calls it with the number of all
// that have, as often as it likes.
func (b Barrier) Shrink(gone int) {
	b.head.parts.Store(uint32(gone))
	b.head.dirty.Store(1)
	b.head.waiters.bumpAndWake()
}

// Desert breaks the barrier, as Break does, from outside of any slot: a party has died. For good means that too few are left ever to open it:
// then it stays broken, reset or not. The supervisor calls it; whoever comes to the barrier next, or waits there, carries it out.
func (b Barrier) Desert(forGood bool) {
	if forGood {
		b.head.died.Store(desertedForGood)
	} else {
		b.head.died.CompareAndSwap(0, desertedOnce)
	}
	b.head.dirty.Store(1)
	b.head.waiters.bumpAndWake()
}

// What the word that Desert leaves for others says.
const (
	desertedOnce = 1 + iota
	desertedForGood
)

// deserted carries out what Desert has said. The caller holds the inner lock.
func (b Barrier) deserted() {
	if b.head.died.Load() == 0 {
		return
	}
	if state := barrierState(b.head.state.Load()); !state.broken() {
		b.abort()
	}
	crashpoint(pointBarrierDeserted)
	b.head.died.CompareAndSwap(desertedOnce, 0)
}

// forget takes an abandoned slot's arrival back, if its generation has not come.
func (b Barrier) forget(slot int) {
	row := b.rowOf(slot)
	if w := row.a.Load(); w != 0 && !barrierState(b.head.state.Load()).passed(uint32(w)) {
		row.a.Store(0)
	}
}
