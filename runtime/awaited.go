package runtime

import (
	"context"
	"fmt"

	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// awaited is something of the arena that a chain waits for: it implements stages.Awaited.
type awaited struct {
	host   *host
	holds  func() bool
	target func() shm.Target // what to wait for while it does not hold; then it is to be looked at again
}

// Holds implements stages.Awaited.
func (a *awaited) Holds() bool { return a.holds() }

// Wait implements stages.Waiter.
func (a *awaited) Wait(ctx context.Context) error { return a.host.waitFor(ctx, a.target()) }

// waitFor waits until one of the targets may be there.
func (h *host) waitFor(ctx context.Context, targets ...shm.Target) error {
	return h.waitShared(ctx, func(w shm.Wait) (shm.WaitResult, error) { return h.slot.Wait(targets, w) })
}

// AnyOf implements stages.AwaitedHost.
func (h *host) AnyOf(list []stages.Awaited) stages.Waiter {
	return &several{h, func() []shm.Target {
		var targets []shm.Target
		for _, a := range list {
			targets = append(targets, a.(targeted).awaits())
		}
		return targets
	}}
}

// targeted is an awaited that is one target of shm.
type targeted interface{ awaits() shm.Target }

func (a *awaited) awaits() shm.Target { return a.target() }

// Finished implements stages.AwaitedHost.
func (h *host) Finished(ref stages.Ref) (stages.Awaited, error) {
	parts := h.queueObject(ref.Name, ref.Member).parts
	if len(parts) == 0 {
		return nil, fmt.Errorf("the plan has no queue %s", refText(ref))
	}
	unfinished := func() (part int, ok bool) {
		for _, i := range parts {
			if h.arena.Queue(i).Unfinished() > 0 {
				return i, true
			}
		}
		return parts[0], false
	}
	return &awaited{
		host:  h,
		holds: func() bool { _, more := unfinished(); return !more },
		target: func() shm.Target {
			part, _ := unfinished()
			return shm.Target{Kind: shm.WaitForItems, Index: part}
		},
	}, nil
}

// Ended implements stages.AwaitedHost.
func (h *host) Ended(ref stages.Ref) (stages.Awaited, error) {
	line, replicas, ok := h.handoff.line(ref.Name)
	switch {
	case !ok:
		return nil, fmt.Errorf("the plan has no process %s", ref.Name)
	case replicas == 0: // it is not part of this run
		return &awaited{host: h, holds: func() bool { return true }}, nil
	case ref.Member != stages.AllReplicas:
		line += ref.Member
	}
	board, known := h.arena.Board(), replicaWord(0)
	return &awaited{
		host: h,
		holds: func() bool {
			known = replicaWord(board.Load(line))
			return known.settled() || ref.Member != stages.AllReplicas && known.state() == replicaEnded
		},
		target: func() shm.Target { return shm.Target{Kind: shm.WaitForChange, Index: line, Arg: uint64(known)} },
	}, nil
}

// line is the number of the board's word for the first replica of a process, and how many they are.
func (h *handoff) line(process string) (first, replicas int, ok bool) {
	for _, entry := range h.Processes {
		if entry.Name == process {
			return first, entry.Replicas, true
		}
		first += entry.Replicas
	}
	return 0, 0, false
}

// Event implements stages.AwaitedHost.
func (h *host) Event(ref stages.Ref) (stages.Event, error) {
	i, err := h.primitives.find("event", ref)
	if err != nil {
		return nil, err
	}
	e := h.arena.Event(i)
	return &event{awaited{host: h, holds: e.IsSet, target: func() shm.Target { return shm.Target{Kind: shm.WaitForEvent, Index: i} }}, e}, nil
}

// event is an event as a chain sees it.
type event struct {
	awaited
	event shm.Event
}

// Set implements stages.Event.
func (e *event) Set(on bool) { e.host.effect(func(tx *shm.Tx) { tx.SetEvent(e.event, on) }) }
