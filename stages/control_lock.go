package stages

import (
	"cmp"
	"slices"
)

// locking is `lock`: a chain is run to its end for each item, while something is held, and what comes out of it goes on.
//
//	rest --begin: commit, choose--> taking --all are taken--> inside --end: commit with the releases--> left --results are out--> rest
//	  ^                               | error                   | error: what was done since the last commit is undone
//	  '-------------------------------+-------------------------'
//
// Whatever the chain changes is part of the commit that releases, but where a stage inside waits: that commits, and keeps what is held with
// the slot, so that a replacement goes on inside. A worker that dies without that has held nothing and changed nothing: its replacement
// begins again. Results wait until everything has been released.
type locking struct {
	places []*lockPlace
	chain  *Chain
	host   Host

	phase   lockPhase
	chosen  []chosenLock // of the first row, in the order in which they are taken
	taken   int          // how many of them are
	running bool         // the row has been given to the chain
	results heldItems
	sent    int // results that have gone on
}

type lockPhase uint8

const (
	lockRest lockPhase = iota
	lockTaking
	lockInside
	lockLeft
)

// chosenLock is a member of a place.
type chosenLock struct{ place, member int }

func buildLock(b *Builder, stage *Stage) (Node, error) {
	chain, err := b.Chain(stage.Options["do"].Stages)
	if err != nil {
		return nil, err
	}
	l := &locking{chain: chain, host: b.Host()}
	for i := range stage.Operand.Places {
		place, err := b.lockPlace(&stage.Operand.Places[i])
		if err != nil {
			return nil, err
		}
		l.places = append(l.places, place)
	}
	return l, nil
}

func (l *locking) Step(r *Run, in, out *Batch) error {
	if l.phase == lockRest {
		if err := l.begin(r, in); err != nil {
			return err
		}
	}
	if l.phase == lockTaking {
		if ok, err := l.take(r); !ok {
			return err
		}
	}
	if l.phase == lockInside {
		if ok, err := l.inside(r, in); !ok {
			return err
		}
		if err := l.leave(r); err != nil {
			return err
		}
	}
	l.emit(r, in, out)
	return nil
}

// begin commits what came before, which does not belong to what is done inside, and chooses what is to be taken.
func (l *locking) begin(r *Run, in *Batch) error {
	if err := r.Host.Commit(); err != nil {
		return err
	}
	l.chosen = l.chosen[:0]
	for i, place := range l.places {
		m, err := place.which(in, 0)
		if err != nil {
			return err
		}
		if _, err := place.lock(m); err != nil {
			return err
		}
		l.chosen = append(l.chosen, chosenLock{i, m})
	}
	slices.SortStableFunc(l.chosen, func(a, b chosenLock) int { return cmp.Compare(l.lock(a).Number(), l.lock(b).Number()) })
	l.phase, l.taken = lockTaking, 0
	return nil
}

// lock is what was chosen, which begin has looked up, or the predecessor's.
func (l *locking) lock(c chosenLock) Lock {
	lock, err := l.places[c.place].lock(c.member)
	if err != nil {
		panic("stages: " + err.Error()) // the plan has it: it was there before
	}
	return lock
}

// take takes one after the other.
func (l *locking) take(r *Run) (bool, error) {
	for l.taken < len(l.chosen) {
		ok, err := take(r, l.lock(l.chosen[l.taken]))
		if err != nil && itemError(err) != nil {
			return false, l.giveUp(r, err)
		}
		if !ok {
			return false, err
		}
		l.taken++
	}
	l.phase = lockInside
	return true, nil
}

// giveUp gives back, at once, what was taken before one that is not to be had: whatever deals with the failure may take its time. Inside of another
// lock, where nothing has waited, that is part of its commit.
func (l *locking) giveUp(r *Run, err error) error {
	some := l.taken > 0
	l.Skip()
	if some && r.mayCall() {
		if failed := r.Host.Commit(); failed != nil {
			return failed
		}
	}
	return err
}

