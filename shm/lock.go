//go:build linux

package shm

import (
	"fmt"
	"slices"
	"time"
)

// A Lock is held by one slot at a time. Its word is models/lock.pml: owner tag and waiter bit.
//
//	free --Acquire: 0 -> me--> held(me, depth 1) --Acquire (recursive)--> held(me, depth+1)
//	  ^------ Release ------------'
//
// When its owner dies: a lock that the owner's last commit does not name is free again, and the next owner is told (OwnerDied). One that
// it names stays with the slot, as leases do, until the replacement adopts it or the slot is abandoned: what stands between acquire and
// release is never seen half done.
type Lock struct{ *primitive }

// Lock is primitive number i, a lock.
func (a *Arena) Lock(i int) Lock { return Lock{a.primitive(i, KindLock)} }

// heldLock is a lock in a slot's hands.
type heldLock struct {
	index int
	depth int
	kept  int // the depth that the slot's last commit names
}

// holds is the place of the lock among those that the slot holds, -1 if it does not.
func (s *Slot) holds(l Lock) int {
	return slices.IndexFunc(s.locks, func(h heldLock) bool { return h.index == l.index })
}

// Holds says how often the slot has taken the lock: 0 if it does not hold it.
func (l Lock) Holds(s *Slot) int {
	if i := s.holds(l); i >= 0 {
		return s.locks[i].depth
	}
	return 0
}

// TryAcquire takes the lock if it can be had at once.
func (l Lock) TryAcquire(s *Slot) (bool, error) {
	if i := s.holds(l); i >= 0 {
		if l.c.Recursive {
			s.locks[i].depth++
		}
		return l.c.Recursive, nil
	}
	if len(s.locks) == MaxHeldLocks {
		return false, fmt.Errorf("acquire lock %s: %w", l.c.Name, ErrTooManyLocks)
	}
	l.touch(s)
	if !l.head.lock.tryLock(s.me) {
		return false, nil
	}
	l.taken(s)
	return true, nil
}

func (l Lock) taken(s *Slot) {
	crashpoint(pointLockTaken)
	s.locks = append(s.locks, heldLock{index: l.index, depth: 1})
	s.moving()
}

// Acquire takes the lock, waiting for it: Ready says that the slot has it. A lock that is not recursive and that the slot holds already
// is waited for, in vain, as multiprocessing.Lock does.
func (l Lock) Acquire(s *Slot, w Wait) (WaitResult, error) {
	if ok, err := l.TryAcquire(s); ok || err != nil {
		return Ready, err
	}
	if err := s.mayStop(); err != nil {
		return 0, err
	}
	var deadline time.Time
	if w.Timeout > 0 {
		deadline = time.Now().Add(w.Timeout)
	}
	s.targets[0] = Target{Kind: WaitForLock, Index: l.index}
	s.recordWait(s.targets[:1], w)
	word, me := &l.head.lock.word, uint32(s.me)
	for {
		for range s.spin(s.budget.looks()) {
			if word.Load() == 0 {
				break
			}
			pause(1)
		}
		v := word.Load()
		if v == 0 {
			if word.CompareAndSwap(0, me) {
				l.taken(s)
				return Ready, nil
			}
			continue
		}
		bell := s.head.bell.arm()
		if v&lockWaiter == 0 && !word.CompareAndSwap(v, v|lockWaiter) {
			continue
		}
		crashpoint(pointLockArmed)
		if result, done := s.told(deadline); done {
			return result, nil
		}
		s.set.reset()
		s.set.add(word, v|lockWaiter)
		s.set.add(&s.head.bell.word, bell)
		s.sleep(bound(deadline, waitBound), false)
		me |= lockWaiter // see lockWord.lockSlow
	}
}

// OwnerDied says, once, that the owner before this one died while it held the lock. The slot holds the lock.
func (l Lock) OwnerDied() bool { return l.head.died.Swap(0) != 0 }

// Release gives the lock back at once, outside of any commit; Tx.Unlock does so with one. ErrReleasedTooOften says that nobody holds it,
// ErrNotOwner that somebody else does: multiprocessing raises ValueError and AssertionError. ErrKept says that the slot's last commit names
// the lock: it is the replacement's if the slot dies, so that only a commit can release it.
func (l Lock) Release(s *Slot) error {
	i := s.holds(l)
	if i < 0 {
		return l.notHeld()
	}
	if s.locks[i].depth <= s.locks[i].kept {
		return fmt.Errorf("release lock %s: %w", l.c.Name, ErrKept)
	}
	l.release(s, i)
	return nil
}

// release takes the lock at a place of the slot's off once.
func (l Lock) release(s *Slot, i int) {
	if s.locks[i].depth--; s.locks[i].depth == 0 {
		s.locks = slices.Delete(s.locks, i, i+1)
		l.head.lock.unlock()
	}
}

// releaseCommitted releases what a commit releases, and remembers which locks that commit names.
func (s *Slot) releaseCommitted(unlocks []Lock) {
	for _, l := range unlocks {
		l.release(s, s.holds(l))
	}
	for i := range s.locks {
		s.locks[i].kept = s.locks[i].depth
	}
}

// notHeld is why a slot that does not hold the lock cannot release it.
func (l Lock) notHeld() error {
	if l.head.lock.owner() == 0 {
		return fmt.Errorf("release lock %s: %w", l.c.Name, ErrReleasedTooOften)
	}
	return fmt.Errorf("release lock %s: %w", l.c.Name, ErrNotOwner)
}

// Locked says whether somebody holds the lock; of the moment.
func (l Lock) Locked() bool { return l.head.lock.owner() != 0 }

// Owner is the slot that holds the lock, -1 for none; of the moment.
func (l Lock) Owner() int { return l.head.lock.owner().slot() }

// adopt makes a lock that the slot's last commit names this epoch's.
func (l Lock) adopt(s *Slot, depth int) error {
	word := &l.head.lock.word
	for {
		v := word.Load()
		if tag(v&^lockWaiter).slot() != s.index {
			return corrupt("lock %s is held by %v instead of slot %d", l.c.Name, tag(v&^lockWaiter), s.index)
		}
		if word.CompareAndSwap(v, uint32(s.me)|v&lockWaiter) {
			crashpoint(pointAdoptLocked)
			s.locks = append(s.locks, heldLock{index: l.index, depth: depth, kept: depth})
			return nil
		}
	}
}

// freeDead frees the lock if it names the dead slot, so that its next owner hears of the death. Sleepers are woken in any case.
func (l Lock) freeDead(slot int) {
	word := &l.head.lock.word
	for {
		v := word.Load()
		if v == 0 || tag(v&^lockWaiter).slot() != slot {
			break
		}
		l.head.died.Store(v &^ lockWaiter)
		if word.CompareAndSwap(v, 0) {
			break
		}
	}
	futexWakeAll(word)
}
