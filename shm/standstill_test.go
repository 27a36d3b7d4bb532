//go:build linux

package shm

import "testing"

// everyTarget is all that can be waited for in an arena.
func everyTarget(a *Arena) []Target {
	var list []Target
	for kind := WaitToRead; kind < waitKindsEnd; kind++ {
		for i := range max(len(a.queues), len(a.primitives)) {
			if t := (Target{Kind: kind, Index: i}); t.valid(a) {
				list = append(list, t)
			}
		}
	}
	return list
}

// TestWhatHasCome holds There against what a wait for the same target does: where it is not there the waiter falls asleep, and once it is there
// the wait ends.
func TestWhatHasCome(t *testing.T) {
	const lock, semaphore, event, condition, barrier, acted = 0, 1, 2, 3, 4, 5
	primitives := []PrimitiveConfig{
		{Kind: KindLock, Name: "l"},
		{Kind: KindSemaphore, Name: "s", Value: 1},
		{Kind: KindEvent, Name: "e"},
		{Kind: KindCondition, Name: "c", Lock: lock},
		{Kind: KindBarrier, Name: "b", Value: 2},
		{Kind: KindBarrier, Name: "acted", Value: 2, Action: true},
	}
	type env struct {
		a         *Arena
		me, other *Slot
		q, full   *Queue
		lease     *Block
	}
	tests := []struct {
		name    string
		prepare func(t *testing.T, e *env)
		target  Target
		come    func(t *testing.T, e *env)
	}{
		{"an item", func(*testing.T, *env) {}, Target{Kind: WaitToRead}, func(t *testing.T, e *env) { put(t, e.q, e.other, 1, "x") }},
		{"the end of a queue", func(*testing.T, *env) {}, Target{Kind: WaitToRead}, func(_ *testing.T, e *env) { e.q.CloseWriters() }},
		{
			"the end of a queue with a lease",
			func(t *testing.T, e *env) {
				put(t, e.q, e.other, 1, "x")
				e.lease = lease(t, e.q, e.other)
				e.q.CloseWriters()
			},
			Target{Kind: WaitToRead},
			func(t *testing.T, e *env) { release(t, e.other, e.lease) },
		},
		{
			"room for an item",
			func(t *testing.T, e *env) { put(t, e.full, e.other, 2, "x"); fill(t, e.full, e.me, 1) },
			Target{Kind: WaitToWrite, Index: 1},
			func(t *testing.T, e *env) { release(t, e.other, lease(t, e.full, e.other)) },
		},
		{
			"room for bytes",
			func(t *testing.T, e *env) { put(t, e.full, e.other, 1, "0123456789"); fill(t, e.full, e.me, 90) },
			Target{Kind: WaitToWrite, Index: 1},
			func(t *testing.T, e *env) { release(t, e.other, lease(t, e.full, e.other)) },
		},
		{
			"nobody reads",
			func(t *testing.T, e *env) { put(t, e.full, e.other, 2, "x"); fill(t, e.full, e.me, 1) },
			Target{Kind: WaitToWrite, Index: 1},
			func(_ *testing.T, e *env) { e.full.SetReadersGone() },
		},
		{
			"all items",
			func(t *testing.T, e *env) { put(t, e.q, e.other, 1, "x"); e.lease = lease(t, e.q, e.other) },
			Target{Kind: WaitForItems},
			func(t *testing.T, e *env) { release(t, e.other, e.lease) },
		},
		{
			"a semaphore",
			func(_ *testing.T, e *env) { e.a.Semaphore(semaphore).TryAcquire(e.other) },
			Target{Kind: WaitForSemaphore, Index: semaphore},
			func(t *testing.T, e *env) { check(t, e.a.Semaphore(semaphore).Release(e.other, 1)) },
		},
		{"an event", func(*testing.T, *env) {}, Target{Kind: WaitForEvent, Index: event}, func(_ *testing.T, e *env) { e.a.Event(event).Set(e.other, true) }},
		{
			"a condition",
			func(t *testing.T, e *env) {
				take(t, e.a.Lock(lock), e.me)
				check(t, e.a.Condition(condition).Enter(e.me, 1))
				check(t, e.a.Lock(lock).Release(e.me))
			},
			Target{Kind: WaitForCondition, Index: condition, Arg: 1},
			func(t *testing.T, e *env) {
				take(t, e.a.Lock(lock), e.other)
				tx := e.other.Begin()
				tx.Notify(e.a.Condition(condition), 1)
				commit(t, e.other, tx)
			},
		},
		{
			"a barrier",
			func(t *testing.T, e *env) {
				_, err := e.a.Barrier(barrier).Arrive(e.me, 1)
				check(t, err)
			},
			Target{Kind: WaitAtBarrier, Index: barrier, Arg: 1},
			func(t *testing.T, e *env) {
				_, err := e.a.Barrier(barrier).Arrive(e.other, 1)
				check(t, err)
			},
		},
		{
			"the action of a barrier",
			func(t *testing.T, e *env) {
				for _, s := range []*Slot{e.me, e.other} {
					_, err := e.a.Barrier(acted).Arrive(s, 1)
					check(t, err)
				}
				if !e.a.There(e.other.Index(), Target{Kind: WaitAtBarrier, Index: acted, Arg: 1}) {
					t.Error("who leads would not go on")
				}
			},
			Target{Kind: WaitAtBarrier, Index: acted, Arg: 1},
			func(_ *testing.T, e *env) { e.a.Barrier(acted).Trip(e.other, 1) },
		},
		{"a word of the board", func(*testing.T, *env) {}, Target{Kind: WaitForChange, Index: 1}, func(_ *testing.T, e *env) { e.a.Board().Store(1, 7) }},
	}
	for _, test := range tests {
		a := newArenaOf(t, Config{Slots: 2, Board: 2, Primitives: primitives, Queues: []QueueConfig{
			{Name: "q", Capacity: 4, MaxItem: 1000}, {Name: "full", Capacity: 2, MaxItem: 1000, MaxBytes: 95},
		}})
		e := &env{a: a, me: attach(t, a, 0), other: attach(t, a, 1), q: a.Queue(0), full: a.Queue(1)}
		test.prepare(t, e)
		done := inWait(t, a, e.me, func() (WaitResult, error) { return e.me.Wait([]Target{test.target}, Wait{}) })
		w := asleep(a, 0)
		if len(w.Targets) != 1 || a.There(0, w.Targets[0]) {
			t.Errorf("%s: it is there before it has come: %v", test.name, w)
		}
		test.come(t, e)
		if !a.There(0, w.Targets[0]) {
			t.Errorf("%s: it has come, and is not there", test.name)
		}
		expect(t, test.name, done, Ready)
	}
}

