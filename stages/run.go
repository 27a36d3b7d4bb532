package stages

import (
	"context"
	"errors"
	"math"
	"time"
)

// Run is one worker's run of a chain: what nodes reach the world through.
type Run struct {
	Host
	// Limit is about how many rows a node adds to its output in one Step. 1 where batches could be noticed.
	Limit int
	// Moved, if it is not nil, is set whenever a stage has taken a row or made one: the chain has got on.
	Moved *bool
	// Careful, if it is not nil and true, has each step be one of a single row, and commits behind it: so that, if the worker dies,
	// its replacement knows which row it was at.
	Careful *bool
	// Preparing, if it is not nil, is told what a stage is about to do once in its worker, in words: no item is to blame if the worker dies of it.
	// "" says that it is over. It is part of the next commit.
	Preparing func(what string)
	// AtTask, if it is not nil, is told whether a pool's worker is at a task, in whose middle it may be ended when nobody wants it any more;
	// ErrInterrupted says that this is so.
	AtTask func(at bool) error
	// At, if it is not nil, is the stage that is being stepped: what a wait is said to be of.
	At **Stage

	timeout time.Duration  // of the stage that is being stepped; 0: none
	until   *time.Duration // when that is over for what the stage waits for now; 0: it has not waited yet
	section *section       // that the stage is in; nil: none
	behind  []*link        // the stages behind it, and behind those around its chain, that may have something to say first
}

// Await commits and waits for w as long as the stage's `timeout` allows. It returns early when a stage behind has results that no
// row waits for, so that Step must return, not Await again: the chain passes them on first. The time runs from the first Await
// until something has come of a Step, however often others were quicker in between.
func (r *Run) Await(w Waiter) error { return r.await(w, 0) }

// awaitEver commits and waits for w however long it takes, or returns early as Await does.
func (r *Run) awaitEver(w Waiter) error {
	timeout := r.timeout
	r.timeout = 0
	defer func() { r.timeout = timeout }()
	return r.await(w, 0)
}

// AwaitTime commits and waits until a time of Now, or returns early as Await does: Step must return, and look at Now when it comes again.
func (r *Run) AwaitTime(until time.Duration) error { return r.await(Pause{}, until) }

// await waits for w, or until a time if it is not 0.
func (r *Run) await(w Waiter, until time.Duration) error {
	now := r.Now()
	var over time.Duration // of the stage's timeout
	if r.timeout > 0 {
		if *r.until == 0 {
			*r.until = later(now, r.timeout)
		}
		if over = *r.until; over <= now {
			return ErrTimeout
		}
	}
	due, others := listening(r.behind)
	first := earliest(earliest(until, over), due)
	left := time.Duration(0) // for ever
	if first > 0 {
		if left = first - now; left <= 0 {
			return nil
		}
	}
	switch {
	case len(others) > 0:
		w = AnyWaiter(append(others, w))
	case due > 0:
		w = Beside{w}
	}
	err := r.Wait(w, left)
	if r.section != nil {
		r.section.waited = true
	}
	if errors.Is(err, ErrTimeout) && first != over {
		return nil
	}
	return err
}

// enter notes the stage that is being stepped and gives the one around it, for leave.
func (r *Run) enter(st *Stage) (around *Stage) {
	if r.At != nil {
		around, *r.At = *r.At, st
	}
	return around
}

func (r *Run) leave(around *Stage) {
	if r.At != nil {
		*r.At = around
	}
}

// prepare says what the stage is about to do once in its worker, or that it is over (""), and commits that: r, in and out must say where the stage
// stands.
func (r *Run) prepare(what string) error {
	if r.Preparing == nil {
		return nil
	}
	r.Preparing(what)
	if err := r.Checkpoint(); err != nil {
		return err
	}
	return r.Commit()
}

// careful says whether each step is to be one of a single row.
func (r *Run) careful() bool { return r.Careful != nil && *r.Careful }

// Timeout is the `timeout` of the stage that is being stepped, for what it waits for by itself; 0: none.
func (r *Run) Timeout() time.Duration { return r.timeout }

// Pause is a Waiter for nothing but its context's end.
type Pause struct{}

// Wait waits for the end of ctx.
func (Pause) Wait(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// earliest is the earlier of two times, of which 0 is never.
func earliest(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// later is the time so much after t, or the last there is.
func later(t, d time.Duration) time.Duration {
	if d > math.MaxInt64-t {
		return math.MaxInt64
	}
	return t + d
}
