//go:build linux

package shm

import "fmt"

// An effect is a change of a primitive that is part of a commit. Before the store that decides, the primitive's inner lock (of an array,
// those of the stripes) is taken, in the order of the primitives' numbers, and what will be there afterwards is written to the slot's log of
// effects, in absolute numbers; after it, that is stored and the locks are freed. Recovery stores what belongs to a lock that still names the
// dead, and then frees it (models/commit.pml, IMAGE variants).
//
//	entry: primitive (4 bytes) | bytes behind (4) | argument (8) | image, padded to 8
//	array:     offset        | bytes          semaphore: acquired | released
//	           -1 - stripe   | its side (*)   condition: slot     | the word of its wait
//	                                                     -1       | how the slot's own wait stands
//	                                          event, barrier: 0   | state
//
// (*) of an array in a segment the image is 0, and the effect to copy the stripe from the arena.
type effect struct {
	index  int // of the primitive
	stripe int // of an array
	order  int // as they were called for
	change Change
	event  bool
	n      int64 // semaphore, condition
	op     effectOp

	least, most int64 // of several adds in one: the sums on the way, of which each must fit
}

type effectOp uint8

const (
	effectChange effectOp = iota
	effectEvent
	effectRelease
	effectNotify
	effectAbort
	effectReset
	effectTrip
)

// Change changes an array. Changes of the same number are made in the order of the calls; others of one commit must not overlap. A number
// that does not fit is the error of Commit, ErrRange, which then does nothing.
func (t *Tx) Change(a Array, c Change) {
	if c.Add && t.join(a.index, &c) {
		return
	}
	if err := a.inside(c.Off, c.size()); err != nil {
		t.fail(err)
		return
	}
	if c.Kind == numberInvalid { // one entry for each stripe
		for len(c.Bytes) > 0 {
			stripe := a.stripe(c.Off)
			n := min(int64(len(c.Bytes)), int64(stripe+1)*a.stripeSize-c.Off)
			t.effect(effect{index: a.index, stripe: stripe, change: Change{Off: c.Off, Bytes: c.Bytes[:n]}})
			c.Off, c.Bytes = c.Off+n, c.Bytes[n:]
		}
		return
	}
	if c.Off&int64(c.Kind.Size()-1) != 0 {
		t.fail(fmt.Errorf("change array %s at %d: %w", a.c.Name, c.Off, ErrRange))
		return
	}
	t.effect(effect{index: a.index, stripe: a.stripe(c.Off), change: c, least: c.Number.Int(), most: c.Number.Int()})
	*t.latest(a.index, c.Off) = int32(len(t.effects))
}

// join makes an add to an integer part of the adds before it, where nothing else was done to the number since, and says whether it has: a block of
// items that counts on a few numbers is a few effects. Floats stay apart, since the order in which they are added shows.
func (t *Tx) join(index int, c *Change) bool {
	place := *t.latest(index, c.Off)
	if place == 0 {
		return false
	}
	e := &t.effects[place-1]
	before, n := e.change.Number.Int(), c.Number.Int()
	sum := before + n
	overflows := (sum > before) != (n > 0) && n != 0
	if e.index != index || e.change.Off != c.Off || e.change.Kind != c.Kind || !e.change.Add || c.Kind.IsFloat() || overflows {
		return false
	}
	e.change.Number, e.least, e.most = IntNumber(sum), min(e.least, sum), max(e.most, sum)
	return true
}

// latest is the place where the last effect on a number is remembered, from 1, until another number needs the place.
func (t *Tx) latest(index int, off int64) *int32 {
	return &t.numbers[(uint64(off)/8^uint64(off)^uint64(index)*7)%uint64(len(t.numbers))]
}

// SetEvent sets or clears an event.
func (t *Tx) SetEvent(e Event, on bool) { t.effect(effect{index: e.index, op: effectEvent, event: on}) }

// ReleaseSemaphore gives n back. ErrReleasedTooOften is the error of Commit.
func (t *Tx) ReleaseSemaphore(m Semaphore, n int64) {
	t.effect(effect{index: m.index, op: effectRelease, n: n})
}

// Notify makes the n that have waited longest go on, all with n < 0. ErrNotOwner says that the slot does not hold the condition's lock.
func (t *Tx) Notify(c Condition, n int64) {
	if t.slot.holds(c.Lock()) < 0 {
		t.fail(fmt.Errorf("notify condition %s: %w", c.c.Name, ErrNotOwner))
		return
	}
	t.effect(effect{index: c.index, op: effectNotify, n: n})
}

// AbortBarrier breaks a barrier until it is reset, ResetBarrier makes it whole; who waits gets ErrBroken either way.
func (t *Tx) AbortBarrier(b Barrier) { t.effect(effect{index: b.index, op: effectAbort}) }

// ResetBarrier is described at AbortBarrier.
func (t *Tx) ResetBarrier(b Barrier) { t.effect(effect{index: b.index, op: effectReset}) }

// TripBarrier opens a barrier for the ticket of who leads it, with everything else of the commit: its action has been run. It does nothing if
// the barrier has come to the ticket already, opened or broken.
func (t *Tx) TripBarrier(b Barrier, ticket uint32) {
	t.effect(effect{index: b.index, op: effectTrip, n: int64(ticket)})
}

// Unlock releases a lock once everything else of the commit has been done. Of a lock that was taken more than once it takes one off.
// ErrReleasedTooOften and ErrNotOwner are as of Lock.Release.
func (t *Tx) Unlock(l Lock) {
	if l.Holds(t.slot) <= t.unlocked(l) {
		t.fail(l.notHeld())
		return
	}
	t.unlocks = append(t.unlocks, l)
}

// unlocked is how often the transaction releases the lock.
func (t *Tx) unlocked(l Lock) int {
	n := 0
	for _, other := range t.unlocks {
		if other == l {
			n++
		}
	}
	return n
}

// releasesOf is how many of a semaphore the transaction gives back.
func (t *Tx) releasesOf(index int) int64 {
	n := int64(0)
	for i := range t.effects {
		if e := &t.effects[i]; e.op == effectRelease && e.index == index {
			n += e.n
		}
	}
	return n
}

func (t *Tx) effect(e effect) {
	e.order = len(t.effects)
	t.effects = append(t.effects, e)
}
