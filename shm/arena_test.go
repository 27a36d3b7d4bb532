//go:build linux

package shm

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// newArena makes an arena that the test closes.
func newArena(t testing.TB, slots int, queues ...QueueConfig) *Arena {
	t.Helper()
	return newArenaOf(t, Config{Slots: slots, Queues: queues})
}

// newArenaOf makes an arena that the test closes.
func newArenaOf(t testing.TB, cfg Config) *Arena {
	t.Helper()
	cfg.SpillDir = t.TempDir()
	a, err := Create(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func attach(t testing.TB, a *Arena, slot int) *Slot {
	t.Helper()
	s, err := a.Attach(slot)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Adopt(); err != nil {
		t.Fatal(err)
	}
	return s
}

// put publishes one block.
func put(t testing.TB, q *Queue, s *Slot, items int, payload string) {
	t.Helper()
	b := reserve(t, q, s, items, payload)
	tx := s.Begin()
	tx.Publish(b, items)
	commit(t, s, tx)
}

func reserve(t testing.TB, q *Queue, s *Slot, items int, payload string) *Block {
	t.Helper()
	b, status, err := q.Reserve(s, items, len(payload))
	if err != nil || status != Reserved || b.Granted() != items {
		t.Fatalf("Reserve gives %v, %v, %v", b, status, err)
	}
	if _, err := b.Write([]byte(payload)); err != nil {
		t.Fatal(err)
	}
	return b
}

func commit(t testing.TB, s *Slot, tx *Tx) {
	t.Helper()
	if err := s.Commit(tx); err != nil {
		t.Fatal(err)
	}
}

func lease(t testing.TB, q *Queue, s *Slot) *Block {
	t.Helper()
	b, status, err := q.Lease(s)
	if err != nil || status != Leased {
		t.Fatalf("Lease gives %v, %v", status, err)
	}
	return b
}

func payload(t testing.TB, b *Block) string {
	t.Helper()
	p, err := b.Payload()
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

func release(t testing.TB, s *Slot, b *Block) {
	t.Helper()
	tx := s.Begin()
	tx.Release(b)
	commit(t, s, tx)
}

// dupFiles are the arena's files as a child process would inherit them.
func dupFiles(t testing.TB, a *Arena) []*os.File {
	t.Helper()
	var files []*os.File
	for _, f := range a.Files() {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, os.NewFile(uintptr(fd), f.Name()))
	}
	return files
}

func TestOpenSeesTheSameArena(t *testing.T) {
	a := newArena(t, 3, QueueConfig{Name: "a", Capacity: 4, MaxDeliveries: 3}, QueueConfig{Name: "b"},
		QueueConfig{Name: "huge", Capacity: MaxCapacity})
	b, err := Open(dupFiles(t, a))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for i := range a.Queues() {
		if got, want := b.Queue(i).Config(), a.Queue(i).Config(); got != want {
			t.Errorf("queue %d is %+v, want %+v", i, got, want)
		}
		w, r := attach(t, a, 0), attach(t, b, 1)
		put(t, a.Queue(i), w, 2, "hello")
		got := lease(t, b.Queue(i), r)
		if payload(t, got) != "hello" || got.Items() != 2 || got.Tries() != 1 {
			t.Errorf("leased %q, %d items, %d tries", payload(t, got), got.Items(), got.Tries())
		}
		release(t, r, got)
		for s := range 2 {
			if err := a.Recover(s); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	a := newArena(t, 1, QueueConfig{Name: "a", Capacity: 4}, QueueConfig{Name: "b"})
	plain, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	files, three := dupFiles(t, a), dupFiles(t, a)
	if err := three[2].Close(); err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		name  string
		files []*os.File
	}{
		{"no files", nil},
		{"an empty file", []*os.File{plain, files[0], files[1]}},
		{"the spill file missing", three[:2]},
		{"the wrong order", []*os.File{files[1], files[0], files[2]}},
	}
	for _, row := range rows {
		if _, err := Open(row.files); !errors.Is(err, ErrLayout) {
			t.Errorf("%s: Open gives %v", row.name, err)
		}
	}
}

func TestCreateRefuses(t *testing.T) {
	for _, cfg := range []Config{
		{Slots: 0},
		{Slots: MaxSlots + 1},
		{Slots: 1, Queues: make([]QueueConfig, MaxQueues+1)},
		{Slots: 1, Queues: []QueueConfig{{Capacity: -1}}},
		{Slots: 1, Queues: []QueueConfig{{Capacity: MaxCapacity + 1}}},
		{Slots: 1, Queues: []QueueConfig{{MaxItem: -1}}},
		{Slots: 1, Queues: []QueueConfig{{MaxItem: maxItemLimit + 1}}},
		{Slots: 1, Queues: []QueueConfig{{MaxBytes: -1}}},
		{Slots: 1, Queues: []QueueConfig{{MaxDeliveries: MaxTries}}},
		{Slots: 1, Queues: []QueueConfig{{Readers: 2}}},
		{Slots: 1, Queues: []QueueConfig{{}}, SpillDir: "/nowhere/at/all"},
	} {
		if a, err := Create(cfg); err == nil {
			t.Errorf("Create(%+v) gives no error", cfg)
			a.Close()
		}
	}
}
