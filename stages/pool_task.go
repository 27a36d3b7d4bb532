package stages

import (
	"context"
	"time"
)

// tasking is what a worker of a pool does with a chunk: its tasks one after the other, each as a stream of its own, then its outcome goes to
// the caller in the commit that gives the chunk back. Where no stage of a task could tell, they go together (crowd).
//
//	rest --open--> task 0 --> task 1 --> ... --> all done --send--> rest
//	                 ^ |
//	                 '-' a failure: again, after a pause (`retry`), or noted
//
// What of a chunk has been done is part of the state at every commit: the number of the task, the results so far, and where its chain stands.
type tasking struct {
	host    Host
	name    string // of the worker
	attempt *int   // of the chunk
	pos     Pos
	sites   []*site
	init    *Chain // nil: none, or it has been run
	retire  int    // tasks after which the worker retires; 0: never
	did     int    // tasks
	written buffers
	numbers []int // 0, 1, 2 ...: those of tasks

	// Of the first row, the chunk; all but the first three are saved.
	chunk *chunk
	rows  *Batch
	watch bool // a deadline is set

	at      int           // the task that is to be done next, or is being done
	sent    int           // tasks whose outcome has gone
	running bool          // its chain has been given the row
	site    int           // whose that chain is
	tries   int           // that have failed
	again   time.Duration // when it is tried again; 0: at once
	over    time.Duration // when it has taken too long; 0: never
	work    int           // nanoseconds that the tasks from sent on have taken
	mine    heldItems     // results of the task at work
	weight  resultsSize   // of those; not saved
	results heldItems     // of those done before it
	counts  heldItems     // how many each of the tasks from sent on has; none while each has one
	failed  heldItems     // which of them have failed: encoded
	bytes   int           // of the results, about; -1: that is to be counted
	apart   bool          // not saved: the rest of the chunk goes task by task
}

func buildTasking(b *Builder, stage *Stage) (Node, error) {
	t := &tasking{host: b.Host(), attempt: b.Attempt(), pos: stage.Pos}
	t.name, _ = b.opts.Self["name"].(string)
	if max := stage.Options["max_tasks"].Source; max != nil {
		t.retire, _ = wholeNumber(max.Value)
	}
	if len(stage.Operand.Stages) > 0 {
		var err error
		if t.init, err = b.Chain(stage.Operand.Stages); err != nil {
			return nil, err
		}
	}
	for i := range stage.Sites {
		s, err := b.site(&stage.Sites[i])
		if err != nil {
			return nil, err
		}
		t.sites = append(t.sites, s)
	}
	return t, nil
}

func (t *tasking) Step(r *Run, in, _ *Batch) error {
	if r.AtTask != nil {
		if err := r.AtTask(true); err != nil {
			return err
		}
		defer func() { _ = r.AtTask(false) }() // which is never refused
	}
	if err := t.begin(r); err != nil || in.Len() == 0 {
		return err
	}
	if err := t.open(in); err != nil {
		return err
	}
	s := t.sites[t.chunk.site]
	for t.at < t.chunk.n {
		if wanted, err := t.wanted(s); err != nil {
			return err
		} else if !wanted {
			break
		}
		if t.size() > mostOutcome {
			if sent, err := t.send(r, s); !sent || err != nil {
				return err
			}
		}
		do := t.task
		if s.crowd.going || s.atOnce && t.retire == 0 && !t.running && !t.apart && !t.careful(r) {
			do = t.together
		}
		if done, err := do(r, s); !done || err != nil {
			return err
		}
		if t.at < t.chunk.n {
			if err := t.retired(r); err != nil {
				return err
			}
		}
	}
	if t.at == t.chunk.n && t.at > t.sent {
		if sent, err := t.send(r, s); !sent || err != nil {
			return err
		}
	}
	in.Drop(1)
	t.rest()
	return t.retired(r)
}

