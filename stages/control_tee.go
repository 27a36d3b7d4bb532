package stages

import (
	"slices"
	"time"
)

// teeing is `tee`: each item goes into all of the chains, one after the other, and then on. A chain sees all items as one stream.
type teeing struct {
	chains []*Chain
	at     int  // the chain that is at work on the first row
	given  bool // the first row has been given to it
	turn   int  // the chain, from 1, that is at work on what no row waits for; 0: none
	ended  bool // the chains have been told that the stream has ended
}

func buildTee(b *Builder, stage *Stage) (Node, error) {
	t := &teeing{}
	for i := range stage.Operand.Branches {
		chain, err := b.Chain(stage.Operand.Branches[i].Stages)
		if err != nil {
			return nil, err
		}
		t.chains = append(t.chains, chain)
	}
	return t, nil
}

func (t *teeing) Step(r *Run, in, out *Batch) error {
	if in.Len() == 0 || t.turn > 0 {
		return t.called(r)
	}
	for t.at < len(t.chains) {
		chain := t.chains[t.at]
		if !t.given && !chain.Ended() {
			chain.Push(in, 0)
		}
		t.given = true
		if state, err := drain(r, chain); err != nil || state == Called {
			return err
		}
		t.at, t.given = t.at+1, false
	}
	t.at = 0
	out.EmitRows(in, 0, 1)
	in.Drop(1)
	return nil
}

// called lets the chains say what no row waits for.
func (t *teeing) called(r *Run) error {
	for t.turn = max(t.turn, 1); t.turn <= len(t.chains); t.turn++ {
		if state, err := drain(r, t.chains[t.turn-1]); err != nil || state == Called {
			return err
		}
	}
	t.turn = 0
	return nil
}

// Timed implements Timed.
func (t *teeing) Timed() bool {
	return slices.ContainsFunc(t.chains, func(c *Chain) bool { return c.hears })
}

// Due implements Timed.
func (t *teeing) Due() (due time.Duration) {
	if t.turn > 0 {
		return 1 // long since
	}
	for _, chain := range t.chains {
		due = earliest(due, chain.due())
	}
	return due
}

// drain takes a chain on until it is Idle, Done or Called, and drops what comes out of it.
func drain(r *Run, chain *Chain) (State, error) {
	for {
		state, err := chain.Advance(r)
		if err != nil || state != Results {
			return state, err
		}
		chain.Out().Truncate()
	}
}

func (t *teeing) Flush(r *Run, _ *Batch) (bool, error) {
	if !t.ended {
		for _, chain := range t.chains {
			chain.End()
		}
		t.ended, t.at = true, 0
	}
	for ; t.at < len(t.chains); t.at++ {
		if state, err := drain(r, t.chains[t.at]); err != nil || state == Called {
			return false, err
		}
	}
	return true, nil
}

// SkipEnd drops what the chain still had to do; the others have not come to their end yet.
func (t *teeing) SkipEnd() bool {
	t.chains[t.at].abandon()
	t.at++
	return t.at == len(t.chains)
}

// Skip drops what the chains were doing with the first row.
func (t *teeing) Skip() {
	for _, chain := range t.chains {
		chain.dropRows()
	}
	t.at, t.given, t.turn = 0, false, 0
}

func (t *teeing) Save(w *StateWriter, full bool) {
	w.Int(t.at)
	w.Bool(t.given)
	w.Int(t.turn)
	w.Bool(t.ended)
	for _, chain := range t.chains {
		chain.Save(w, full)
	}
}

func (t *teeing) Load(r *StateReader, full bool) error {
	t.at, t.given, t.turn, t.ended = r.Int(), r.Bool(), r.Int(), r.Bool()
	if t.at < 0 || t.at > len(t.chains) || t.turn < 0 {
		r.fail()
	}
	for _, chain := range t.chains {
		if err := chain.Load(r, full); err != nil {
			return err
		}
	}
	return r.Err()
}

func (t *teeing) Reset() {
	for _, chain := range t.chains {
		chain.Reset()
	}
	t.at, t.given, t.turn, t.ended = 0, false, 0, false
}
