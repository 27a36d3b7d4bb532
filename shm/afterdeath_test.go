//go:build linux

package shm

import (
	"math"
	"testing"
	"time"
)

// abandon gives a slot up as if its worker had died and none came for it.
func abandon(t testing.TB, a *Arena, slot int) {
	t.Helper()
	recoverWithInterruptions(t, a, slot)
	if err := a.Abandon(slot); err != nil {
		t.Fatal(err)
	}
}

func arriveAt(t testing.TB, b Barrier, s *Slot, n uint32, want Arrival) {
	t.Helper()
	if got, err := b.Arrive(s, n); got != want || err != nil {
		t.Errorf("slot %d arrives for wait %d: %+v, %v instead of %+v", s.index, n, got, err, want)
	}
}

// Where those who wait are complete only because others have gone, one of them leads; and no other beside it.
func TestBarrierFindsAnotherLeader(t *testing.T) {
	a, s := newPrimitives(t, 4, PrimitiveConfig{Kind: KindBarrier, Name: "b", Value: 3, Action: true})
	b := a.Barrier(0)
	arriveAt(t, b, s[0], 1, Arrival{Ticket: 1, Place: 2})
	arriveAt(t, b, s[1], 1, Arrival{Ticket: 1, Place: 1})
	done := inWait(t, a, s[1], func() (WaitResult, error) { return b.Wait(s[1], 1, Wait{}) })
	abandon(t, a, 2)
	b.Shrink(1)
	expect(t, "the rest is complete", done, Ready)
	arriveAt(t, b, s[1], 1, Arrival{Ticket: 1, Place: 0, Leads: true})
	arriveAt(t, b, s[0], 1, Arrival{Ticket: 1, Place: 2})
	// The leader runs its action; another goes and another comes: who was chosen leads.
	abandon(t, a, 0)
	arriveAt(t, b, s[3], 1, Arrival{Ticket: 1, Place: 1})
	if got, err := b.Wait(s[3], 1, Wait{Timeout: time.Millisecond}); got != TimedOut || err == nil {
		t.Errorf("who does not lead waits: %v, %v", got, err)
	}
}

// The leader is abandoned, and the next to arrive leads; no two have one place.
func TestBarrierWhoseLeaderIsAbandoned(t *testing.T) {
	a, s := newPrimitives(t, 4, PrimitiveConfig{Kind: KindBarrier, Name: "b", Value: 3, Action: true})
	b := a.Barrier(0)
	arriveAt(t, b, s[0], 1, Arrival{Ticket: 1, Place: 2})
	arriveAt(t, b, s[1], 1, Arrival{Ticket: 1, Place: 1})
	abandon(t, a, 0)
	arriveAt(t, b, s[2], 1, Arrival{Ticket: 1, Place: 2})
	arriveAt(t, b, s[3], 1, Arrival{Ticket: 1, Place: 0, Leads: true})
	abandon(t, a, 3)
	s[0] = attach(t, a, 0)
	arriveAt(t, b, s[0], 2, Arrival{Ticket: 1, Place: 0, Leads: true})
	done := inWait(t, a, s[1], func() (WaitResult, error) { return b.Wait(s[1], 1, Wait{}) })
	b.Trip(s[0], 1)
	expect(t, "the action was run", done, Ready)
}

// Who came too many takes the place of one that is abandoned while the leader runs its action.
func TestBarrierTakesWhoCameTooMany(t *testing.T) {
	a, s := newPrimitives(t, 3, PrimitiveConfig{Kind: KindBarrier, Name: "b", Value: 2, Action: true})
	b := a.Barrier(0)
	arriveAt(t, b, s[0], 1, Arrival{Ticket: 1, Place: 1})
	arriveAt(t, b, s[1], 1, Arrival{Ticket: 1, Place: 0, Leads: true})
	arriveAt(t, b, s[2], 1, Arrival{Ticket: 1, Later: true})
	done := inWait(t, a, s[2], func() (WaitResult, error) { return b.Wait(s[2], 1, Wait{}) })
	abandon(t, a, 1)
	expect(t, "the leader was abandoned", done, Ready)
	arriveAt(t, b, s[2], 1, Arrival{Ticket: 1, Place: 0, Leads: true})
}