// inside takes the chain to its end.
func (l *locking) inside(r *Run, in *Batch) (bool, error) {
	if !l.running {
		l.chain.Push(in, 0)
		l.chain.End()
		l.running = true
	}
	outer := r.section
	r.section = &section{}
	defer func() { r.section = outer }()
	for {
		state, err := l.chain.Advance(r)
		switch {
		case err != nil:
			return false, l.undo(r, err)
		case state == Called:
			if outer != nil {
				outer.waited = true
			}
			return false, nil
		case state != Results:
			return true, nil
		}
		c := l.chain.Out().Column()
		l.results.items.AppendRange(&c, 0, c.Len())
		l.chain.Out().Truncate()
	}
}

// undo takes back what the chain has done with an item that has failed.
func (l *locking) undo(r *Run, err error) error {
	if itemError(err) == nil {
		return err
	}
	if undone := r.Undo(); undone != nil {
		return undone
	}
	l.Skip()
	return err
}

// leave commits, and releases with that.
func (l *locking) leave(r *Run) error {
	for _, c := range slices.Backward(l.chosen) {
		if err := l.lock(c).Release(); err != nil {
			return l.undo(r, err)
		}
	}
	l.phase = lockLeft
	if err := r.Host.Commit(); err != nil {
		l.phase = lockInside
		return l.undo(r, err)
	}
	return nil
}

// emit lets the results go on, and the row with the last of them.
func (l *locking) emit(r *Run, in, out *Batch) {
	n := min(l.results.items.Len()-l.sent, max(1, r.Limit))
	part := l.results.items.Slice(l.sent, l.sent+n)
	out.EmitParts(in, 0, l.sent, &part)
	if l.sent += n; l.sent == l.results.items.Len() {
		l.rest()
		in.Drop(1)
	}
}

// rest makes the stage ready for another item.
func (l *locking) rest() {
	l.chain.Reset()
	l.results.clear()
	l.phase, l.taken, l.running, l.sent = lockRest, 0, false, 0
}

// Skip forgets the first row, and gives back what is held for it with the next commit; what a wait inside has given away is not there.
func (l *locking) Skip() {
	if l.phase == lockInside || l.phase == lockTaking {
		l.chain.Reset() // which may hold something itself
		for _, c := range slices.Backward(l.chosen[:l.taken]) {
			_ = l.lock(c).Release()
		}
	}
	l.rest()
}

func (l *locking) Save(w *StateWriter, full bool) {
	w.Uint(uint64(l.phase))
	w.Uint(uint64(len(l.chosen)))
	for _, c := range l.chosen {
		w.Int(c.place)
		w.Int(c.member)
	}
	w.Int(l.taken)
	w.Bool(l.running)
	l.results.save(w, full)
	w.Int(l.sent)
	l.chain.Save(w, full)
}

func (l *locking) Load(r *StateReader, full bool) error {
	l.phase = lockPhase(r.Uint())
	l.chosen = l.chosen[:0]
	for n := r.Uint(); n > 0 && r.Err() == nil; n-- {
		c := chosenLock{r.Int(), r.Int()}
		if c.place < 0 || c.place >= len(l.places) {
			r.fail()
			break
		}
		if _, err := l.places[c.place].lock(c.member); err != nil {
			return err
		}
		l.chosen = append(l.chosen, c)
	}
	l.taken, l.running = r.Int(), r.Bool()
	l.results.load(r)
	l.sent = r.Int()
	if l.taken < 0 || l.taken > len(l.chosen) || l.sent < 0 || l.sent > l.results.items.Len() || l.phase > lockLeft {
		r.fail()
	}
	if r.Err() != nil {
		return r.Err()
	}
	return l.chain.Load(r, full)
}

func (l *locking) Reset() { l.Skip() }

func (l *locking) atWork() *Chain {
	if !l.running {
		return nil
	}
	return l.chain
}
