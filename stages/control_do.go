package stages

// doing is `do`: a chain is run to its end for each item, and committed; then the item itself goes on.
type doing struct {
	chain   *Chain
	running bool // the first row has been given to the chain
}

func buildDo(b *Builder, stage *Stage) (Node, error) {
	chain, err := b.Chain(stage.Operand.Stages)
	return &doing{chain: chain}, err
}

func (d *doing) Step(r *Run, in, out *Batch) error {
	if !d.running {
		d.chain.Push(in, 0)
		d.chain.End()
		d.running = true
	}
	state, err := drain(r, d.chain)
	if err != nil {
		if itemError(err) != nil { // so that the item can be tried again or left out
			d.Skip()
		}
		return err
	}
	if state == Called {
		return nil
	}
	if err := r.Commit(); err != nil {
		return err
	}
	d.Skip()
	out.EmitRows(in, 0, 1)
	in.Drop(1)
	return nil
}

// Skip makes the chain ready for another item.
func (d *doing) Skip() {
	d.chain.Reset()
	d.running = false
}

func (d *doing) Save(w *StateWriter, full bool) {
	w.Bool(d.running)
	d.chain.Save(w, full)
}

func (d *doing) Load(r *StateReader, full bool) error {
	d.running = r.Bool()
	return d.chain.Load(r, full)
}

func (d *doing) Reset() { d.Skip() }