// An abandoned slot that had arrived is not counted beside the party that is missing, though the count is repaired only later.
func TestBarrierCountsNobodyTwice(t *testing.T) {
	a, s := newPrimitives(t, 4, PrimitiveConfig{Kind: KindBarrier, Name: "b", Value: 4})
	b := a.Barrier(0)
	arriveAt(t, b, s[0], 1, Arrival{Ticket: 1, Place: 3})
	arriveAt(t, b, s[1], 1, Arrival{Ticket: 1, Place: 2})
	b.forget(1)
	b.head.parts.Store(1) // as Shrink, which has not come to say that the count is doubtful
	arriveAt(t, b, s[2], 1, Arrival{Ticket: 1, Place: 1})
	if barrierState(b.head.state.Load()).generation() != 0 {
		t.Error("the barrier opened with a party missing")
	}
	b.Shrink(1)
	arriveAt(t, b, s[3], 1, Arrival{Ticket: 1, Place: 0})
	if barrierState(b.head.state.Load()).generation() != 1 {
		t.Error("the barrier did not open")
	}
}

// What is acquired and released between two commits is not given back twice by a death.
func TestSemaphoreReleasedBeforeTheCommit(t *testing.T) {
	a, s := newPrimitives(t, 1, PrimitiveConfig{Kind: KindSemaphore, Name: "m", Value: 1, Bounded: true, Owned: true})
	m := a.Semaphore(0)
	if !m.TryAcquire(s[0]) {
		t.Fatal("nothing to acquire")
	}
	if err := m.Release(s[0], 1); err != nil {
		t.Fatal(err)
	}
	s[0] = die(t, a, 0)
	if v := m.Value(); v != 1 {
		t.Errorf("the semaphore has %d", v)
	}
	wantError(t, "releasing once more", m.Release(s[0], 1), ErrReleasedTooOften)
	wantError(t, "releasing more than there are", m.Release(s[0], math.MaxInt64), ErrReleasedTooOften)
	// The commit that gives the last one back leaves nothing in the slot's hands.
	m.TryAcquire(s[0])
	change(t, s[0], func(*Tx) {})
	if !a.MustReplace(0) {
		t.Error("a slot that has acquired need not be replaced")
	}
	change(t, s[0], func(tx *Tx) { tx.ReleaseSemaphore(m, 1) })
	if a.MustReplace(0) {
		t.Error("a slot that has given everything back must be replaced")
	}
}

// A lock that the last commit names is released by a commit only: the replacement would adopt another's.
func TestKeptLockIsReleasedByACommit(t *testing.T) {
	a, s := newPrimitives(t, 1, PrimitiveConfig{Kind: KindLock, Name: "l", Recursive: true})
	l := a.Lock(0)
	_, _ = l.TryAcquire(s[0])
	change(t, s[0], func(*Tx) {})
	_, _ = l.TryAcquire(s[0])
	if err := l.Release(s[0]); err != nil {
		t.Error(err)
	}
	wantError(t, "releasing a kept lock", l.Release(s[0]), ErrKept)
	s[0] = die(t, a, 0)
	wantError(t, "releasing an adopted lock", l.Release(s[0]), ErrKept)
	change(t, s[0], func(tx *Tx) { tx.Unlock(l) })
	if l.Locked() {
		t.Error("the commit has not released the lock")
	}
}

