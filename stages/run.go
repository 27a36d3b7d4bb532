package stages

import (
	"context"
	"errors"
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

	timeout  time.Duration // of the stage that is being stepped; 0: none
	until    *time.Time    // when that is over for what the stage waits for now; zero: it has not waited yet
	arrivals []Waiter      // the Spontaneous stages behind it
}

// Await commits and waits for w as long as the stage's `timeout` allows. It returns early when a stage behind has results that no
// row waits for, so that Step must return, not Await again: the chain passes them on first. The time runs from the first Await
// until something has come of a Step, however often others were quicker in between.
func (r *Run) Await(w Waiter) error {
	left := r.timeout
	switch {
	case left == 0:
	case r.until.IsZero():
		*r.until = time.Now().Add(left)
	default:
		if left = time.Until(*r.until); left <= 0 {
			return ErrTimeout
		}
	}
	if len(r.arrivals) > 0 {
		w = AnyWaiter(append([]Waiter{w}, r.arrivals...))
	}
	return r.Wait(w, left)
}

// careful says whether each step is to be one of a single row.
func (r *Run) careful() bool { return r.Careful != nil && *r.Careful }

// Timeout is the `timeout` of the stage that is being stepped, for what it waits for by itself; 0: none.
func (r *Run) Timeout() time.Duration { return r.timeout }

// pause waits before the next try.
func (r *Run) pause(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	until := time.Now().Add(d)
	for {
		left := time.Until(until)
		if left <= 0 {
			return nil
		}
		err := r.Wait(WaitFunc(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }), left)
		if err != nil && !errors.Is(err, ErrTimeout) {
			return err
		}
	}
}
