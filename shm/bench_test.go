//go:build linux

package shm

import "testing"

// BenchmarkBlock is one block of 256 numbers through a queue in one process: reserve, fill, publish, lease, release; two commits.
func BenchmarkBlock(b *testing.B) {
	a := newArena(b, 2, QueueConfig{Name: "q", Capacity: 1024})
	w, r, q := attach(b, a, 0), attach(b, a, 1), a.Queue(0)
	data := make([]byte, 256*8)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		roundTrip(b, q, w, r, data, nil)
	}
}

// BenchmarkBlockWithState is the same with a state of 16 bytes in each reader's commit.
func BenchmarkBlockWithState(b *testing.B) {
	a := newArena(b, 2, QueueConfig{Name: "q", Capacity: 1024})
	w, r, q := attach(b, a, 0), attach(b, a, 1), a.Queue(0)
	data, state := make([]byte, 256*8), make([]byte, 16)
	b.ReportAllocs()
	for b.Loop() {
		roundTrip(b, q, w, r, data, state)
	}
}

// BenchmarkBlockSpilled is a block of 256 numbers through an unbounded queue.
func BenchmarkBlockSpilled(b *testing.B) {
	a := newArena(b, 2, QueueConfig{Name: "q"})
	w, r, q := attach(b, a, 0), attach(b, a, 1), a.Queue(0)
	data := make([]byte, 256*8)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		roundTrip(b, q, w, r, data, nil)
	}
}

// BenchmarkReserveCancel is the lock, the map of free blocks and nothing else.
func BenchmarkReserveCancel(b *testing.B) {
	a := newArena(b, 1, QueueConfig{Name: "q", Capacity: 1024})
	w, q := attach(b, a, 0), a.Queue(0)
	for b.Loop() {
		blk, _, err := q.Reserve(w, 1, 8)
		if err != nil {
			b.Fatal(err)
		}
		w.Cancel(blk)
	}
}

func roundTrip(b testing.TB, q *Queue, w, r *Slot, data, state []byte) {
	out, status, err := q.Reserve(w, 256, len(data))
	if err != nil || status != Reserved {
		b.Fatal(status, err)
	}
	if _, err := out.Write(data); err != nil {
		b.Fatal(err)
	}
	tx := w.Begin()
	tx.Publish(out, 256)
	if err := w.Commit(tx); err != nil {
		b.Fatal(err)
	}
	in, status2, err := q.Lease(r)
	if err != nil || status2 != Leased {
		b.Fatal(status2, err)
	}
	if _, err := in.Payload(); err != nil {
		b.Fatal(err)
	}
	tx = r.Begin()
	tx.Release(in)
	if state != nil {
		if r.Commits()%1024 == 0 {
			tx.Snapshot(state)
		} else {
			tx.State(state)
		}
	}
	if err := r.Commit(tx); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkOpen is what a worker pays at its start: open, attach, adopt, close.
func BenchmarkOpen(b *testing.B) {
	a := newArena(b, 16, QueueConfig{Name: "p", Capacity: 1024}, QueueConfig{Name: "q"})
	for b.Loop() {
		w, err := Open(dupFiles(b, a))
		if err != nil {
			b.Fatal(err)
		}
		attach(b, w, 3)
		if err := w.Recover(3); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
