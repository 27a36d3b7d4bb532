package stages

// reducing is `reduce` without `by`: the stream becomes one item.
type reducing struct {
	fold *folding
	init *RowExpr // nil: the first item
	ids  origin

	acc     any
	started bool // acc has a value
	changed bool // since it was written down
	emitted bool
}

func buildReduce(b *Builder, stage *Stage) (Node, error) {
	fold, err := b.folding(stage.Operand.Source)
	if err != nil {
		return nil, err
	}
	init, err := b.Option("init")
	if err != nil {
		return nil, err
	}
	by, err := b.Option("by")
	if err != nil {
		return nil, err
	}
	if by != nil {
		return &reducingBy{fold: fold, init: init, by: by, ids: b.origin()}, nil
	}
	return &reducing{fold: fold, init: init, ids: b.origin()}, nil
}

func (d *reducing) Step(r *Run, in, _ *Batch) error {
	d.ids.note(in)
	n := min(in.Len(), r.Limit)
	i := 0
	if !d.started {
		first, used, err := d.fold.begin(d.init, in, 0)
		if err != nil {
			return err
		}
		d.acc, d.started, d.changed = first, true, true
		if used {
			i = 1
		}
	}
	acc, done, err := d.fold.rows(d.acc, in, i, n)
	if done > 0 {
		d.acc, d.changed = acc, true
	}
	in.Drop(done)
	return before(done, err)
}

func (d *reducing) Flush(_ *Run, out *Batch) (bool, error) {
	if d.emitted {
		return true, nil
	}
	if !d.started && d.init != nil {
		acc, err := d.init.Alone()
		if err != nil {
			return false, err
		}
		d.acc, d.started, d.changed = acc, true, true
	}
	if d.started {
		out.EmitNew(d.acc, d.ids.next())
	}
	d.emitted = true
	return true, nil
}

func (d *reducing) Save(w *StateWriter, full bool) {
	d.ids.save(w)
	w.Bool(d.started)
	w.Bool(d.emitted)
	changed := full || d.changed
	w.Bool(changed)
	if changed {
		w.Item(d.acc)
	}
	d.changed = false
}

func (d *reducing) Load(r *StateReader, _ bool) error {
	d.ids.load(r)
	d.started, d.emitted = r.Bool(), r.Bool()
	if r.Bool() {
		d.acc = r.Item()
	}
	d.changed = false
	return r.Err()
}

func (d *reducing) Reset() {
	d.ids.reset()
	d.acc, d.started, d.emitted, d.changed = nil, false, false, true
}
