package runtime

import (
	"errors"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// Barrier implements stages.AwaitedHost.
func (h *host) Barrier(ref stages.Ref) (stages.Barrier, error) {
	i, err := h.primitives.find("barrier", ref)
	if err != nil {
		return nil, err
	}
	return &barrier{host: h, barrier: h.arena.Barrier(i), name: h.primitives.entries[ref.Name].def.Member(ref.Member)}, nil
}

// barrier is a barrier as a chain sees it.
type barrier struct {
	host    *host
	barrier shm.Barrier
	name    string
}

// Begin implements stages.Barrier.
func (b *barrier) Begin() int {
	b.host.dirty = true
	return int(b.barrier.Last(b.host.slot)) + 1
}

// Arrive implements stages.Barrier.
func (b *barrier) Arrive(wait int) (stages.Arrival, error) {
	a, err := b.barrier.Arrive(b.host.slot, uint32(wait))
	at := stages.Arrival{Ticket: a.Ticket, Place: a.Place, Leads: a.Leads, Later: a.Later}
	if err == nil && !a.Later {
		at.Passed, err = b.barrier.Passed(a.Ticket)
	}
	if errors.Is(err, shm.ErrBroken) {
		err = stages.Failf("broken", "the barrier %s is broken", b.name)
	}
	return at, err
}

// At implements stages.Barrier.
func (b *barrier) At(ticket uint32) stages.Waiter {
	return &several{b.host, func() []shm.Target { return []shm.Target{b.barrier.At(ticket)} }}
}

// Break implements stages.Barrier.
func (b *barrier) Break(ticket uint32) { b.barrier.Break(b.host.slot, ticket) }

// Trip implements stages.Barrier.
func (b *barrier) Trip(ticket uint32) {
	b.host.effect(func(tx *shm.Tx) { tx.TripBarrier(b.barrier, ticket) })
}

// Abort implements stages.Barrier.
func (b *barrier) Abort() { b.host.effect(func(tx *shm.Tx) { tx.AbortBarrier(b.barrier) }) }

// Reset implements stages.Barrier.
func (b *barrier) Reset() { b.host.effect(func(tx *shm.Tx) { tx.ResetBarrier(b.barrier) }) }

// What becomes of a barrier when one of those who meet there, a party, ends:
//
//	                            died, and is replaced      has ended for good, and too few are left
//	on_death: wait              nothing                    nothing: the others wait
//	on_death: shrink            nothing                    it needs no more than are left
//	on_death: break             it breaks, until reset     it breaks, for good
//	without on_death            nothing                    it breaks, for good
//
// A replacement that arrives for the wait of the dead again has arrived already. Who was told that the barrier has opened before it broke goes on.

// partyDied deals with the death of a replica that will be replaced.
func (s *supervisor) partyDied(r *replica) {
	s.eachMeeting(r, func(b shm.Barrier, def *planner.Primitive, _ planner.Meeting) {
		if def.OnDeath == "break" {
			b.Desert(false)
		}
	})
}

// partyGone deals with a replica that has ended for good; its slot has been abandoned.
func (s *supervisor) partyGone(r *replica) {
	if s.stopping {
		return
	}
	s.eachMeeting(r, func(b shm.Barrier, def *planner.Primitive, m planner.Meeting) {
		left := 0
		for _, other := range s.workers(m.Workers) {
			if other.state != replicaEnded {
				left++
			}
		}
		switch {
		case left >= m.Parties || left == 0 || def.OnDeath == "wait":
		case def.OnDeath == "shrink":
			b.Shrink(m.Parties - left)
		default:
			b.Desert(true)
		}
	})
}

// eachMeeting calls visit for the barriers at which a replica may wait.
func (s *supervisor) eachMeeting(r *replica, visit func(shm.Barrier, *planner.Primitive, planner.Meeting)) {
	for i := range s.plan.Primitives {
		def := &s.plan.Primitives[i]
		for member, m := range def.Meetings {
			for _, w := range m.Workers {
				if w.Process == r.process.plan.Name && (w.Replica == planner.AllReplicas || w.Replica == r.index) {
					entry := s.primitives.entries[def.Name]
					visit(s.arena.Barrier(entry.number(member)), def, m)
					break
				}
			}
		}
	}
}
