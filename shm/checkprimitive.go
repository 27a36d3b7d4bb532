//go:build linux

package shm

import "fmt"

// primitives checks that no lock names somebody who is not there, and that hints say what the rows say.
func (c *checker) primitives() {
	for i := range c.arena.primitives {
		p := &c.arena.primitives[i]
		where := fmt.Sprintf("%v %s", p.c.Kind, p.c.Name)
		switch p.c.Kind {
		case KindArray:
			for j := range stripes(p.c.Value) {
				c.innerLock(fmt.Sprintf("%s stripe %d", where, j), (Array{p}).stripeLock(int(j)))
			}
			continue
		case KindLock:
			c.heldLock(where, p)
			continue
		}
		c.innerLock(where, &p.head.lock)
		if !c.idle || p.head.dirty.Load() != 0 {
			continue
		}
		switch hint := p.head.hint.Load(); p.c.Kind {
		case KindSemaphore:
			if n := (Semaphore{p}).sum(); n != hint || n < 0 {
				c.add(where, "it has %d, and its rows say %d", hint, n)
			}
		case KindBarrier:
			if n := (Barrier{p}).arrived(); n != hint {
				c.add(where, "%d have arrived, and its rows say %d", hint, n)
			}
		}
	}
}

// innerLock is a lock that nobody keeps over a commit.
func (c *checker) innerLock(where string, l *lockWord) {
	if owner := l.owner(); owner != 0 && !c.mayOwn(owner) {
		c.add(where, "its inner lock names %v, who is not there", owner)
	}
}

// heldLock is a lock of the spec: its owner is there, or keeps it for its replacement.
func (c *checker) heldLock(where string, p *primitive) {
	owner := p.head.lock.owner()
	if owner == 0 || c.mayOwn(owner) {
		return
	}
	if slot := owner.slot(); slot < 0 || slot >= c.arena.Slots() || !c.arena.heldLocks(c.arena.slot(slot))[p.index] {
		c.add(where, "%v holds it, who is not there", owner)
	}
}
