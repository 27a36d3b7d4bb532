package stages

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Spontaneous is a Node that may have results while no row waits before it, such as a program that answers when it likes. Stages
// before it that wait for something else are woken when it has (they return to the chain after each Await).
type Spontaneous interface {
	Node
	// Waiter waits until Pending may have changed. It is called from another goroutine, while the chain's waits.
	Waiter
	// Pending says whether Step would give something without a row: it is called then.
	Pending() bool
}

// Lingering is a Spontaneous Node that may have something to come when its stream has ended: it is stepped without a row until that is not
// so any more, and may wait then.
type Lingering interface {
	Spontaneous
	// Lingers says whether something is to come.
	Lingers() bool
}

// lingers says whether the stage goes on though its stream has ended.
func (l *link) lingers() bool {
	n, ok := l.node.(Lingering)
	return ok && n.Lingers()
}

// Timed is a Node that has results at a certain time while no row waits before it, such as the end of a window. Stages before it that wait
// for something else are woken then.
type Timed interface {
	Node
	// Timed says whether there is ever such a time.
	Timed() bool
	// Due is the time of Host.Now from which on Step gives something without a row: it is called then. 0: as things stand, never.
	Due() time.Duration
}

// listen tells the stages of a chain which of those behind them are Spontaneous or Timed.
func (c *Chain) listen(now func() time.Duration) {
	var behind []*link
	for i := len(c.links) - 1; i >= 0; i-- {
		l := c.links[i]
		l.now = now
		l.behind = behind[:len(behind):len(behind)]
		l.spontaneous, _ = l.node.(Spontaneous)
		if t, ok := l.node.(Timed); ok && t.Timed() {
			l.timed = t
		}
		if l.spontaneous != nil || l.timed != nil {
			behind = append(behind, l)
		}
	}
	c.hears = len(behind) > 0
}

// pending says whether the stage has something to say that no row waits for.
func (l *link) pending() bool {
	switch {
	case l.done:
		return false
	case l.spontaneous != nil && l.spontaneous.Pending():
		return true
	}
	due := l.due()
	return due > 0 && l.now() >= due
}

// due is when the stage will have something to say; 0: not known.
func (l *link) due() time.Duration {
	if l.timed == nil || l.done {
		return 0
	}
	return l.timed.Due()
}

func anyPending(links []*link) bool { return slices.ContainsFunc(links, (*link).pending) }

// listeners is the stages behind this one, and behind those that its chain is inside of, that may have something to say first.
func (l *link) listeners(r *Run) []*link {
	switch {
	case len(r.behind) == 0:
		return l.behind
	case len(l.behind) == 0:
		return r.behind
	}
	return slices.Concat(l.behind, r.behind)
}

// listening is when the first of the links will have something to say, and what else tells of it.
func listening(links []*link) (due time.Duration, others []Waiter) {
	for _, l := range links {
		due = earliest(due, l.due())
		if l.spontaneous == nil || l.done {
			continue
		}
		if p, ok := l.spontaneous.(interface{ listensFor() Waiter }); !ok {
			others = append(others, l.spontaneous)
		} else if w := p.listensFor(); w != nil {
			others = append(others, w)
		}
	}
	return due, others
}

// due is when a stage of the chain will have something to say that no row waits for; 0: not known.
func (c *Chain) due() (due time.Duration) {
	if c.hears {
		due, _ = listening(c.links)
	}
	return due
}

// spout lets the stage say what no row waits for.
func (l *link) spout(r *Run, out *Batch) error {
	err := l.within(r, out, l.limit, func() error { return l.node.Step(r, l.in, out) })
	if errors.Is(err, EndOfStream) {
		l.cut = true
		return nil
	}
	item := itemError(err)
	switch {
	case item == nil:
		return err
	case !item.Partial && l.in.rows() == 0: // there is no item that could be left out
		return l.fatal(item, "")
	}
	return l.failed(r, out, item)
}

// AnyWaiter waits for the first of several: what a stage waits for, and then the Spontaneous stages behind it.
type AnyWaiter []Waiter

// Beside waits for what its Waiter does, while something else may end the wait and make the chain emit items: see IsBeside.
type Beside struct{ Waiter }

// Wait waits for the Waiter.
func (b Beside) Wait(ctx context.Context) error {
	return b.Waiter.Wait(context.WithValue(ctx, besideKey{}, true))
}

// besideKey marks the context of a wait that goes on beside others.
type besideKey struct{}

// Outside says what a wait is for that nothing in the shared memory ends.
type Outside uint8

const (
	// OutsidePause is a time.
	OutsidePause Outside = iota + 1
	// OutsideProgram is what a program beside the chain does.
	OutsideProgram
	// OutsideInput is input that comes when it comes: a pipe, a terminal, a file that grows.
	OutsideInput
)

// String is what is waited for, in words.
func (o Outside) String() string {
	return [...]string{"nothing", "a pause to be over", "a program", "input"}[min(o, OutsideInput)]
}

// OutsideOf is what outside of the shared memory ends a wait for w; 0 if something inside does.
func OutsideOf(w Waiter) Outside {
	switch w := w.(type) {
	case Pause:
		return OutsidePause
	case *talk, *streamNode:
		return OutsideProgram
	case inputWaiter:
		return OutsideInput
	case Beside:
		return OutsideOf(w.Waiter)
	case AnyWaiter: // the last is what the stage itself waits for
		var o Outside
		for _, one := range w {
			if o = OutsideOf(one); o == 0 {
				return 0
			}
		}
		return o
	}
	return 0
}

// IsBeside says, to a Waiter that is given ctx, that something else may end the wait and make the chain emit items: who waits for
// the last item of a cycle of queues with it cannot be told to be idle.
func IsBeside(ctx context.Context) bool { return ctx.Value(besideKey{}) != nil }

// Joint is a Waiter of which a Host can have no two waited for at a time, but for those that it can join.
type Joint interface {
	Waiter
	// Join is the Waiter for the first of both, and whether there can be one.
	Join(other Joint) (joined Joint, ok bool)
}

// joined is the Waiters with the Joint ones joined. Of two that cannot be, the later one is waited for: the stage's own.
func (a AnyWaiter) joined() AnyWaiter {
	var all AnyWaiter
	var joint Joint
	for _, w := range a {
		j, ok := w.(Joint)
		switch {
		case !ok:
			all = append(all, w)
			continue
		case joint != nil:
			if both, can := joint.Join(j); can {
				j = both
			}
		}
		joint = j
	}
	if joint != nil {
		all = append(all, joint)
	}
	return all
}

// Wait returns what the first Waiter that comes back returns, and leaves none of them waiting: each must return when its context ends.
func (a AnyWaiter) Wait(ctx context.Context) error {
	a = a.joined()
	if len(a) == 1 {
		return Beside{a[0]}.Wait(ctx)
	}
	ctx, cancel := context.WithCancel(context.WithValue(ctx, besideKey{}, true))
	defer cancel()
	first := make(chan error, len(a))
	var group sync.WaitGroup
	for _, w := range a {
		group.Go(func() { first <- w.Wait(ctx) })
	}
	err := <-first
	cancel()
	group.Wait()
	return err
}
