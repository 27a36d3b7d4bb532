package stages

import (
	"slices"
	"time"
)

// routing is `route`: each item goes into the first branch whose condition holds, and what comes out of it goes on. Where none
// holds, the item passes as it is. A branch sees its items as one stream.
type routing struct {
	branches []branch
	at       int  // the branch that is at work on the first row, or on the end of its stream
	given    bool // the first row has been given to it
	turn     int  // the branch, from 1, that is at work on what no row waits for; 0: none
	ended    bool // the branches have been told that the stream has ended
	alone    bool // results come from no single item: `as` makes them the item, too
}

type branch struct {
	when  *RowExpr // nil: always
	chain *Chain
}

func buildRoute(b *Builder, stage *Stage) (Node, error) {
	t := &routing{}
	for i := range stage.Operand.Branches {
		given := &stage.Operand.Branches[i]
		when, err := b.Expr(given.When)
		if err != nil {
			return nil, err
		}
		chain, err := b.Chain(given.Stages)
		if err != nil {
			return nil, err
		}
		t.branches = append(t.branches, branch{when, chain})
	}
	return t, nil
}

func (t *routing) Step(r *Run, in, out *Batch) error {
	if in.Len() == 0 || t.turn > 0 {
		return t.called(r, out)
	}
	if !t.given {
		at, err := t.choose(in)
		if err != nil {
			return err
		}
		if at == len(t.branches) {
			out.EmitRows(in, 0, 1)
			in.Drop(1)
			return nil
		}
		if chain := t.branches[at].chain; !chain.Ended() { // or it wants nothing more
			chain.Push(in, 0)
		}
		t.at, t.given = at, true
	}
	more, err := t.pass(r, t.at, in, out)
	if err != nil || more {
		return err
	}
	t.given = false
	in.Drop(1)
	if t.over() {
		return EndOfStream
	}
	return nil
}

// choose is the number of the branch for the first row.
func (t *routing) choose(in *Batch) (int, error) {
	for i := range t.branches {
		if t.branches[i].when == nil {
			return i, nil
		}
		ok, err := t.branches[i].when.Bool(in, 0)
		if ok || err != nil {
			return i, err
		}
	}
	return len(t.branches), nil
}

// pass lets branch number at work and passes results on; more says that there may be more of them.
func (t *routing) pass(r *Run, at int, in, out *Batch) (more bool, err error) {
	chain := t.branches[at].chain
	state, err := chain.Advance(r)
	if err != nil || state != Results {
		return state == Called, err
	}
	from := chain.Out()
	for i := range from.Len() {
		if t.alone {
			out.EmitNew(from.Item(i), from.ID(i))
		} else {
			out.emitNested(in, from, i)
		}
	}
	from.Truncate()
	return true, nil
}

// called lets the branches say what no row waits for.
func (t *routing) called(r *Run, out *Batch) error {
	for t.turn = max(t.turn, 1); t.turn <= len(t.branches); t.turn++ {
		if more, err := t.pass(r, t.turn-1, &Batch{}, out); err != nil || more {
			return err
		}
	}
	t.turn = 0
	return nil
}

// Timed implements Timed.
func (t *routing) Timed() bool {
	return slices.ContainsFunc(t.branches, func(b branch) bool { return b.chain.hears })
}

// Due implements Timed.
func (t *routing) Due() (due time.Duration) {
	if t.turn > 0 {
		return 1 // long since
	}
	for i := range t.branches {
		due = earliest(due, t.branches[i].chain.due())
	}
	return due
}

// over says that no branch wants anything more, and that every item goes into one.
func (t *routing) over() bool {
	always := false
	for i := range t.branches {
		if !t.branches[i].chain.Ended() {
			return false
		}
		always = always || t.branches[i].when == nil
	}
	return always
}

func (t *routing) Flush(r *Run, out *Batch) (bool, error) {
	if !t.ended {
		for i := range t.branches {
			t.branches[i].chain.End()
		}
		t.ended, t.at = true, 0
	}
	none := &Batch{}
	for t.at < len(t.branches) {
		more, err := t.pass(r, t.at, none, out)
		if err != nil || more {
			return false, err
		}
		t.at++
	}
	return true, nil
}

// SkipEnd drops what the branch still had to say; the others have not come to their end yet.
func (t *routing) SkipEnd() bool {
	t.branches[t.at].chain.abandon()
	t.at++
	return t.at == len(t.branches)
}

// Skip drops what the branch was doing with the first row.
func (t *routing) Skip() {
	for i := range t.branches {
		t.branches[i].chain.dropRows()
	}
	t.given, t.turn = false, 0
}

func (t *routing) Save(w *StateWriter, full bool) {
	w.Int(t.at)
	w.Bool(t.given)
	w.Int(t.turn)
	w.Bool(t.ended)
	for i := range t.branches {
		t.branches[i].chain.Save(w, full)
	}
}

func (t *routing) Load(r *StateReader, full bool) error {
	t.at, t.given, t.turn, t.ended = r.Int(), r.Bool(), r.Int(), r.Bool()
	if t.at < 0 || t.at > len(t.branches) || t.given && t.at == len(t.branches) || t.turn < 0 {
		r.fail()
		return r.Err()
	}
	for i := range t.branches {
		if err := t.branches[i].chain.Load(r, full); err != nil {
			return err
		}
	}
	return r.Err()
}

func (t *routing) Reset() {
	for i := range t.branches {
		t.branches[i].chain.Reset()
	}
	t.at, t.given, t.turn, t.ended = 0, false, 0, false
}
