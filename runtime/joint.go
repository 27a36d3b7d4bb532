package runtime

import (
	"context"
	"slices"

	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// A worker has one wait record, and so one wait of shm at a time. What a stage waits for beside the results of a pool behind it is joined
// into one wait for several targets; a lock and a condition, which a wait takes or leaves, cannot be, and are waited for alone.

// several is a wait for the first of several targets: it implements stages.Joint.
type several struct {
	host    *host
	targets func() []shm.Target
}

// Wait implements stages.Waiter.
func (s *several) Wait(ctx context.Context) error { return s.host.waitFor(ctx, s.targets()...) }

// Join implements stages.Joint.
func (s *several) Join(other stages.Joint) (stages.Joint, bool) { return joinTargets(s.host, s, other) }

func (s *several) awaitsAll() []shm.Target { return s.targets() }

// targetedAll is a Waiter of this package that is a wait for targets.
type targetedAll interface {
	stages.Joint
	awaitsAll() []shm.Target
}

// joinTargets is a wait for what two wait for.
func joinTargets(h *host, a targetedAll, b stages.Joint) (stages.Joint, bool) {
	other, ok := b.(targetedAll)
	if !ok {
		return nil, false
	}
	if len(a.awaitsAll())+len(other.awaitsAll()) > shm.MaxInputs {
		return nil, false
	}
	return &several{h, func() []shm.Target { return slices.Concat(a.awaitsAll(), other.awaitsAll()) }}, true
}

// Join implements stages.Joint.
func (a *awaited) Join(other stages.Joint) (stages.Joint, bool) { return joinTargets(a.host, a, other) }

func (a *awaited) awaitsAll() []shm.Target { return []shm.Target{a.target()} }

// Join implements stages.Joint.
func (in *inbox) Join(other stages.Joint) (stages.Joint, bool) {
	return joinTargets(in.host, in, other)
}

func (in *inbox) awaitsAll() []shm.Target {
	return []shm.Target{{Kind: shm.WaitToRead, Index: in.queue.Index()}}
}

// Join implements stages.Joint.
func (m *merged) Join(other stages.Joint) (stages.Joint, bool) { return joinTargets(m.host, m, other) }

func (m *merged) awaitsAll() []shm.Target {
	var all []shm.Target
	for i, in := range m.ends {
		if !m.ended[i] {
			all = append(all, in.awaitsAll()...)
		}
	}
	return all
}

// Join implements stages.Joint.
func (o *outbox) Join(other stages.Joint) (stages.Joint, bool) { return joinTargets(o.host, o, other) }

func (o *outbox) awaitsAll() []shm.Target {
	return []shm.Target{{Kind: shm.WaitToWrite, Index: o.queue.Index()}}
}

// Join implements stages.Joint.
func (o *outlet) Join(other stages.Joint) (stages.Joint, bool) { return joinTargets(o.host, o, other) }

func (o *outlet) awaitsAll() []shm.Target {
	return []shm.Target{{Kind: shm.WaitToWrite, Index: o.queue.Index()}}
}

// Join implements stages.Joint.
func (s *semaphoreEnd) Join(other stages.Joint) (stages.Joint, bool) {
	return joinTargets(s.host, s, other)
}

func (s *semaphoreEnd) awaitsAll() []shm.Target {
	return []shm.Target{{Kind: shm.WaitForSemaphore, Index: s.semaphore.Index()}}
}

// Join implements stages.Joint.
func (f *fanOut) Join(other stages.Joint) (stages.Joint, bool) {
	if f.full == nil {
		return other, true
	}
	return f.full.Join(other)
}

// Join implements stages.Joint.
func (o *typedOutbox) Join(other stages.Joint) (stages.Joint, bool) {
	box, ok := o.box.(stages.Joint)
	if !ok {
		return nil, false
	}
	return box.Join(other)
}

// Join implements stages.Joint: a lock is waited for alone.
func (l *lockEnd) Join(stages.Joint) (stages.Joint, bool) { return nil, false }

// alone is a wait that cannot be joined with others.
type alone struct{ stages.WaitFunc }

// Join implements stages.Joint.
func (alone) Join(stages.Joint) (stages.Joint, bool) { return nil, false }
