//go:build linux

package main

import (
	"errors"
	"fmt"

	"github.com/mprun/mprun/shm"
)

// The primitives of a reunion, as numbers of the arena's configuration.
const (
	reunionMeet = iota // a barrier of three, which each death breaks
	reunionMend        // a barrier of three with an action, which no death breaks unless it is for good
)

// Members of a reunion meet so many times. Each death breaks the barrier where they meet, and in every second round member 2 gives its wait up
// itself, once. Who finds the barrier broken comes to the second one, whose leader resets the first in the commit that opens the second: nobody
// waits at the first then, so no reset breaks a wait. How a time that they meet ends is the same for all, so all have met equally often.
// Where the second barrier is broken, somebody has gone for good, and the member ends.
type reunion struct {
	*worker
	member, rounds uint64
	reunionState
}

// reunionState is what a member has committed.
type reunionState struct {
	round  uint64 // times that all have met
	met    uint64 // waits at the first barrier that are over
	mended uint64 // waits at the second barrier that are over
	broken uint64 // 1: the first barrier was found broken, and not mended since
	gaveUp uint64 // the last round, from 1, in which the member has given up a wait
	ended  uint64 // 1: the second barrier is broken
}

func (w *worker) reunion(slot, rounds int) error {
	r := &reunion{worker: w, member: uint64(slot), rounds: uint64(rounds)}
	if len(w.log) > 0 {
		if err := w.restore(r.numbers()); err != nil {
			return err
		}
	}
	for r.round < r.rounds && r.ended == 0 {
		do := r.meet
		if r.broken != 0 {
			do = r.mend
		}
		if err := do(); err != nil {
			return fmt.Errorf("round %d: %w", r.round, err)
		}
	}
	return nil
}

func (r *reunion) numbers() []*uint64 {
	return []*uint64{&r.round, &r.met, &r.mended, &r.broken, &r.gaveUp, &r.ended}
}

// commit commits a transaction with the member's state.
func (r *reunion) commit(fill func(tx *shm.Tx)) error {
	return r.commitState(r.numbers(), fill)
}

// meet waits at the first barrier, and remembers how it has ended.
func (r *reunion) meet() error {
	err := r.wait(reunionMeet, r.met+1, func(b shm.Barrier, arrival shm.Arrival) error {
		if r.member == 2 && r.round%2 == 0 && r.gaveUp != r.round+1 {
			r.gaveUp = r.round + 1
			b.Break(r.slot, arrival.Ticket)
		}
		return nil
	})
	r.met++
	switch {
	case err == nil:
		r.round++
	case errors.Is(err, shm.ErrBroken):
		r.broken = 1
	default:
		return err
	}
	return r.commit(nothing)
}

// mend waits until all have found the first barrier broken. Who leads makes it whole.
func (r *reunion) mend() error {
	err := r.wait(reunionMend, r.mended+1, func(b shm.Barrier, arrival shm.Arrival) error {
		if !arrival.Leads {
			return nil
		}
		return r.commit(func(tx *shm.Tx) {
			tx.TripBarrier(b, arrival.Ticket)
			tx.ResetBarrier(r.arena.Barrier(reunionMeet))
		})
	})
	r.mended++
	r.broken = 0
	switch {
	case errors.Is(err, shm.ErrBroken):
		r.ended = 1
	case err != nil:
		return err
	}
	return r.commit(nothing)
}

// wait waits at a barrier for the member's n-th time there, and calls arrived whenever it has arrived.
func (r *reunion) wait(barrier int, n uint64, arrived func(shm.Barrier, shm.Arrival) error) error {
	b := r.arena.Barrier(barrier)
	for {
		arrival, err := b.Arrive(r.slot, uint32(n))
		if err != nil {
			return err
		}
		if err := arrived(b, arrival); err != nil {
			return err
		}
		if err := ready(b.Wait(r.slot, arrival.Ticket, shm.Wait{})); err != nil {
			return err
		}
		if arrival.Later {
			continue
		}
		if passed, err := b.Passed(arrival.Ticket); passed || err != nil {
			return err
		}
	}
}
