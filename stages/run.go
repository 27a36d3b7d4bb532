package stages

import "time"

// Run is one worker's run of a chain: what nodes reach the world through.
type Run struct {
	Host
	// Limit is about how many rows a node adds to its output in one Step. 1 where batches could be noticed.
	Limit int

	timeout  time.Duration // of the stage that is being stepped; 0: none
	arrivals []Waiter      // the Spontaneous stages behind it
}

// Await commits and waits for w as long as the stage's `timeout` allows. It returns early when a stage behind has results that no
// row waits for, so that Step must return, not Await again: the chain passes them on first.
func (r *Run) Await(w Waiter) error {
	if len(r.arrivals) > 0 {
		w = AnyWaiter(append([]Waiter{w}, r.arrivals...))
	}
	return r.Wait(w, r.timeout)
}

// Timeout is the `timeout` of the stage that is being stepped, for what it waits for by itself; 0: none.
func (r *Run) Timeout() time.Duration { return r.timeout }
