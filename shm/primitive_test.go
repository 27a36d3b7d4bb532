//go:build linux

package shm

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"
	"time"
)

// newPrimitives makes an arena of primitives that the test closes, and attaches its slots.
func newPrimitives(t testing.TB, slots int, primitives ...PrimitiveConfig) (*Arena, []*Slot) {
	t.Helper()
	a, err := Create(Config{Slots: slots, Primitives: primitives})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	all := make([]*Slot, slots)
	for i := range all {
		all[i] = attach(t, a, i)
	}
	return a, all
}

// die recovers a slot as if its worker had been killed, and attaches a replacement.
func die(t testing.TB, a *Arena, slot int) *Slot {
	t.Helper()
	recoverWithInterruptions(t, a, slot)
	return attach(t, a, slot)
}

// change commits a transaction.
func change(t testing.TB, s *Slot, fill func(*Tx)) {
	t.Helper()
	tx := s.Begin()
	fill(tx)
	commit(t, s, tx)
}

func wantError(t testing.TB, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s gives %v instead of %v", what, got, want)
	}
}

func TestPrimitiveConfigIsChecked(t *testing.T) {
	rows := []struct {
		name string
		c    PrimitiveConfig
	}{
		{"no kind", PrimitiveConfig{}},
		{"unknown kind", PrimitiveConfig{Kind: 99}},
		{"negative semaphore", PrimitiveConfig{Kind: KindSemaphore, Value: -1}},
		{"condition of no lock", PrimitiveConfig{Kind: KindCondition, Lock: 0}},
		{"condition of nothing", PrimitiveConfig{Kind: KindCondition, Lock: 7}},
		{"barrier of nobody", PrimitiveConfig{Kind: KindBarrier}},
		{"array of nothing", PrimitiveConfig{Kind: KindArray}},
		{"array without end", PrimitiveConfig{Kind: KindArray, Value: math.MaxInt64}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if a, err := Create(Config{Slots: 1, Primitives: []PrimitiveConfig{row.c}}); err == nil {
				a.Close()
				t.Error("Create gives no error")
			}
		})
	}
}

// Another process computes the same layout from the headers.
func TestPrimitivesAreOpened(t *testing.T) {
	primitives := inSegment(partyPrimitives)
	a, err := Create(Config{Slots: 2, Queues: []QueueConfig{{Name: "q"}}, Primitives: primitives})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := Open(dupFiles(t, a))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for i, want := range primitives {
		if got := b.Primitive(i); got != want {
			t.Errorf("primitive %d is %+v instead of %+v", i, got, want)
		}
	}
	change(t, attach(t, a, 0), func(tx *Tx) { tx.SetEvent(a.Event(5), true) })
	if !b.Event(5).IsSet() {
		t.Error("the event that one process has set is not set in the other")
	}
}

func TestLock(t *testing.T) {
	a, s := newPrimitives(t, 2, PrimitiveConfig{Kind: KindLock, Name: "l"}, PrimitiveConfig{Kind: KindLock, Name: "r", Recursive: true})
	l, r := a.Lock(0), a.Lock(1)
	wantError(t, "releasing a free lock", l.Release(s[0]), ErrReleasedTooOften)
	for range 2 {
		if ok, err := r.TryAcquire(s[0]); !ok || err != nil {
			t.Fatalf("TryAcquire gives %v, %v", ok, err)
		}
	}
	if ok, _ := l.TryAcquire(s[0]); !ok || !l.Locked() || l.Owner() != 0 {
		t.Fatal("the lock was not taken")
	}
	if ok, _ := l.TryAcquire(s[0]); ok {
		t.Error("a lock that is not recursive was taken twice")
	}
	wantError(t, "releasing another's lock", l.Release(s[1]), ErrNotOwner)
	if got, err := l.Acquire(s[1], Wait{Timeout: time.Millisecond}); got != TimedOut || err != nil {
		t.Errorf("Acquire gives %v, %v", got, err)
	}
	done := inWait(t, a, s[1], func() (WaitResult, error) { return l.Acquire(s[1], Wait{}) })
	if err := l.Release(s[0]); err != nil {
		t.Error(err)
	}
	expect(t, "released", done, Ready)
	if err := l.Release(s[1]); err != nil || l.Locked() {
		t.Errorf("released by its owner: %v", err)
	}
	for range 2 {
		if !r.Locked() {
			t.Error("the recursive lock was released early")
		}
		if err := r.Release(s[0]); err != nil {
			t.Error(err)
		}
	}
	wantError(t, "releasing once more", r.Release(s[0]), ErrReleasedTooOften)
}

