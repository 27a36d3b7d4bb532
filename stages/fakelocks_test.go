package stages

import (
	"context"
	"errors"
)

// fakeLock is a lock or a semaphore of a world, as of the last commit.
type fakeLock struct {
	held      int // by the chain
	value     int // of a semaphore; what it can give
	semaphore bool
	recursive bool
	bound     int // of a semaphore; 0: none
	number    int

	waits    uint64 // of a condition: the number of the last wait
	waiting  bool   // it is on
	notified bool
	log      []string // what was done to it, for comparisons
}

// lock makes a lock of the world.
func (w *world) lock(name string) *fakeLock {
	if w.locks == nil {
		w.locks = map[string]*fakeLock{}
	}
	l := w.locks[name]
	if l == nil {
		l = &fakeLock{number: len(w.locks), recursive: name == "rec"}
		if name == "sem" {
			l.semaphore, l.value, l.bound = true, 100, 100
		}
		w.locks[name] = l
	}
	return l
}

// fakeLockEnd is a lock in the hands of a worker.
type fakeLockEnd struct {
	host    *fakeHost
	name    string
	lock    *fakeLock
	change  int // of held, and the other way round of a semaphore's value, since the last commit
	pending int // releases that the next commit makes
	granted bool
}

func (h *fakeHost) Lock(ref Ref) (Lock, error) { return h.lockEnd(fakeName(ref)), nil }

func (h *fakeHost) lockEnd(name string) *fakeLockEnd {
	if h.locks[name] == nil {
		if h.locks == nil {
			h.locks = map[string]*fakeLockEnd{}
		}
		h.locks[name] = &fakeLockEnd{host: h, name: name, lock: h.world.lock(name)}
	}
	return h.locks[name]
}

func (l *fakeLockEnd) Wait(context.Context) error {
	busy := l.host.busy
	l.host.busy = nil // by now it is free, unless it is the chain itself that has it
	ok, err := l.Try()
	l.host.busy = busy
	if l.granted = ok; !ok && err == nil {
		return errors.New("a chain waits for ever for itself")
	}
	return err
}

func (l *fakeLockEnd) Try() (bool, error) {
	if l.granted {
		l.granted = false
		return true, nil
	}
	if l.pending > 0 {
		if err := l.host.Commit(); err != nil {
			return false, err
		}
	}
	switch {
	case l.lock.semaphore && l.lock.value-l.change <= 0, !l.lock.semaphore && !l.lock.recursive && l.lock.held+l.change > 0, ask(l.host.busy):
		return false, nil
	}
	l.change++
	return true, nil
}

func (l *fakeLockEnd) Release() error {
	switch {
	case !l.lock.semaphore && l.held() <= 0:
		return Failf("released-too-often", "%s is not held", l.name)
	case l.lock.bound > 0 && l.lock.value-l.change+l.pending >= l.lock.bound:
		return Failf("released-too-often", "%s is bounded", l.name)
	}
	l.pending++
	l.host.staged = append(l.host.staged, func() { l.lock.log = append(l.lock.log, "released") })
	return nil
}

func (l *fakeLockEnd) held() int { return l.lock.held + l.change - l.pending }
func (l *fakeLockEnd) Own() bool {
	return !l.lock.semaphore && !l.lock.recursive && l.lock.held+l.change > 0
}
func (l *fakeLockEnd) Number() int  { return l.lock.number }
func (l *fakeLockEnd) Name() string { return l.name }

// commit makes what was taken and released so.
func (l *fakeLockEnd) commit() {
	l.lock.held += l.change - l.pending
	l.lock.value -= l.change - l.pending
	l.change, l.pending = 0, 0
}

// fakeCondition is a condition in the hands of a worker. It is notified as soon as somebody waits for it.
type fakeCondition struct {
	host    *fakeHost
	lock    *fakeLockEnd
	waits   uint64
	waiting bool
}

func (h *fakeHost) Condition(ref Ref) (Condition, error) {
	name := fakeName(ref)
	if h.conditions[name] == nil {
		if h.conditions == nil {
			h.conditions = map[string]*fakeCondition{}
		}
		l := h.lockEnd(name)
		h.conditions[name] = &fakeCondition{host: h, lock: l, waits: l.lock.waits, waiting: l.lock.waiting}
	}
	return h.conditions[name], nil
}

func (c *fakeCondition) Lock() Lock   { return c.lock }
func (c *fakeCondition) Held() int    { return c.lock.held() }
func (c *fakeCondition) Name() string { return c.lock.name }

func (c *fakeCondition) Enter() (uint64, error) {
	if c.waiting || c.Held() == 0 {
		return 0, errors.New("a wait begins while another is on, or without the lock")
	}
	c.waits, c.waiting = c.waits+1, true
	return c.waits, nil
}

func (c *fakeCondition) Until(number uint64) Waiter {
	return WaitFunc(func(ctx context.Context) error {
		if c.lock.lock.held > 0 || c.lock.lock.waits != number {
			return errors.New("the wait is on without having been committed, or with the lock held")
		}
		if _, limited := ctx.Deadline(); limited {
			return context.DeadlineExceeded // nobody comes in time
		}
		c.lock.lock.notified = true
		return nil
	})
}

func (c *fakeCondition) Over(number uint64) bool { return c.lock.lock.notified }

func (c *fakeCondition) Leave(number uint64) bool {
	notified := c.lock.lock.notified
	c.host.leaves = append(c.host.leaves, c)
	c.waiting = false
	return notified
}

func (c *fakeCondition) Forget(number uint64) { c.Leave(number) }

func (c *fakeCondition) Notify(n int) {
	c.host.staged = append(c.host.staged, func() {
		c.host.world.trace = append(c.host.world.trace, "notify "+c.lock.name+" "+string(AppendJSON(nil, n)))
	})
}

// commitLocks is what a commit does to locks and conditions.
func (h *fakeHost) commitLocks() {
	for _, l := range h.locks {
		l.commit()
	}
	for _, c := range h.leaves {
		c.lock.lock.notified = false
	}
	h.leaves = nil
	for _, c := range h.conditions {
		c.lock.lock.waits, c.lock.lock.waiting = c.waits, c.waiting
	}
}

// Undo drops what is staged.
func (h *fakeHost) Undo() error {
	h.staged, h.changed = h.staged[:0], 0
	for _, c := range h.cells {
		c.own = nil
	}
	for _, box := range h.boxes {
		box.total = 0
	}
	for _, l := range h.locks {
		l.pending = 0
	}
	for _, in := range h.ins {
		in.undo()
	}
	return nil
}
