//go:build linux

package shm

import (
	"errors"
	"fmt"
	"os/signal"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOrderAndCapacity(t *testing.T) {
	a := newArena(t, 2, QueueConfig{Name: "q", Capacity: 3})
	w, r, q := attach(t, a, 0), attach(t, a, 1), a.Queue(0)
	put(t, q, w, 2, "one")
	b, status, err := q.Reserve(w, 5, 10)
	if err != nil || status != Reserved || b.Granted() != 1 {
		t.Fatalf("Reserve gives %v, %v, want one item", status, err)
	}
	if _, status, _ := q.Reserve(w, 1, 1); status != Full {
		t.Errorf("Reserve over the capacity gives %v", status)
	}
	w.Cancel(b)
	put(t, q, w, 1, "two")
	if _, status, _ := q.Reserve(w, 1, 1); status != Full {
		t.Errorf("Reserve in a full queue gives %v", status)
	}
	for _, want := range []string{"one", "two"} {
		b := lease(t, q, r)
		if payload(t, b) != want {
			t.Errorf("leased %q, want %q", payload(t, b), want)
		}
		release(t, r, b)
	}
	if _, status, _ := q.Lease(r); status != Empty {
		t.Errorf("Lease of an empty queue gives %v", status)
	}
	q.CloseWriters()
	if _, status, _ := q.Lease(r); status != Ended {
		t.Errorf("Lease of a closed queue gives %v", status)
	}
	if _, status, _ := q.Reserve(w, 1, 1); status != Closed {
		t.Errorf("Reserve in a closed queue gives %v", status)
	}
}

func TestEndWaitsForLeases(t *testing.T) {
	a := newArena(t, 3, QueueConfig{Name: "q", Capacity: 3})
	w, r1, r2, q := attach(t, a, 0), attach(t, a, 1), attach(t, a, 2), a.Queue(0)
	put(t, q, w, 1, "x")
	lease(t, q, r1)
	q.CloseWriters()
	if _, status, _ := q.Lease(r2); status != Empty {
		t.Errorf("a closed queue with a lease gives %v", status)
	}
	if err := a.Recover(1); err != nil {
		t.Fatal(err)
	}
	b := lease(t, q, r2)
	if b.Tries() != 2 {
		t.Errorf("redelivered with %d tries", b.Tries())
	}
	release(t, r2, b)
	if _, status, _ := q.Lease(r2); status != Ended {
		t.Errorf("a finished queue gives %v", status)
	}
}

func TestMaxBytesAdmitsOneBlock(t *testing.T) {
	a := newArena(t, 2, QueueConfig{Name: "q", Capacity: 10, MaxBytes: 100})
	w, r, q := attach(t, a, 0), attach(t, a, 1), a.Queue(0)
	put(t, q, w, 1, strings.Repeat("x", 1000))
	if _, status, _ := q.Reserve(w, 1, 1); status != Full {
		t.Errorf("Reserve over max bytes gives %v", status)
	}
	release(t, r, lease(t, q, r))
	put(t, q, w, 1, "y")
	put(t, q, w, 1, strings.Repeat("z", 90))
	if _, status, _ := q.Reserve(w, 1, 50); status != Full {
		t.Errorf("Reserve over max bytes gives %v", status)
	}
}

// Payloads of every size keep their bytes, wherever the queue keeps them, and large ones give their memory back.
func TestPayloadSizes(t *testing.T) {
	for name, c := range map[string]QueueConfig{
		"mapped": {Capacity: 10, MaxItem: 1 << 20}, "memory": {Capacity: MaxCapacity}, "spill": {MaxItem: 1 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			a := newArena(t, 2, c)
			w, r, q := attach(t, a, 0), attach(t, a, 1), a.Queue(0)
			for _, n := range []int{0, 1, 4095, 4096, trimBytes, trimBytes + 1, 1 << 20, 100} {
				want := strings.Repeat(string(rune('a'+n%26)), n)
				put(t, q, w, 1, want)
				b := lease(t, q, r)
				if got := payload(t, b); got != want {
					t.Errorf("%d bytes come back as %d, other ones", n, len(got))
				}
				release(t, r, b)
			}
			b, _, err := q.Reserve(w, 1, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.Buffer(q.BlockBytes() + 1); !errors.Is(err, ErrTooLarge) {
				t.Errorf("a buffer above BlockBytes gives %v", err)
			}
			if _, err := b.Buffer(q.BlockBytes()); err != nil {
				t.Error(err)
			}
			if _, err := b.Write([]byte("x")); !errors.Is(err, ErrTooLarge) {
				t.Errorf("writing above BlockBytes gives %v", err)
			}
			w.Cancel(b)
			if _, _, err := q.Reserve(w, 1, q.BlockBytes()+1); !errors.Is(err, ErrTooLarge) {
				t.Errorf("reserving above BlockBytes gives %v", err)
			}
		})
	}
}

func TestAdvanceCountsTries(t *testing.T) {
	rows := []struct{ max, deaths, wantBefore, wantAfter int }{
		{3, 0, 1, 1}, {3, 1, 2, 2}, {3, 2, 3, 2}, {1, 1, 2, 1},
	}
	for _, row := range rows {
		a := newArena(t, 2, QueueConfig{Name: "q", Capacity: 5, MaxDeliveries: row.max})
		w, q := attach(t, a, 0), a.Queue(0)
		put(t, q, w, 3, "abc")
		var r *Slot
		var b *Block
		for range row.deaths + 1 {
			if r != nil {
				if err := a.Recover(1); err != nil {
					t.Fatal(err)
				}
			}
			r = attach(t, a, 1)
			b = lease(t, q, r)
		}
		if b.Tries() != row.wantBefore {
			t.Errorf("%+v: %d tries before", row, b.Tries())
		}
		tx := r.Begin()
		tx.Advance(b, 1)
		commit(t, r, tx)
		if b.Tries() != row.wantAfter || b.Cursor() != 1 {
			t.Errorf("%+v: %d tries, cursor %d after", row, b.Tries(), b.Cursor())
		}
		if err := a.Recover(1); err != nil {
			t.Fatal(err)
		}
		b = lease(t, q, attach(t, a, 1))
		if b.Tries() != row.wantAfter+1 || b.Cursor() != 1 {
			t.Errorf("%+v: redelivered with %d tries, cursor %d", row, b.Tries(), b.Cursor())
		}
	}
}

func TestReadersGone(t *testing.T) {
	a := newArena(t, 1, QueueConfig{Name: "q", Capacity: 1})
	w, q := attach(t, a, 0), a.Queue(0)
	q.SetReadersGone()
	if _, status, err := q.Reserve(w, 1, 1); status != NoReaders || err != nil {
		t.Errorf("Reserve gives %v, %v", status, err)
	}
}

// One commit publishes to and finishes blocks of several queues, in order, and the counters are exact also when recovery does it.
func TestCommitOfMany(t *testing.T) {
	for _, dies := range []bool{false, true} {
		a := newArena(t, 2, QueueConfig{Name: "p", Capacity: 99}, QueueConfig{Name: "q"})
		s, r := attach(t, a, 0), attach(t, a, 1)
		for i := range 4 {
			put(t, a.Queue(i%2), s, 3, "in")
		}
		tx := s.Begin()
		for i := range 4 {
			b := lease(t, a.Queue(i%2), s)
			tx.Advance(b, 1+i/2*2) // one of each queue by one item, one to its end
		}
		for i := range 10 {
			tx.Publish(reserve(t, a.Queue(i/3%2), s, 2, fmt.Sprint(i)), 1+i%2)
		}
		if dies {
			commitHalfway(t, s, tx)
			if err := a.Recover(0); err != nil {
				t.Fatal(err)
			}
		} else {
			commit(t, s, tx)
		}
		want := []QueueStats{
			{Name: "p", Published: 6 + 8, Waiting: 8, Leased: 2, Finished: 4},
			{Name: "q", Published: 6 + 7, Waiting: 7, Leased: 2, Finished: 4},
		}
		for i, st := range a.Stats().Queues {
			if dies { // what was leased waits again
				want[i].Waiting, want[i].Leased = want[i].Waiting+want[i].Leased, 0
			}
			if st != want[i] {
				t.Errorf("dies %v: stats %+v, want %+v", dies, st, want[i])
			}
		}
		var got []string
		for i := range 2 {
			for {
				b, status, err := a.Queue(i).Lease(r)
				if err != nil {
					t.Fatal(err)
				}
				if status != Leased {
					break
				}
				got = append(got, payload(t, b))
				release(t, r, b)
			}
		}
		order := "0 1 2 6 7 8 3 4 5 9"
		if dies {
			order = "in 0 1 2 6 7 8 in 3 4 5 9" // the advanced inputs are back, with their old numbers
		}
		if s := strings.Join(got, " "); s != order {
			t.Errorf("dies %v: leased %s, want %s", dies, s, order)
		}
	}
}

// commitHalfway does the part of a commit up to its one store.
func commitHalfway(t *testing.T, s *Slot, tx *Tx) {
	t.Helper()
	if err := s.prepare(tx); err != nil {
		t.Fatal(err)
	}
	s.writeHeader(tx, s.state.stateEnd)
	s.writeEntries(tx)
	s.head.record.word.Store(uint64(makeRecord(s.seq+1, recordCommitted)))
}

// A freed block is the next to be taken: the pages in use stay few.
func TestLowestBlockFirst(t *testing.T) {
	a := newArena(t, 1, QueueConfig{Name: "q", Capacity: 5000})
	s, q := attach(t, a, 0), a.Queue(0)
	for range 300 {
		put(t, q, s, 1, "x")
	}
	for range 300 {
		release(t, s, lease(t, q, s))
	}
	for i := range 200 {
		put(t, q, s, 1, "x")
		if b := lease(t, q, s); b.index != 0 {
			t.Fatalf("round %d uses block %d", i, b.index)
		} else {
			release(t, s, b)
		}
	}
	if q.used() != 300 {
		t.Errorf("%d blocks were used", q.used())
	}
}

// The table of an unbounded queue ends with an error, and a full disk is one too.
func TestUnboundedEnds(t *testing.T) {
	a := newArena(t, 1, QueueConfig{Name: "q"})
	s, q := attach(t, a, 0), a.Queue(0)
	b := reserve(t, q, s, 1, "x")
	q.head.used.Store(uint32(len(q.table)))
	for i := range q.table {
		q.table[i].word.CompareAndSwap(0, uint64(makeWord(blockReady, 0, 0, 0)))
	}
	if _, _, err := q.Reserve(s, 1, 1); !errors.Is(err, ErrQueueFull) {
		t.Errorf("Reserve in an exhausted table gives %v", err)
	}
	limitFiles(t, 0, func() {
		tx := s.Begin()
		tx.Publish(b, 1)
		if err := s.Commit(tx); !errors.Is(err, unix.EFBIG) {
			t.Errorf("a commit into a file that takes no more gives %v", err)
		}
	})
	tx := s.Begin()
	tx.Publish(b, 1)
	commit(t, s, tx)
}

func TestCreateUnderFileLimit(t *testing.T) {
	limitFiles(t, 1<<20, func() {
		if _, err := Create(Config{Slots: 1}); !errors.Is(err, unix.EFBIG) {
			t.Errorf("Create gives %v", err)
		}
	})
}

// limitFiles runs f while files may not grow above n bytes.
func limitFiles(t *testing.T, n uint64, f func()) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	small := limit
	small.Cur = n
	signal.Ignore(unix.SIGXFSZ)
	defer signal.Reset(unix.SIGXFSZ)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	f()
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
}