// asleep is the wait of a slot, once it sleeps in it.
func asleep(a *Arena, slot int) WaitInfo {
	for {
		if w, ok := a.Waits(slot); ok && w.Asleep {
			return w
		}
		pause(100)
	}
}

// fill asks for room that is not there.
func fill(t *testing.T, q *Queue, s *Slot, bytes int) {
	t.Helper()
	if _, status, err := q.Reserve(s, 1, bytes); status != Full || err != nil {
		t.Fatalf("Reserve gives %v, %v", status, err)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func take(t *testing.T, l Lock, s *Slot) {
	t.Helper()
	if ok, err := l.TryAcquire(s); !ok || err != nil {
		t.Fatalf("the lock is not to be had: %v", err)
	}
}

// TestAWaitForALock is as the others, by Lock.Acquire.
func TestAWaitForALock(t *testing.T) {
	a := newArenaOf(t, Config{Slots: 2, Primitives: []PrimitiveConfig{{Kind: KindLock, Name: "l"}}})
	me, other, l := attach(t, a, 0), attach(t, a, 1), a.Lock(0)
	take(t, l, other)
	done := inWait(t, a, me, func() (WaitResult, error) { return l.Acquire(me, Wait{Stage: 7}) })
	w := asleep(a, 0)
	if w.Stage != 7 || w.Targets[0].Kind != WaitForLock || a.There(0, w.Targets[0]) || l.Owner() != 1 {
		t.Errorf("the wait is %v, the owner %d", w, l.Owner())
	}
	check(t, l.Release(other))
	expect(t, "a lock", done, Ready)
	if _, waits := a.Waits(0); waits {
		t.Error("who has the lock waits for it")
	}
}
