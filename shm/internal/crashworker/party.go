//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/mprun/mprun/shm"
)

// The primitives of a party, as numbers of the arena's configuration.
const (
	partyLock = iota
	partyRecursive
	partySlots // a semaphore of two, owned
	partySignal
	partyChanged // a condition of partyLock
	partyOpen    // an event
	partyMeet    // a barrier of three
	partyCounts  // five numbers
	partyWide    // an array of several stripes, rewritten in thirds
	partyLed     // a barrier of three with an action
)

// Each of three members goes through rounds of steps. What it has committed is its step and its numbers of waits, so that a replacement goes
// on in the middle. Counts 0 to 2 are raised by one in each member's round: under a lock by load and store, under a recursive lock that is
// kept over a commit, and by adding under a semaphore. Count 3 is the round that the condition announces, count 4 is raised by the action of a
// barrier. Member 1 has nothing to do that others wait for but to come: it may be abandoned.
type party struct {
	*worker
	member, rounds int
	partyState
}

// partyState is what a member has committed.
type partyState struct {
	round, step uint64
	met, led    uint64 // waits at the two barriers that are over
	acted       uint64 // the last wait at the second for which the action was done
	waits       uint64 // waits for the condition that are over
}

const partySteps = 14

func (w *worker) party(slot, rounds int) error {
	p := &party{worker: w, member: slot, rounds: rounds}
	if len(w.log) > 0 {
		if err := w.restore(p.numbers()); err != nil {
			return err
		}
	}
	for p.round < uint64(rounds) {
		if err := p.do(); err != nil {
			return fmt.Errorf("round %d, step %d: %w", p.round, p.step, err)
		}
	}
	return nil
}

// numbers is the state in the order in which it is written.
func (s *partyState) numbers() []*uint64 {
	return []*uint64{&s.round, &s.step, &s.met, &s.led, &s.acted, &s.waits}
}

// commit commits a transaction with the step behind this one.
func (p *party) commit(fill func(tx *shm.Tx)) error {
	if p.step++; p.step == partySteps {
		p.round, p.step = p.round+1, 0
	}
	return p.save(fill)
}

func (p *party) save(fill func(tx *shm.Tx)) error { return p.commitState(p.numbers(), fill) }

func nothing(*shm.Tx) {}

func (p *party) lock(i int) shm.Lock { return p.arena.Lock(i) }

func (p *party) count(i int64) int64 {
	return p.arena.Array(partyCounts).Load(8*i, shm.Int64).Int()
}

func (p *party) set(tx *shm.Tx, i, n int64) {
	tx.Change(p.arena.Array(partyCounts), shm.Change{Off: 8 * i, Kind: shm.Int64, Number: shm.IntNumber(n)})
}

// ready makes an error of a wait that ended for another reason.
func ready(result shm.WaitResult, err error) error {
	if err == nil && result != shm.Ready {
		return fmt.Errorf("the wait gives %v", result)
	}
	return err
}

func (p *party) do() error {
	switch p.step {
	case 0, 9:
		return p.meet()
	case 1:
		return p.locked()
	case 2:
		return p.keep()
	case 3:
		return p.kept()
	case 4:
		if err := ready(p.arena.Semaphore(partySlots).Acquire(p.slot, shm.Wait{})); err != nil {
			return err
		}
		return p.commit(nothing)
	case 5:
		return p.commit(func(tx *shm.Tx) {
			tx.Change(p.arena.Array(partyCounts), shm.Change{Off: 16, Kind: shm.Int64, Add: true, Number: shm.IntNumber(1)})
			tx.ReleaseSemaphore(p.arena.Semaphore(partySlots), 1)
		})
	case 6:
		return p.signal()
	case 7:
		return p.announce()
	case 8:
		return p.open()
	case 10:
		return p.commit(func(tx *shm.Tx) {
			if p.member == 2 {
				tx.SetEvent(p.arena.Event(partyOpen), false)
			}
		})
	case 11:
		return p.rewrite()
	case 12:
		return p.reset()
	default:
		return p.lead()
	}
}

