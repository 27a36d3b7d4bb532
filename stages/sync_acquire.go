package stages

// acquiring is `acquire`: each item waits for a lock or a semaphore, which the chain holds from then on, whichever stage releases it.
type acquiring struct{ *lockPlace }

func buildAcquire(b *Builder, stage *Stage) (Node, error) {
	place, err := b.lockPlace(&stage.Operand.Places[0])
	return &acquiring{place}, err
}

func (a *acquiring) Step(r *Run, in, out *Batch) error {
	if err := r.Commit(); err != nil {
		return err
	}
	l, err := a.of(in)
	if err != nil {
		return err
	}
	if ok, err := take(r, l); !ok {
		return err
	}
	out.EmitRows(in, 0, 1)
	in.Drop(1)
	return nil
}

// of is the lock of the first row.
func (p *lockPlace) of(in *Batch) (Lock, error) {
	m, err := p.which(in, 0)
	if err != nil {
		return nil, err
	}
	return p.lock(m)
}

// releasing is `release`. What came before is committed first, so that a release which the commit refuses, as that of a semaphore which
// others have released meanwhile, can be taken back alone.
type releasing struct {
	*lockPlace
	done bool // for the first row, as far as it is committed
}

func buildRelease(b *Builder, stage *Stage) (Node, error) {
	place, err := b.lockPlace(&stage.Operand.Places[0])
	return &releasing{lockPlace: place}, err
}

func (a *releasing) Step(r *Run, in, out *Batch) error {
	if !a.done {
		if err := a.release(r, in); err != nil {
			return err
		}
	}
	a.done = false
	out.EmitRows(in, 0, 1)
	in.Drop(1)
	return nil
}

func (a *releasing) release(r *Run, in *Batch) error {
	if err := r.Commit(); err != nil {
		return err
	}
	l, err := a.of(in)
	if err != nil {
		return err
	}
	if err := l.Release(); err != nil {
		return err
	}
	a.done = true
	err = r.Commit()
	if err != nil {
		a.done = false
		if itemError(err) != nil {
			if undone := r.Undo(); undone != nil {
				return undone
			}
		}
	}
	return err
}

// Skip forgets the first row.
func (a *releasing) Skip() { a.done = false }

// Reset implements Stateful.
func (a *releasing) Reset() { a.done = false }

// Save implements Stateful.
func (a *releasing) Save(w *StateWriter, _ bool) { w.Bool(a.done) }

// Load implements Stateful.
func (a *releasing) Load(r *StateReader, _ bool) error {
	a.done = r.Bool()
	return r.Err()
}
