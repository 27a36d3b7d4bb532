package stages

// outcome is what became of rows of a chunk: all of them, or as many as came to much, in several pieces.
type outcome struct {
	first, n int
	work     int    // nanoseconds that the rows took
	counts   Column // of results of each row; empty: each has one
	results  Column // of all rows, in their order
	failures []taskFailure
	from     int    // number of the first row within the chunk that the context is of
	whole    int    // rows of the context
	context  []byte // nil: the caller does not need it
}

// taskFailure is a task that has failed.
type taskFailure struct {
	task    int // within the outcome
	failure ItemError
}

func appendOutcome(w *StateWriter, o *outcome) {
	w.Int(o.first)
	w.Int(o.n)
	w.Int(o.work)
	w.Column(&o.counts, 0, o.counts.Len())
	w.Column(&o.results, 0, o.results.Len())
	w.Int(len(o.failures))
	for i := range o.failures {
		f := &o.failures[i]
		w.Int(f.task)
		w.failure(&f.failure)
	}
	w.Int(o.from)
	w.Int(o.whole)
	w.Text(string(o.context))
}

// decodeOutcome reads an outcome, whose results are put into the memory of some that are of no more use.
func decodeOutcome(data []byte, results *Column) (*outcome, error) {
	r := &StateReader{buf: data}
	o := &outcome{first: r.Int(), n: r.Int(), work: r.Int(), counts: r.Column()}
	r.columnInto(results)
	o.results = *results
	for n := r.Int(); n > 0 && r.Err() == nil; n-- {
		f := taskFailure{task: r.Int()}
		f.failure = r.failure()
		o.failures = append(o.failures, f)
	}
	o.from, o.whole = r.Int(), r.Int()
	o.context = r.next(int(r.Uint()))
	if len(o.context) == 0 {
		o.context = nil
	}
	if o.n <= 0 || o.counts.Len() == 0 && o.results.Len() != o.n || o.counts.Len() > 0 && (o.counts.Len() != o.n || o.counts.Kind != Ints) {
		r.fail()
	}
	return o, r.Err()
}

// failureOf is the failure of a row, or nil.
func (o *outcome) failureOf(task int) *ItemError {
	for i := range o.failures {
		if o.failures[i].task == task {
			return &o.failures[i].failure
		}
	}
	return nil
}

// count is how many results a row has.
func (o *outcome) count(task int) int {
	if o.counts.Len() == 0 {
		return 1
	}
	return o.counts.Ints[task]
}

// failure writes the failure of an item, with the stage inside of a task that it was in. Their traceback is the same.
func (w *StateWriter) failure(e *ItemError) {
	w.Text(e.Type)
	w.Text(e.Message)
	w.Text(e.Traceback)
	w.Int(e.Code)
	w.Bool(e.nested != nil)
	if s := e.nested; s != nil {
		w.Text(s.Op)
		w.pos(s.Pos)
		w.Text(s.Item)
		w.Text(s.Type)
		w.Int(s.Code)
		w.Text(s.Text)
		w.Int(len(s.Uses))
		for _, pos := range s.Uses {
			w.pos(pos)
		}
	}
}

func (r *StateReader) failure() ItemError {
	e := ItemError{Type: r.Text(), Message: r.Text(), Traceback: r.Text(), Code: r.Int()}
	if r.Bool() {
		s := &StageError{Op: r.Text(), Pos: r.pos(), Item: r.Text(), Type: r.Text(), Code: r.Int(), Text: r.Text(), Traceback: e.Traceback}
		for n := r.Int(); n > 0 && r.Err() == nil; n-- {
			s.Uses = append(s.Uses, r.pos())
		}
		e.nested = s
	}
	return e
}
