//go:build linux

package main

import "github.com/mprun/mprun/shm"

// meet waits at the barrier without an action.
func (p *party) meet() error {
	b := p.arena.Barrier(partyMeet)
	for {
		arrival, err := b.Arrive(p.slot, uint32(p.met+1))
		if err != nil {
			return err
		}
		if err := ready(b.Wait(p.slot, arrival.Ticket, shm.Wait{})); err != nil {
			return err
		}
		if !arrival.Later {
			break
		}
	}
	p.met++
	return p.commit(nothing)
}

// lead waits at the barrier with an action. Who leads raises count 4 in a commit, which remembers for which wait, and opens the barrier.
func (p *party) lead() error {
	b, n := p.arena.Barrier(partyLed), p.led+1
	for over := false; !over; {
		arrival, err := b.Arrive(p.slot, uint32(n))
		if err != nil {
			return err
		}
		if arrival.Leads {
			if err := p.act(n); err != nil {
				return err
			}
			if err := p.trip(b, arrival.Ticket); err != nil {
				return err
			}
		}
		if err := ready(b.Wait(p.slot, arrival.Ticket, shm.Wait{})); err != nil {
			return err
		}
		if arrival.Later {
			continue
		}
		again, err := b.Arrive(p.slot, uint32(n)) // it may have come to lead
		if err != nil {
			return err
		}
		over = !again.Leads
	}
	p.led = n
	return p.commit(nothing)
}

// trip opens the barrier: by itself, or, as chains do, in a commit.
func (p *party) trip(b shm.Barrier, ticket uint32) error {
	if p.round%2 == 0 {
		return p.save(func(tx *shm.Tx) { tx.TripBarrier(b, ticket) })
	}
	b.Trip(p.slot, ticket)
	return nil
}

// act does the action for the member's n-th wait, unless a predecessor has.
func (p *party) act(n uint64) error {
	if p.acted == n {
		return nil
	}
	p.acted = n
	return p.save(func(tx *shm.Tx) {
		tx.Change(p.arena.Array(partyCounts), shm.Change{Off: 32, Kind: shm.Int64, Add: true, Number: shm.IntNumber(1)})
	})
}
