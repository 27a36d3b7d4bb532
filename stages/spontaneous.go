package stages

import (
	"context"
	"errors"
	"sync"
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

// listen tells the stages of a chain which of those behind them are Spontaneous.
func (c *Chain) listen() {
	var behind []Waiter
	for i := len(c.links) - 1; i >= 0; i-- {
		l := c.links[i]
		l.arrivals = behind[:len(behind):len(behind)]
		if s, ok := l.node.(Spontaneous); ok {
			l.spontaneous = s
			behind = append(behind, s)
		}
	}
}

// pending says whether the stage has something to say that no row waits for.
func (l *link) pending() bool { return l.spontaneous != nil && !l.done && l.spontaneous.Pending() }

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
	case !item.Partial: // there is no item that could be left out
		return l.fatal(item, "")
	}
	return l.failed(r, out, item)
}

// AnyWaiter waits for the first of several: what a stage waits for, and then the Spontaneous stages behind it.
type AnyWaiter []Waiter

// besideKey marks the context of a wait that goes on beside others.
type besideKey struct{}

// IsBeside says, to a Waiter that is given ctx, that something else may end the wait and make the chain emit items: who waits for
// the last item of a cycle of queues with it cannot be told to be idle.
func IsBeside(ctx context.Context) bool { return ctx.Value(besideKey{}) != nil }

// Wait returns what the first Waiter that comes back returns, and leaves none of them waiting: each must return when its context ends.
func (a AnyWaiter) Wait(ctx context.Context) error {
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
