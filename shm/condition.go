//go:build linux

package shm

import (
	"cmp"
	"fmt"
	"slices"
)

// A Condition lets slots wait, without its lock, until another notifies them.
//
//	row: number of the wait << 2 | state | ticket | number of the last wait that was committed << 1 | it was not over
//
//	left --Enter: ticket--> waiting --notify--> notified --Leave--> left
//	                           '------- timeout: Leave -------> timed out
//
// Each slot numbers its waits from 1, and the number is part of its committed state: a replacement which enters the same wait again finds
// its row and goes on with it, notified or not. Enter, Leave and Tx.Notify are called with the condition's lock held; Wait without it.
// A wait that was begun and not committed is undone by the slot's death: the replacement may not come to it again, and would take a
// notification that another needs. When such a slot, or one that is abandoned, was notified, all others are: nobody knows whose turn it
// would have been.
type Condition struct{ *primitive }

// waitState is where a slot's wait stands.
type waitState uint64

const (
	waitLeft waitState = iota
	waitWaiting
	waitNotified
	waitTimedOut
)

// Condition is primitive number i, a condition.
func (a *Arena) Condition(i int) Condition { return Condition{a.primitive(i, KindCondition)} }

// Lock is the condition's lock.
func (c Condition) Lock() Lock { return c.arena.Lock(c.c.Lock) }

// Waiting is how many slots wait; of the moment.
func (c Condition) Waiting() int { return len(c.waiters()) }

type conditionWaiter struct {
	slot   int
	word   uint64
	ticket uint64
}

// waiters are the slots that wait and were not notified, in the order of their tickets.
func (c Condition) waiters() []conditionWaiter {
	var all []conditionWaiter
	for i := range c.arena.Slots() {
		row := c.rowOf(i)
		if w := row.a.Load(); waitState(w&3) == waitWaiting {
			all = append(all, conditionWaiter{i, w, row.b.Load()})
		}
	}
	slices.SortFunc(all, func(a, b conditionWaiter) int { return cmp.Compare(a.ticket, b.ticket) })
	return all
}

// Enter begins the slot's n-th wait, n from 1. It does nothing if that has begun already. ErrNotOwner says that the slot does not hold the
// condition's lock: multiprocessing raises AssertionError.
func (c Condition) Enter(s *Slot, n uint64) error {
	row := c.rowOf(s.index)
	if row.a.Load()>>2 == n {
		return nil
	}
	if s.holds(c.Lock()) < 0 {
		return fmt.Errorf("wait for condition %s: %w", c.c.Name, ErrNotOwner)
	}
	c.touch(s)
	row.b.Store(c.head.ticket.Add(1))
	crashpoint(pointConditionTicket)
	row.a.Store(n<<2 | uint64(waitWaiting))
	s.waited(c)
	return nil
}

// Next is the number of the slot's next wait.
func (c Condition) Next(s *Slot) uint64 { return c.rowOf(s.index).a.Load()>>2 + 1 }

// Over says whether the slot's n-th wait is over; of the moment.
func (c Condition) Over(s *Slot, n uint64) bool { return c.over(s.index, n) }

// Wait waits until the slot's n-th wait is over: Ready says that it was notified. The slot does not hold the condition's lock.
func (c Condition) Wait(s *Slot, n uint64, w Wait) (WaitResult, error) {
	return s.Wait([]Target{{WaitForCondition, c.index, n}}, w)
}

// waited remembers that the next commit must write down how the slot's wait stands.
func (s *Slot) waited(c Condition) {
	if !slices.Contains(s.entered, c.index) {
		s.entered = append(s.entered, c.index)
	}
}

// standing is how the slot's wait stands, as a commit writes it down.
func (c Condition) standing(slot int) uint64 {
	w := c.rowOf(slot).a.Load()
	if s := waitState(w & 3); s == waitWaiting || s == waitNotified {
		return w>>2<<1 | 1
	}
	return w >> 2 << 1
}

// over says whether the slot's n-th wait is over.
func (c Condition) over(slot int, n uint64) bool {
	w := c.rowOf(slot).a.Load()
	return w>>2 != n || waitState(w&3) != waitWaiting
}

// Leave ends the slot's n-th wait and says whether it was notified; without that it has timed out, and will not be notified any more.
// Called again, it says the same; a replacement that comes to it again does so, and the next commit says that the wait is over.
func (c Condition) Leave(s *Slot, n uint64) bool {
	row := c.rowOf(s.index)
	if row.a.Load()>>2 == n {
		s.waited(c)
	}
	for {
		w := row.a.Load()
		next := waitLeft
		switch {
		case w>>2 != n || waitState(w&3) == waitLeft:
			return true
		case waitState(w&3) == waitTimedOut:
			return false
		case waitState(w&3) == waitWaiting:
			next = waitTimedOut
		}
		if row.a.CompareAndSwap(w, n<<2|uint64(next)) {
			return next == waitLeft
		}
	}
}

// Forget ends the slot's n-th wait, if it is not over, where nothing will come of it: a notification that it has had goes to all others. It
// needs no lock.
func (c Condition) Forget(s *Slot, n uint64) {
	if w := c.rowOf(s.index).a.Load(); w>>2 != n || waitState(w&3) == waitLeft || waitState(w&3) == waitTimedOut {
		return
	}
	c.end(s.index, n<<2|uint64(waitTimedOut))
	s.waited(c)
	c.head.waiters.bumpAndWake()
}

// notify makes one waiter go on. The word says which wait it was: a later one is not touched, so it may be done again. If the waiter
// has been abandoned since it was chosen, or its wait was undone, all others go on.
func (c Condition) notify(slot int, word uint64) {
	row := &c.rowOf(slot).a
	if row.CompareAndSwap(word, word&^3|uint64(waitNotified)) {
		return
	}
	if w := row.Load(); w>>2 < word>>2 || w == word|uint64(waitTimedOut) {
		c.notifyAll()
	}
}

func (c Condition) notifyAll() {
	for _, w := range c.waiters() {
		c.rowOf(w.slot).a.CompareAndSwap(w.word, w.word&^3|uint64(waitNotified))
	}
}

// undo takes back a wait that the dead slot had begun since its last commit.
func (c Condition) undo(slot int) {
	if row := c.rowOf(slot); row.a.Load()>>2 != row.c.Load()>>1 {
		c.end(slot, row.c.Load()>>1<<2|uint64(waitLeft))
	}
}

// forget ends the wait of an abandoned slot. If it went on and has not committed that, what it was notified for was not done.
func (c Condition) forget(slot int) {
	row := c.rowOf(slot)
	switch {
	case waitState(row.a.Load()&3) != waitLeft:
		c.end(slot, row.a.Load()|uint64(waitTimedOut))
	case row.c.Load()&1 != 0:
		c.notifyAll()
		row.a.Store(row.a.Load() | uint64(waitTimedOut))
	}
	row.c.Store(row.c.Load() &^ 1)
}

// end gives the row of a dead slot another word. A notification that it had not used goes to all who wait; whoever notifies it meanwhile
// is seen by the swap, or sees that it has failed.
func (c Condition) end(slot int, word uint64) {
	row := &c.rowOf(slot).a
	for {
		w := row.Load()
		if waitState(w&3) == waitNotified && w != word {
			c.notifyAll()
		}
		if row.CompareAndSwap(w, word) {
			return
		}
	}
}
