//go:build linux

package shm

import "sync/atomic"

// A Target is one thing to wait for.
type Target struct {
	Kind  WaitKind
	Index int    // of the queue, the primitive or the board's word
	Arg   uint64 // WaitForCondition: number of the wait; WaitAtBarrier: the ticket; WaitForChange: the word that is known
}

// queue is the target's queue.
func (t Target) queue(a *Arena) *Queue { return &a.queues[t.Index] }

// ref names the target in a wait record.
func (t Target) ref() uint32 { return uint32(t.Kind)<<waitKindShift | uint32(t.Index) }

// valid says whether the target is one of the arena's that can be waited for so.
func (t Target) valid(a *Arena) bool {
	switch t.Kind {
	case WaitToRead, WaitToWrite, WaitForItems:
		return t.Index >= 0 && t.Index < len(a.queues)
	case WaitForSemaphore, WaitForEvent, WaitForCondition, WaitAtBarrier, WaitForLock:
		return t.Index >= 0 && t.Index < len(a.primitives) && a.primitives[t.Index].c.Kind == kindWaited[t.Kind]
	case WaitForChange:
		return t.Index >= 0 && t.Index < a.layout.config.Board
	}
	return false
}

// kindWaited is the kind of primitive that is waited for so.
var kindWaited = [waitKindsEnd]PrimitiveKind{
	WaitForLock: KindLock, WaitForSemaphore: KindSemaphore, WaitForEvent: KindEvent, WaitForCondition: KindCondition, WaitAtBarrier: KindBarrier,
}

// hint says without a lock whether what is waited for seems to be there. The end of a queue is seen only by arm: it reads the table.
func (t Target) hint(s *Slot) bool {
	a := s.arena
	switch t.Kind {
	case WaitToRead, WaitToWrite:
		return t.queue(a).hint(t.Kind, s.full)
	case WaitForItems:
		return t.queue(a).unfinished() == 0
	case WaitForSemaphore:
		p := &a.primitives[t.Index]
		return p.head.dirty.Load() != 0 || p.head.hint.Load() > 0
	case WaitForChange:
		return a.Board().Load(t.Index) != t.Arg
	case WaitForEvent:
		return a.primitives[t.Index].head.state.Load() != 0
	case WaitForCondition:
		return Condition{&a.primitives[t.Index]}.over(s.index, t.Arg)
	case WaitAtBarrier:
		b, ticket := Barrier{&a.primitives[t.Index]}, uint32(t.Arg)
		return b.head.dirty.Load() != 0 || barrierState(b.head.state.Load()).passed(ticket) || b.leads(s.index, ticket) || b.wanted(s.index, ticket)
	}
	return true
}

// word is what is slept on for the target.
func (t Target) word(a *Arena) *waitWord {
	switch t.Kind {
	case WaitToRead:
		return &t.queue(a).head.readers
	case WaitToWrite:
		return &t.queue(a).head.writers
	case WaitForItems:
		return &t.queue(a).head.finished
	case WaitForChange:
		return &a.head.changed
	}
	return &a.primitives[t.Index].head.waiters
}

// arm looks under the target's lock and arms its word where what is waited for is not there; true says that it is.
func (t Target) arm(s *Slot) (there bool, word *atomic.Uint32, value uint32) {
	w := t.word(s.arena)
	t.lock(s)
	if t.holds(s) {
		t.unlock(s)
		return true, nil, 0
	}
	value = w.arm()
	crashpoint(pointWaitArmed)
	// Again: what was changed or recovered without the lock since the first look found no bit to wake for.
	t.repair(s)
	there = t.holds(s)
	t.unlock(s)
	return there, &w.word, value
}

// lock takes the lock under which the target changes. The board has none: its writer stores first and wakes then, and who waits arms first and
// looks then.
func (t Target) lock(s *Slot) {
	switch {
	case t.Kind == WaitForChange:
		return
	case t.Kind <= WaitForItems:
		t.queue(s.arena).lock(s)
		return
	}
	s.arena.primitives[t.Index].lock(s)
	t.repair(s)
}

func (t Target) unlock(s *Slot) {
	switch {
	case t.Kind == WaitForChange:
		return
	case t.Kind <= WaitForItems:
		t.queue(s.arena).unlock()
		return
	}
	s.arena.primitives[t.Index].unlock()
}

// repair computes the hints anew if a death has made them doubtful. The caller holds the lock.
func (t Target) repair(s *Slot) {
	switch t.Kind {
	case WaitToRead, WaitToWrite, WaitForItems:
		t.queue(s.arena).repair()
	case WaitForSemaphore:
		Semaphore{&s.arena.primitives[t.Index]}.repair()
	case WaitAtBarrier:
		Barrier{&s.arena.primitives[t.Index]}.repair()
	}
}

// holds says under the lock whether what is waited for is there.
func (t Target) holds(s *Slot) bool {
	if t.Kind == WaitToRead || t.Kind == WaitToWrite {
		return t.queue(s.arena).holds(t.Kind, s.full)
	}
	return t.hint(s)
}
