package stages

import "time"

// crowd is tasks that go through the chain of their site together, as rows of one column: where no stage could tell where a task ends and
// the next begins (isBlind). Each row has the number of its task with it. Stages keep rows in their order, so tasks are done in theirs:
//
//	           at                            n
//	done       | all its results here ... standing in the chain ... |
//	(settle)   '--- low: the first of which a row stands in the chain
//
// The stream does not end with a chunk: a program beside the chain goes on with the next. Of the state are the tasks before at alone, as if
// those behind it had not been begun: a commit may fall anywhere, and a replacement begins them anew, one by one if its predecessor died.
//
// A row that fails is left out, and its task has failed, whatever else comes of it (lose). The others are not begun again for it: a
// function in Python, or a program, would be called twice.
type crowd struct {
	going  bool
	began  time.Duration // when what is being done began
	items  Column        // results of tasks that are not settled
	tasks  []int         // the task of each
	weight resultsSize   // of those that belong to the task at work
	failed map[int]*ItemError
}

// together takes tasks from at on through the chain until some are done, and says whether that is so.
func (t *tasking) together(r *Run, s *site) (bool, error) {
	c := &s.crowd
	if !c.going {
		s.saved = false
		s.chain.first().EmitRows(t.rows, t.at, t.chunk.n)
		c.going, c.began = true, r.Now()
	}
	for before := t.at; ; {
		t.settle(r, s)
		if t.at > before || t.apart {
			break
		}
		c.limit(s)
		switch state, err := s.chain.Advance(r); {
		case itemError(err) != nil: // of no row
			t.scatter(s)
			return true, nil
		case err != nil:
			return false, err
		case state == Called:
			return false, nil
		case state == Results:
			c.gather(s)
		}
	}
	if t.at == t.chunk.n {
		c.going = false
		return true, nil
	}
	return true, r.Checkpoint()
}

// gather takes the results that have come out of the chain.
func (c *crowd) gather(s *site) {
	out := s.chain.Out()
	c.items.AppendRange(&out.item, out.head, out.item.Len())
	c.tasks = append(c.tasks, out.bound[s.number].Ints[out.head:]...)
	out.Truncate()
}

// limit has the task fail that is not done yet, of which all results are, if they are more than a task may have: it may never end.
func (c *crowd) limit(s *site) {
	if c.weight.over(&c.items) {
		c.fail(s, c.tasks[0], nil, tooMuch("its results"))
		c.forget(c.items.Len())
	}
}

// settle notes what has become of the tasks that are done, or of so many that an outcome has enough. One that is to be tried again ends the
// crowd.
func (t *tasking) settle(r *Run, s *site) {
	c := &s.crowd
	low, ok := s.chain.oldest(s.number)
	if !ok {
		low = t.chunk.n
	}
	if t.at == low {
		return
	}
	results := c.items.Len()
	large := t.size()+EncodedSize(&c.items, 0, results) > mostOutcome
	first, taken, next := t.at, 0, 0 // results of tasks before at: those before taken are part of the outcome, those before next will be
	for t.at < low {
		if large {
			t.take(&c.items, taken, next)
			taken = next
		}
		if t.size() > mostOutcome { // failures alone may be as much
			break
		}
		if n := c.alike(t.at, next, low); n > 0 && !large && t.counts.items.Len() == 0 {
			t.at, next = t.at+n, next+n
			continue
		}
		of := next
		for next < results && c.tasks[next] == t.at {
			next++
		}
		if failure := c.failed[t.at]; failure != nil {
			t.take(&c.items, taken, of)
			if taken, of = next, next; s.retry != nil {
				t.apart = true
				break
			}
			delete(c.failed, t.at)
			t.note(failure)
		}
		t.counted(next - of)
		t.at++
	}
	t.take(&c.items, taken, next)
	c.forget(next)
	if t.at > first {
		t.did += t.at - first
		t.work += int(r.Now() - c.began)
		c.began = r.Now()
		t.moved(r)
	}
	if t.apart {
		t.scatter(s)
	}
}

// alike is how many tasks from one on, before low, have one result each and have not failed; their results begin with the given one.
func (c *crowd) alike(task, result, low int) (n int) {
	if len(c.failed) > 0 {
		return 0
	}
	tasks := c.tasks[result:]
	most := min(low-task, len(tasks))
	for n < most && tasks[n] == task+n {
		n++
	}
	if n > 0 && n < len(tasks) && tasks[n] == task+n-1 { // the last has more
		n--
	}
	return n
}

// forget drops the first results.
func (c *crowd) forget(n int) {
	c.weight = resultsSize{}
	if n < c.items.Len() {
		c.items, c.tasks = c.items.Slice(n, c.items.Len()), c.tasks[n:]
		return
	}
	if len(c.tasks) > keptItems {
		c.tasks = nil
	}
	c.items.recycle()
	c.tasks = c.tasks[:0]
}

// scatter ends the crowd: what is left of the chunk goes task by task.
func (t *tasking) scatter(s *site) {
	s.chain.Reset()
	s.crowd = crowd{}
	t.apart = true
}

// lose is told that the first row before a stage has failed, and says that it may be left out.
func (s *site) lose(at *link, failure error) bool {
	c := &s.crowd
	if !c.going {
		return false
	}
	c.fail(s, at.in.bound[s.number].Ints[at.in.head], at, itemError(failure))
	return true
}

// fail notes that a task has failed, and has the stages before a link (nil: all) not go on with what nobody wants any more.
func (c *crowd) fail(s *site, task int, at *link, failure *ItemError) {
	if c.failed[task] == nil {
		if c.failed == nil {
			c.failed = map[int]*ItemError{}
		}
		c.failed[task] = failure
	}
	for _, l := range s.chain.links {
		if l == at {
			break
		}
		if n, ok := l.node.(*pythonNode); ok && l.in.rows() > 0 && l.in.bound[s.number].Ints[l.in.head] == task {
			n.leave() // it may never end
		}
	}
}

// oldest is the least value of a bound name, which is a number that no row has less of than the one before it, in the rows that stand in the
// chain. ok is false if none does.
func (c *Chain) oldest(name int) (least int, ok bool) {
	for _, l := range c.links {
		if l.in.rows() == 0 {
			continue
		}
		if v := l.in.bound[name].Ints[l.in.head]; !ok || v < least {
			least, ok = v, true
		}
	}
	return least, ok
}