// What a dead owner held is free, and its successor is told; what its last commit kept is its replacement's.
func TestLockOfTheDead(t *testing.T) {
	a, s := newPrimitives(t, 2, PrimitiveConfig{Kind: KindLock, Name: "lost"}, PrimitiveConfig{Kind: KindLock, Name: "kept", Recursive: true})
	lost, kept := a.Lock(0), a.Lock(1)
	for range 2 {
		_, _ = kept.TryAcquire(s[0])
	}
	change(t, s[0], func(*Tx) {})
	if !a.MustReplace(0) {
		t.Error("a slot that keeps a lock need not be replaced")
	}
	_, _ = lost.TryAcquire(s[0])
	done := inWait(t, a, s[1], func() (WaitResult, error) { return lost.Acquire(s[1], Wait{}) })
	s[0] = die(t, a, 0)
	expect(t, "the owner died", done, Ready)
	if !lost.OwnerDied() || lost.OwnerDied() {
		t.Error("the next owner is told of the death once")
	}
	if kept.Holds(s[0]) != 2 || kept.Owner() != 0 {
		t.Errorf("the replacement holds the kept lock %d times", kept.Holds(s[0]))
	}
	recoverWithInterruptions(t, a, 0)
	if !kept.Locked() {
		t.Error("the kept lock was freed before the slot was abandoned")
	}
	if err := a.Abandon(0); err != nil {
		t.Fatal(err)
	}
	if kept.Locked() || a.MustReplace(0) {
		t.Error("an abandoned slot keeps its lock")
	}
}

// A commit that fails releases nothing.
func TestUnlockIsPartOfTheCommit(t *testing.T) {
	a, s := newPrimitives(t, 2, PrimitiveConfig{Kind: KindLock, Name: "l"}, PrimitiveConfig{Kind: KindArray, Name: "a", Value: 8})
	l := a.Lock(0)
	_, _ = l.TryAcquire(s[0])
	tx := s[0].Begin()
	tx.Unlock(l)
	tx.Change(a.Array(1), Change{Kind: Int8, Number: IntNumber(300)})
	wantError(t, "a number that does not fit", s[0].Commit(tx), ErrRange)
	if l.Holds(s[0]) != 1 {
		t.Fatal("a failed commit has released the lock")
	}
	tx = s[0].Begin()
	tx.Unlock(l)
	tx.Unlock(l)
	wantError(t, "unlocking twice", s[0].Commit(tx), ErrNotOwner)
	change(t, s[0], func(tx *Tx) { tx.Unlock(l) })
	if l.Locked() {
		t.Error("the commit has not released the lock")
	}
}

func TestSemaphore(t *testing.T) {
	a, s := newPrimitives(t, 2, PrimitiveConfig{Kind: KindSemaphore, Name: "s", Value: 1, Bounded: true, Owned: true},
		PrimitiveConfig{Kind: KindSemaphore, Name: "signal"})
	m, signal := a.Semaphore(0), a.Semaphore(1)
	wantError(t, "releasing a full one", m.Release(s[0], 1), ErrReleasedTooOften)
	if !m.TryAcquire(s[0]) || m.TryAcquire(s[1]) || m.Value() != 0 {
		t.Fatal("one can be taken, and no more")
	}
	done := inWait(t, a, s[1], func() (WaitResult, error) { return m.Acquire(s[1], Wait{}) })
	if err := m.Release(s[0], 1); err != nil {
		t.Error(err)
	}
	expect(t, "released", done, Ready)
	tx := s[1].Begin()
	tx.ReleaseSemaphore(m, 2)
	wantError(t, "releasing two of one", s[1].Commit(tx), ErrReleasedTooOften)
	// Taken since the last commit: undone by the death. Taken before it: the replacement's, until the slot is abandoned.
	s[1] = die(t, a, 1)
	if m.Value() != 1 {
		t.Errorf("after the death of a holder the semaphore has %d", m.Value())
	}
	if !m.TryAcquire(s[1]) {
		t.Fatal("it cannot be taken")
	}
	change(t, s[1], func(*Tx) {})
	s[1] = die(t, a, 1)
	if m.Value() != 0 || m.Held(1) != 1 || !a.MustReplace(1) {
		t.Errorf("the replacement holds %d, left are %d", m.Held(1), m.Value())
	}
	recoverWithInterruptions(t, a, 1)
	if err := a.Abandon(1); err != nil || m.Value() != 1 {
		t.Errorf("after the slot was abandoned (%v) the semaphore has %d", err, m.Value())
	}
	s[1] = attach(t, a, 1)
	// A signal that was used up stays so.
	change(t, s[0], func(tx *Tx) { tx.ReleaseSemaphore(signal, 3) })
	if !signal.TryAcquire(s[1]) {
		t.Fatal("the signal was not given")
	}
	change(t, s[1], func(*Tx) {})
	recoverWithInterruptions(t, a, 1)
	if err := a.Abandon(1); err != nil || signal.Value() != 2 {
		t.Errorf("the signal has %d (%v)", signal.Value(), err)
	}
}

