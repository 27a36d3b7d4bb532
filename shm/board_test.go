//go:build linux

package shm

import (
	"errors"
	"testing"
)

func TestBoardIsSeenByAll(t *testing.T) {
	a, err := Create(Config{Slots: 1, Board: 600, Queues: []QueueConfig{{Name: "q", Capacity: 4}}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := Open(dupFiles(t, a))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ours, theirs := a.Board(), b.Board()
	if ours.Len() != 600 || theirs.Len() != 600 {
		t.Fatalf("boards of %d and %d words", ours.Len(), theirs.Len())
	}
	for i := range ours.Len() {
		if theirs.Load(i) != 0 {
			t.Fatalf("word %d is not zero at first", i)
		}
		ours.Store(i, uint64(i)+1)
	}
	s := attach(t, a, 0)
	put(t, a.Queue(0), s, 1, "a block of the queue behind the board")
	if err := a.Recover(0); err != nil {
		t.Fatal(err)
	}
	for i := range theirs.Len() {
		if got := theirs.Load(i); got != uint64(i)+1 {
			t.Errorf("word %d is %d", i, got)
		}
	}
	if err := a.Check(); err != nil {
		t.Error(err)
	}
}

func TestBoardSizes(t *testing.T) {
	if n := newArena(t, 1).Board().Len(); n != 0 {
		t.Errorf("a board that nobody asked for has %d words", n)
	}
	for _, n := range []int{-1, MaxBoard + 1} {
		if a, err := Create(Config{Slots: 1, Board: n}); err == nil {
			a.Close()
			t.Errorf("a board of %d words was made", n)
		}
	}
}

// Who waits for a word of the board goes on when it is another than the one that was known, and not before.
func TestWaitForChange(t *testing.T) {
	a, err := Create(Config{Slots: 1, Board: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	s, board := attach(t, a, 0), a.Board()
	wait := func(word int, known uint64) func() (WaitResult, error) {
		return func() (WaitResult, error) { return s.Wait([]Target{{WaitForChange, word, known}}, Wait{}) }
	}
	if got, err := wait(1, 7)(); got != Ready || err != nil {
		t.Errorf("waiting for a change of what is another already: %v, %v", got, err)
	}
	done := inWait(t, a, s, wait(1, 0))
	if !a.CycleQuiet(nil, []int{0}, 1) || a.CycleQuiet(nil, []int{0}, 0) {
		t.Error("who waits for a word is quiet only where nobody changes that")
	}
	board.Store(0, 1)
	board.Store(1, 1)
	expect(t, "changed", done, Ready)
	if a.CycleQuiet(nil, []int{0}, 1) { // the record stays until it goes on
		t.Error("who waited for a word that has changed is said to be quiet")
	}
	done = inWait(t, a, s, wait(1, 1))
	board.Store(1, 2)
	expect(t, "changed", done, Ready)
	done = inWait(t, a, s, wait(0, 1))
	a.StopSlot(0)
	expect(t, "stopped", done, Interrupted)
	if got, err := wait(2, 0)(); !errors.Is(err, ErrNotOwned) {
		t.Errorf("waiting for a word that is not there: %v, %v", got, err)
	}
}
