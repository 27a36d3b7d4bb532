package stages

// flatMap is `flat_map`: each element of a list becomes an item of its own.
type flatMap struct {
	expr  *RowExpr
	texts textsFunc // the same, for items that are texts; nil: only expr can do it
	parts Column    // reused

	// The list of the first row, while it is being emitted. It is kept, and not computed again after a death, since an expression
	// may read what has changed since.
	list    []any
	next    int // element
	started bool
	saved   bool // the list is written down
}

func buildFlatMap(b *Builder, stage *Stage) (Node, error) {
	expr, err := b.Expr(stage.Operand.Source)
	return &flatMap{expr: expr, texts: textsOf(stage.Operand.Source)}, err
}

func (f *flatMap) Step(r *Run, in, out *Batch) error {
	var made scales
	for rows, space := 0, r.Limit; in.Len() > 0 && space > 0; rows++ {
		if !f.started && f.texts != nil && space > 1 {
			if n, whole := f.split(in, out, space, r.Limit); whole {
				space -= max(n, 1)
				in.Drop(1)
				continue
			} else if n > 0 {
				return nil // they are more than this step may still emit
			}
		}
		if !f.started {
			if err := f.begin(in); err != nil {
				return before(rows, err)
			}
		}
		n, full := min(space, len(f.list)-f.next), false
		for i, item := range f.list[f.next : f.next+n] {
			out.EmitPart(in, 0, f.next+i, item)
			full = made.full(item) || full
		}
		space -= max(n, 1)
		if f.next += n; f.next < len(f.list) {
			return nil
		}
		f.Skip()
		in.Drop(1)
		if full {
			return nil // the lists of other rows may be as large
		}
	}
	return nil
}

// split emits the texts of the first row at once, if it is a text. If they do not fit into space, nothing is emitted: then n says how
// many there are if the next step has room for them, and 0 if none ever has.
func (f *flatMap) split(in, out *Batch, space, limit int) (n int, whole bool) {
	text, ok := in.text(0)
	if !ok {
		return 0, false
	}
	f.parts.Kind = Strings
	f.parts.Strings = f.texts(f.parts.Strings[:0], text)
	n = len(f.parts.Strings)
	if n > space {
		if n > limit {
			n = 0
		}
		return n, false
	}
	out.EmitParts(in, 0, 0, &f.parts)
	return n, true
}

// begin computes the list of the first row.
func (f *flatMap) begin(in *Batch) error {
	v, err := f.expr.At(in, 0)
	if err != nil {
		return err
	}
	switch list := v.(type) {
	case []any:
		f.list = list
	case nil:
		f.list = nil
	default:
		return Failf("expression", "flat_map needs a list, not %s", aKind(v))
	}
	f.started, f.saved, f.next = true, false, 0
	return nil
}

// Skip forgets what is left of the list.
func (f *flatMap) Skip() { f.list, f.next, f.started, f.saved = nil, 0, false, false }

func (f *flatMap) Save(w *StateWriter, full bool) {
	w.Bool(f.started)
	if !f.started {
		return
	}
	w.Int(f.next)
	whole := full || !f.saved
	w.Bool(whole)
	if whole {
		list := Column{Any: f.list}
		w.Column(&list, 0, len(f.list))
		f.saved = true
	}
}

func (f *flatMap) Load(r *StateReader, _ bool) error {
	if f.started = r.Bool(); !f.started {
		f.Skip()
		return r.Err()
	}
	f.next = r.Int()
	if r.Bool() {
		list := r.Column()
		f.list = make([]any, list.Len())
		for i := range f.list {
			f.list[i] = list.At(i)
		}
	}
	if f.next < 0 || f.next > len(f.list) {
		r.fail()
	}
	f.saved = true
	return r.Err()
}

func (f *flatMap) Reset() { f.Skip() }
