package stages

// chunk is rows on their way to a pool. Its form, which only one version of mprun reads, is that of a StateWriter.
type chunk struct {
	site    int
	replica int
	first   int // number of the first row in the caller's stage
	n       int
	echo    bool   // the caller needs the context back for every row, not only for those that fail
	context []byte // what the caller needs to go on with the rows: names, items, bound values, identities
	args    Column // of each row, or nothing
}

// appendChunk writes the rows of b as a chunk; names are those of its bound values.
func appendChunk(w *StateWriter, c *chunk, b *Batch, names []string, from, to int) {
	w.Int(c.site)
	w.Int(c.replica)
	w.Int(c.first)
	w.Int(to - from)
	w.Bool(c.echo)
	w.Column(&c.args, 0, c.args.Len())
	w.Bool(b.tracked)
	w.Int(len(names))
	for _, name := range names {
		w.Text(name)
	}
	w.rowRange(b, b.head+from, b.head+to)
}

// decodeChunk reads a chunk.
func decodeChunk(data []byte) (*chunk, error) {
	r := &StateReader{buf: data}
	c := &chunk{site: r.Int(), replica: r.Int(), first: r.Int(), n: r.Int(), echo: r.Bool(), args: r.Column(), context: r.buf}
	if c.n <= 0 || c.args.Len() != 0 && c.args.Len() != c.n {
		r.fail()
	}
	return c, r.Err()
}

// readContext reads the context: the rows as they stood before the caller's stage, and the names of their bound values.
func readContext(data []byte, n int) (*Batch, []string, error) {
	r := &StateReader{buf: data}
	tracked := r.Bool()
	count := r.Int()
	if count < 0 || count > len(data) {
		r.fail()
		count = 0
	}
	names := make([]string, count)
	for i := range names {
		names[i] = r.Text()
	}
	b := NewBatch(count, tracked)
	r.appendRows(b)
	if b.item.Len() != n {
		r.fail()
	}
	return b, names, r.Err()
}

// buffers is memory for what is put into a queue: an Outbox has what was put last until the next is.
type buffers struct {
	two [2]StateWriter
	at  int
}

// next is the memory for what is put next.
func (b *buffers) next() *StateWriter {
	b.at = 1 - b.at
	w := &b.two[b.at]
	if cap(w.buf) > keptState {
		w.buf = nil
	}
	w.buf = w.buf[:0]
	return w
}

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

func decodeOutcome(data []byte) (*outcome, error) {
	r := &StateReader{buf: data}
	o := &outcome{first: r.Int(), n: r.Int(), work: r.Int(), counts: r.Column(), results: r.Column()}
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

// failure writes the failure of an item, with the stage inside of a task that it was in.
func (w *StateWriter) failure(e *ItemError) {
	w.Text(e.Type)
	w.Text(e.Message)
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
	e := ItemError{Type: r.Text(), Message: r.Text(), Code: r.Int()}
	if r.Bool() {
		s := &StageError{Op: r.Text(), Pos: r.pos(), Item: r.Text(), Type: r.Text(), Code: r.Int(), Text: r.Text()}
		for n := r.Int(); n > 0 && r.Err() == nil; n-- {
			s.Uses = append(s.Uses, r.pos())
		}
		e.nested = s
	}
	return e
}
