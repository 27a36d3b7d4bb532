package stages

import "time"

// Run is one worker's run of a chain: what nodes reach the world through.
type Run struct {
	Host
	// Limit is about how many rows a node adds to its output in one Step. 1 where batches could be noticed.
	Limit int

	timeout time.Duration // of the stage that is being stepped; 0: none
}

// Await commits and waits for w as long as the stage's `timeout` allows.
func (r *Run) Await(w Waiter) error { return r.Wait(w, r.timeout) }

// Timeout is the `timeout` of the stage that is being stepped, for what it waits for by itself; 0: none.
func (r *Run) Timeout() time.Duration { return r.timeout }
