package stages

// batching is `batch` and `collect`: so many items become one list. The last may be shorter.
type batching struct {
	count  *RowExpr // nil: all of the stream
	ids    origin
	held   heldItems
	size   int  // of the list that is being filled; 0: not known yet
	empty  bool // a stream without items gives an empty list
	listed bool // the list of collect has been emitted
}

func buildBatch(b *Builder, stage *Stage) (Node, error) {
	count, err := b.Expr(stage.Operand.Source)
	return &batching{count: count, ids: b.origin()}, err
}

func buildCollect(b *Builder, _ *Stage) (Node, error) {
	return &batching{ids: b.origin(), empty: true}, nil
}

func (t *batching) Step(r *Run, in, out *Batch) error {
	t.ids.note(in)
	for emitted := 0; in.Len() > 0 && emitted < r.Limit; {
		n := in.Len()
		if t.count != nil {
			if t.size == 0 {
				size, err := t.count.Count(in, 0)
				if err == nil && size == 0 {
					err = Failf("expression", "a batch of 0 items is never full")
				}
				if err != nil {
					return before(emitted, err)
				}
				t.size = size
			}
			n = min(n, t.size-t.held.items.Len())
		}
		t.held.items.AppendRange(&in.item, in.head, in.head+n)
		in.Drop(n)
		if t.count != nil && t.held.items.Len() == t.size {
			t.emit(out)
			emitted++
		}
	}
	return nil
}

// emit emits what is held as one list.
func (t *batching) emit(out *Batch) {
	out.EmitNew(listOf(&t.held.items), t.ids.next())
	t.held.clear()
	t.size = 0
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
	w.Int(t.size)
	w.Bool(t.listed)
}

func (t *batching) Load(r *StateReader, _ bool) error {
	t.held.load(r)
	t.ids.load(r)
	t.size, t.listed = r.Int(), r.Bool()
	return r.Err()
}

func (t *batching) Reset() {
	t.held.clear()
	t.ids.reset()
	t.size, t.listed = 0, false
}
