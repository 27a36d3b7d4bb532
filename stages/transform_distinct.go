package stages

// distinctness is `distinct`: the first item of each key goes on.
type distinctness struct {
	key     *RowExpr
	seen    keyIndex
	unsaved Column // keys that are not written down yet
	fresh   bool   // what is written down is no longer true
	keys    Column
}

func buildDistinct(b *Builder, stage *Stage) (Node, error) {
	key, err := b.keyOf(stage.Operand.Source)
	return &distinctness{key: key}, err
}

// keyOf compiles a key, which is the item if it was not given.
func (b *Builder) keyOf(src *Source) (*RowExpr, error) {
	if src == nil {
		src = &Source{Kind: SourceExpr, Text: "item"}
	}
	return b.Expr(src)
}

func (d *distinctness) Step(r *Run, in, out *Batch) error {
	d.keys.Reset()
	err := d.key.Column(&d.keys, in, min(in.Len(), r.Limit))
	done := d.keys.Len()
	start := 0 // of a run of rows seen for the first time
	for i := range done {
		key := d.keys.At(i)
		if _, isNew := d.seen.number(key); isNew {
			d.unsaved.Append(d.seen.kept(key))
			continue
		}
		out.EmitRows(in, start, i)
		start = i + 1
	}
	out.EmitRows(in, start, done)
	in.Drop(done)
	return before(done, err)
}

func (d *distinctness) Save(w *StateWriter, full bool) {
	switch {
	case full || d.fresh:
		w.Uint(heldFresh)
		d.seen.save(w)
	case d.unsaved.Len() > 0:
		w.Uint(heldMore)
		w.Column(&d.unsaved, 0, d.unsaved.Len())
	default:
		w.Uint(heldSame)
	}
	d.unsaved.Reset()
	d.fresh = false
}

func (d *distinctness) Load(r *StateReader, _ bool) error {
	switch r.Uint() {
	case heldFresh:
		d.seen.load(r)
	case heldMore:
		d.seen.add(r.Column())
	}
	d.unsaved.Reset()
	d.fresh = false
	return r.Err()
}

func (d *distinctness) Reset() {
	d.seen.reset()
	d.unsaved.Reset()
	d.fresh = true
}