// locked raises count 0 by a load and a store, in one commit with the release.
func (p *party) locked() error {
	if p.lock(partyLock).Holds(p.slot) == 0 {
		if err := ready(p.lock(partyLock).Acquire(p.slot, shm.Wait{})); err != nil {
			return err
		}
	}
	return p.commit(func(tx *shm.Tx) {
		p.set(tx, 0, p.count(0)+1)
		tx.Unlock(p.lock(partyLock))
	})
}

// keep takes the recursive lock twice, and keeps it over the commit.
func (p *party) keep() error {
	for range 2 {
		if err := ready(p.lock(partyRecursive).Acquire(p.slot, shm.Wait{})); err != nil {
			return err
		}
	}
	return p.commit(nothing)
}

func (p *party) kept() error {
	if n := p.lock(partyRecursive).Holds(p.slot); n != 2 {
		return fmt.Errorf("the lock is held %d times", n)
	}
	return p.commit(func(tx *shm.Tx) {
		p.set(tx, 1, p.count(1)+1)
		tx.Unlock(p.lock(partyRecursive))
		tx.Unlock(p.lock(partyRecursive))
	})
}

// signal: member 0 releases for the two others.
func (p *party) signal() error {
	m := p.arena.Semaphore(partySignal)
	if p.member == 0 {
		return p.commit(func(tx *shm.Tx) {
			tx.ReleaseSemaphore(m, 1)
			tx.ReleaseSemaphore(m, 1)
		})
	}
	if err := ready(m.Acquire(p.slot, shm.Wait{})); err != nil {
		return err
	}
	return p.commit(nothing)
}

// announce: member 0 says under the lock that the round is on, the others wait for the condition.
func (p *party) announce() error {
	l, c := p.lock(partyLock), p.arena.Condition(partyChanged)
	if l.Holds(p.slot) == 0 {
		if err := ready(l.Acquire(p.slot, shm.Wait{})); err != nil {
			return err
		}
	}
	for p.member != 0 && p.count(3) < int64(p.round)+1 {
		n := p.waits + 1
		if err := c.Enter(p.slot, n); err != nil {
			return err
		}
		if err := p.save(func(tx *shm.Tx) { tx.Unlock(l) }); err != nil {
			return err
		}
		if err := ready(c.Wait(p.slot, n, shm.Wait{})); err != nil {
			return err
		}
		if err := ready(l.Acquire(p.slot, shm.Wait{})); err != nil {
			return err
		}
		if !c.Leave(p.slot, n) {
			return errors.New("nobody notified the wait")
		}
		p.waits = n
	}
	return p.commit(func(tx *shm.Tx) {
		if p.member == 0 {
			p.set(tx, 3, int64(p.round)+1)
			tx.Notify(c, -1)
		}
		tx.Unlock(l)
	})
}

// open: member 2 sets the event, the others wait for it.
func (p *party) open() error {
	e := p.arena.Event(partyOpen)
	if p.member == 2 {
		return p.commit(func(tx *shm.Tx) { tx.SetEvent(e, true) })
	}
	if err := ready(e.Wait(p.slot, shm.Wait{})); err != nil {
		return err
	}
	return p.commit(nothing)
}

// rewrite raises each number of the member's third of the wide array by one.
func (p *party) rewrite() error {
	a := p.arena.Array(partyWide)
	third := a.Len() / 24 * 8
	from := third * int64(p.member)
	err := a.Rewrite(p.slot, from, from+third, func(fresh, old []byte, _ int64) error {
		for i := 0; i < len(old); i += 8 {
			binary.LittleEndian.PutUint64(fresh[i:], binary.LittleEndian.Uint64(old[i:])+1)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return p.commit(nothing)
}

// reset changes two numbers at the ends of the wide array, behind its thirds, in one commit.
func (p *party) reset() error {
	a := p.arena.Array(partyWide)
	last := a.Len() - 8
	return p.commit(func(tx *shm.Tx) {
		tx.Change(a, shm.Change{Off: last, Kind: shm.Int64, Add: true, Number: shm.IntNumber(1)})
		tx.Change(a, shm.Change{Off: 0, Kind: shm.Int64, Add: true, Number: shm.IntNumber(1)})
	})
}