func TestEvent(t *testing.T) {
	a, s := newPrimitives(t, 2, PrimitiveConfig{Kind: KindEvent, Name: "set", Set: true}, PrimitiveConfig{Kind: KindEvent, Name: "clear"})
	if !a.Event(0).IsSet() || a.Event(1).IsSet() {
		t.Error("events do not begin as they should")
	}
	e := a.Event(1)
	if got, err := e.Wait(s[1], Wait{Timeout: time.Millisecond}); got != TimedOut || err != nil {
		t.Errorf("Wait gives %v, %v", got, err)
	}
	done := inWait(t, a, s[1], func() (WaitResult, error) { return e.Wait(s[1], Wait{}) })
	change(t, s[0], func(tx *Tx) { tx.SetEvent(e, true) })
	expect(t, "set", done, Ready)
	change(t, s[0], func(tx *Tx) {
		tx.SetEvent(e, true)
		tx.SetEvent(e, false)
	})
	if e.IsSet() {
		t.Error("the last word of a commit does not count")
	}
}

func TestCondition(t *testing.T) {
	a, s := newPrimitives(t, 4, PrimitiveConfig{Kind: KindLock, Name: "l"}, PrimitiveConfig{Kind: KindCondition, Name: "c", Lock: 0})
	l, c := a.Lock(0), a.Condition(1)
	wantError(t, "waiting without the lock", c.Enter(s[1], 1), ErrNotOwner)
	tx := s[0].Begin()
	tx.Notify(c, 1)
	wantError(t, "notifying without the lock", s[0].Commit(tx), ErrNotOwner)
	done := make([]<-chan waited, 4)
	for i := 1; i < 4; i++ {
		_, _ = l.TryAcquire(s[i])
		if err := c.Enter(s[i], 1); err != nil {
			t.Fatal(err)
		}
		change(t, s[i], func(tx *Tx) { tx.Unlock(l) })
		done[i] = inWait(t, a, s[i], func() (WaitResult, error) { return c.Wait(s[i], 1, Wait{}) })
	}
	if c.Waiting() != 3 {
		t.Errorf("%d wait", c.Waiting())
	}
	_, _ = l.TryAcquire(s[0])
	change(t, s[0], func(tx *Tx) { tx.Notify(c, 1) })
	expect(t, "the first was notified", done[1], Ready)
	if !c.Leave(s[1], 1) || c.Waiting() != 2 {
		t.Error("one was notified, two wait")
	}
	// A replacement finds its wait; an abandoned slot that was notified and had not gone on lets all others look.
	s[2].Wake()
	expect(t, "woken", done[2], Woken)
	s[2] = die(t, a, 2)
	change(t, s[0], func(tx *Tx) { tx.Notify(c, 1) })
	if err := c.Enter(s[2], 1); err != nil {
		t.Errorf("entering the same wait again: %v", err)
	}
	if got, err := c.Wait(s[2], 1, Wait{}); got != Ready || err != nil {
		t.Errorf("the wait of the replacement gives %v, %v", got, err)
	}
	recoverWithInterruptions(t, a, 2)
	if err := a.Abandon(2); err != nil {
		t.Fatal(err)
	}
	expect(t, "the notified slot was abandoned", done[3], Ready)
	if !c.Leave(s[3], 1) {
		t.Error("the last was not notified")
	}
	// A wait that times out says so, also when asked again.
	_ = c.Enter(s[0], 1)
	if got, err := c.Wait(s[0], 1, Wait{Timeout: time.Millisecond}); got != TimedOut || err != nil {
		t.Errorf("Wait gives %v, %v", got, err)
	}
	for range 2 {
		if c.Leave(s[0], 1) {
			t.Error("a wait that timed out was notified")
		}
	}
}

