package stages

import "time"

// task does the next task, or goes on with it, and says whether it is done.
func (t *tasking) task(r *Run, s *site) (done bool, err error) {
	if t.again > 0 {
		if r.Now() < t.again {
			return false, r.AwaitTime(t.again)
		}
		t.again = 0
	}
	began := r.Now()
	if !t.running {
		if pass, err := t.start(r, s); err != nil || pass {
			return t.finish(r, s, began, err)
		}
	}
	if t.over > 0 && !t.watch {
		if r.Now() >= t.over { // the worker before this one was ended for it
			return t.finish(r, s, began, Failf("timeout", "the task took longer than its timeout"))
		}
		r.Deadline(t.over)
		t.watch = true
	}
	for {
		state, err := s.chain.Advance(r)
		switch {
		case err != nil && itemError(err) == nil:
			return false, err
		case err != nil:
			return t.finish(r, s, began, err)
		case state == Called:
			return false, nil
		case state != Results:
			return t.finish(r, s, began, nil)
		}
		out := s.chain.Out()
		t.mine.items.AppendRange(&out.item, out.head, out.item.Len())
		out.Truncate()
		if t.mine.items.Len() > 1 && t.weight.over(&t.mine.items) {
			return t.finish(r, s, began, tooMuch("its results"))
		}
	}
}

// start gives the row to the chain, or passes it on as it is where `when` says so. Where it matters which task a worker dies at, that is
// committed.
func (t *tasking) start(r *Run, s *site) (pass bool, err error) {
	if s.when != nil {
		ok, err := s.when.Bool(t.rows, t.at)
		if err != nil {
			return false, err
		}
		if !ok {
			t.mine.items.AppendRange(&t.rows.item, t.at, t.at+1)
			return true, nil
		}
	}
	if s.timeout != nil {
		d, err := s.timeout.Duration(t.rows, t.at)
		if err != nil {
			return false, err
		}
		t.over = later(r.Now(), max(d, time.Nanosecond))
	}
	s.chain.Push(t.rows, t.at)
	s.chain.End()
	t.running, t.site = true, t.chunk.site
	if t.over > 0 || t.careful(r) {
		if err := r.Checkpoint(); err != nil {
			return false, err
		}
		return false, r.Commit()
	}
	return false, nil
}

// finish notes what has become of a task, unless it is to be tried again.
func (t *tasking) finish(r *Run, s *site, began time.Duration, err error) (done bool, _ error) {
	if t.watch {
		r.Deadline(0)
		t.watch = false
	}
	failure := itemError(err)
	if err != nil && failure == nil {
		return false, err
	}
	s.chain.Reset()
	s.saved = false
	t.running, t.over = false, 0
	t.work += int(r.Now() - began)
	if failure != nil && s.retry != nil {
		pause, again, err := s.retry.next(t.rows, t.at, t.tries)
		if err != nil {
			failure = itemError(err)
		}
		if again && err == nil {
			t.clearMine()
			if t.tries++; pause > 0 {
				t.again = later(r.Now(), pause)
			}
			t.moved(r)
			return true, r.Checkpoint()
		}
	}
	if failure != nil {
		t.clearMine()
		t.note(failure)
	}
	t.done()
	t.moved(r)
	switch {
	case t.careful(r):
		return true, r.Commit()
	case t.at < t.chunk.n:
		return true, r.Checkpoint()
	}
	return true, nil // its outcome goes with the same commit as what it has done last
}

// note notes the failure of the task at work.
func (t *tasking) note(failure *ItemError) { t.noteOf(t.at-t.sent, failure) }

// noteOf notes the failure of a task of the outcome, by its number there. The worker is named in it.
func (t *tasking) noteOf(task int, failure *ItemError) {
	f := *failure
	f.Message += ", in " + t.name
	if f.nested != nil {
		nested := *f.nested
		nested.Text += ", in " + t.name
		f.nested = &nested
	}
	var w StateWriter
	w.Int(task)
	w.failure(&f)
	t.bytes = t.size() + len(w.buf)
	t.failed.items.Append(w.buf)
}

// done goes on to the next task, with what is there of the one at work.
func (t *tasking) done() {
	n := t.mine.items.Len()
	t.take(&t.mine.items, 0, n)
	t.counted(n)
	t.clearMine()
	t.at, t.tries, t.again = t.at+1, 0, 0
	t.did++
}
