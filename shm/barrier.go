//go:build linux

package shm

import (
	"fmt"
	"time"
)

// A Barrier lets parties go on together: all wait until the last has arrived.
//
//	state: how the last 31 generations ended | broken | generation
//	row:   number of the wait << 32 | ticket | place
//
// A generation is one time that all meet. Who arrives gets the ticket of the generation to come, and passes when the barrier has come to it.
// Each slot numbers its waits from 1, and the number is part of its committed state: a replacement that arrives for the same wait again finds
// its ticket, and nobody is counted twice (models/barrier.pml). The number of those who have arrived is a hint, computed anew from the rows
// when dirty; whoever looks under the inner lock and finds that all are there opens the barrier, so that recovery need not.
//
// With an action, the one with place 0 leads: it runs the action and trips the barrier. Where that one is abandoned, or others are and the rest is
// complete without them, nobody has that place: the least of those who wait takes it, is told so by Wait and Arrive, and leads.
type Barrier struct{ *primitive }

// Barrier is primitive number i, a barrier.
func (a *Arena) Barrier(i int) Barrier { return Barrier{a.primitive(i, KindBarrier)} }

// barrierState is a barrier's word: generation (32 bits), broken (1), and for each of the last 31 generations whether it was broken.
type barrierState uint64

const barrierBroken barrierState = 1 << 32

func (b barrierState) generation() uint32 { return uint32(b) }

func (b barrierState) broken() bool { return b&barrierBroken != 0 }

// passed says whether the barrier has come to a ticket.
func (b barrierState) passed(ticket uint32) bool { return int32(b.generation()-ticket) >= 0 }

// endedBroken says whether a generation that has passed was broken; of one too long ago, that it was not.
func (b barrierState) endedBroken(ticket uint32) bool {
	ago := b.generation() - ticket
	return ago < 31 && b>>(33+ago)&1 != 0
}

// next is the state behind the end of a generation.
func (b barrierState) next(broken bool) barrierState {
	outcomes := b >> 33 << 1 & (1<<31 - 1)
	if broken {
		outcomes |= 1
	}
	return outcomes<<33 | b&barrierBroken | barrierState(b.generation()+1)
}

// Arrival is what Barrier.Arrive has found.
type Arrival struct {
	Ticket uint32 // for Barrier.Wait
	Place  int    // parties-1 for the first, 0 for the last to arrive, as threading.Barrier.wait returns
	Leads  bool   // of a barrier with an action: run it, then Trip
	Later  bool   // all parties of the generation are there already: Wait for Ticket, then arrive again
}

// Arrive arrives for the slot's n-th wait, n from 1; for a wait that it has arrived for already it gives the same again. ErrBroken says
// that the barrier is broken: threading raises BrokenBarrierError.
func (b Barrier) Arrive(s *Slot, n uint32) (Arrival, error) {
	b.primitive.lock(s)
	defer b.wake()
	defer b.unlock()
	b.repair()
	row := b.rowOf(s.index)
	state := barrierState(b.head.state.Load())
	if word := row.a.Load(); uint32(word>>32) == n {
		leads := b.appoint(s.index, uint32(word))
		return Arrival{Ticket: uint32(word), Place: int(row.b.Load()), Leads: leads}, nil
	}
	ticket := state.generation() + 1
	parties, here := b.Parties(), b.head.hint.Load()
	if here+1 >= parties { // exactly, as in complete: who seems to be the last may not be
		here = b.arrived()
		b.head.hint.Store(here)
	}
	switch {
	case state.broken():
		return Arrival{}, fmt.Errorf("wait at barrier %s: %w", b.c.Name, ErrBroken)
	case here >= parties:
		return Arrival{Ticket: ticket, Later: true}, nil
	default:
		place := b.place(ticket, parties, here)
		row.b.Store(uint64(place))
		crashpoint(pointBarrierPlaced)
		row.a.Store(uint64(n)<<32 | uint64(ticket))
		crashpoint(pointBarrierArrived)
		b.head.hint.Add(1)
		b.open()
		return Arrival{Ticket: ticket, Place: int(place), Leads: b.c.Action && place == 0}, nil
	}
}