// A notification that nobody waits for leaves nothing behind.
func TestNotifyNobody(t *testing.T) {
	a, s := newPrimitives(t, 2, PrimitiveConfig{Kind: KindLock, Name: "l"}, PrimitiveConfig{Kind: KindCondition, Name: "c", Lock: 0})
	_, _ = a.Lock(0).TryAcquire(s[0])
	change(t, s[0], func(tx *Tx) { tx.Notify(a.Condition(1), -1); tx.Unlock(a.Lock(0)) })
	if owner := a.Condition(1).head.lock.owner(); owner != 0 {
		t.Errorf("%v has the condition's inner lock", owner)
	}
}

func TestBarrier(t *testing.T) {
	a, s := newPrimitives(t, 3, PrimitiveConfig{Kind: KindBarrier, Name: "b", Value: 2})
	b := a.Barrier(0)
	arrive := func(slot int, n uint32, want Arrival) {
		t.Helper()
		for range 2 { // it may be said again
			if got, err := b.Arrive(s[slot], n); got != want || err != nil {
				t.Errorf("slot %d arrives for wait %d: %+v, %v instead of %+v", slot, n, got, err, want)
			}
		}
	}
	arrive(0, 1, Arrival{Ticket: 1, Place: 1})
	done := inWait(t, a, s[0], func() (WaitResult, error) { return b.Wait(s[0], 1, Wait{}) })
	s[1] = die(t, a, 1)
	arrive(1, 1, Arrival{Ticket: 1, Place: 0})
	expect(t, "all are there", done, Ready)
	arrive(2, 1, Arrival{Ticket: 2, Place: 1})
	// Whoever times out breaks it for all.
	if got, err := b.Wait(s[2], 2, Wait{Timeout: time.Millisecond}); got != TimedOut || !errors.Is(err, ErrBroken) {
		t.Errorf("Wait gives %v, %v", got, err)
	}
	_, err := b.Arrive(s[0], 2)
	wantError(t, "arriving at a broken barrier", err, ErrBroken)
	change(t, s[1], func(tx *Tx) { tx.ResetBarrier(b) })
	arrive(0, 2, Arrival{Ticket: 3, Place: 1})
	done = inWait(t, a, s[0], func() (WaitResult, error) {
		result, err := b.Wait(s[0], 3, Wait{})
		if !errors.Is(err, ErrBroken) {
			t.Errorf("the barrier is aborted: %v", err)
		}
		return result, nil
	})
	change(t, s[1], func(tx *Tx) { tx.AbortBarrier(b) })
	expect(t, "aborted", done, Ready)
	change(t, s[1], func(tx *Tx) { tx.ResetBarrier(b) })
	// Two of three: those who are left need not wait for who has gone.
	arrive(2, 2, Arrival{Ticket: 4, Place: 1})
	done = inWait(t, a, s[2], func() (WaitResult, error) { return b.Wait(s[2], 4, Wait{}) })
	b.Shrink(1)
	expect(t, "a party has gone", done, Ready)
	if b.Parties() != 1 || b.Waiting() != 0 || b.Broken() {
		t.Errorf("%d parties, %d wait, broken %v", b.Parties(), b.Waiting(), b.Broken())
	}
}

// The last to arrive runs the action; the others, and who comes too many, wait for it.
func TestBarrierWithAction(t *testing.T) {
	a, s := newPrimitives(t, 3, PrimitiveConfig{Kind: KindBarrier, Name: "b", Value: 2, Action: true})
	b := a.Barrier(0)
	for i, want := range []Arrival{{Ticket: 1, Place: 1}, {Ticket: 1, Place: 0, Leads: true}, {Ticket: 1, Later: true}} {
		if got, err := b.Arrive(s[i], 1); got != want || err != nil {
			t.Errorf("arrival %d: %+v, %v", i, got, err)
		}
	}
	done := inWait(t, a, s[0], func() (WaitResult, error) { return b.Wait(s[0], 1, Wait{}) })
	s[1] = die(t, a, 1)
	if got, err := b.Arrive(s[1], 1); !got.Leads || err != nil {
		t.Errorf("the replacement of the leader arrives: %+v, %v", got, err)
	}
	b.Trip(s[1], 1)
	b.Trip(s[1], 1)
	expect(t, "the action was run", done, Ready)
	if got, err := b.Arrive(s[2], 1); got != (Arrival{Ticket: 2, Place: 1}) || err != nil {
		t.Errorf("the third arrives: %+v, %v", got, err)
	}
}

