//go:build linux

package shm

import (
	"fmt"
	"time"
)

// A Semaphore is counted down by Acquire and up by Release, by any slot.
//
// What each slot has acquired and released stands in its row, in absolute numbers; the value is what it began with, plus all that was
// released, minus all that was acquired. The value in the header repeats that: it is a hint, computed anew when dirty.
//
//	row: acquired | released | acquired, as committed
//
// When a slot dies, what it had acquired since its last commit is undone: acquired = as committed. What its last commit names stays taken
// for its replacement. Of an Owned semaphore, it comes back when the slot is abandoned; of others it does not, for to acquire is then
// to use up a signal.
type Semaphore struct{ *primitive }

// Semaphore is primitive number i, a semaphore.
func (a *Arena) Semaphore(i int) Semaphore { return Semaphore{a.primitive(i, KindSemaphore)} }

// Value is how many can be had now.
func (m Semaphore) Value() int64 {
	if m.head.dirty.Load() != 0 {
		return m.sum()
	}
	return m.head.hint.Load()
}

// sum is the value by the rows.
func (m Semaphore) sum() int64 {
	n := m.c.Value
	for i := range m.arena.Slots() {
		row := m.rowOf(i)
		n += int64(row.b.Load()) - int64(row.a.Load())
	}
	return n
}

// repair computes the hint anew. The caller holds the inner lock; dirty is cleared first, as for queues.
func (m Semaphore) repair() {
	if m.head.dirty.Load() != 0 {
		m.head.dirty.Store(0)
		crashpoint(pointRepairClean)
		m.head.hint.Store(m.sum())
	}
}

// TryAcquire takes one if it can be had at once.
func (m Semaphore) TryAcquire(s *Slot) bool {
	m.primitive.lock(s)
	m.repair()
	ok := m.head.hint.Load() > 0
	if ok {
		m.head.hint.Add(-1)
		crashpoint(pointSemaphoreCounted)
		row := m.rowOf(s.index)
		row.a.Store(row.a.Load() + 1)
	}
	m.unlock()
	if ok {
		s.acquired(m.index)
		s.moving()
	}
	return ok
}

// Acquire takes one, waiting for it: Ready says that the slot has it.
func (m Semaphore) Acquire(s *Slot, w Wait) (WaitResult, error) {
	for start := time.Now(); ; {
		if m.TryAcquire(s) {
			return Ready, nil
		}
		if w.Timeout > 0 {
			w.Timeout = max(1, w.Timeout-time.Since(start))
			start = time.Now()
		}
		if result, err := m.Wait(s, w); result != Ready || err != nil {
			return result, err
		}
	}
}

// Wait waits until TryAcquire may take one.
func (m Semaphore) Wait(s *Slot, w Wait) (WaitResult, error) {
	s.targets[0] = Target{Kind: WaitForSemaphore, Index: m.index}
	return s.Wait(s.targets[:1], w)
}

// Full says whether n more would be too many for the semaphore; of the moment.
func (m Semaphore) Full(n int64) bool { return n > m.most()-m.Value() }

// Release gives n back at once, outside of any commit; Tx.ReleaseSemaphore does so with one. What the slot has acquired since its last commit
// is given back first, by taking that back: a death undoes it anyway, and must not give it back twice. ErrReleasedTooOften says that a
// bounded semaphore would have more than it began with: multiprocessing raises ValueError.
func (m Semaphore) Release(s *Slot, n int64) error {
	m.primitive.lock(s)
	m.repair()
	err := m.checkBound(n)
	if err == nil {
		row := m.rowOf(s.index)
		undone := min(uint64(n), row.a.Load()-row.c.Load())
		row.a.Store(row.a.Load() - undone)
		row.b.Store(row.b.Load() + uint64(n) - undone)
		crashpoint(pointSemaphoreCounted)
		m.head.hint.Add(n)
	}
	m.unlock()
	m.wake()
	return err
}

// most is how many the semaphore may have.
func (m Semaphore) most() int64 {
	if m.c.Bounded {
		return m.c.Value
	}
	return 1<<31 - 1
}

func (m Semaphore) checkBound(n int64) error {
	if n < 1 || n > m.most()-m.head.hint.Load() {
		return fmt.Errorf("release semaphore %s: %w", m.c.Name, ErrReleasedTooOften)
	}
	return nil
}

// Held is what the slot has acquired and not released.
func (m Semaphore) Held(slot int) int64 {
	row := m.rowOf(slot)
	return int64(row.a.Load() - row.b.Load())
}

// acquired remembers that the next commit must write down the slot's row.
func (s *Slot) acquired(index int) {
	for _, i := range s.semaphores {
		if i == index {
			return
		}
	}
	s.semaphores = append(s.semaphores, index)
}

// undo takes back what the dead slot had acquired since its last commit.
func (m Semaphore) undo(slot int) {
	row := m.rowOf(slot)
	row.a.Store(row.c.Load())
}

// give takes back all that an abandoned slot holds of an owned semaphore.
func (m Semaphore) give(slot int) {
	if row := m.rowOf(slot); m.c.Owned && row.a.Load() > row.b.Load() {
		row.a.Store(row.b.Load())
		row.c.Store(row.b.Load())
	}
}