// wanted says whether anybody wants to know what becomes of the next task. The worker may be ended at a task when nobody does any more: then its
// replacement comes to this.
func (t *tasking) wanted(s *site) (bool, error) {
	box, err := t.box(s, t.chunk.replica)
	if err != nil {
		return false, err
	}
	w, ok := box.(interface{ Wanted(number int) bool })
	return !ok || w.Wanted(t.chunk.first+t.at), nil
}

// Pending has the init chain be run before a chunk is taken, which another worker may have meanwhile.
func (t *tasking) Pending() bool { return t.init != nil }

// Wait waits for nothing.
func (t *tasking) Wait(ctx context.Context) error { return Pause{}.Wait(ctx) }

// listensFor is what ends a wait of a stage before this one: nothing.
func (t *tasking) listensFor() Waiter { return nil }

// begin runs the init chain, once in each worker: what it does is not part of the state.
func (t *tasking) begin(r *Run) error {
	if t.init == nil {
		return nil
	}
	if err := r.prepare("the init of the pool"); err != nil {
		return err
	}
	t.init.Seed("")
	t.init.End()
	for {
		switch state, err := t.init.Advance(r); {
		case err != nil:
			t.init.Reset()
			return err
		case state == Results:
			t.init.Out().Truncate()
		case state == Done:
			t.init = nil
			return r.prepare("")
		}
	}
}

// Flush has the programs of crowds come to their end.
func (t *tasking) Flush(r *Run, _ *Batch) (done bool, err error) {
	for _, s := range t.sites {
		if !s.atOnce {
			continue
		}
		s.chain.End()
		state, err := s.chain.Advance(r)
		s.chain.Out().Truncate() // of no task
		if err != nil || state != Done {
			return false, err
		}
	}
	return true, nil
}

// careful says whether each task is to be committed before it is begun, so that a death tells which one it was at.
func (t *tasking) careful(r *Run) bool { return r.careful() || *t.attempt > 1 }

// moved says that the worker has got on: what it dies of next is something else.
func (t *tasking) moved(r *Run) {
	if r.Moved != nil {
		*r.Moved = true
	}
}

// retired ends a worker that has done as many tasks as it may, in the middle of a chunk if need be: its replacement goes on there.
func (t *tasking) retired(r *Run) error {
	if t.retire == 0 || t.did < t.retire || t.tries > 0 {
		return nil
	}
	if err := r.Checkpoint(); err != nil {
		return err
	}
	if err := r.Commit(); err != nil {
		return err
	}
	return ErrRetired
}

// rest makes the stage ready for another chunk.
func (t *tasking) rest() {
	if t.watch {
		t.host.Deadline(0)
	}
	if t.chunk != nil && t.sites[t.chunk.site].crowd.going {
		t.scatter(t.sites[t.chunk.site])
	}
	if t.running {
		t.sites[t.site].chain.Reset()
		t.sites[t.site].saved = false
	}
	t.chunk, t.rows, t.watch = nil, nil, false
	t.at, t.sent, t.running, t.tries, t.again, t.over, t.work, t.apart = 0, 0, false, 0, 0, 0, 0, false
	t.clearMine()
	t.forget()
}

// Skip drops the chunk.
func (t *tasking) Skip() { t.rest() }

// Reset drops it.
func (t *tasking) Reset() { t.rest() }

// inHand is the task that is at work, or comes next: its item.
func (t *tasking) inHand(in *Batch) (any, bool) {
	if t.open(in) != nil || t.at >= t.chunk.n {
		return nil, false
	}
	return t.rows.item.At(t.at), true
}

// giveUp leaves out that task: it has no results.
func (t *tasking) giveUp(in *Batch) {
	if t.open(in) != nil {
		return
	}
	s := t.sites[t.chunk.site]
	s.chain.Reset()
	s.saved = false
	t.running, t.over = false, 0
	t.clearMine()
	t.done()
}

func (t *tasking) atWork() *Chain {
	if !t.running {
		return nil
	}
	return t.sites[t.site].chain
}
