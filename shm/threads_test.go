//go:build linux

package shm

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"unsafe"
)

// Workers may be threads of one process. Then the race detector sees what they do to the arena, if it lies in memory that it watches, which is the
// heap and no mapping: each word that is not changed by an atomic operation, payloads and arrays among them, must be ordered by those that are.

// newHeapArena is an arena in this process's heap.
func newHeapArena(t *testing.T, cfg Config) *Arena {
	t.Helper()
	mapped := newArenaOf(t, cfg)
	l := mapped.layout
	for i := range l.queues {
		if l.queues[i].kind != payloadMapped {
			t.Fatal("a queue of an arena in the heap has its payloads in a file")
		}
	}
	heap := make([]byte, l.mapped+pageBytes)
	skip := -int64(uintptr(unsafe.Pointer(unsafe.SliceData(heap)))) & (pageBytes - 1)
	mem := heap[skip : skip+l.mapped]
	copy(mem, mapped.mem[:l.mapped])
	a := viewArena(l, mapped.files, mem, mapped.segments)
	a.cores = mapped.cores
	t.Cleanup(func() { // before that of the arena whose files it uses
		mapped.windows = a.windows
	})
	return a
}

const (
	threads      = 4
	threadRounds = 150
)

// The primitives of the threads. What each guards is a variable of Go, so that a hole in it is a race.
var threadPrimitives = []PrimitiveConfig{
	{Kind: KindLock, Name: "lock", Recursive: true},
	{Kind: KindSemaphore, Name: "one", Value: 1, Bounded: true, Owned: true},
	{Kind: KindCondition, Name: "turn", Lock: 0},
	{Kind: KindBarrier, Name: "meet", Value: threads},
	{Kind: KindBarrier, Name: "led", Value: threads, Action: true},
	{Kind: KindEvent, Name: "told"},
	{Kind: KindArray, Name: "sums", Value: 16},
	{Kind: KindArray, Name: "wide", Value: 2 * leastStripe},
}

// shared is what the threads guard by primitives.
type shared struct {
	locked, permitted, acted int
	turn                     int
	said                     string
	mine                     [threads]int
}

// thread is one worker.
type thread struct {
	arena  *Arena
	slot   *Slot
	me     int
	shared *shared
	got    []uint64
	meets  uint32
}

// Threads go through everything, and what the primitives guard is as if one thing had been done after another.
func TestThreads(t *testing.T) {
	a := newHeapArena(t, Config{
		Slots: threads + 1, Primitives: threadPrimitives, Queues: []QueueConfig{{Name: "q", Capacity: 8, MaxItem: 64}},
	})
	all, errs, s := make([]*thread, threads), make(chan error, threads), &shared{}
	for i := range all {
		all[i] = &thread{arena: a, slot: attach(t, a, i), me: i, shared: s}
		go func() { errs <- all[i].run() }()
	}
	for range all {
		if err := <-errs; err != nil {
			t.Error(err)
			a.Interrupt()
		}
	}
	if t.Failed() {
		return
	}
	if s.locked != threads*threadRounds || s.permitted != threads*threadRounds || s.acted != threadRounds || s.turn != threads*threadRounds {
		t.Errorf("the threads have left %+v", s)
	}
	if got := a.Array(6).Load(0, Int64).Int(); got != threads*threadRounds {
		t.Errorf("%d were added", got)
	}
	for off := range int64(2 * leastStripe) {
		if got := a.Array(7).Load(off, Uint8).Int(); got != threads*threadRounds%256 {
			t.Fatalf("byte %d was raised %d times", off, got)
		}
	}
	if err := all[0].get(threadRounds); err != nil { // what was put behind the others' last get
		t.Fatal(err)
	}
	var got []uint64
	for i := range all {
		got = append(got, all[i].got...)
	}
	slices.Sort(got)
	for i, n := range got {
		if n != uint64(i) {
			t.Fatalf("number %d of those that were passed on is %d", i, n)
		}
	}
	if len(got) != threads*threadRounds {
		t.Errorf("%d numbers were passed on", len(got))
	}
	for _, p := range a.Check() {
		t.Errorf("check: %v", p)
	}
}

func (th *thread) run() error {
	for round := range threadRounds {
		for name, do := range map[string]func(round int) error{
			"lock": th.underLock, "semaphore": th.underPermit, "add": th.add, "rewrite": th.rewrite, "put": th.put, "get": th.get,
		} {
			if err := do(round); err != nil {
				return fmt.Errorf("thread %d: %s: %w", th.me, name, err)
			}
		}
		for _, do := range []func(round int) error{th.takeTurn, th.exchange, th.act, th.tell} {
			if err := do(round); err != nil {
				return fmt.Errorf("thread %d: %w", th.me, err)
			}
		}
	}
	return nil
}

func (th *thread) commit(fill func(tx *Tx)) error {
	tx := th.slot.Begin()
	fill(tx)
	return th.slot.Commit(tx)
}

// ready makes an error of a wait that was interrupted.
func ready(result WaitResult, err error) error {
	if err == nil && result != Ready {
		return fmt.Errorf("the wait is %v", result)
	}
	return err
}

