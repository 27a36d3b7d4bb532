//go:build linux

package shm

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// busyArena is an arena with something in every part: waiting, leased, reserved and free blocks, state, a record, held leases, a wait record.
func busyArena(t testing.TB) *Arena {
	a, err := Create(Config{
		Slots: 3, SpillDir: t.TempDir(), Primitives: partyPrimitives,
		Queues: []QueueConfig{{Name: "q", Capacity: 8, MaxItem: 1000}, {Name: "spill", MaxItem: 1000}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	for i := range a.Queues() {
		q, s := a.Queue(i), attach(t, a, i)
		for range 3 {
			put(t, q, s, 2, "payload")
		}
		b := lease(t, q, s)
		tx := s.Begin()
		tx.Advance(b, 1)
		tx.State([]byte("state"))
		tx.Continue(true)
		tx.SetEvent(a.Event(5), true)
		tx.ReleaseSemaphore(a.Semaphore(3), 1)
		tx.Change(a.Array(7), Change{Off: 8, Kind: Int64, Add: true, Number: IntNumber(1)})
		tx.Change(a.Array(8), Change{Off: leastStripe - 1, Bytes: []byte("text")})
		_, _ = a.Lock(i).TryAcquire(s)
		a.Semaphore(2).TryAcquire(s)
		if i == 0 { // the slot that has the condition's lock
			if err := a.Condition(4).Enter(s, 1); err != nil {
				t.Fatal(err)
			}
		}
		for _, b := range []Barrier{a.Barrier(6), a.Barrier(9)} {
			if _, err := b.Arrive(s, 1); err != nil {
				t.Fatal(err)
			}
		}
		commit(t, s, tx)
		double(t, a.Array(8), s)
		reserve(t, q, s, 1, "more")
		s.recordWait([]Target{{Kind: WaitToRead}}, Wait{})
	}
	return a
}

// Whatever the mapped words are, nothing faults, hangs or panics: each call gives a result or an error, and Check reports.
func FuzzCorruptMemory(f *testing.F) {
	f.Add([]byte{})
	f.Add(binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(nil, 4096+192), 1<<63))
	f.Add(slices.Repeat([]byte{0xff}, 120))
	seedPrimitives(f)
	f.Fuzz(func(t *testing.T, patches []byte) {
		a := busyArena(t)
		l := a.layout
		// Each patch is an offset and eight bytes, in everything before the payloads.
		end := l.queues[0].payload
		for ; len(patches) >= 12; patches = patches[12:] {
			off := int64(binary.LittleEndian.Uint32(patches)) % (end/8 - 1) * 8
			copy(a.mem[off:], patches[4:12])
		}
		a.Check()
		a.Stats()
		a.CycleQuiet([]int{0, 1}, []int{0, 1, 2})
		for slot := range 3 {
			if w, ok := a.Waits(slot); ok {
				for _, t := range w.Targets {
					a.There(slot, t)
				}
			}
			for _, t := range everyTarget(a) {
				a.There(slot, t)
			}
		}
		// A lock word of nonsense makes everybody wait for an owner that is not there; the others go on.
		for i := range a.queues {
			a.queues[i].head.lock.word.Store(0)
		}
		for i := range a.primitives {
			p := &a.primitives[i]
			p.head.lock.word.Store(0)
			for j := range p.c.stripes() {
				if p.c.Kind == KindArray {
					(Array{p}).stripeLock(int(j)).word.Store(0)
				}
			}
		}
		for slot := range 3 {
			exercise(a, slot)
		}
		a.Check()
	})
}

// seedPrimitives adds a seed for each word of the primitives and their rows, and of the locks and sides of stripes: they are a small part of the arena.
func seedPrimitives(f *testing.F) {
	l := busyArena(f).layout
	seed := func(off, words int64, value uint64) {
		for i := range words {
			f.Add(binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(nil, uint32(off/8+i)), value))
		}
	}
	for i := range int64(len(l.primitives)) {
		seed(l.primitiveHeads+i*primitiveBytes+primitiveBytes/2, 8, 1<<63|0x20001)
		if p := &l.primitives[i]; p.Kind == KindArray {
			seed(p.stripes, 2, 0x20001)
		}
	}
	seed(l.primitiveRows, 3*4*int64(l.withRows), 1<<63|7)
}

// exercise does what a replacement would do, with whatever comes back.
func exercise(a *Arena, slot int) {
	if a.Recover(slot) != nil {
		return
	}
	_ = a.Abandon(slot)
	s, err := a.Attach(slot)
	if err != nil {
		return
	}
	if _, err := s.Adopt(); err != nil {
		return
	}
	touch(a, s)
	for i := range a.Queues() {
		q := a.Queue(i)
		tx := s.Begin()
		if b, status, err := q.Reserve(s, 3, 100); err == nil && status == Reserved {
			if _, err := b.Write([]byte("x")); err == nil {
				tx.Publish(b, 1)
			}
		}
		if b, status, err := q.Lease(s); err == nil && status == Leased {
			_, _ = b.Payload()
			tx.Advance(b, b.Cursor()+1)
		}
		if s.Commit(tx) != nil {
			return
		}
	}
}

// touch uses each primitive, waiting for nothing longer than a moment.
func touch(a *Arena, s *Slot) {
	w := Wait{Timeout: time.Microsecond}
	for i := range 2 {
		_, _ = a.Lock(i).Acquire(s, w)
	}
	_, _ = a.Semaphore(2).Acquire(s, w)
	_ = a.Condition(4).Enter(s, 9)
	_, _ = a.Condition(4).Wait(s, 9, w)
	a.Condition(4).Leave(s, 9)
	_, _ = a.Event(5).Wait(s, w)
	for _, b := range []Barrier{a.Barrier(6), a.Barrier(9)} {
		if arrival, err := b.Arrive(s, 9); err == nil {
			_, _ = b.Wait(s, arrival.Ticket, w)
			b.Trip(s, arrival.Ticket)
		}
		b.Shrink(1)
	}
	tx := s.Begin()
	for i := range int64(4) {
		tx.Change(a.Array(7), Change{Off: 8 * i, Kind: Int64, Add: true, Number: IntNumber(1)})
	}
	tx.Change(a.Array(8), Change{Off: leastStripe - 1, Bytes: []byte("text")})
	tx.ReleaseSemaphore(a.Semaphore(3), 1)
	tx.ResetBarrier(a.Barrier(6))
	tx.AbortBarrier(a.Barrier(9))
	tx.SetEvent(a.Event(5), false)
	if a.Lock(0).Holds(s) > 0 {
		tx.Notify(a.Condition(4), -1)
		tx.Unlock(a.Lock(0))
	}
	_ = s.Commit(tx)
	_ = a.Semaphore(2).Release(s, 1)
	a.Event(5).Set(s, true)
	if a.Array(8).Rewrite(s, 8, a.Array(8).Len(), func(fresh, old []byte, _ int64) error { copy(fresh, old); return nil }) == nil {
		_ = s.Commit(s.Begin())
	}
	s.DropRewritten()
	_ = a.Array(8).Read(make([]byte, 100), leastStripe-50)
	observe(a)
}

// observe reads what the primitives say of themselves.
func observe(a *Arena) {
	for i := range a.Primitives() {
		switch a.Primitive(i).Kind {
		case KindLock:
			a.Lock(i).Locked()
			a.Lock(i).Owner()
		case KindSemaphore:
			a.Semaphore(i).Value()
		case KindCondition:
			a.Condition(i).Waiting()
		case KindEvent:
			a.Event(i).IsSet()
		case KindBarrier:
			a.Barrier(i).Waiting()
			a.Barrier(i).Broken()
			a.Barrier(i).Parties()
		case KindArray:
			a.Array(i).Load(0, Int64)
		}
	}
}

// effectLogs are real logs of effects: of a commit that changes a primitive of each kind, and of one of rewritten stripes.
func effectLogs(t testing.TB) [][]byte {
	a, slots := newPrimitives(t, 2, partyPrimitives...)
	for _, s := range slots { // one waits, the other notifies
		_, _ = a.Lock(0).TryAcquire(s)
		tx := s.Begin()
		if err := a.Condition(4).Enter(s, 1); err != nil {
			t.Fatal(err)
		}
		a.Semaphore(2).TryAcquire(s)
		tx.Change(a.Array(7), Change{Off: 8, Kind: Int64, Number: IntNumber(3)})
		tx.Change(a.Array(8), Change{Off: leastStripe - 1, Bytes: []byte("text")})
		tx.SetEvent(a.Event(5), false)
		tx.AbortBarrier(a.Barrier(6))
		tx.ReleaseSemaphore(a.Semaphore(3), 2)
		tx.Notify(a.Condition(4), -1)
		tx.Unlock(a.Lock(0))
		commit(t, s, tx)
	}
	logs := [][]byte{slices.Clone(slots[1].images)}
	double(t, a.Array(8), slots[0])
	return append(logs, slices.Clone(slots[0].images))
}

// The seeds of FuzzEffects have an effect on each kind of primitive that commits change, in each of its forms.
func TestEffectLogsHaveEveryKind(t *testing.T) {
	a, _ := newPrimitives(t, 2, partyPrimitives...)
	seen := make(map[string]bool)
	for _, log := range effectLogs(t) {
		err := a.eachEffect(log, func(p *primitive, arg uint64, _ []byte) {
			form := "changed"
			switch {
			case p.c.Kind == KindCondition && arg == conditionEntered:
				form = "entered"
			case p.c.Kind == KindArray && int64(arg) < 0:
				form = "turned over"
			}
			seen[fmt.Sprint(p.c.Kind, " ", form)] = true
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"semaphore changed", "condition changed", "condition entered", "event changed", "barrier changed", "array changed", "array turned over",
	} {
		if !seen[want] {
			t.Errorf("no log has: %s", want)
		}
	}
}

// A dead one's log of effects may be any bytes: an error, or effects inside the arena.
func FuzzEffects(f *testing.F) {
	a := busyArena(f)
	for _, log := range effectLogs(f) {
		f.Add(log)
	}
	f.Add([]byte{8, 0, 0, 0, 8, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{4, 0, 0, 0, 8, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{8, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, log []byte) {
		before := make([]byte, 64)
		copy(before, a.mem)
		stored := 0
		err := a.eachEffect(log, func(p *primitive, arg uint64, image []byte) {
			a.storeEffect(2, p, arg, image)
			stored += effectHead + int(roundUp(int64(len(image)), 8))
		})
		if err == nil && stored != len(log) {
			t.Errorf("%d of %d bytes were stored without an error", stored, len(log))
		}
		if string(before) != string(a.mem[:64]) {
			t.Error("the header of the arena has changed")
		}
	})
}

// Open refuses or gives an arena that can be used, whatever the header says.
func FuzzOpen(f *testing.F) {
	f.Add(uint16(0), uint64(0), int64(0))
	f.Add(uint16(8), uint64(1), int64(-1))
	f.Add(uint16(4096), uint64(1<<40), int64(5000))
	f.Fuzz(func(t *testing.T, at uint16, mask uint64, size int64) {
		a, err := Create(Config{
			Slots: 2, SpillDir: t.TempDir(), Queues: []QueueConfig{{Name: "q", Capacity: 8}, {Name: "spill"}}, Primitives: partyPrimitives,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		prefix := slices.Clone(a.mem[:3*pageBytes])
		off := int(at) % (len(prefix) - 8)
		binary.LittleEndian.PutUint64(prefix[off:], binary.LittleEndian.Uint64(prefix[off:])^mask)
		length := a.layout.size
		if size > 0 && size < 1<<30 {
			length = size
		}
		file, err := createMemory("fuzz", length)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteAt(prefix[:min(int64(len(prefix)), length)], 0); err != nil {
			t.Fatal(err)
		}
		files := dupFiles(t, a)
		if err := files[0].Close(); err != nil {
			t.Fatal(err)
		}
		files[0] = file
		b, err := Open(files)
		if err != nil {
			return
		}
		b.Check()
		b.Stats()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
}

// An arena's memory cannot be taken away by shrinking the file.
func TestSealed(t *testing.T) {
	a := newArena(t, 1)
	for _, f := range a.Files() {
		if err := unix.Ftruncate(int(f.Fd()), 0); err == nil {
			t.Errorf("%s can be shrunk", f.Name())
		}
	}
}
