package stages

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// fakeBarrier is a barrier of a world, at which a worker meets others who come as soon as it waits.
type fakeBarrier struct {
	action  bool
	nobody  bool // the others do not come
	broken  bool
	ticket  uint32 // the generation that has come
	last    int    // number of the worker's last wait
	mine    Arrival
	outcome map[uint32]bool
	seed    uint64
}

func (w *world) barrier(name string) *fakeBarrier {
	if w.barriers[name] == nil {
		w.barriers[name] = &fakeBarrier{outcome: map[uint32]bool{}}
	}
	return w.barriers[name]
}

// fakeAwaited is what holds or does not.
type fakeAwaited struct {
	host  *fakeHost
	name  string
	holds func() bool
	come  func() // brings it about
}

func (a *fakeAwaited) Holds() bool { return a.holds() }

// Wait has it come about a second later.
func (a *fakeAwaited) Wait(ctx context.Context) error {
	if ends := a.host.world.now + time.Second; a.host.deadline > 0 && ends > a.host.deadline || a.come == nil {
		a.host.world.now = max(a.host.world.now, a.host.deadline)
		return context.DeadlineExceeded
	}
	a.host.world.now += time.Second
	a.come()
	return nil
}

func (h *fakeHost) Finished(ref Ref) (Awaited, error) {
	name := "finished " + fakeName(ref)
	return h.flag(name), nil
}

func (h *fakeHost) Ended(ref Ref) (Awaited, error) {
	return h.flag(fmt.Sprintf("ended %s %d", ref.Name, ref.Member)), nil
}

// flag is something that comes about while it is waited for.
func (h *fakeHost) flag(name string) *fakeAwaited {
	w := h.world
	return &fakeAwaited{host: h, name: name, holds: func() bool { return w.flags[name] }, come: func() { w.flags[name] = true }}
}

func (h *fakeHost) AnyOf(list []Awaited) Waiter { return list[len(list)-1] }

type fakeEvent struct{ *fakeAwaited }

func (h *fakeHost) Event(ref Ref) (Event, error) {
	return fakeEvent{h.flag("event " + fakeName(ref))}, nil
}

func (e fakeEvent) Set(on bool) {
	e.host.staged = append(e.host.staged, func() {
		e.host.world.flags[e.name] = on
		e.host.world.trace = append(e.host.world.trace, fmt.Sprintf("%s %v", e.name, on))
	})
}

type fakeMeeting struct {
	*fakeBarrier
	host *fakeHost
	name string
}

func (h *fakeHost) Barrier(ref Ref) (Barrier, error) {
	return fakeMeeting{h.world.barrier(fakeName(ref)), h, fakeName(ref)}, nil
}

func (b fakeMeeting) Begin() int {
	b.host.happened = true
	return b.last + 1
}

// Arrive is seen by the others at once, and so what was committed before.
func (b fakeMeeting) Arrive(wait int) (Arrival, error) {
	switch {
	case b.last == wait:
	case b.broken:
		return Arrival{}, Failf("broken", "the barrier %s is broken", b.name)
	default:
		b.last = wait
		b.mine = Arrival{Ticket: b.ticket + 1, Place: rand.New(rand.NewPCG(b.seed, uint64(wait))).IntN(3)}
		b.mine.Leads = b.action && b.mine.Place == 0
		b.host.world.trace = append(b.host.world.trace, fmt.Sprintf("%s: arrival %d", b.name, wait))
		if b.mine.Place == 0 && !b.action && !b.nobody {
			b.ticket++
		}
	}
	at := b.mine
	if at.Passed = b.ticket >= at.Ticket; at.Passed && b.outcome[at.Ticket] {
		return at, Failf("broken", "the barrier %s is broken", b.name)
	}
	return at, nil
}

func (b fakeMeeting) At(ticket uint32) Waiter {
	a := &fakeAwaited{host: b.host}
	if !b.nobody {
		a.come = func() { b.ticket = max(b.ticket, ticket) }
	}
	return a
}

func (b fakeMeeting) Break(ticket uint32) {
	if b.ticket < ticket {
		b.end()
		b.host.world.trace = append(b.host.world.trace, b.name+": broken")
	}
}

// end ends the generation, broken.
func (b fakeMeeting) end() {
	b.ticket++
	b.broken, b.outcome[b.ticket] = true, true
}

func (b fakeMeeting) Trip(ticket uint32) {
	b.stage("opened", func() { b.ticket = max(b.ticket, ticket) })
}

func (b fakeMeeting) Abort() { b.stage("aborted", b.end) }

func (b fakeMeeting) Reset() { b.stage("reset", func() { b.broken = false }) }

func (b fakeMeeting) stage(what string, do func()) {
	b.host.staged = append(b.host.staged, func() {
		do()
		b.host.world.trace = append(b.host.world.trace, b.name+": "+what)
	})
}

// fakeControl carries out what it was asked for while the worker waits for that.
type fakeControl struct{ host *fakeHost }

func (h *fakeHost) Control() Control { return fakeControl{h} }

func (c fakeControl) Ask(action Action, signal string, processes []Ref) (uint64, bool, error) {
	h := c.host
	if ask(h.empty) {
		return 0, false, nil
	}
	ticket := h.world.asked + 1
	h.staged = append(h.staged, func() {
		h.world.asked = ticket
		h.world.trace = append(h.world.trace, fmt.Sprintf("%s %s %v", action, signal, processes))
	})
	return ticket, true, nil
}

func (c fakeControl) Done(ticket uint64) Awaited {
	w := c.host.world
	return &fakeAwaited{host: c.host, holds: func() bool { return w.done >= ticket }, come: func() {
		if w.asked < ticket {
			panic("waits for what was not committed")
		}
		w.done = ticket
	}}
}
