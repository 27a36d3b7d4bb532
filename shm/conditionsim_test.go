//go:build linux

package shm

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// simulated is an arena whose slots a simulation kills and replaces.
type simulated struct {
	arena *Arena
	slots []*Slot
}

func newSimulated(t *rapid.T, slots int, primitives ...PrimitiveConfig) simulated {
	a, err := Create(Config{Slots: slots, Primitives: primitives})
	if err != nil {
		t.Fatal(err)
	}
	m := simulated{a, make([]*Slot, slots)}
	for i := range m.slots {
		m.attach(t, i)
	}
	return m
}

func (m *simulated) attach(t *rapid.T, i int) {
	s, err := m.arena.Attach(i)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Adopt(); err != nil {
		t.Fatal(err)
	}
	m.slots[i] = s
}

// die kills a worker, and says whether its slot was abandoned before the replacement came.
func (m *simulated) die(t *rapid.T, i int) (abandoned bool) {
	if err := m.arena.Recover(i); err != nil {
		t.Fatal(err)
	}
	if abandoned = rapid.Bool().Draw(t, "abandon"); abandoned {
		if err := m.arena.Abandon(i); err != nil {
			t.Fatal(err)
		}
	}
	m.attach(t, i)
	return abandoned
}

func (m *simulated) commit(t *rapid.T, i int, fill func(tx *Tx)) {
	tx := m.slots[i].Begin()
	fill(tx)
	if err := m.slots[i].Commit(tx); err != nil {
		t.Fatal(err)
	}
}

func (m *simulated) check(t *rapid.T) {
	for _, p := range m.arena.Check() {
		t.Fatalf("check: %v", p)
	}
}

const simulationSlots = 4

// conditionWait is one slot's wait in plain Go.
type conditionWait struct {
	n         uint64 // its number, 0 before the first
	notified  bool
	left      bool   // Leave was called, or it is over for another reason
	gaveUp    bool   // it left without a notification
	committed uint64 // the last wait that a commit has written down
	open      bool   // as that commit found it, it was not over
}

// conditionModel is a condition and an event to slots, in plain Go. line is the slots that wait, in the order in which they came.
type conditionModel struct {
	simulated
	waits [simulationSlots]conditionWait
	line  []int
	set   bool
}

func (m *conditionModel) step(t *rapid.T, i int) {
	l, c := m.arena.Lock(0), m.arena.Condition(1)
	if ok, err := l.TryAcquire(m.slots[i]); !ok || err != nil {
		t.Fatalf("the lock is not free: %v", err)
	}
	w := &m.waits[i]
	waiting := w.n > 0 && !w.left
	switch op := rapid.IntRange(0, 5).Draw(t, "operation"); {
	case op < 2 && !waiting:
		if err := c.Enter(m.slots[i], w.n+1); err != nil {
			t.Fatal(err)
		}
		*w = conditionWait{n: w.n + 1, committed: w.committed, open: w.open}
		m.line = append(m.line, i)
	case op < 2 || op == 2 && waiting:
		if got := c.Leave(m.slots[i], w.n); got != w.notified {
			t.Fatalf("Leave gives %v", got)
		}
		w.left, w.gaveUp = true, !w.notified
		m.line = slices.DeleteFunc(m.line, func(j int) bool { return j == i })
	case op == 3:
		n := rapid.IntRange(-1, 3).Draw(t, "notify")
		m.save(t, i, func(tx *Tx) { tx.Notify(c, int64(n)) })
		m.notify(n, i)
	case op == 4:
		m.set = rapid.Bool().Draw(t, "set")
		if rapid.Bool().Draw(t, "at once") {
			m.arena.Event(2).Set(m.slots[i], m.set)
		} else {
			m.save(t, i, func(tx *Tx) {
				tx.SetEvent(m.arena.Event(2), !m.set)
				tx.SetEvent(m.arena.Event(2), m.set)
			})
		}
	}
	if rapid.IntRange(0, 2).Draw(t, "die") == 0 {
		m.kill(t, i)
		return
	}
	m.save(t, i, func(*Tx) {})
	m.commit(t, i, func(tx *Tx) { tx.Unlock(l) })
}

// save commits, which writes down how the slot's wait stands.
func (m *conditionModel) save(t *rapid.T, i int, fill func(tx *Tx)) {
	m.commit(t, i, fill)
	w := &m.waits[i]
	w.committed, w.open = w.n, w.n > 0 && !w.left
}

// notify makes the first n go on, all with n < 0, but not the slot that notifies.
func (m *conditionModel) notify(n, but int) {
	m.line = slices.DeleteFunc(m.line, func(j int) bool {
		if j == but || n == 0 {
			return false
		}
		n--
		m.waits[j].notified = true
		return true
	})
}

// kill: what was not committed is undone; what an abandoned slot was notified for is everybody's.
func (m *conditionModel) kill(t *rapid.T, i int) {
	abandoned, w := m.die(t, i), &m.waits[i]
	l := m.arena.Lock(0)
	if l.Holds(m.slots[i]) > 0 {
		m.commit(t, i, func(tx *Tx) { tx.Unlock(l) })
	}
	all := false
	if w.n != w.committed { // the wait is undone
		all = w.notified && !w.left
		*w = conditionWait{n: w.committed, notified: true, left: true, committed: w.committed, open: w.open}
	}
	if abandoned && w.n > 0 && !w.gaveUp {
		all = all || w.notified && !w.left || w.left && w.open
		w.left, w.gaveUp, w.notified = true, true, false
	}
	w.open = w.open && !abandoned
	m.line = slices.DeleteFunc(m.line, func(j int) bool { return j == i && w.left })
	if !abandoned && w.open && w.left && w.n == w.committed { // the replacement comes to the end of the wait again
		if got := m.arena.Condition(1).Leave(m.slots[i], w.n); got != !w.gaveUp {
			t.Fatalf("Leave gives %v the second time", got)
		}
	}
	if all {
		m.notify(-1, -1)
	}
}

func (m *conditionModel) compare(t *rapid.T) {
	c := m.arena.Condition(1)
	var line []int
	for _, w := range c.waiters() {
		line = append(line, w.slot)
	}
	if !slices.Equal(line, m.line) || c.Waiting() != len(m.line) {
		t.Fatalf("slots %v wait, in the model %v", line, m.line)
	}
	for i, w := range m.waits {
		if w.n > 0 && c.over(i, w.n) != (w.left || w.notified) {
			t.Fatalf("the wait of slot %d is over: %v; in the model %+v", i, !w.left && !w.notified, w)
		}
	}
	if m.arena.Event(2).IsSet() != m.set {
		t.Fatalf("the event is set: %v", !m.set)
	}
	m.check(t)
}

// Random waits, notifications, commits and deaths leave who waits, in which order, and who was told, as the model has it.
func TestConditionSimulation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &conditionModel{simulated: newSimulated(t, simulationSlots, PrimitiveConfig{Kind: KindLock, Name: "l"},
			PrimitiveConfig{Kind: KindCondition, Name: "c", Lock: 0}, PrimitiveConfig{Kind: KindEvent, Name: "e"})}
		defer m.arena.Close()
		slot := 0
		for range rapid.IntRange(40, 100).Draw(t, "operations") {
			slot = (slot + rapid.IntRange(0, simulationSlots-1).Draw(t, "further")) % simulationSlots // small numbers are drawn most often
			m.step(t, slot)
			m.compare(t)
		}
	})
}
