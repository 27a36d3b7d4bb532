package stages

import "errors"

// mostOutcome is about how many bytes of results and failures an outcome has, unless those of one task are more.
const mostOutcome = 1 << 20

// size is about how many bytes the results and the failures of the outcome have that has not gone.
func (t *tasking) size() int {
	if t.bytes < 0 { // as after a death
		t.bytes = EncodedSize(&t.results.items, 0, t.results.items.Len()) + EncodedSize(&t.failed.items, 0, t.failed.items.Len())
	}
	return t.bytes
}

// take makes items results of the outcome.
func (t *tasking) take(items *Column, from, to int) {
	if from < to {
		t.bytes = t.size() + EncodedSize(items, from, to)
		t.results.items.AppendRange(items, from, to)
	}
}

// clearMine forgets the results of the task at work.
func (t *tasking) clearMine() {
	t.mine.clear()
	t.weight = resultsSize{}
}

// counted notes how many results the task at work has: nothing, while each has one.
func (t *tasking) counted(n int) {
	counts := &t.counts.items
	if counts.Len() == 0 {
		if n == 1 {
			return
		}
		for range t.at - t.sent {
			counts.Append(1)
		}
	}
	counts.Append(n)
}

// send puts the outcome of the tasks from sent up to at.
func (t *tasking) send(r *Run, s *site) (bool, error) {
	c := t.chunk
	o := outcome{first: c.first + t.sent, n: t.at - t.sent, work: t.work, counts: t.counts.items, results: t.results.items, from: t.sent, whole: c.n}
	for i := range t.failed.items.Len() {
		data, _ := t.failed.items.At(i).([]byte)
		f := &StateReader{buf: data}
		task := f.Int()
		o.failures = append(o.failures, taskFailure{task, f.failure()})
	}
	if c.echo || len(o.failures) > 0 {
		o.context = c.context
	}
	w := t.written.next()
	appendOutcome(w, &o)
	column := ColumnOf(w.buf)
	box, err := t.box(s, c.replica)
	if err != nil {
		return false, err
	}
	n, err := box.Put(&column, 0, 1)
	var refused *ItemError
	switch {
	case errors.Is(err, ErrNoReaders): // the caller has ended: nobody wants it
	case errors.As(err, &refused) && t.refuse(refused):
		return t.send(r, s)
	case err != nil:
		return false, err
	case n == 0:
		return false, r.Await(box)
	}
	t.sent, t.work = t.at, 0
	t.forget()
	return true, nil
}

// refuse makes a failure of the task whose results are the largest: the outcome is too large to be handed over. It says whether there was one
// with results.
func (t *tasking) refuse(why *ItemError) bool {
	worst, size, from, to := -1, 0, 0, 0 // the results from up to, but without, to are its
	at := 0
	for task := range t.at - t.sent {
		n := 1 // where all went at once, and each has one
		if t.counts.items.Len() > 0 {
			n = t.counts.items.Ints[task]
		}
		if n > 0 {
			if s := EncodedSize(&t.results.items, at, at+n); s > size {
				worst, size, from, to = task, s, at, at+n
			}
		}
		at += n
	}
	if worst < 0 {
		return false
	}
	t.drop(worst, from, to)
	switch { // the queue is one that nobody has written of
	case why.Type == typeMaxItem && size > MaxTaskResults:
		why = tooMuch("its results")
	case why.Type == typeMaxItem:
		why = tooMuch("its results and what goes with them, as the item,")
	default:
		why = &ItemError{Type: why.Type, Message: "its results: " + why.Message}
	}
	t.noteOf(worst, why)
	return true
}

// drop leaves out the results of a task of the outcome.
func (t *tasking) drop(task, from, to int) {
	var counts, results Column
	for i := range t.at - t.sent {
		n := 1
		if t.counts.items.Len() > 0 {
			n = t.counts.items.Ints[i]
		}
		if i == task {
			n = 0
		}
		counts.Append(n)
	}
	all := &t.results.items
	results.AppendRange(all, 0, from)
	results.AppendRange(all, to, all.Len())
	t.results.clear()
	t.counts.clear()
	t.results.items, t.counts.items, t.bytes = results, counts, -1
}

// forget drops what the outcome would have.
func (t *tasking) forget() {
	t.results.empty()
	t.counts.empty()
	t.failed.empty()
	t.bytes = 0
}
