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
			for j := range p.c.stripes() {
				c.innerLock(fmt.Sprintf("%s stripe %d", where, j), p, (Array{p}).stripeLock(int(j)))
			}
			continue
		case KindLock:
			c.heldLock(where, p)
			continue
		}
		c.innerLock(where, p, &p.head.lock)
		c.rows(where, p)
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
func (c *checker) innerLock(where string, p *primitive, l *lockWord) {
	if owner := l.owner(); owner != 0 && !c.mayOwn(owner) {
		c.add(where, "its inner lock names %v, who is not there", owner)
	}
	c.marked(where, len(c.arena.queues)+p.index, l.owner)
}

// heldLock is a lock of the spec: its owner is there, or keeps it for its replacement.
func (c *checker) heldLock(where string, p *primitive) {
	owner := p.head.lock.owner()
	c.marked(where, len(c.arena.queues)+p.index, p.head.lock.owner)
	if owner == 0 || c.mayOwn(owner) {
		return
	}
	if slot := owner.slot(); slot < 0 || slot >= c.arena.Slots() || !c.arena.heldLocks(c.arena.slot(slot))[p.index] {
		c.add(where, "%v holds it, who is not there", owner)
	}
}

// rows looks for what no slot can have written to its row. A row is written behind what it is held against.
func (c *checker) rows(where string, p *primitive) {
	if !p.c.Kind.rows() {
		return
	}
	for i := range c.arena.Slots() {
		row := p.rowOf(i)
		a, b, committed := row.a.Load(), row.b.Load(), row.c.Load()
		switch p.c.Kind {
		case KindCondition:
			if last := p.head.ticket.Load(); b > last {
				c.add(where, "slot %d waits with ticket %d of %d", i, b, last)
			}
			if committed>>1 > a>>2 && c.idle {
				c.add(where, "slot %d has committed wait %d and come to wait %d", i, committed>>1, a>>2)
			}
		case KindBarrier:
			next := barrierState(p.head.state.Load()).generation() + 1
			if ticket := uint32(a); a != 0 && int32(next-ticket) < 0 {
				c.add(where, "slot %d waits for generation %d, and the next is %d", i, ticket, next)
			}
			if b >= uint64(p.c.Value) {
				c.add(where, "slot %d has place %d of %d", i, b, p.c.Value)
			}
		}
	}
}

// keptLocks looks at the locks that a slot's last commit keeps for its replacement.
func (c *checker) keptLocks(where string, slot int, h *commitHeader, attached bool) {
	n := h.locks.Load()
	if n > MaxHeldLocks {
		c.add(where, "it holds %d locks for a replacement", n)
	}
	for i := range min(n, MaxHeldLocks) {
		word := h.lock[i].Load()
		index, depth := word>>32, uint32(word)
		if index >= uint64(len(c.arena.primitives)) || c.arena.primitives[index].c.Kind != KindLock || depth < 1 {
			c.add(where, "it holds primitive %d %d times", index, depth)
			continue
		}
		// A live owner may have released it in the next commit; the record changes first.
		if l := c.arena.Lock(int(index)); !attached && l.Owner() != slot {
			c.add(where, "it holds lock %s, whose owner is %v", l.c.Name, l.head.lock.owner())
		}
	}
}
