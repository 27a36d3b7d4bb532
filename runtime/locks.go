package runtime

import (
	"context"
	"errors"
	"fmt"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// Lock implements stages.Host.
func (h *host) Lock(ref stages.Ref) (stages.Lock, error) {
	e, ok := h.primitives.entries[ref.Name]
	if !ok || ref.Member < 0 || ref.Member >= e.def.Members() {
		return nil, fmt.Errorf("the plan has nothing to be held by the name of %s", refText(ref))
	}
	switch {
	case e.def.Kind == "lock":
		return h.lockEnd(e.number(ref.Member), e.def, e.def.Member(ref.Member)), nil
	case e.def.Kind == "semaphore":
		return h.semaphoreEnd(e.number(ref.Member), e.def.Member(ref.Member)), nil
	case e.lock != nil: // of a condition, a value, an array
		return h.lockEnd(e.lock.number(ref.Member), e.lock.def, e.lock.def.Member(ref.Member)), nil
	}
	return nil, fmt.Errorf("%s is a %s without a lock", refText(ref), e.def.Kind)
}

// lockEnd is a lock in the hands of a chain: it implements stages.Lock.
type lockEnd struct {
	host    *host
	lock    shm.Lock
	name    string
	fails   bool // on_owner_death: fail
	granted bool // Wait has taken it, and Try has not said so yet
	pending int  // releases that the next commit makes
}

// lockEnd is the end of the lock with that number.
func (h *host) lockEnd(number int, def *planner.Primitive, name string) *lockEnd {
	l := h.locks[number]
	if l == nil {
		l = &lockEnd{host: h, lock: h.arena.Lock(number), name: name, fails: def.OnOwnerDeath == "fail"}
		h.locks[number] = l
	}
	return l
}

// held is how often the chain holds the lock, less what it gives back with the next commit.
func (l *lockEnd) held() int { return l.lock.Holds(l.host.slot) - l.pending }

// Try implements stages.Lock.
func (l *lockEnd) Try() (bool, error) {
	if l.pending > 0 {
		if err := l.host.Commit(); err != nil {
			return false, err
		}
	}
	ok, err := l.granted, error(nil)
	l.granted = false
	if !ok {
		ok, err = l.lock.TryAcquire(l.host.slot)
	}
	switch {
	case errors.Is(err, shm.ErrTooManyLocks):
		return false, stages.Failf("too-many-locks", "a worker holds at most %d locks at a time; %s would be one more", shm.MaxHeldLocks, l.name)
	case err != nil || !ok:
		return false, err
	case l.fails && l.lock.OwnerDied():
		if err := l.lock.Release(l.host.slot); err != nil {
			return false, err
		}
		return false, stages.Failf("owner-died", "a worker has died while it held %s: what the lock protects outside of mprun may be half done", l.name)
	}
	return true, nil
}

// Release implements stages.Lock.
func (l *lockEnd) Release() error {
	switch {
	case l.held() > 0:
	case l.pending > 0 || l.lock.Owner() < 0:
		return stages.Failf("released-too-often", "%s is not held by anybody, so that it cannot be released", l.name)
	default:
		return stages.Failf("not-owner", "%s is held by another worker, which alone can release it", l.name)
	}
	l.pending++
	l.host.effect(func(tx *shm.Tx) { tx.Unlock(l.lock) })
	return nil
}

// Own implements stages.Lock.
func (l *lockEnd) Own() bool { return l.lock.Holds(l.host.slot) > 0 }

// Number implements stages.Lock.
func (l *lockEnd) Number() int { return l.lock.Index() }

// Name implements stages.Lock.
func (l *lockEnd) Name() string { return l.name }

// decline gives back a lock that a wait has taken, and that the chain will not have.
func (h *host) decline() {
	for _, l := range h.locks {
		if l.granted {
			l.granted = false
			_ = l.lock.Release(h.slot) // it is in our hands, and no commit has named it
		}
	}
}

// letGo gives back what was taken since the last commit, before the worker goes back to that: nobody has died with it in his hands.
func (h *host) letGo() {
	for _, l := range h.locks {
		for l.lock.Holds(h.slot) > 0 && l.lock.Release(h.slot) == nil { // until it is what a commit has named
		}
	}
}

// Wait implements stages.Waiter: it takes the lock, also at the moment in which it has waited too long.
func (l *lockEnd) Wait(ctx context.Context) error {
	err := l.host.waitShared(ctx, func(w shm.Wait) (shm.WaitResult, error) {
		result, err := l.lock.Acquire(l.host.slot, w)
		l.granted = result == shm.Ready
		return result, err
	})
	if l.granted {
		return nil
	}
	return err
}
