//go:build linux

package shm

import (
	"slices"
	"testing"
)

// touchAll marks everything as touched by a slot that nobody has.
func touchAll(a *Arena, slot int) {
	s := &Slot{touched: a.touchedWords(slot)}
	for i := range len(a.queues) + len(a.primitives) {
		s.touch(i)
	}
}

// threeQueues is an arena in which slot 0 has put to the first of three queues and slot 1 has read from it, beside a lock and an event.
func threeQueues(t *testing.T) (a *Arena, w, r *Slot) {
	a = newArenaOf(t, Config{
		Slots:      3,
		Queues:     []QueueConfig{{Name: "a", Capacity: 2}, {Name: "b", Capacity: 2}, {Name: "c", Capacity: 2}},
		Primitives: []PrimitiveConfig{{Kind: KindLock, Name: "l"}, {Kind: KindEvent, Name: "e"}},
	})
	w, r = attach(t, a, 0), attach(t, a, 1)
	put(t, a.Queue(0), w, 1, "x")
	return a, w, r
}

func TestTouched(t *testing.T) {
	a, w, r := threeQueues(t)
	release(t, r, lease(t, a.Queue(0), r))
	a.Event(1).Set(r, true)
	if ok, err := a.Lock(0).TryAcquire(w); !ok || err != nil {
		t.Fatal(ok, err)
	}
	for slot, want := range [][2][]int{{{0}, {0}}, {{0}, {1}}, {nil, nil}} {
		if queues, primitives := a.touched(slot); !slices.Equal(queues, want[0]) || !slices.Equal(primitives, want[1]) {
			t.Errorf("slot %d has touched %v and %v instead of %v", slot, queues, primitives, want)
		}
	}
}

// sequences are the readers' words of all queues: they change whenever who sleeps there is woken.
func sequences(a *Arena) (words []uint32) {
	for i := range a.queues {
		words = append(words, a.queues[i].head.readers.word.Load())
	}
	return words
}

// A death wakes those who wait where the dead has been, and nobody else.
func TestDeathWakesWhereItWas(t *testing.T) {
	a, _, _ := threeQueues(t)
	before := sequences(a)
	if err := a.Recover(0); err != nil {
		t.Fatal(err)
	}
	after := sequences(a)
	if before[0] == after[0] || before[1] != after[1] || before[2] != after[2] {
		t.Errorf("the words were %v, and are %v", before, after)
	}
	if a.Queue(0).head.dirty.Load() == 0 || a.Queue(1).head.dirty.Load() != 0 {
		t.Error("not the queue that the dead one used has become doubtful, or another")
	}
}

// The end of a worker that has left wakes nobody; a writer without room was woken when it left.
func TestLeave(t *testing.T) {
	a, w, r := threeQueues(t)
	q := a.Queue(0)
	writers := q.head.writers.arm()
	b := lease(t, q, r)
	r.Leave() // it holds a block
	if !a.hasTouched(1, 0) {
		t.Error("a slot that holds a block has left its queue")
	}
	release(t, r, b)
	q.head.writers.arm()
	r.Leave()
	if a.hasTouched(1, 0) || q.head.writers.word.Load() == writers {
		t.Error("the slot has not left, or has not woken the writers")
	}
	before := sequences(a)
	if err := a.Recover(1); err != nil {
		t.Fatal(err)
	}
	if err := a.Abandon(1); err != nil {
		t.Fatal(err)
	}
	if after := sequences(a); !slices.Equal(before, after) {
		t.Errorf("the words were %v, and are %v", before, after)
	}
	put(t, q, w, 1, "y")
	w.Leave()
	put(t, q, w, 1, "z") // used again
	if !a.hasTouched(0, 0) {
		t.Error("what is used again is not marked")
	}
	if problems := a.Check(); len(problems) > 0 {
		t.Error(problems)
	}
}

// A block that is kept for a replacement is recovered also when the replacement dies before it has touched anything.
func TestLeaveKeepsWhatIsInFlight(t *testing.T) {
	a, _, r := threeQueues(t)
	b := lease(t, a.Queue(0), r)
	tx := r.Begin()
	tx.Continue(true)
	commit(t, r, tx)
	r.Leave()
	for range 2 {
		if err := a.Recover(1); err != nil {
			t.Fatal(err)
		}
		if _, ad := reattach(t, a, 1); len(ad.Leases) != 1 || ad.Leases[0].Seq() != b.Seq() {
			t.Fatalf("adopted %v", ad.Leases)
		}
	}
	if err := a.Recover(1); err != nil {
		t.Fatal(err)
	}
	if err := a.Abandon(1); err != nil {
		t.Fatal(err)
	}
	if _, status, err := a.Queue(0).Lease(attach(t, a, 2)); status != Leased || err != nil {
		t.Errorf("the block that was given back is %v, %v", status, err)
	}
}

// The checker finds an owner that has not marked where it came.
func TestCheckFindsUnmarkedOwner(t *testing.T) {
	a, _, r := threeQueues(t)
	lease(t, a.Queue(0), r)
	a.touchedWords(1)[0].Store(0)
	if len(a.Check()) != 1 {
		t.Errorf("found %v", a.Check())
	}
}