func TestNumbers(t *testing.T) {
	a, s := newPrimitives(t, 1, PrimitiveConfig{Kind: KindArray, Name: "a", Value: 16})
	array := a.Array(0)
	rows := []struct {
		kind      NumberKind
		n         Number
		add, want Number
		fails     bool
	}{
		{Bool, IntNumber(1), IntNumber(-1), IntNumber(0), false},
		{Bool, IntNumber(2), 0, 0, true},
		{Int8, IntNumber(-128), IntNumber(255), IntNumber(127), false},
		{Int8, IntNumber(-129), 0, 0, true},
		{Uint8, IntNumber(255), IntNumber(1), 0, true},
		{Int16, IntNumber(-5), IntNumber(3), IntNumber(-2), false},
		{Uint16, IntNumber(65536), 0, 0, true},
		{Int32, IntNumber(math.MinInt32), IntNumber(-1), 0, true},
		{Uint32, IntNumber(math.MaxUint32), IntNumber(-1), IntNumber(math.MaxUint32 - 1), false},
		{Int64, IntNumber(math.MaxInt64), IntNumber(1), 0, true},
		{Int64, IntNumber(math.MinInt64), IntNumber(math.MaxInt64), IntNumber(-1), false},
		{Uint64, Number(math.MaxUint64), IntNumber(1), 0, true},
		{Uint64, Number(5), IntNumber(-6), 0, true},
		{Uint64, Number(math.MaxUint64), IntNumber(-1), Number(math.MaxUint64 - 1), false},
		{Float32, FloatNumber(1.5), FloatNumber(2), FloatNumber(3.5), false},
		{Float64, FloatNumber(-0.25), FloatNumber(0.5), FloatNumber(0.25), false},
	}
	for _, row := range rows {
		for off := int64(0); off < 8; off += int64(row.kind.Size()) {
			change(t, s[0], func(tx *Tx) { tx.Change(array, Change{Off: 0, Kind: Uint64, Number: Number(0x5555555555555555)}) })
			tx := s[0].Begin()
			tx.Change(array, Change{Off: off, Kind: row.kind, Number: row.n})
			tx.Change(array, Change{Off: off, Kind: row.kind, Add: true, Number: row.add})
			err := s[0].Commit(tx)
			if row.fails {
				wantError(t, row.kind.String(), err, ErrRange)
				if array.Load(0, Uint64) != 0x5555555555555555 {
					t.Errorf("%v: a change that does not fit has changed something", row.kind)
				}
				continue
			}
			if got := array.Load(off, row.kind); got != row.want || err != nil {
				t.Errorf("%v at %d: %x + %x is %x instead of %x (%v)", row.kind, off, row.n, row.add, got, row.want, err)
			}
			var around [8]byte
			if err := array.Read(around[:], 0); err != nil {
				t.Error(err)
			}
			for i, b := range around {
				if (int64(i) < off || int64(i) >= off+int64(row.kind.Size())) && b != 0x55 {
					t.Errorf("%v at %d has changed byte %d", row.kind, off, i)
				}
			}
		}
	}
	tx := s[0].Begin()
	tx.Change(array, Change{Off: 4, Kind: Int64})
	wantError(t, "a number at no multiple of its size", s[0].Commit(tx), ErrRange)
	tx = s[0].Begin()
	tx.Change(array, Change{Off: 16, Kind: Int8})
	wantError(t, "a number behind the end", s[0].Commit(tx), ErrRange)
}