// A wait that was begun and not committed takes no notification from others after a death.
func TestConditionForgetsWhatWasNotCommitted(t *testing.T) {
	a, s := newPrimitives(t, 3, PrimitiveConfig{Kind: KindLock, Name: "l"}, PrimitiveConfig{Kind: KindCondition, Name: "c", Lock: 0})
	l, c := a.Lock(0), a.Condition(1)
	enter := func(slot int, n uint64) {
		t.Helper()
		_, _ = l.TryAcquire(s[slot])
		if err := c.Enter(s[slot], n); err != nil {
			t.Fatal(err)
		}
	}
	enter(0, 1)
	s[0] = die(t, a, 0)
	if c.Waiting() != 0 {
		t.Error("a wait that was not committed goes on after a death")
	}
	enter(0, 1)
	change(t, s[0], func(tx *Tx) { tx.Unlock(l) })
	s[0] = die(t, a, 0)
	if c.Waiting() != 1 {
		t.Error("a wait that was committed is over after a death")
	}
	// Who was chosen is abandoned before it is told: the others are.
	enter(1, 1)
	change(t, s[1], func(tx *Tx) { tx.Unlock(l) })
	chosen := c.waiters()[0]
	abandon(t, a, 0)
	c.notify(chosen.slot, chosen.word)
	if !c.over(1, 1) || !c.Leave(s[1], 1) {
		t.Error("the notification of an abandoned slot was lost")
	}
	s[0] = attach(t, a, 0)
	// Who was notified and went on, but is abandoned before it has committed that, may not have done what it was notified for.
	enter(0, 2)
	change(t, s[0], func(tx *Tx) { tx.Unlock(l) })
	enter(1, 2)
	change(t, s[1], func(tx *Tx) { tx.Unlock(l) })
	_, _ = l.TryAcquire(s[2])
	change(t, s[2], func(tx *Tx) { tx.Notify(c, 1); tx.Unlock(l) })
	if !c.over(0, 2) || !c.Leave(s[0], 2) || c.over(1, 2) {
		t.Error("another than the first was notified")
	}
	abandon(t, a, 0)
	if !c.over(1, 2) {
		t.Error("a notification was lost with the slot that had not committed what it did")
	}
	// Who notifies and then waits in one commit does not notify itself.
	_, _ = l.TryAcquire(s[2])
	_ = c.Enter(s[2], 1)
	change(t, s[2], func(tx *Tx) { tx.Notify(c, -1); tx.Unlock(l) })
	if c.over(2, 1) {
		t.Error("a slot has notified itself")
	}
}

// Rewritten stripes are taken in one order, are kept by a commit that fails, and are not held while the slot waits.
func TestRewriteKeepsTheOrder(t *testing.T) {
	a, s := newPrimitives(t, 1, PrimitiveConfig{Kind: KindArray, Name: "a", Value: 8}, PrimitiveConfig{Kind: KindArray, Name: "b", Value: 2 * leastStripe},
		PrimitiveConfig{Kind: KindSemaphore, Name: "m", Value: 1})
	ones := func(fresh, _ []byte, _ int64) error {
		for i := range fresh {
			fresh[i] = 1
		}
		return nil
	}
	first, second := a.Array(0), a.Array(1)
	if err := second.Rewrite(s[0], 0, 10, ones); err != nil {
		t.Fatal(err)
	}
	wantError(t, "rewriting a stripe twice", second.Rewrite(s[0], 10, 20, ones), ErrRewritten)
	wantError(t, "rewriting an array before it", first.Rewrite(s[0], 0, 8, ones), ErrRewritten)
	if err := second.Rewrite(s[0], leastStripe, leastStripe+1, ones); err != nil {
		t.Error(err)
	}
	_, err := s[0].Wait([]Target{{WaitForSemaphore, 2, 0}}, Wait{})
	wantError(t, "waiting", err, ErrRewritten)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a semaphore is used while stripes are held")
			}
		}()
		a.Semaphore(2).TryAcquire(s[0])
	}()
	tx := s[0].Begin()
	tx.Change(first, Change{Off: 0, Kind: Int8, Number: IntNumber(1)})
	wantError(t, "changing something else", s[0].Commit(tx), ErrTooMany)
	change(t, s[0], func(*Tx) {})
	if second.Load(9, Uint8) != 1 || second.Load(leastStripe, Uint8) != 1 || second.Load(10, Uint8) != 0 {
		t.Error("the rewritten parts are not there")
	}
	if err := second.Rewrite(s[0], 0, leastStripe, ones); err != nil {
		t.Fatal(err)
	}
	s[0].DropRewritten()
	change(t, s[0], func(*Tx) {})
	if second.Load(10, Uint8) != 0 {
		t.Error("what was dropped is there")
	}
}

// Who is killed between opening a barrier and counting anew is not counted as waiting, though nobody has come to repair the count.
func TestBarrierWhoseCountIsDoubtful(t *testing.T) {
	a, s := newPrimitives(t, 2, PrimitiveConfig{Kind: KindBarrier, Name: "b", Value: 2})
	b := a.Barrier(0)
	arriveAt(t, b, s[0], 1, Arrival{Ticket: 1, Place: 1})
	b.touch(s[1])
	b.head.state.Store(uint64(barrierState(0).next(false)))
	recoverWithInterruptions(t, a, 1)
	if n := b.Waiting(); n != 0 {
		t.Errorf("%d wait at a barrier that has opened", n)
	}
}
