package stages

// reducing is `reduce` without `by`: the stream becomes one item, or one for each window, or the items so far become one at each item.
type reducing struct {
	emission
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
	emit, err := b.emission()
	if err != nil {
		return nil, err
	}
	if by != nil {
		return &reducingBy{emission: emit, fold: fold, init: init, by: by, ids: b.origin()}, nil
	}
	return &reducing{emission: emit, fold: fold, init: init, ids: b.origin()}, nil
}

func (d *reducing) Step(r *Run, in, out *Batch) error {
	if d.over() {
		if d.started { // else no item of the window could be folded
			out.EmitNew(d.acc, d.ids.next())
		}
		d.close()
		d.acc, d.started, d.changed = nil, false, true
		return nil
	}
	d.ids.note(in)
	if err := d.open(in); err != nil {
		return err
	}
	if d.each {
		return d.running(r, in, out)
	}
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
	d.fold.prepare(in, n)
	acc, done, err := d.fold.rows(d.acc, in, i, n)
	if done > 0 {
		d.acc, d.changed = acc, true
	}
	in.Drop(done)
	return before(done, err)
}

// running folds rows and emits what comes of each.
func (d *reducing) running(r *Run, in, out *Batch) error {
	n := min(in.Len(), r.Limit)
	for i := range n {
		acc, used, err := d.acc, false, error(nil)
		if !d.started {
			acc, used, err = d.fold.begin(d.init, in, i)
		}
		if err == nil && !used {
			acc, err = d.fold.one(acc, in, i)
		}
		if err != nil {
			in.Drop(i)
			return before(i, err)
		}
		d.acc, d.started, d.changed = acc, true, true
		out.Emit(in, i, acc)
	}
	in.Drop(n)
	return nil
}

func (d *reducing) Flush(_ *Run, out *Batch) (bool, error) {
	if d.emitted || d.each {
		return true, nil
	}
	if !d.started && d.init != nil && d.every == nil {
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
	d.emission.save(w)
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
	d.emission.load(r)
	d.started, d.emitted = r.Bool(), r.Bool()
	if r.Bool() {
		d.acc = r.Item()
	}
	d.changed = false
	return r.Err()
}

func (d *reducing) Reset() {
	d.ids.reset()
	d.emission.reset()
	d.acc, d.started, d.emitted, d.changed = nil, false, false, true
}
