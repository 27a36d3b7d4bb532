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
}

// A wait spins for so many looks at the condition, a PAUSE (some 40 ns) after each: at most about what going to sleep and being woken costs (11
// to 14 us), and less after spins that were in vain: other programs may have the cores, and then who would answer runs only when we sleep.
// The least is about one answer of a partner who runs; it grows slowly, as being preempted while the partner answers looks like a success.
const (
	mostSpin  = 300
	leastSpin = 20
)

// WaitReadable waits until Lease may give something else than Empty. The slot must hold no reserved block.
func (q *Queue) WaitReadable(s *Slot, w Wait) (WaitResult, error) {
	s.one[0] = q
	return s.WaitReadable(s.one[:], w)
}

// WaitReadable waits until one of at most MaxInputs queues may give something else than Empty. A queue that has Ended is to be left out: it is
// always ready. The slot must hold no reserved block.
func (s *Slot) WaitReadable(queues []*Queue, w Wait) (WaitResult, error) {
	return s.wait(WaitToRead, queues, w)
}

// WaitWritable waits until the Reserve that just gave this slot Full may give something else. The slot must hold no reserved block.
func (q *Queue) WaitWritable(s *Slot, w Wait) (WaitResult, error) {
	s.one[0] = q
	return s.wait(WaitToWrite, s.one[:], w)
}

func (s *Slot) wait(kind WaitKind, queues []*Queue, w Wait) (WaitResult, error) {
	if s.reserved > 0 {
		return 0, fmt.Errorf("wait in slot %d with %d reserved blocks: %w", s.index, s.reserved, ErrTooMany)
	}
	if len(queues) < 1 || len(queues) > MaxInputs {
		return 0, fmt.Errorf("wait in slot %d for %d queues: %w", s.index, len(queues), ErrTooMany)
	}
	var deadline time.Time
	if w.Timeout > 0 {
		deadline = time.Now().Add(w.Timeout)
	}
	s.recordWait(kind, queues, w)
	for {
		if s.spinFor(kind, queues) || s.arm(kind, queues) {
			return Ready, nil
		}
		// After arming: who stops or wakes us sets its word first, and bumps what we have armed after it.
		if s.Interrupted() {
			return Interrupted, nil
		}
		if s.head.wake.Swap(0) != 0 {
			return Woken, nil
		}
		bound := waitBound
		if w.Timeout > 0 {
			if bound = min(bound, time.Until(deadline)); bound <= 0 {
				return TimedOut, nil
			}
		}
		s.sleep(bound)
	}
}

// sleep sleeps on the words that arm has collected.
func (s *Slot) sleep(bound time.Duration) {
	s.arena.setRunnable(s.index, false)
	s.set.wait(bound)
	s.arena.setRunnable(s.index, true)
	crashpoint(pointWaitSlept)
}

// spinFor looks for the condition for a while, without a lock, where somebody can make it true meanwhile.
func (s *Slot) spinFor(kind WaitKind, queues []*Queue) bool {
	if kind == WaitToRead {
		for _, q := range queues {
			q.head.hungry.Store(1)
		}
	}
	rounds := s.spin(s.budget)
	for i := range rounds {
		for _, q := range queues {
			if q.hint(kind, s.full) {
				s.budget = min(mostSpin, s.budget+leastSpin/4)
				return true
			}
		}
		if i&31 == 0 && s.Interrupted() {
			return false
		}
		pause(1)
	}
	if rounds > 0 {
		s.budget = max(leastSpin, s.budget/2)
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

// arm looks at each queue under its lock and arms its word where the condition does not hold; true says that one holds.
func (s *Slot) arm(kind WaitKind, queues []*Queue) bool {
	s.set.reset()
	for _, q := range queues {
		word := &q.head.writers
		if kind == WaitToRead {
			word = &q.head.readers
		}
		q.lock(s)
		if q.holds(kind, s.full) {
			q.unlock()
			return true
		}
		v := word.arm()
		crashpoint(pointWaitArmed)
		// Again: a block freed or recovered without the lock since the first look found no bit to wake for.
		q.repair()
		holds := q.holds(kind, s.full)
		q.unlock()
		if holds {
			return true
		}
		s.set.add(&word.word, v)
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
