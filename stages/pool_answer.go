package stages

import (
	"errors"
	"slices"
)

// mostOutcome is about how many bytes of results an outcome has, unless those of one task are more.
const mostOutcome = 1 << 20

// size is about how many bytes the results of the outcome have that has not gone.
func (t *tasking) size() int {
	n := t.results.items.Len()
	if n == 0 {
		return 0
	}
	return EncodedSize(&t.results.items, 0, n)
}

// send puts the outcome of the tasks from sent up to at.
func (t *tasking) send(r *Run, s *site) (bool, error) {
	c := t.chunk
	o := outcome{first: c.first + t.sent, n: t.at - t.sent, work: t.work, results: t.results.items, from: t.sent, whole: c.n}
	if !t.single() {
		o.counts = t.counts.items
	}
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
	t.results.clear()
	t.counts.clear()
	t.failed.clear()
	return true, nil
}

// refuse makes failures of tasks whose results are too large to be handed over.
func (t *tasking) refuse(why *ItemError) bool {
	if t.results.items.Len() == 0 {
		return false
	}
	at := t.at
	n := at - t.sent
	t.results.clear()
	t.counts.clear()
	t.failed.clear()
	counts := make([]int, n)
	t.counts.items = Column{Kind: Ints, Ints: counts}
	for i := range n {
		t.at = t.sent + i
		t.note(&ItemError{Type: why.Type, Message: "its results: " + why.Message})
	}
	t.at = at
	return true
}

// single says whether each task has one result.
func (t *tasking) single() bool {
	counts := &t.counts.items
	if counts.Len() == 0 {
		return true
	}
	return !slices.ContainsFunc(counts.Ints, func(n int) bool { return n != 1 })
}

// forget drops the results of the chunk.
func (t *tasking) forget() {
	t.mine.clear()
	t.results.clear()
	t.counts.clear()
	t.failed.clear()
}
