package stages

// reducingBy is `reduce` with `by`: the items of each key become one {key, value}, sorted by key. A key has a slot, a row in two
// columns, so that counts by the hundred thousand are compact.
type reducingBy struct {
	emission
	fold *folding
	init *RowExpr // nil: the first item
	by   *RowExpr
	ids  origin

	index keyIndex
	keys  Column // by slot
	accs  Column // by slot

	changed []int  // slots that are not written down as they are now
	marked  bitSet // of slots: those in changed
	saved   int    // slots that are written down
	fresh   bool   // what is written down is no longer true

	sorted  bool // the slots are in the order of their keys: from the first Flush on, or the end of the window
	emitted int
	column  Column
}

func (d *reducingBy) Step(r *Run, in, out *Batch) error {
	if d.over() {
		if d.give(r, out) {
			d.close()
			d.forget()
			d.fresh = true
		}
		return nil
	}
	d.ids.note(in)
	if err := d.open(in); err != nil {
		return err
	}
	d.column.Reset()
	failure := d.by.Column(&d.column, in, min(in.Len(), r.Limit))
	n, i := d.column.Len(), 0
	d.fold.prepare(in, n)
	for ; i < n; i++ {
		slot, err := d.row(in, i)
		if err != nil {
			failure = err
			break
		}
		if d.each {
			out.Emit(in, i, d.result(slot))
		}
	}
	in.Drop(i)
	return before(i, failure)
}

// row folds row i into the slot of its key.
func (d *reducingBy) row(in *Batch, i int) (int, error) {
	slot, isNew := d.slot(i)
	if isNew {
		acc, used, err := d.fold.begin(d.init, in, i)
		switch {
		case err != nil:
		case used:
			acc = detached(acc)
		default:
			acc, err = d.fold.one(acc, in, i)
			acc = detachedText(acc)
		}
		if err != nil {
			d.index.forgetLast(d.column.At(i))
			return 0, err
		}
		d.keys.Append(d.index.kept(d.column.At(i)))
		d.accs.Append(acc)
		d.marked.grow(slot + 1)
		d.mark(slot)
		return slot, nil
	}
	if d.accs.Kind == Ints {
		if sum, ok := d.fold.ints(d.accs.Ints[slot], in, i); ok {
			d.accs.Ints[slot] = sum
			d.mark(slot)
			return slot, nil
		}
	}
	if d.accs.Kind == Floats {
		if sum, ok := d.fold.floats(d.accs.Floats[slot], in, i); ok {
			d.accs.Floats[slot] = sum
			d.mark(slot)
			return slot, nil
		}
	}
	acc, err := d.fold.one(d.accs.At(slot), in, i)
	if err != nil {
		return 0, err
	}
	d.accs.set(slot, detachedText(acc))
	d.mark(slot)
	return slot, nil
}

// slot is the slot of the key of row i.
func (d *reducingBy) slot(i int) (int, bool) {
	switch d.column.Kind {
	case Ints:
		return d.index.ofInt(d.column.Ints[i])
	case Strings:
		return d.index.ofText(d.column.Strings[i])
	default:
		return d.index.number(d.column.At(i))
	}
}

func (d *reducingBy) mark(slot int) {
	if d.marked.add(slot) {
		d.changed = append(d.changed, slot)
	}
}

// Flush emits the results by key.
func (d *reducingBy) Flush(r *Run, out *Batch) (bool, error) {
	return d.each || d.give(r, out), nil
}

// give emits results by key and reports whether these were the last. The slots are put into order first, and are written down so: a
// replacement goes on from there.
func (d *reducingBy) give(r *Run, out *Batch) (done bool) {
	if !d.sorted {
		d.sort()
		return d.keys.Len() == 0
	}
	n := min(r.Limit, d.keys.Len()-d.emitted)
	for slot := d.emitted; slot < d.emitted+n; slot++ {
		out.EmitNew(d.result(slot), d.ids.next())
	}
	d.emitted += n
	return d.emitted == d.keys.Len()
}

// result is what has come of the key of a slot.
func (d *reducingBy) result(slot int) map[string]any {
	return map[string]any{"key": d.keys.At(slot), "value": d.accs.At(slot)}
}

// sort puts the slots into the order of their keys. There may be millions of them, so that what is needed no more goes first.
func (d *reducingBy) sort() {
	d.index.reset() // no more items come to these slots
	d.changed, d.marked = nil, nil
	order := sortedOrder(&d.keys, false)
	d.keys = d.keys.pick(order)
	d.accs = d.accs.pick(order)
	d.sorted, d.fresh = true, true
}

func (d *reducingBy) Save(w *StateWriter, full bool) {
	d.ids.save(w)
	d.emission.save(w)
	w.Int(d.emitted)
	w.Bool(d.sorted)
	switch {
	case full || d.fresh:
		w.Uint(heldFresh)
		w.Column(&d.keys, 0, d.keys.Len())
		w.Column(&d.accs, 0, d.accs.Len())
	case len(d.changed) > 0:
		w.Uint(heldMore)
		w.Column(&d.keys, d.saved, d.keys.Len())
		d.changed = d.marked.sorted(d.changed) // new slots come last, in their order
		slots := Column{Kind: Ints, Ints: d.changed}
		accs := d.accs.pick(d.changed)
		w.Column(&slots, 0, slots.Len())
		w.Column(&accs, 0, accs.Len())
	default:
		w.Uint(heldSame)
	}
	d.written()
}

// written notes that everything is written down.
func (d *reducingBy) written() {
	for _, slot := range d.changed {
		d.marked.remove(slot)
	}
	d.changed, d.saved, d.fresh = d.changed[:0], d.keys.Len(), false
}

func (d *reducingBy) Load(r *StateReader, _ bool) error {
	d.ids.load(r)
	d.emission.load(r)
	emitted, sorted := r.Int(), r.Bool()
	switch r.Uint() {
	case heldFresh:
		d.forget()
		d.sorted = sorted
		d.addSlots(r.Column())
		d.accs = r.Column()
	case heldMore:
		d.addSlots(r.Column())
		slots, accs := r.Column(), r.Column()
		for i := range min(slots.Len(), accs.Len()) {
			slot, ok := slots.At(i).(int)
			switch {
			case !ok || slot < 0 || slot > d.accs.Len():
				r.fail()
				return r.Err()
			case slot == d.accs.Len():
				d.accs.AppendRange(&accs, i, i+1)
			default:
				d.accs.set(slot, accs.At(i))
			}
		}
	}
	d.emitted = emitted
	if d.accs.Len() != d.keys.Len() || (!d.sorted && d.index.len() != d.keys.Len()) || d.emitted < 0 || d.emitted > d.keys.Len() {
		r.fail()
	}
	d.marked.grow(d.keys.Len())
	d.written()
	return r.Err()
}

func (d *reducingBy) addSlots(keys Column) {
	for i := 0; i < keys.Len() && !d.sorted; i++ {
		d.index.number(keys.At(i))
	}
	d.keys.AppendRange(&keys, 0, keys.Len())
}

func (d *reducingBy) Reset() {
	d.ids.reset()
	d.emission.reset()
	d.forget()
	d.fresh = true
}

func (d *reducingBy) forget() {
	d.index.reset()
	d.keys, d.accs = Column{}, Column{}
	d.changed, d.marked, d.saved = nil, nil, 0
	d.sorted, d.emitted = false, 0
}
