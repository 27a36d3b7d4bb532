//go:build linux

package shm

import (
	"errors"
	"testing"
)

// An action's effects and the opening of its barrier are one commit, which may be made again by another leader or come too late.
func TestTripIsPartOfTheCommit(t *testing.T) {
	a, s := newPrimitives(t, 2, PrimitiveConfig{Kind: KindBarrier, Name: "b", Value: 2, Action: true}, PrimitiveConfig{Kind: KindEvent, Name: "done"})
	b := a.Barrier(0)
	for i, place := range []int{1, 0} {
		if got, err := b.Arrive(s[i], 1); got.Place != place || got.Leads != (place == 0) || err != nil {
			t.Fatalf("arrival %d: %+v, %v", i, got, err)
		}
	}
	if b.Last(s[0]) != 1 {
		t.Errorf("the last wait of slot 0 is number %d", b.Last(s[0]))
	}
	passed := func(ticket uint32, want bool, wantErr error) {
		t.Helper()
		if got, err := b.Passed(ticket); got != want || !errors.Is(err, wantErr) {
			t.Errorf("the barrier has passed %d: %v, %v", ticket, got, err)
		}
	}
	passed(1, false, nil)
	done := inWait(t, a, s[0], func() (WaitResult, error) { return s[0].Wait([]Target{b.At(1)}, Wait{}) })
	for range 2 {
		change(t, s[1], func(tx *Tx) {
			tx.TripBarrier(b, 1)
			tx.SetEvent(a.Event(1), true)
		})
		passed(1, true, nil)
		passed(2, false, nil)
	}
	expect(t, "tripped", done, Ready)
	if !a.Event(1).IsSet() {
		t.Error("what came with the opening is not there")
	}
	b.Break(s[0], 2)
	change(t, s[1], func(tx *Tx) { tx.TripBarrier(b, 2) })
	passed(2, true, ErrBroken)
}

// A barrier that a party has deserted breaks for those who wait; for good, it cannot be reset.
func TestDesert(t *testing.T) {
	a, s := newPrimitives(t, 2, PrimitiveConfig{Kind: KindBarrier, Name: "b", Value: 2})
	b := a.Barrier(0)
	ticket := uint32(0)
	arrives := func(n uint32, want error) {
		t.Helper()
		got, err := b.Arrive(s[0], n)
		if ticket = got.Ticket; !errors.Is(err, want) {
			t.Errorf("arriving for wait %d: %v instead of %v", n, err, want)
		}
	}
	breaks := func(forGood bool) {
		t.Helper()
		done := inWait(t, a, s[0], func() (WaitResult, error) {
			result, err := b.Wait(s[0], ticket, Wait{})
			if !errors.Is(err, ErrBroken) {
				t.Errorf("the wait at a deserted barrier ends with %v", err)
			}
			return result, nil
		})
		b.Desert(forGood)
		expect(t, "deserted", done, Ready)
	}
	arrives(1, nil)
	breaks(false)
	arrives(2, ErrBroken)
	change(t, s[1], func(tx *Tx) { tx.ResetBarrier(b) })
	arrives(3, nil)
	breaks(true)
	b.Desert(false)
	change(t, s[1], func(tx *Tx) { tx.ResetBarrier(b) })
	arrives(4, ErrBroken)
	if err := a.Check(); err != nil {
		t.Error(err)
	}
}