// place is the place of who arrives next: Parties-1-here, or, if one that was abandoned has left a gap, the greatest that nobody has. The
// caller holds the inner lock.
func (b Barrier) place(ticket uint32, parties, here int64) int64 {
	place := max(0, parties-1-here)
	if b.has(ticket, place) {
		for place = max(0, parties-1); place > 0 && b.has(ticket, place); place-- {
		}
	}
	return place
}

// has says whether somebody has arrived with the ticket and has the place.
func (b Barrier) has(ticket uint32, place int64) bool {
	for i := range b.arena.Slots() {
		if row := b.rowOf(i); row.at(ticket) && int64(row.b.Load()) == place {
			return true
		}
	}
	return false
}

// at says whether a row of a barrier has arrived with the ticket.
func (r *primitiveRow) at(ticket uint32) bool {
	w := r.a.Load()
	return w != 0 && uint32(w) == ticket
}

// leads says whether the slot runs the action for its ticket; without the inner lock it is a hint.
func (b Barrier) leads(slot int, ticket uint32) bool {
	row := b.rowOf(slot)
	if !b.c.Action || !row.at(ticket) || barrierState(b.head.state.Load()).passed(ticket) {
		return false
	}
	mine := row.b.Load()
	if mine == 0 {
		return true
	}
	if !b.complete() {
		return false
	}
	for i := range b.arena.Slots() {
		if other := b.rowOf(i); other.at(ticket) && other.b.Load() < mine {
			return false
		}
	}
	return true
}

// appoint gives the place of the leader to a slot that leads, so that nobody else can come to it, and says whether it does. The caller holds the
// inner lock and has repaired.
func (b Barrier) appoint(slot int, ticket uint32) bool {
	if !b.leads(slot, ticket) {
		return false
	}
	b.rowOf(slot).b.Store(0)
	crashpoint(pointBarrierPlaced)
	return true
}

// open opens the barrier if all are there and no action is to be run. The caller holds the inner lock.
func (b Barrier) open() {
	if !b.c.Action && b.complete() {
		b.end(false)
	}
}

// complete says whether all have arrived. The parties are read before the rows: an abandoned slot's arrival is taken back before there is one
// party less, and it must not count as both. The hint alone may still have it.
func (b Barrier) complete() bool {
	parties := b.Parties()
	return b.head.hint.Load() >= parties && b.arrived() >= parties
}

// wanted says whether a slot that came too many for a ticket is needed after all, because one of those who were there has been abandoned.
func (b Barrier) wanted(slot int, ticket uint32) bool {
	return !b.rowOf(slot).at(ticket) && b.head.hint.Load() < b.Parties()
}

// end ends the generation. The caller holds the inner lock.
func (b Barrier) end(broken bool) {
	b.head.state.Store(uint64(barrierState(b.head.state.Load()).next(broken)))
	crashpoint(pointBarrierTripped)
	b.head.hint.Store(0)
}

// repair counts those who have arrived anew. The caller holds the inner lock; dirty is cleared first, as for queues.
func (b Barrier) repair() {
	if b.head.dirty.Load() == 0 {
		return
	}
	b.head.dirty.Store(0)
	crashpoint(pointRepairClean)
	b.head.hint.Store(b.arrived())
	b.open()
	b.deserted()
}

// arrived is how many have arrived in this generation, by their rows.
func (b Barrier) arrived() int64 {
	ticket, here := barrierState(b.head.state.Load()).generation()+1, int64(0)
	for i := range b.arena.Slots() {
		if b.rowOf(i).at(ticket) {
			here++
		}
	}
	return here
}

// Trip opens the barrier for the ticket of who leads it, once the action has been run. It may be called again.
func (b Barrier) Trip(s *Slot, ticket uint32) {
	b.primitive.lock(s)
	b.repair()
	if barrierState(b.head.state.Load()).generation()+1 == ticket {
		b.end(false)
	}
	b.unlock()
	b.wake()
}

