//go:build linux

package shm

import (
	"fmt"
	"time"
)

// WaitResult is why a wait returned.
type WaitResult uint8

const (
	_           WaitResult = iota
	Ready                  // the condition may hold: try again
	TimedOut               // Wait.Timeout is over
	Woken                  // Slot.Wake was called
	Interrupted            // the run or the slot was told to stop
)

func (r WaitResult) String() string {
	return [...]string{"invalid", "ready", "timed out", "woken", "interrupted"}[min(r, Interrupted)]
}

// Wait says how to wait, and what the wait record tells others.
type Wait struct {
	Stage        int           // the caller's number of the stage, 0 to 65535, for reports
	Timeout      time.Duration // 0: none
	OtherSources bool          // something beside the queue, of which Slot.Wake tells, may make the worker emit items

	// Hold is how long the goroutine may keep its processor (its P) while it sleeps: in that time no other goroutine of the process runs where there is
	// one P only. To have another thread woken that takes the processor, and gives it back, is dearer than a short sleep. It is for waits for one thing.
	Hold time.Duration
}

// WaitReadable waits until Lease may give something else than Empty. The slot must hold no reserved block.
func (q *Queue) WaitReadable(s *Slot, w Wait) (WaitResult, error) {
	s.targets[0] = Target{Kind: WaitToRead, Index: q.index}
	return s.Wait(s.targets[:1], w)
}

// WaitReadable waits until one of at most MaxInputs queues may give something else than Empty. A queue that has Ended is to be left out: it is
// always ready. The slot must hold no reserved block.
func (s *Slot) WaitReadable(queues []*Queue, w Wait) (WaitResult, error) {
	targets := s.targets[:0]
	for _, q := range queues {
		targets = append(targets, Target{Kind: WaitToRead, Index: q.index})
	}
	return s.Wait(targets, w)
}

// WaitWritable waits until the Reserve that just gave this slot Full may give something else. The slot must hold no reserved block.
func (q *Queue) WaitWritable(s *Slot, w Wait) (WaitResult, error) {
	s.targets[0] = Target{Kind: WaitToWrite, Index: q.index}
	return s.Wait(s.targets[:1], w)
}

// WaitFinished waits until all items that were ever put to the queue are finished.
func (q *Queue) WaitFinished(s *Slot, w Wait) (WaitResult, error) {
	s.targets[0] = Target{Kind: WaitForItems, Index: q.index}
	return s.Wait(s.targets[:1], w)
}

// Wait waits until one of 1 to MaxInputs targets may be there. Locks are waited for by Lock.Acquire only. The slot must hold no reserved
// block.
func (s *Slot) Wait(targets []Target, w Wait) (WaitResult, error) {
	if err := s.mayWait(targets); err != nil {
		return 0, err
	}
	var deadline time.Time
	if w.Timeout > 0 {
		deadline = time.Now().Add(w.Timeout)
	}
	if !s.recorded() && s.spinFor(targets) {
		return Ready, nil // nobody needs to know of a wait that was over before a sleep
	}
	s.recordWait(targets, w)
	for nap := waitBound; ; nap = longer(nap, targets) {
		if s.seen(targets) || s.arm(targets) {
			return Ready, nil
		}
		// After arming: who stops or wakes us sets its word first, and bumps what we have armed after it.
		if result, done := s.told(deadline); done {
			return result, nil
		}
		if w.Hold > 0 && len(targets) == 1 {
			s.sleep(bound(deadline, w.Hold), true)
			w.Hold = 0
			continue
		}
		s.sleep(bound(deadline, nap), false)
	}
}

// mayStop says whether others can go on while the slot does not.
func (s *Slot) mayStop() error {
	switch {
	case s.reserved > 0:
		return fmt.Errorf("wait in slot %d with %d reserved blocks: %w", s.index, s.reserved, ErrTooMany)
	case len(s.rewritten) > 0:
		return fmt.Errorf("wait in slot %d: %w", s.index, ErrRewritten)
	}
	return nil
}

