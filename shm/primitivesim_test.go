//go:build linux

package shm

import (
	"testing"

	"pgregory.net/rapid"
)

// primitiveModel is what a lock, an owned bounded semaphore and a number are to three slots, in plain Go: what is done since the last commit,
// and what that commit has left.
type primitiveModel struct {
	arena *Arena
	slots [3]*Slot
	owner int // of the lock, -1: nobody
	kept  bool
	taken [3]int64 // of the semaphore
	saved [3]int64 // as committed
	count int64
}

const modelPermits = 3

func (m *primitiveModel) free() int64 { return modelPermits - m.taken[0] - m.taken[1] - m.taken[2] }

func (m *primitiveModel) step(t *rapid.T, s int) {
	slot, l, sem := m.slots[s], m.arena.Lock(0), m.arena.Semaphore(1)
	switch rapid.IntRange(0, 6).Draw(t, "operation") {
	case 0:
		ok, err := l.TryAcquire(slot)
		if err != nil || ok != (m.owner < 0) {
			t.Fatalf("TryAcquire gives %v, %v; the owner is %d", ok, err, m.owner)
		}
		if ok {
			m.owner, m.kept = s, false
		}
	case 1:
		if err := l.Release(slot); (err == nil) != (m.owner == s && !m.kept) {
			t.Fatalf("Release gives %v; the owner is %d, kept %v", err, m.owner, m.kept)
		} else if err == nil {
			m.owner = -1
		}
	case 2:
		if ok := sem.TryAcquire(slot); ok != (m.free() > 0) {
			t.Fatalf("the semaphore gives %v with %d", ok, m.free())
		} else if ok {
			m.taken[s]++
		}
	case 3:
		if m.taken[s] > m.saved[s] {
			if err := sem.Release(slot, 1); err != nil {
				t.Fatal(err)
			}
			m.taken[s]--
		}
	case 4, 5:
		m.commit(t, s)
	case 6:
		m.die(t, s)
	}
}

// commit adds to the number, and releases or not.
func (m *primitiveModel) commit(t *rapid.T, s int) {
	slot, l, sem, tx := m.slots[s], m.arena.Lock(0), m.arena.Semaphore(1), m.slots[s].Begin()
	add := rapid.Int64Range(-5, 5).Draw(t, "add")
	tx.Change(m.arena.Array(2), Change{Kind: Int64, Add: true, Number: IntNumber(add)})
	unlock := m.owner == s && rapid.Bool().Draw(t, "unlock")
	if unlock {
		tx.Unlock(l)
	}
	back := rapid.Int64Range(0, m.taken[s]).Draw(t, "release")
	if back > 0 {
		tx.ReleaseSemaphore(sem, back)
	}
	if err := slot.Commit(tx); err != nil {
		t.Fatal(err)
	}
	m.count += add
	m.taken[s] -= back
	m.saved[s] = m.taken[s]
	if unlock {
		m.owner = -1
	} else if m.owner == s {
		m.kept = true
	}
}

// die kills a worker; its replacement adopts, or the slot is abandoned.
func (m *primitiveModel) die(t *rapid.T, s int) {
	if err := m.arena.Recover(s); err != nil {
		t.Fatal(err)
	}
	m.taken[s] = m.saved[s]
	if m.owner == s && !m.kept {
		m.owner = -1
	}
	if want := m.taken[s] > 0 || m.owner == s; m.arena.MustReplace(s) != want {
		t.Fatalf("MustReplace gives %v", !want)
	}
	if rapid.Bool().Draw(t, "abandon") {
		if err := m.arena.Abandon(s); err != nil {
			t.Fatal(err)
		}
		m.taken[s], m.saved[s] = 0, 0
		if m.owner == s {
			m.owner = -1
		}
	}
	slot, err := m.arena.Attach(s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slot.Adopt(); err != nil {
		t.Fatal(err)
	}
	m.slots[s] = slot
}

// Random operations, commits and deaths of three slots leave what the model has.
func TestPrimitiveSimulation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, err := Create(Config{Slots: 3, Primitives: []PrimitiveConfig{
			{Kind: KindLock, Name: "l"}, {Kind: KindSemaphore, Name: "m", Value: modelPermits, Bounded: true, Owned: true}, {Kind: KindArray, Name: "n", Value: 8},
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		m := &primitiveModel{arena: a, owner: -1}
		for i := range m.slots {
			slot, err := a.Attach(i)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := slot.Adopt(); err != nil {
				t.Fatal(err)
			}
			m.slots[i] = slot
		}
		for range rapid.IntRange(1, 60).Draw(t, "operations") {
			m.step(t, rapid.IntRange(0, 2).Draw(t, "slot"))
			if a.Lock(0).Owner() != m.owner || a.Semaphore(1).Value() != m.free() || a.Array(2).Load(0, Int64).Int() != m.count {
				t.Fatalf("owner %d, semaphore %d, number %d; the model has %d, %d, %d", a.Lock(0).Owner(), a.Semaphore(1).Value(),
					a.Array(2).Load(0, Int64).Int(), m.owner, m.free(), m.count)
			}
			for _, p := range a.Check() {
				t.Fatalf("check: %v", p)
			}
		}
	})
}