// Wait waits until the barrier has come to a ticket. ErrBroken says that this generation was broken: by a timeout, by Abort or by Reset.
// A timeout breaks the barrier for all, as in threading. Of a barrier with an action, Ready may also say that the slot has come to lead it:
// Arrive for the same wait says which, and is to be called after each Ready.
func (b Barrier) Wait(s *Slot, ticket uint32, w Wait) (WaitResult, error) {
	for start := time.Now(); ; {
		if w.Timeout > 0 {
			w.Timeout = max(1, w.Timeout-time.Since(start))
			start = time.Now()
		}
		result, err := s.Wait([]Target{b.At(ticket)}, w)
		if err != nil {
			return result, err
		}
		if result == TimedOut {
			if b.Break(s, ticket); !b.endedBroken(ticket) {
				return Ready, nil // the last came in time
			}
		}
		if passed, err := b.Passed(ticket); err != nil || passed || result != Ready {
			return result, err
		}
		b.primitive.lock(s) // it leads, or it only seemed so: a death made the count doubtful
		b.repair()
		over := b.appoint(s.index, ticket) || b.wanted(s.index, ticket)
		b.unlock()
		b.wake()
		if over {
			return Ready, nil
		}
	}
}

// Passed says whether the barrier has come to a ticket. ErrBroken says that this generation was broken.
func (b Barrier) Passed(ticket uint32) (bool, error) {
	state := barrierState(b.head.state.Load())
	switch {
	case !state.passed(ticket):
		return false, nil
	case state.endedBroken(ticket):
		return true, fmt.Errorf("wait at barrier %s: %w", b.c.Name, ErrBroken)
	}
	return true, nil
}

// Last is the number of the slot's last wait, 0 before the first.
func (b Barrier) Last(s *Slot) uint32 { return uint32(b.rowOf(s.index).a.Load() >> 32) }

// At is what to wait for at a ticket: when it is there, Arrive says how the slot's wait stands.
func (b Barrier) At(ticket uint32) Target { return Target{WaitAtBarrier, b.index, uint64(ticket)} }

func (b Barrier) endedBroken(ticket uint32) bool {
	return barrierState(b.head.state.Load()).endedBroken(ticket)
}

// Break breaks the barrier if it has not come to the ticket: all who wait, and all who come until it is reset, get ErrBroken.
func (b Barrier) Break(s *Slot, ticket uint32) {
	b.primitive.lock(s)
	b.repair()
	if state := barrierState(b.head.state.Load()); !state.passed(ticket) {
		b.abort()
	}
	b.unlock()
	b.wake()
}

// abort breaks the barrier until it is reset. The caller holds the inner lock.
func (b Barrier) abort() {
	b.head.state.Store(uint64(b.aborted()))
	crashpoint(pointBarrierBroken)
	b.head.hint.Store(0)
}

// aborted is the state of a barrier that somebody aborts: broken until it is reset.
func (b Barrier) aborted() barrierState {
	return barrierState(b.head.state.Load()).next(true) | barrierBroken
}

// cleared is the state of a barrier that somebody resets: those who wait get ErrBroken, and it is whole again.
func (b Barrier) cleared() barrierState {
	state := barrierState(b.head.state.Load())
	if b.head.hint.Load() > 0 {
		state = state.next(true)
	}
	return state &^ barrierBroken
}

// Parties is how many must arrive.
func (b Barrier) Parties() int64 { return b.c.Value - int64(b.head.parts.Load()) }

// Waiting is how many have arrived and wait; of the moment.
func (b Barrier) Waiting() int64 {
	if b.head.dirty.Load() != 0 {
		return b.arrived()
	}
	return max(0, b.head.hint.Load())
}

// Broken says whether the barrier is broken; of the moment.
func (b Barrier) Broken() bool { return barrierState(b.head.state.Load()).broken() }

// tripped is the state once who leads a generation has opened it; as it is, if it was opened or broken before.
func (b Barrier) tripped(ticket uint32) barrierState {
	state := barrierState(b.head.state.Load())
	if state.passed(ticket) {
		return state
	}
	return state.next(false)
}