func (th *thread) underLock(round int) error {
	l := th.arena.Lock(0)
	for range 2 {
		if err := ready(l.Acquire(th.slot, Wait{})); err != nil {
			return err
		}
	}
	th.shared.locked++
	if round%2 == 0 {
		return th.commit(func(tx *Tx) { tx.Unlock(l); tx.Unlock(l) })
	}
	if err := l.Release(th.slot); err != nil {
		return err
	}
	return l.Release(th.slot)
}

func (th *thread) underPermit(round int) error {
	m := th.arena.Semaphore(1)
	if err := ready(m.Acquire(th.slot, Wait{})); err != nil {
		return err
	}
	th.shared.permitted++
	if round%2 == 0 {
		return th.commit(func(tx *Tx) { tx.ReleaseSemaphore(m, 1) })
	}
	return m.Release(th.slot, 1)
}

func (th *thread) add(int) error {
	return th.commit(func(tx *Tx) {
		tx.Change(th.arena.Array(6), Change{Kind: Int64, Add: true, Number: IntNumber(1)})
	})
}

// rewrite raises every byte of the wide array by one, and reads some of it under the stripes' locks.
func (th *thread) rewrite(int) error {
	err := th.arena.Array(7).Rewrite(th.slot, 0, 2*leastStripe, func(fresh, old []byte, _ int64) error {
		for i, b := range old {
			fresh[i] = b + 1
		}
		return nil
	})
	if err != nil {
		return err
	}
	return th.commit(func(*Tx) {})
}

func (th *thread) put(round int) error {
	q := th.arena.Queue(0)
	for {
		b, status, err := q.Reserve(th.slot, 1, 8)
		if err != nil {
			return err
		}
		if status == Full {
			if err := th.get(round); err != nil { // somebody must
				return err
			}
			continue
		}
		if _, err := b.Write(binary.LittleEndian.AppendUint64(nil, uint64(th.me*threadRounds+round))); err != nil {
			return err
		}
		return th.commit(func(tx *Tx) { tx.Publish(b, 1) })
	}
}

// get takes one number, if there is one; behind the last round, all.
func (th *thread) get(round int) error {
	q := th.arena.Queue(0)
	for range threads * threadRounds {
		b, status, err := q.Lease(th.slot)
		if err != nil || status != Leased {
			return err
		}
		p, err := b.Payload()
		if err != nil {
			return err
		}
		th.got = append(th.got, binary.LittleEndian.Uint64(p))
		if err := th.commit(func(tx *Tx) { tx.Release(b) }); err != nil || round < threadRounds {
			return err
		}
	}
	return nil
}

// takeTurn waits under the condition until it is the thread's turn, and passes it on.
func (th *thread) takeTurn(round int) error {
	l, c := th.arena.Lock(0), th.arena.Condition(2)
	if err := ready(l.Acquire(th.slot, Wait{})); err != nil {
		return err
	}
	for th.shared.turn != round*threads+th.me {
		th.meets++ // any number that was not used
		n := uint64(th.meets)
		if err := c.Enter(th.slot, n); err != nil {
			return err
		}
		if err := th.commit(func(tx *Tx) { tx.Unlock(l) }); err != nil {
			return err
		}
		if err := ready(c.Wait(th.slot, n, Wait{})); err != nil {
			return err
		}
		if err := ready(l.Acquire(th.slot, Wait{})); err != nil {
			return err
		}
		c.Leave(th.slot, n)
	}
	th.shared.turn++
	return th.commit(func(tx *Tx) { tx.Notify(c, -1); tx.Unlock(l) })
}

// exchange writes a number of its own, meets the others, reads theirs, and meets them again.
func (th *thread) exchange(round int) error {
	th.shared.mine[th.me] = round
	b := th.arena.Barrier(3)
	if err := meet(b, th.slot, uint32(2*round+1)); err != nil {
		return err
	}
	for i, n := range th.shared.mine {
		if n != round {
			return fmt.Errorf("thread %d says %d in round %d", i, n, round)
		}
	}
	return meet(b, th.slot, uint32(2*round+2))
}

// act meets the others at a barrier whose leader does something.
func (th *thread) act(round int) error {
	b := th.arena.Barrier(4)
	arrival, err := b.Arrive(th.slot, uint32(round+1))
	if err != nil {
		return err
	}
	if arrival.Leads {
		th.shared.acted++
		b.Trip(th.slot, arrival.Ticket)
	}
	if err := ready(b.Wait(th.slot, arrival.Ticket, Wait{})); err != nil {
		return err
	}
	if th.shared.acted != round+1 {
		return fmt.Errorf("%d actions in round %d", th.shared.acted, round)
	}
	return nil
}

// tell: the first thread says something and sets the event, the others wait for it; in the next exchange all have.
func (th *thread) tell(round int) error {
	e := th.arena.Event(5)
	if th.me == 0 {
		th.shared.said = fmt.Sprint("round ", round)
		if err := th.commit(func(tx *Tx) { tx.SetEvent(e, true) }); err != nil {
			return err
		}
	} else if err := ready(e.Wait(th.slot, Wait{})); err != nil {
		return err
	}
	if want := fmt.Sprint("round ", round); th.shared.said != want {
		return fmt.Errorf("%q was said instead of %q", th.shared.said, want)
	}
	if err := meet(th.arena.Barrier(3), th.slot, uint32(1<<20+round)); err != nil {
		return err
	}
	if th.me == 0 {
		e.Set(th.slot, false)
	}
	return meet(th.arena.Barrier(3), th.slot, uint32(1<<21+round))
}