// Adds to one number in one commit are joined, and each of their sums must fit, as if they came one by one.
func TestJoinedAdds(t *testing.T) {
	a, s := newPrimitives(t, 1, PrimitiveConfig{Kind: KindArray, Name: "a", Value: 8})
	array := a.Array(0)
	rows := []struct {
		kind  NumberKind
		adds  []int64
		fails bool
	}{
		{Int8, []int64{100, 27, -127, -128}, false},
		{Int8, []int64{100, 28, -28}, true},
		{Int8, []int64{-100, -100, 100}, true},
		{Uint8, []int64{5, -6, 2}, true},
		{Int64, []int64{math.MaxInt64, math.MinInt64, 1}, false},
		{Int64, []int64{math.MaxInt64, 1, -1}, true},
		{Int64, []int64{-2, math.MinInt64, math.MaxInt64}, true},
		{Uint64, []int64{math.MaxInt64, math.MaxInt64, 1}, false},
		{Uint64, []int64{math.MaxInt64, math.MaxInt64, 2}, true},
	}
	for _, row := range rows {
		change(t, s[0], func(tx *Tx) { tx.Change(array, Change{Kind: Uint64}) })
		tx, want := s[0].Begin(), int64(0)
		for _, n := range row.adds {
			tx.Change(array, Change{Kind: row.kind, Add: true, Number: IntNumber(n)})
			want += n
		}
		err := s[0].Commit(tx)
		if row.fails {
			wantError(t, row.kind.String(), err, ErrRange)
			want = 0
		} else if err != nil {
			t.Errorf("%v %v: %v", row.kind, row.adds, err)
		}
		if got := array.Load(0, row.kind); got != IntNumber(want) {
			t.Errorf("%v %v leave %d", row.kind, row.adds, got.Int())
		}
	}
}

// Bytes and rewritten parts cross the stripes; what was rewritten and not committed is not seen, and undone by a death.
func TestArray(t *testing.T) {
	const size = 3*leastStripe + 100
	a, s := newPrimitives(t, 2, PrimitiveConfig{Kind: KindArray, Name: "a", Value: size})
	array := a.Array(0)
	want := make([]byte, size)
	for i := range want {
		want[i] = byte(i * 7)
	}
	same := func(when string) {
		t.Helper()
		got := make([]byte, size)
		if err := array.Read(got, 0); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: the array is not what it should be (%v)", when, err)
		}
	}
	if err := array.Fill(want, 0); err != nil {
		t.Fatal(err)
	}
	same("filled")
	text := slices.Repeat([]byte("text"), leastStripe/2)
	change(t, s[0], func(tx *Tx) { tx.Change(array, Change{Off: leastStripe - 5, Bytes: text}) })
	copy(want[leastStripe-5:], text)
	same("bytes stored")
	increase := func(fresh, old []byte, off int64) error {
		for i, b := range old {
			fresh[i] = b + 1
		}
		return nil
	}
	if err := array.Rewrite(s[0], 10, 2*leastStripe+10, increase); err != nil {
		t.Fatal(err)
	}
	same("not committed")
	s[0] = die(t, a, 0)
	same("after a death")
	broken := errors.New("no")
	n := 0
	err := array.Rewrite(s[0], 0, size, func(fresh, old []byte, off int64) error {
		if n++; n == 5 {
			return broken
		}
		return increase(fresh, old, off)
	})
	wantError(t, "a failure in the middle", err, broken)
	change(t, s[0], func(*Tx) {})
	same("after a failure")
	for range 3 {
		if err := array.Rewrite(s[0], 10, 2*leastStripe+10, increase); err != nil {
			t.Fatal(err)
		}
		change(t, s[0], func(*Tx) {})
		for i := 10; i < 2*leastStripe+10; i++ {
			want[i]++
		}
		same("committed")
	}
	change(t, s[1], func(tx *Tx) { tx.Change(array, Change{Off: 0, Bytes: []byte("abc")}) })
	copy(want, "abc")
	same("stored on the other side")
	wantError(t, "reading behind the end", array.Read(make([]byte, 2), size-1), ErrRange)
}

// A queue's items are all finished when they have been released, not when they have been taken.
func TestWaitFinished(t *testing.T) {
	a := newArena(t, 3, QueueConfig{Name: "q", Capacity: 4})
	w, r, x, q := attach(t, a, 0), attach(t, a, 1), attach(t, a, 2), a.Queue(0)
	put(t, q, w, 1, "x")
	done := inWait(t, a, x, func() (WaitResult, error) { return q.WaitFinished(x, Wait{}) })
	b := lease(t, q, r)
	if got, err := q.WaitFinished(w, Wait{Timeout: time.Millisecond}); got != TimedOut || err != nil {
		t.Errorf("an item is leased: %v, %v", got, err)
	}
	release(t, r, b)
	expect(t, "finished", done, Ready)
}

