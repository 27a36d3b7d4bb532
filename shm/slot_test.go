//go:build linux

package shm

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func stateOf(t testing.TB, ad Adopted) string {
	t.Helper()
	p, err := io.ReadAll(ad.State)
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

// reattach recovers a slot and gives it a new owner.
func reattach(t testing.TB, a *Arena, slot int) (*Slot, Adopted) {
	t.Helper()
	if err := a.Recover(slot); err != nil {
		t.Fatal(err)
	}
	s, err := a.Attach(slot)
	if err != nil {
		t.Fatal(err)
	}
	ad, err := s.Adopt()
	if err != nil {
		t.Fatal(err)
	}
	return s, ad
}

func TestStateLog(t *testing.T) {
	a := newArena(t, 1)
	s := attach(t, a, 0)
	want := ""
	big := strings.Repeat("big", trimBytes)
	steps := []struct {
		snapshot bool
		bytes    string
	}{{false, "a"}, {false, "bc"}, {true, "X"}, {false, "y"}, {true, big}, {false, "tail"}, {true, ""}, {false, "z"}}
	for i, step := range steps {
		tx := s.Begin()
		if step.snapshot {
			want = step.bytes
			tx.Snapshot([]byte(step.bytes))
		} else {
			want += step.bytes
			tx.State([]byte(step.bytes))
		}
		commit(t, s, tx)
		var ad Adopted
		s, ad = reattach(t, a, 0)
		if got := stateOf(t, ad); got != want {
			t.Errorf("after step %d the state has %d bytes, want %d", i, len(got), len(want))
		}
	}
	if s.Commits() != uint64(len(steps)) || s.Epoch() != uint32(len(steps)+1) {
		t.Errorf("%d commits, epoch %d", s.Commits(), s.Epoch())
	}
}

func TestAttachOnce(t *testing.T) {
	a := newArena(t, 1)
	attach(t, a, 0)
	if _, err := a.Attach(0); !errors.Is(err, ErrAttached) {
		t.Errorf("the second Attach gives %v", err)
	}
	if _, err := a.Attach(1); !errors.Is(err, ErrAttached) {
		t.Errorf("Attach of no slot gives %v", err)
	}
}

// Items in flight stay with their slot: nobody else gets them, the replacement does, one delivery more.
func TestContinueKeepsLeases(t *testing.T) {
	a := newArena(t, 3, QueueConfig{Name: "q", Capacity: 9}, QueueConfig{Name: "out", Capacity: 9})
	w, q := attach(t, a, 0), a.Queue(0)
	put(t, q, w, 3, "held")
	put(t, q, w, 1, "later")
	s := attach(t, a, 1)
	b := lease(t, q, s)
	tx := s.Begin()
	tx.Advance(b, 1)
	tx.State([]byte("position"))
	tx.Continue(true)
	commit(t, s, tx)
	lease(t, q, s) // taken after the commit: goes back

	if err := a.Recover(1); err != nil {
		t.Fatal(err)
	}
	if !a.MustReplace(1) {
		t.Error("the slot need not be replaced")
	}
	other := attach(t, a, 2)
	if got := lease(t, q, other); payload(t, got) != "later" || got.Tries() != 2 {
		t.Errorf("another slot got %q, tries %d", payload(t, got), got.Tries())
	}
	if _, status, _ := q.Lease(other); status != Empty {
		t.Errorf("another slot sees %v", status)
	}
	for deaths := 1; deaths <= 3; deaths++ {
		next, err := a.Attach(1)
		if err != nil {
			t.Fatal(err)
		}
		if err := next.Commit(next.Begin()); !errors.Is(err, ErrMustAdopt) {
			t.Errorf("a commit before Adopt gives %v", err)
		}
		ad, err := next.Adopt()
		if err != nil || !ad.Resume || len(ad.Leases) != 1 {
			t.Fatalf("Adopt gives %+v, %v", ad, err)
		}
		l := ad.Leases[0]
		if payload(t, l) != "held" || l.Cursor() != 1 || l.Tries() != 1+deaths || stateOf(t, ad) != "position" {
			t.Errorf("adopted %q, cursor %d, tries %d", payload(t, l), l.Cursor(), l.Tries())
		}
		if deaths < 3 {
			if err := a.Recover(1); err != nil {
				t.Fatal(err)
			}
			continue
		}
		release(t, next, l)
		if a.MustReplace(1) {
			t.Error("nothing is in flight, and the slot must be replaced")
		}
	}
}

func TestAbandonGivesLeasesBack(t *testing.T) {
	a := newArena(t, 2, QueueConfig{Name: "q", Capacity: 9})
	w, q := attach(t, a, 0), a.Queue(0)
	put(t, q, w, 1, "x")
	lease(t, q, w)
	tx := w.Begin()
	tx.State([]byte("s"))
	tx.Continue(true)
	commit(t, w, tx)
	if err := a.Abandon(0); !errors.Is(err, ErrAttached) {
		t.Errorf("Abandon of a live slot gives %v", err)
	}
	if err := a.Recover(0); err != nil {
		t.Fatal(err)
	}
	r := attach(t, a, 1)
	if _, status, _ := q.Lease(r); status != Empty {
		t.Errorf("before Abandon the lease gives %v", status)
	}
	if err := a.Abandon(0); err != nil {
		t.Fatal(err)
	}
	if got := lease(t, q, r); got.Tries() != 2 {
		t.Errorf("after Abandon %d tries", got.Tries())
	}
	if a.MustReplace(0) {
		t.Error("an abandoned slot must be replaced")
	}
	s, ad := reattach(t, a, 0)
	if ad.Resume || len(ad.Leases) != 0 || stateOf(t, ad) != "s" {
		t.Errorf("adopted %+v", ad)
	}
	release(t, r, r.Held()[0])
	_ = s
}

// A commit that cannot be made changes nothing.
func TestCommitRefuses(t *testing.T) {
	a := newArena(t, 2, QueueConfig{Name: "q", Capacity: 9})
	s, q := attach(t, a, 0), a.Queue(0)
	put(t, q, s, 2, "x")
	leased := lease(t, q, s)
	filling := reserve(t, q, s, 1, "y")
	rows := map[string]struct {
		fill func(*Tx)
		want error
	}{
		"publish a lease":        {func(tx *Tx) { tx.Publish(leased, 1) }, ErrNotOwned},
		"publish no item":        {func(tx *Tx) { tx.Publish(filling, 0) }, ErrTooLarge},
		"publish too many items": {func(tx *Tx) { tx.Publish(filling, 2) }, ErrTooLarge},
		"release an output":      {func(tx *Tx) { tx.Release(filling) }, ErrNotOwned},
		"release twice":          {func(tx *Tx) { tx.Release(leased); tx.Release(leased) }, ErrNotOwned},
		"go back":                {func(tx *Tx) { tx.Advance(leased, -1) }, ErrTooLarge},
		"advance too far":        {func(tx *Tx) { tx.Advance(leased, 3) }, ErrTooLarge},
		"two states":             {func(tx *Tx) { tx.State(nil); tx.Snapshot(nil) }, ErrTooMany},
	}
	for name, row := range rows {
		tx := s.Begin()
		row.fill(tx)
		if err := s.Commit(tx); !errors.Is(err, row.want) {
			t.Errorf("%s gives %v", name, err)
		}
	}
	if s.Commits() != 1 {
		t.Errorf("%d commits", s.Commits())
	}
	tx := s.Begin()
	tx.Advance(leased, 2)
	tx.Publish(filling, 1)
	commit(t, s, tx)
	st := a.Stats()
	if got := st.Queues[0]; got.Published != 3 || got.Finished != 2 || got.Waiting != 1 || got.Leased != 0 || got.Reserved != 0 {
		t.Errorf("stats %+v", got)
	}
}

// Abandon may be interrupted at each of its steps and run again.
func TestAbandonInterrupted(t *testing.T) {
	for k := 1; ; k++ {
		a := newArena(t, 2, QueueConfig{Name: "q", Capacity: 9})
		s, q := attach(t, a, 0), a.Queue(0)
		for range 3 {
			put(t, q, s, 1, "x")
			lease(t, q, s)
		}
		tx := s.Begin()
		tx.State([]byte("s"))
		tx.Continue(true)
		commit(t, s, tx)
		if err := a.Recover(0); err != nil {
			t.Fatal(err)
		}
		steps := 0
		func() {
			defer func() {
				if r := recover(); r != nil && r != errInterruption {
					panic(r)
				}
			}()
			if err := a.abandonSlot(0, func(string) {
				if steps++; steps == k {
					panic(errInterruption)
				}
			}); err != nil {
				t.Error(err)
			}
		}()
		if steps < k {
			return
		}
		if err := a.Abandon(0); err != nil {
			t.Fatal(err)
		}
		checkIdle(t, a)
		r := attach(t, a, 1)
		for range 3 {
			if b := lease(t, q, r); b.Tries() != 2 {
				t.Errorf("step %d: %d tries", k, b.Tries())
			}
		}
		if _, ad := reattach(t, a, 0); ad.Resume || len(ad.Leases) != 0 || stateOf(t, ad) != "s" {
			t.Errorf("step %d: adopted %+v", k, ad)
		}
	}
}

// A slot may not hold more leases or reserved blocks than a commit can name.
func TestBlocksAtATime(t *testing.T) {
	a := newArena(t, 1, QueueConfig{Name: "q", Capacity: 99})
	s, q := attach(t, a, 0), a.Queue(0)
	for round := range 2 {
		tx := s.Begin()
		for range MaxOutputs {
			tx.Publish(reserve(t, q, s, 1, "x"), 1)
		}
		if _, _, err := q.Reserve(s, 1, 1); !errors.Is(err, ErrTooMany) {
			t.Errorf("round %d: one more Reserve gives %v", round, err)
		}
		commit(t, s, tx)
		for range MaxOutputs / MaxInputs {
			tx := s.Begin()
			for range MaxInputs {
				tx.Release(lease(t, q, s))
			}
			if _, _, err := q.Lease(s); !errors.Is(err, ErrTooMany) {
				t.Errorf("round %d: one more Lease gives %v", round, err)
			}
			commit(t, s, tx)
		}
	}
}

// A block whose cursor stays is delivered as if for the first time again once what is in flight has got on.
func TestAdvanceForgivesDeliveries(t *testing.T) {
	a := newArena(t, 2, QueueConfig{Name: "q", Capacity: 9, MaxDeliveries: 3}, QueueConfig{Name: "out", Capacity: 9})
	w, q := attach(t, a, 0), a.Queue(0)
	put(t, q, w, 3, "block")
	for want := 1; want <= 5; want++ {
		s := attach(t, a, 1)
		b := lease(t, q, s)
		if tries := min(want, 3); b.Tries() != tries || b.Cursor() != 0 {
			t.Errorf("life %d: %d tries, cursor %d, want %d tries", want, b.Tries(), b.Cursor(), tries)
		}
		if want >= 2 { // as from the second delivery on
			after := b.TriesAfterAdvance()
			tx := s.Begin()
			tx.Advance(b, 0)
			commit(t, s, tx)
			if b.Tries() != after || after != 2 {
				t.Errorf("life %d: %d tries behind the commit, %d were announced", want, b.Tries(), after)
			}
		}
		if err := a.Recover(1); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Check(); err != nil {
		t.Error(err)
	}
}
