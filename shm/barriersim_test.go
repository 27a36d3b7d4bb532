//go:build linux

package shm

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// barrierModel is a barrier to slots, in plain Go.
type barrierModel struct {
	simulated
	action        bool
	parties, gone int
	generation    uint32
	broken        bool
	endedBroken   map[uint32]bool
	uneven        bool // in this generation somebody was abandoned, or has gone
	at            [simulationSlots]struct {
		n, ticket uint32 // ticket 0: it has not arrived
		place     int
	}
	leader int // who was told to run the action of this generation, -1 for nobody
}

func (m *barrierModel) barrier() Barrier { return m.arena.Barrier(0) }

// here is how many have arrived in this generation.
func (m *barrierModel) here() int {
	n := 0
	for i := range m.at {
		if m.at[i].ticket == m.generation+1 {
			n++
		}
	}
	return n
}

func (m *barrierModel) left() int { return m.parties - m.gone }

func (m *barrierModel) end(broken bool) {
	m.generation++
	m.endedBroken[m.generation] = broken
	m.uneven, m.leader = false, -1
}

func (m *barrierModel) open() {
	if !m.action && m.here() >= m.left() {
		m.end(false)
	}
}

func (m *barrierModel) step(t *rapid.T, i int) {
	b, s, me := m.barrier(), m.slots[i], &m.at[i]
	switch rapid.IntRange(0, 9).Draw(t, "operation") {
	case 0, 1, 2, 3:
		m.arrive(t, i)
	case 4:
		m.wait(t, i)
	case 5: // who leads trips; anybody may trip what is over
		if m.leader == i {
			b.Trip(s, me.ticket)
			m.end(false)
		} else if m.generation > 0 {
			b.Trip(s, m.generation)
		}
	case 6:
		if rapid.Bool().Draw(t, "abort") {
			m.commit(t, i, func(tx *Tx) { tx.AbortBarrier(b) })
			m.end(true)
			m.broken = true
			return
		}
		m.commit(t, i, func(tx *Tx) { tx.ResetBarrier(b) })
		if m.here() > 0 {
			m.end(true)
		}
		m.broken = false
	case 7:
		if me.ticket == 0 {
			return
		}
		b.Break(s, me.ticket)
		if me.ticket > m.generation {
			m.end(true)
			m.broken = true
		}
	case 8:
		if m.die(t, i) && me.ticket > m.generation {
			me.ticket, m.uneven = 0, true
			if m.leader == i {
				m.leader = -1
			}
		}
	case 9:
		if m.left() > 1 {
			m.gone++
			m.uneven = true
			b.Shrink(m.gone)
			m.open()
		}
	}
}

// arrive arrives for the slot's wait, which is a new one if the last is over.
func (m *barrierModel) arrive(t *rapid.T, i int) {
	me := &m.at[i]
	again := me.ticket > m.generation
	if !again {
		me.n++
	}
	got, err := m.barrier().Arrive(m.slots[i], me.n)
	switch here := m.here(); {
	case again:
		if err != nil || got.Ticket != me.ticket || got.Later || m.leader == i && !got.Leads {
			t.Fatalf("slot %d arrives again: %+v, %v", i, got, err)
		}
	case m.broken:
		if !errors.Is(err, ErrBroken) {
			t.Fatalf("slot %d arrives at a broken barrier: %+v, %v", i, got, err)
		}
		me.ticket = 0
		return
	case here >= m.left():
		if err != nil || !got.Later || got.Ticket != m.generation+1 {
			t.Fatalf("slot %d comes too many: %+v, %v", i, got, err)
		}
		me.ticket = 0
		return
	default:
		if err != nil || got.Later || got.Ticket != m.generation+1 || !m.uneven && got.Place != m.left()-1-here {
			t.Fatalf("slot %d arrives behind %d of %d: %+v, %v", i, here, m.left(), got, err)
		}
		me.ticket = got.Ticket
	}
	me.place = got.Place
	for j := range m.at {
		if j != i && m.at[j].ticket == me.ticket && m.at[j].place == got.Place {
			t.Fatalf("slots %d and %d have place %d", i, j, got.Place)
		}
	}
	if got.Leads {
		if !m.action || m.leader >= 0 && m.leader != i {
			t.Fatalf("slot %d leads beside %d", i, m.leader)
		}
		m.leader = i
	}
	m.open()
}

// wait waits where that is over at once.
func (m *barrierModel) wait(t *rapid.T, i int) {
	me := m.at[i]
	if me.ticket == 0 || me.ticket > m.generation {
		return
	}
	result, err := m.barrier().Wait(m.slots[i], me.ticket, Wait{Timeout: time.Hour})
	if result != Ready || errors.Is(err, ErrBroken) != m.endedBroken[me.ticket] && m.generation-me.ticket < 31 {
		t.Fatalf("Wait for ticket %d gives %v, %v", me.ticket, result, err)
	}
}

func (m *barrierModel) compare(t *rapid.T) {
	b := m.barrier()
	b.primitive.lock(m.slots[0]) // as whoever looks next
	b.repair()
	b.unlock()
	state := barrierState(b.head.state.Load())
	if state.generation() != m.generation || b.Broken() != m.broken || b.Waiting() != int64(m.here()) || b.Parties() != int64(m.left()) {
		t.Fatalf("generation %d, broken %v, %d of %d wait; the model has %d, %v, %d of %d", state.generation(), b.Broken(), b.Waiting(), b.Parties(),
			m.generation, m.broken, m.here(), m.left())
	}
	leads := 0
	for i := range m.at {
		if m.at[i].ticket == m.generation+1 && b.leads(i, m.at[i].ticket) {
			leads++
		}
	}
	if m.action && (leads > 1 || leads == 0 && m.here() >= m.left()) {
		t.Fatalf("%d lead, where %d of %d wait", leads, m.here(), m.left())
	}
	m.check(t)
}

// Random arrivals, actions, aborts, resets, deaths and parties that go leave the barrier as the model has it, and never two who lead.
func TestBarrierSimulation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &barrierModel{
			action: rapid.Bool().Draw(t, "action"), parties: rapid.SampledFrom([]int{3, 4, 2, 1}).Draw(t, "parties"), leader: -1,
			endedBroken: make(map[uint32]bool),
		}
		m.simulated = newSimulated(t, simulationSlots, PrimitiveConfig{Kind: KindBarrier, Name: "b", Value: int64(m.parties), Action: m.action})
		defer m.arena.Close()
		slot := 0
		for range rapid.IntRange(40, 100).Draw(t, "operations") {
			slot = (slot + rapid.IntRange(0, simulationSlots-1).Draw(t, "further")) % simulationSlots // small numbers are drawn most often
			m.step(t, slot)
			m.compare(t)
		}
	})
}