// A wait that is forgotten hands on the notification that it has had.
func TestConditionForget(t *testing.T) {
	a, s := newPrimitives(t, 3, PrimitiveConfig{Kind: KindLock, Name: "l"}, PrimitiveConfig{Kind: KindCondition, Name: "c", Lock: 0})
	l, c := a.Lock(0), a.Condition(1)
	for i := range 2 {
		_, _ = l.TryAcquire(s[i])
		if n := c.Next(s[i]); n != 1 {
			t.Fatalf("the first wait is number %d", n)
		}
		if err := c.Enter(s[i], 1); err != nil {
			t.Fatal(err)
		}
		change(t, s[i], func(tx *Tx) { tx.Unlock(l) })
	}
	_, _ = l.TryAcquire(s[2])
	change(t, s[2], func(tx *Tx) { tx.Notify(c, 1); tx.Unlock(l) })
	if !c.Over(s[0], 1) || c.Over(s[1], 1) {
		t.Error("the first was to be notified")
	}
	c.Forget(s[0], 1)
	if !c.Over(s[1], 1) || !c.Leave(s[1], 1) {
		t.Error("the second was to have what the first had no use for")
	}
	if c.Forget(s[0], 1); c.Next(s[0]) != 2 || c.Leave(s[0], 1) {
		t.Error("a wait that was forgotten is over, and was not notified")
	}
}

// A semaphore says when no more can be given back to it.
func TestSemaphoreFull(t *testing.T) {
	a, s := newPrimitives(t, 1, PrimitiveConfig{Kind: KindSemaphore, Name: "bounded", Value: 2, Bounded: true}, PrimitiveConfig{Kind: KindSemaphore, Name: "free", Value: 2})
	if m := a.Semaphore(0); !m.TryAcquire(s[0]) || m.Full(1) || !m.Full(2) {
		t.Error("one of two is out: one can be given back, and no two")
	}
	if a.Semaphore(1).Full(1000) {
		t.Error("a semaphore without a bound is full")
	}
}

// Elements are rewritten in one piece, whatever their size, and each stripe has whole ones.
func TestElementsAreRewrittenWhole(t *testing.T) {
	for _, unit := range []int64{1, 3, 8, 12, 24, 40, 32768, 40000} {
		size := unit * (200_000/unit + 3)
		a, s := newPrimitives(t, 1, PrimitiveConfig{Kind: KindArray, Name: "a", Value: size, Unit: unit})
		array := a.Array(0)
		if array.stripeSize%unit != 0 || array.stripeSize%8 != 0 {
			t.Errorf("elements of %d bytes in stripes of %d", unit, array.stripeSize)
		}
		from := unit
		err := array.Rewrite(s[0], from, size, func(fresh, old []byte, off int64) error {
			if off != from || int64(len(old))%unit != 0 || len(fresh) != len(old) {
				t.Errorf("elements of %d bytes: %d at %d", unit, len(old), off)
			}
			from += int64(len(old))
			for i := range fresh {
				fresh[i] = old[i] + 1
			}
			return nil
		})
		if err != nil || from != size {
			t.Errorf("elements of %d bytes: rewritten up to %d of %d, %v", unit, from, size, err)
		}
		commit(t, s[0], s[0].Begin())
		if array.Load(0, Uint8) != 0 || array.Load(unit, Uint8) != 1 || array.Load(size-1, Uint8) != 1 {
			t.Errorf("elements of %d bytes were not rewritten", unit)
		}
	}
}

// Floats of one change are added one after the other, as if each had a commit of its own.
func TestFloatsAreAddedInOrder(t *testing.T) {
	for _, kind := range []NumberKind{Float32, Float64} {
		a, s := newPrimitives(t, 1, PrimitiveConfig{Kind: KindArray, Name: "a", Value: 16})
		array, floats := a.Array(0), []float64{1e16, 0.1, -1e16, 0.3, 1e-3}
		for _, f := range floats {
			change(t, s[0], func(tx *Tx) { tx.Change(array, Change{Kind: kind, Add: true, Number: FloatNumber(f)}) })
		}
		change(t, s[0], func(tx *Tx) { tx.Change(array, Change{Off: 8, Kind: kind, Add: true, Floats: floats}) })
		if one, all := array.Load(0, kind), array.Load(8, kind); one != all {
			t.Errorf("%v: %v one by one, %v at once", kind, one.Float(), all.Float())
		}
	}
}
