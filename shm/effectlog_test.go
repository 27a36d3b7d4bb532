//go:build linux

package shm

import (
	"bytes"
	"testing"
)

// commitAndDie does a commit up to the store that decides, behind which its worker is killed.
func commitAndDie(t *testing.T, s *Slot, tx *Tx) {
	t.Helper()
	if err := s.prepare(tx); err != nil {
		t.Fatal(err)
	}
	next, err := s.state.write(tx.state)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.stage(tx); err != nil {
		t.Fatal(err)
	}
	s.writeHeader(tx, next)
	s.writeEntries(tx)
	s.head.record.word.Store(uint64(makeRecord(s.seq+1, recordCommitted)))
}

// Recovery carries out a log of effects of any size: in the mapped start of the log, up to its end, and behind it, each over what others left.
func TestEffectsOfAnySizeAreRedone(t *testing.T) {
	const length = 5 * effectWindow
	a, s := newPrimitives(t, 1, PrimitiveConfig{Kind: KindArray, Name: "a", Value: length})
	want := make([]byte, length)
	stripe := int(a.Array(0).stripeSize)
	entries := func(n int) int { return (n + stripe - 1) / stripe } // a stripe has an entry of its own
	sizes := []int{100, effectWindow - effectHead, effectWindow - effectHead + 8, 3 * effectWindow, 200, length, 8}
	for round, n := range sizes {
		tx := s[0].Begin()
		tx.Change(a.Array(0), Change{Bytes: bytes.Repeat([]byte{byte(round + 1)}, n)})
		commitAndDie(t, s[0], tx)
		if got := len(s[0].images); got != int(roundUp(int64(n), 8))+effectHead*entries(n) {
			t.Fatalf("a log of %d bytes for %d", got, n)
		}
		copy(want, bytes.Repeat([]byte{byte(round + 1)}, n))
		s[0] = die(t, a, 0)
		got := make([]byte, length)
		if err := a.Array(0).Read(got, 0); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%d bytes were not redone", n)
		}
		for _, p := range a.Check() {
			t.Errorf("check: %v", p)
		}
	}
}
