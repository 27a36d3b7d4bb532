//go:build linux

package shm

import (
	"fmt"
	"testing"
	"time"
)

type waited struct {
	result WaitResult
	err    error
}

// inWait runs a wait in another goroutine and returns when its record is there (an older one may stand until then).
func inWait(t *testing.T, a *Arena, s *Slot, wait func() (WaitResult, error)) <-chan waited {
	t.Helper()
	before := a.slot(s.Index()).waiting.head.Load()
	done := make(chan waited, 1)
	go func() {
		r, err := wait()
		done <- waited{r, err}
	}()
	for {
		if info, ok := a.readWait(s.Index()); ok && info.head>>waitSeqShift != before>>waitSeqShift {
			return done
		}
		pause(100)
	}
}

func expect(t *testing.T, name string, done <-chan waited, want WaitResult) {
	t.Helper()
	select {
	case got := <-done:
		if got.result != want || got.err != nil {
			t.Errorf("%s: the wait gives %v, %v, want %v", name, got.result, got.err, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("%s: the wait does not end", name)
	}
}

func TestWaitsEnd(t *testing.T) {
	type env struct {
		a       *Arena
		w, r    *Slot
		q, full *Queue
		hold    time.Duration
	}
	read := func(e env) func() (WaitResult, error) {
		return func() (WaitResult, error) { return e.q.WaitReadable(e.r, Wait{Hold: e.hold}) }
	}
	write := func(e env) func() (WaitResult, error) {
		return func() (WaitResult, error) { return e.full.WaitWritable(e.r, Wait{Hold: e.hold}) }
	}
	both := func(e env) func() (WaitResult, error) {
		return func() (WaitResult, error) { return e.r.WaitReadable([]*Queue{e.a.Queue(2), e.q}, Wait{Hold: e.hold}) }
	}
	rows := []struct {
		name string
		wait func(env) func() (WaitResult, error)
		act  func(env)
		want WaitResult
	}{
		{"published", read, func(e env) { put(t, e.q, e.w, 1, "x") }, Ready},
		{"published to the second of two", both, func(e env) { put(t, e.q, e.w, 1, "x") }, Ready},
		{"closed", read, func(e env) { e.q.CloseWriters() }, Ready},
		{"woken", read, func(e env) { e.r.Wake() }, Woken},
		{"woken from two", both, func(e env) { e.a.WakeSlot(1) }, Woken},
		{"interrupted", read, func(e env) { e.a.Interrupt() }, Interrupted},
		{"stopped", read, func(e env) { e.a.StopSlot(1) }, Interrupted},
		{"timed out", func(e env) func() (WaitResult, error) {
			return func() (WaitResult, error) {
				return e.q.WaitReadable(e.r, Wait{Timeout: time.Millisecond, Hold: e.hold})
			}
		}, func(env) {}, TimedOut},
		{"room", write, func(e env) { release(t, e.w, lease(t, e.full, e.w)) }, Ready},
		{"readers gone", write, func(e env) { e.full.SetReadersGone() }, Ready},
		{"put to a closed queue", write, func(e env) { e.full.CloseWriters() }, Ready},
		{"interrupted while full", write, func(e env) { e.a.Interrupt() }, Interrupted},
	}
	for _, row := range rows {
		for _, hold := range []time.Duration{0, 3 * time.Millisecond} {
			t.Run(fmt.Sprint(row.name, ", held for ", hold), func(t *testing.T) {
				a := newArena(t, 2, QueueConfig{Name: "q", Capacity: 2}, QueueConfig{Name: "full", Capacity: 1}, QueueConfig{Name: "z", Capacity: 1})
				e := env{a, attach(t, a, 0), attach(t, a, 1), a.Queue(0), a.Queue(1), hold}
				put(t, e.full, e.w, 1, "x")
				if _, status, err := e.full.Reserve(e.r, 1, 0); status != Full || err != nil {
					t.Fatalf("Reserve gives %v, %v", status, err)
				}
				done := inWait(t, a, e.r, row.wait(e))
				row.act(e)
				expect(t, row.name, done, row.want)
			})
		}
	}
}

// A block that its dead leaser held is readable for who waits.
func TestDeathWakesReaders(t *testing.T) {
	a := newArena(t, 2, QueueConfig{Name: "q", Capacity: 2})
	w, r, q := attach(t, a, 0), attach(t, a, 1), a.Queue(0)
	put(t, q, w, 1, "x")
	lease(t, q, w)
	done := inWait(t, a, r, func() (WaitResult, error) { return q.WaitReadable(r, Wait{}) })
	if err := a.Recover(0); err != nil {
		t.Fatal(err)
	}
	expect(t, "recovered", done, Ready)
	if b := lease(t, q, r); b.Tries() != 2 {
		t.Errorf("%d tries", b.Tries())
	}
}

func TestWaitWithReservedBlockIsRefused(t *testing.T) {
	a := newArena(t, 1, QueueConfig{Name: "q", Capacity: 2})
	s, q := attach(t, a, 0), a.Queue(0)
	reserve(t, q, s, 1, "x")
	if _, err := q.WaitReadable(s, Wait{}); err == nil {
		t.Error("waiting with a reserved block gives no error")
	}
}

func TestWaitRecordStaysUntilTheSlotMoves(t *testing.T) {
	a := newArena(t, 2, QueueConfig{Name: "q", Capacity: 2}, QueueConfig{Name: "p", Capacity: 2})
	w, r, q := attach(t, a, 0), attach(t, a, 1), a.Queue(0)
	if got, err := q.WaitReadable(r, Wait{Stage: 7, Timeout: 1}); got != TimedOut || err != nil {
		t.Fatalf("the wait for nothing gives %v, %v", got, err)
	}
	put(t, q, w, 1, "x")
	if got, err := q.WaitReadable(r, Wait{Stage: 7, OtherSources: true}); got != Ready || err != nil {
		t.Fatalf("the wait gives %v, %v", got, err)
	}
	info := a.SlotStats(1).Waiting
	if info == nil || info.Stage != 7 || !info.Other || info.Timed || len(info.Targets) != 1 || info.Targets[0] != (Target{Kind: WaitToRead}) {
		t.Errorf("wait record %+v", info)
	}
	lease(t, q, r)
	if info := a.SlotStats(1).Waiting; info != nil {
		t.Errorf("after the lease: %v", info)
	}
}

func TestCycleQuiet(t *testing.T) {
	a := newArena(t, 2, QueueConfig{Name: "q"}, QueueConfig{Name: "p", Capacity: 2}, QueueConfig{Name: "other", Capacity: 1})
	x, y := attach(t, a, 0), attach(t, a, 1)
	q, p := a.Queue(0), a.Queue(1)
	cycle, writers := []int{0, 1}, []int{0, 1}
	quiet := func(want bool, when string) {
		t.Helper()
		if got := a.CycleQuiet(cycle, writers); got != want {
			t.Errorf("%s: quiet is %v", when, got)
		}
	}
	quiet(false, "nobody waits")
	xDone := inWait(t, a, x, func() (WaitResult, error) { return q.WaitReadable(x, Wait{}) })
	quiet(false, "only one waits")
	yDone := inWait(t, a, y, func() (WaitResult, error) { return p.WaitReadable(y, Wait{}) })
	quiet(true, "both wait")
	x.Wake()
	expect(t, "woken", xDone, Woken)
	put(t, p, x, 1, "x")
	expect(t, "published", yDone, Ready)
	quiet(false, "a block waits")
	b := lease(t, p, y)
	xDone = inWait(t, a, x, func() (WaitResult, error) { return x.WaitReadable([]*Queue{q, a.Queue(2)}, Wait{}) })
	quiet(false, "a block is leased")
	release(t, y, b)
	yDone = inWait(t, a, y, func() (WaitResult, error) { return p.WaitReadable(y, Wait{OtherSources: true}) })
	quiet(false, "one waits for something else too")
	y.Wake()
	expect(t, "woken", yDone, Woken)
	yDone = inWait(t, a, y, func() (WaitResult, error) { return p.WaitReadable(y, Wait{}) })
	quiet(false, "one waits for a queue outside")
	x.Wake()
	expect(t, "woken", xDone, Woken)
	a.Queue(2).CloseWriters()
	xDone = inWait(t, a, x, func() (WaitResult, error) { return x.WaitReadable([]*Queue{q}, Wait{}) })
	quiet(true, "both wait again")
	a.Interrupt()
	expect(t, "interrupted", xDone, Interrupted)
	expect(t, "interrupted", yDone, Interrupted)
}

// Each change bumps the word of those who may wait for it. (The waits themselves have a bound, and would hide a missing wake.)
func TestWhoIsWoken(t *testing.T) {
	rows := []struct {
		name             string
		act              func(*Queue, *Slot, *Block, *Block)
		readers, writers bool
	}{
		{"publish", func(q *Queue, s *Slot, filling, _ *Block) {
			tx := s.Begin()
			tx.Publish(filling, 1)
			commit(t, s, tx)
		}, true, false},
		{"cancel", func(_ *Queue, s *Slot, filling, _ *Block) { s.Cancel(filling) }, false, true},
		{"lease", func(q *Queue, s *Slot, _, _ *Block) { lease(t, q, s) }, false, true},
		{"release", func(_ *Queue, s *Slot, _, leased *Block) { release(t, s, leased) }, false, true},
		{"release, closed", func(q *Queue, s *Slot, _, leased *Block) {
			q.head.closed.Store(1)
			release(t, s, leased)
		}, true, true},
		{"cancel, closed", func(q *Queue, s *Slot, filling, _ *Block) {
			q.head.closed.Store(1)
			s.Cancel(filling)
		}, true, true},
		{"close", func(q *Queue, _ *Slot, _, _ *Block) { q.CloseWriters() }, true, true},
		{"readers gone", func(q *Queue, _ *Slot, _, _ *Block) { q.SetReadersGone() }, true, true},
		{"death", func(q *Queue, _ *Slot, _, _ *Block) {
			if err := q.arena.Recover(0); err != nil {
				t.Fatal(err)
			}
		}, true, true},
		{"death of one who was never there", func(q *Queue, _ *Slot, _, _ *Block) {
			if err := q.arena.Recover(1); err != nil {
				t.Fatal(err)
			}
		}, false, false},
	}
	for _, row := range rows {
		a := newArena(t, 2, QueueConfig{Name: "q", Capacity: 9})
		s, q := attach(t, a, 0), a.Queue(0)
		put(t, q, s, 1, "leased")
		put(t, q, s, 1, "ready")
		leased, filling := lease(t, q, s), reserve(t, q, s, 1, "filling")
		r, w := q.head.readers.arm(), q.head.writers.arm()
		row.act(q, s, filling, leased)
		if got := q.head.readers.word.Load() != r; got != row.readers {
			t.Errorf("%s: readers bumped: %v", row.name, got)
		}
		if got := q.head.writers.word.Load() != w; got != row.writers {
			t.Errorf("%s: writers bumped: %v", row.name, got)
		}
	}
}

// Who waits for long looks seldom, but a writer goes on to look.
func TestNapsGrow(t *testing.T) {
	for kind, want := range map[WaitKind]time.Duration{WaitToRead: 8 * waitBound, WaitForEvent: 8 * waitBound, WaitToWrite: waitBound} {
		nap := waitBound
		for range 10 {
			next := longer(nap, []Target{{Kind: WaitForItems}, {Kind: kind}})
			if next < nap || next > 2*nap {
				t.Errorf("%v: a sleep of %v follows one of %v", kind, next, nap)
			}
			nap = next
		}
		if nap != want {
			t.Errorf("%v: sleeps come to %v instead of %v", kind, nap, want)
		}
	}
}
