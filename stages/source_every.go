package stages

import (
	"math"
	"time"
)

// everyNode is `every`: its count, again and again. The first item comes at once, the others at whole periods after it, however long the
// chain takes: where it takes longer than a period, the items that would have come meanwhile are one, given as soon as the chain is
// back. The times are in the state, so that a replacement of the worker goes on in step.
//
// With `split` replicas give the items in turns: each comes as often as there are replicas less often, the first of replica i after i
// periods. Each goes by its own start, as replicas say nothing to each other.
type everyNode struct {
	turn
	operand *RowExpr
	period  time.Duration
	next    time.Duration // when the next item is due
}

func buildEvery(b *Builder, stage *Stage) (Node, error) {
	t, err := newSharedTurn(b)
	if err != nil {
		return nil, err
	}
	operand, err := b.Expr(stage.Operand.Source)
	return &everyNode{turn: t, operand: operand}, err
}

func (n *everyNode) Step(r *Run, in, out *Batch) error {
	now := r.Now()
	if !n.active {
		period, err := positive(n.operand, in)
		if err != nil {
			return err
		}
		if err := n.begin(in); err != nil {
			return err
		}
		if n.share.stride > 1 {
			n.most = int(n.part(uint64(n.most)))
		}
		n.period, n.next = times(period, n.share.stride), later(now, times(period, n.share.first))
	}
	switch {
	case n.room(1) == 0:
		n.finish(in)
		return nil
	case now < n.next:
		return r.AwaitTime(n.next)
	}
	n.next = gridAfter(n.next, n.period, now)
	out.EmitPart(in, 0, n.number(n.made), n.number(n.made))
	if n.made++; n.room(1) == 0 {
		n.finish(in)
	}
	return nil
}

// positive is the value of a duration that must not be 0, for the first row.
func positive(e *RowExpr, in *Batch) (time.Duration, error) {
	d, err := e.Duration(in, 0)
	if err == nil && d == 0 {
		err = Failf("expression", "a duration above 0s is needed here")
	}
	return d, err
}

// times is n times d, or the longest of all times.
func times(d time.Duration, n int) time.Duration {
	if n > 0 && d > math.MaxInt64/time.Duration(n) {
		return math.MaxInt64
	}
	return d * time.Duration(n)
}

// gridAfter is the first of the times from, from+period, from+2*period ... that is after t, which is not before from.
func gridAfter(from, period, t time.Duration) time.Duration {
	return later(from+(t-from)/period*period, period)
}

// Skip ends the work on the first row.
func (n *everyNode) Skip() { n.active = false }

// Reset implements Stateful.
func (n *everyNode) Reset() { n.active = false }

// Save implements Stateful.
func (n *everyNode) Save(w *StateWriter, _ bool) {
	n.save(w)
	if n.active {
		w.Int(int(n.period))
		w.Int(int(n.next))
	}
}

// Load implements Stateful.
func (n *everyNode) Load(r *StateReader, _ bool) error {
	n.load(r)
	if n.active {
		n.period, n.next = time.Duration(r.Int()), time.Duration(r.Int())
		if n.period <= 0 {
			r.fail()
		}
	}
	return r.Err()
}
