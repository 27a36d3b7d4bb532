package stages

import "time"

// batching is `batch` and `collect`: so many items become one list, or those that come in a time. The last may be shorter.
type batching struct {
	limit  *RowExpr // how many, or how long; nil: see count and every
	count  *RowExpr // nil: any number
	every  *RowExpr // from the first item of a list on; nil: any time
	ids    origin
	now    func() time.Duration
	held   heldItems
	open   bool          // size and due are known for the list that is being filled
	size   int           // of the list that is being filled; 0: any
	due    time.Duration // when it goes on, full or not; 0: at the end of the stream
	empty  bool          // a stream without items gives an empty list
	listed bool          // the list of collect has been emitted
}

func buildBatch(b *Builder, stage *Stage) (_ Node, err error) {
	t := &batching{ids: b.origin(), now: b.Host().Now}
	src := stage.Operand.Source
	if src.Kind != SourceMap {
		t.limit, err = b.Expr(src)
		return t, err
	}
	for i, key := range src.Keys {
		e, err := b.Expr(&src.Items[i])
		if err != nil {
			return nil, err
		}
		switch key {
		case "count":
			t.count = e
		case "every":
			t.every = e
		}
	}
	return t, nil
}

func buildCollect(b *Builder, _ *Stage) (Node, error) {
	return &batching{ids: b.origin(), empty: true}, nil
}

func (t *batching) Step(r *Run, in, out *Batch) error {
	if t.over() {
		t.emit(out)
		return nil
	}
	t.ids.note(in)
	few := isFew(in.Len(), r)
	for emitted := 0; in.Len() > 0 && emitted < r.Limit; {
		if !t.open {
			if err := t.begin(in); err != nil {
				return before(emitted, err)
			}
		}
		n := in.Len()
		if t.size > 0 {
			n = min(n, t.size-t.held.items.Len())
		}
		t.held.keep(in, n, few)
		in.Drop(n)
		if t.held.items.Len() == t.size {
			t.emit(out)
			emitted++
		}
	}
	return nil
}

// begin finds out when the list that begins with the first row is full.
func (t *batching) begin(in *Batch) error {
	size, every, err := t.limits(in)
	if err != nil {
		return err
	}
	t.open, t.size = true, size
	if every > 0 {
		t.due = later(t.now(), every)
	}
	return nil
}

// limits is how many items a list has and how long it is collected; 0: any number, any time.
func (t *batching) limits(in *Batch) (size int, every time.Duration, err error) {
	count := t.count
	if t.limit != nil {
		v, err := t.limit.At(in, 0)
		if err != nil {
			return 0, 0, err
		}
		if text, ok := v.(string); ok {
			if _, err := wholeNumber(text); err != nil {
				every, err = positive(t.limit, in)
				return 0, every, err
			}
		}
		count = t.limit
	}
	if count != nil {
		size, err = count.Count(in, 0)
		if err == nil && size == 0 {
			err = Failf("expression", "a batch of 0 items is never full")
		}
	}
	if err == nil && t.every != nil {
		every, err = positive(t.every, in)
	}
	return size, every, err
}

// over says that the time of the list that is being filled is over.
func (t *batching) over() bool { return t.due > 0 && t.now() >= t.due }

// Timed implements Timed.
func (t *batching) Timed() bool {
	if t.limit != nil {
		v, known := t.limit.Const()
		text, isText := v.(string)
		_, err := wholeNumber(text)
		return !known || isText && err != nil
	}
	return t.every != nil
}

// Due implements Timed.
func (t *batching) Due() time.Duration { return t.due }

// emit emits what is held as one list.
func (t *batching) emit(out *Batch) {
	out.EmitNew(listOf(&t.held.items), t.ids.next())
	t.held.clear()
	t.open, t.size, t.due = false, 0, 0
}

// listOf is the items as a list, which has nothing else than c does.
func listOf(c *Column) []any {
	if c.Kind == Mixed {
		return append(make([]any, 0, len(c.Any)), c.Any...)
	}
	list := make([]any, c.Len())
	for i := range list {
		list[i] = c.At(i)
	}
	return list
}

func (t *batching) Flush(_ *Run, out *Batch) (bool, error) {
	if t.held.items.Len() > 0 || t.empty && !t.listed {
		t.emit(out)
		t.listed = true
	}
	return true, nil
}

func (t *batching) Save(w *StateWriter, full bool) {
	t.held.save(w, full)
	t.ids.save(w)
	w.Bool(t.open)
	w.Int(t.size)
	w.Int(int(t.due))
	w.Bool(t.listed)
}

func (t *batching) Load(r *StateReader, _ bool) error {
	t.held.load(r)
	t.ids.load(r)
	t.open, t.size, t.due, t.listed = r.Bool(), r.Int(), time.Duration(r.Int()), r.Bool()
	return r.Err()
}

func (t *batching) Reset() {
	t.held.clear()
	t.ids.reset()
	t.open, t.size, t.due, t.listed = false, 0, 0, false
}