func (s *Slot) mayWait(targets []Target) error {
	if err := s.mayStop(); err != nil {
		return err
	}
	if len(targets) < 1 || len(targets) > MaxInputs {
		return fmt.Errorf("wait in slot %d for %d things: %w", s.index, len(targets), ErrTooMany)
	}
	for _, t := range targets {
		if !t.valid(s.arena) || t.Kind == WaitForLock {
			return fmt.Errorf("wait in slot %d for %v of %d: %w", s.index, t.Kind, t.Index, ErrNotOwned)
		}
	}
	return nil
}

// told says whether the slot is to stop waiting for another reason than what it waits for.
func (s *Slot) told(deadline time.Time) (WaitResult, bool) {
	switch {
	case s.Interrupted():
		return Interrupted, true
	case s.head.wake.Swap(0) != 0:
		return Woken, true
	case !deadline.IsZero() && time.Until(deadline) <= 0:
		return TimedOut, true
	}
	return 0, false
}

// bound is how long one sleep may be.
func bound(deadline time.Time, nap time.Duration) time.Duration {
	if deadline.IsZero() {
		return nap
	}
	return min(nap, max(time.Until(deadline), time.Microsecond))
}

// longer is how long the sleep may be that follows one in the same wait: who waits for long looks seldom, as each look of a process that does nothing
// else costs it a tenth of a millisecond, Go's watching of the system call included. Writers go on to look, for they are not woken for every
// block (see roomy).
func longer(nap time.Duration, targets []Target) time.Duration {
	for _, t := range targets {
		if t.Kind == WaitToWrite {
			return nap
		}
	}
	return min(2*nap, 8*waitBound)
}

// sleep sleeps on the words that arm has collected; see Wait.Hold for held.
func (s *Slot) sleep(bound time.Duration, held bool) {
	s.arena.setRunnable(s.index, false)
	s.dozing(true)
	s.set.wait(bound, held)
	s.dozing(false)
	s.arena.setRunnable(s.index, true)
	crashpoint(pointWaitSlept)
}

// spinFor looks for the targets for a while, without a lock, where somebody can bring them about meanwhile.
func (s *Slot) spinFor(targets []Target) bool {
	for _, t := range targets {
		if t.Kind == WaitToRead {
			store32(&t.queue(s.arena).head.hungry, 1)
		}
	}
	rounds := s.spin(s.budget.looks())
	for i := range rounds {
		if s.seen(targets) {
			s.budget.found(i)
			return true
		}
		if i&31 == 0 && s.Interrupted() {
			return false
		}
		pause(1)
	}
	if rounds > 0 {
		s.budget.missed()
	}
	return false
}

// seen looks once, without a lock, whether one of the targets seems to be there.
func (s *Slot) seen(targets []Target) bool {
	for _, t := range targets {
		if t.hint(s) {
			return true
		}
	}
	return false
}

// hint says without the lock whether the condition seems to hold. The end of a queue is seen only by arm: it reads the table.
func (q *Queue) hint(kind WaitKind, bytes int64) bool {
	if q.head.dirty.Load() != 0 {
		return true
	}
	if kind == WaitToRead {
		return !q.empty()
	}
	_, status := q.room(1, bytes)
	return status != Full
}

// arm looks at each target under its lock and arms its word where it is not there; true says that one is.
func (s *Slot) arm(targets []Target) bool {
	s.set.reset()
	for _, t := range targets {
		there, word, value := t.arm(s)
		if there {
			return true
		}
		s.set.add(word, value)
	}
	crashpoint(pointWaitUnlocked)
	return false
}

// holds says under the lock whether the condition holds.
func (q *Queue) holds(kind WaitKind, bytes int64) bool {
	h := q.head
	if kind == WaitToRead {
		return !q.empty() || h.closed.Load() != 0 && q.allFree()
	}
	if _, status := q.room(1, bytes); status != Full {
		// Room but no block: only a leased or unmarked block is what is missing.
		return status != Reserved || q.hasFree()
	}
	return false
}

// hasFree says under the lock whether a block can be taken.
func (q *Queue) hasFree() bool {
	if int(q.used()) < len(q.table) {
		return true
	}
	_, ok := q.free.lowest()
	return ok
}
