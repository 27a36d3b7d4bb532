package stages

import "errors"

// putting is `put` to one place.
type putting struct {
	to     *destination
	value  *RowExpr
	values Column
	want   int // values to compute for the next Put: about as many as there was room for
}

func buildPut(b *Builder, stage *Stage) (Node, error) {
	value, err := b.keyOf(stage.Options["value"].Source)
	if err != nil {
		return nil, err
	}
	to := make([]*destination, len(stage.Operand.Places))
	for i := range to {
		if to[i], err = b.destination(&stage.Operand.Places[i]); err != nil {
			return nil, err
		}
	}
	switch len(to) {
	case 0:
		return nil, errors.New("put needs a queue")
	case 1:
		return &putting{to: to[0], value: value}, nil
	default:
		return &puttingAll{to: to, value: value}, nil
	}
}

func (p *putting) Step(r *Run, in, out *Batch) error {
	if p.want == 0 {
		p.want = r.Limit
	}
	p.values.Reset()
	failure := p.value.Results(&p.values, in, min(in.Len(), r.Limit, p.want))
	n, err := p.to.route(in, p.values.Len())
	switch {
	case n == 0 && err != nil:
		return err
	case n == 0:
		return failure
	}
	put, full, err := p.to.put(&p.values, n)
	out.EmitRows(in, 0, put)
	in.Drop(put)
	p.want = max(1, put)
	switch {
	case errors.Is(err, ErrNoReaders):
		return EndOfStream
	case err != nil:
		return before(put, err)
	case put == n:
		p.want = min(2*n, r.Limit)
		return nil
	case put > 0:
		return nil // what has been put is worked off before anything waits
	}
	return r.Await(full)
}

// puttingAll is `put` to several queues: each item into all of them, item by item. It goes on as long as somebody reads one.
type puttingAll struct {
	to    []*destination
	value *RowExpr
	// Of the first row: what is put, computed once, so that all get the same; the queues before it have it, and whether any of them
	// wanted it.
	item    Column
	reached int
	wanted  bool
}

func (p *puttingAll) Step(r *Run, in, out *Batch) error {
	if p.item.Len() == 0 {
		v, err := p.value.At(in, 0)
		if err != nil {
			return err
		}
		p.item.Append(v)
	}
	for p.reached < len(p.to) {
		to := p.to[p.reached]
		m, err := to.box(in, 0)
		if err != nil {
			return err
		}
		put, err := to.boxes[m].Put(&p.item, 0, 1)
		switch {
		case errors.Is(err, ErrNoReaders):
			p.reached++
			p.wanted = p.wanted || !to.isOver(m)
		case err != nil:
			return err
		case put == 1:
			p.reached++
			p.wanted = true
		default:
			return r.Await(to.boxes[m])
		}
	}
	wanted := p.wanted
	p.Skip()
	if !wanted {
		return EndOfStream
	}
	out.EmitRows(in, 0, 1)
	in.Drop(1)
	return nil
}

// Skip forgets which queues have the first row.
func (p *puttingAll) Skip() {
	p.item.Reset()
	p.reached, p.wanted = 0, false
}

func (p *puttingAll) Save(w *StateWriter, _ bool) {
	w.Column(&p.item, 0, p.item.Len())
	w.Int(p.reached)
	w.Bool(p.wanted)
}

func (p *puttingAll) Load(r *StateReader, _ bool) error {
	p.item, p.reached, p.wanted = r.Column(), r.Int(), r.Bool()
	if p.item.Len() > 1 || p.reached < 0 || p.reached > len(p.to) {
		r.fail()
	}
	return r.Err()
}

func (p *puttingAll) Reset() { p.Skip() }
