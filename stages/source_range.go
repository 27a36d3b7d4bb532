package stages

import (
	"errors"
	"math/bits"
)

// rangeNode is `range`: whole numbers from start by step up to, but without, stop.
type rangeNode struct {
	turn
	bounds []*RowExpr // stop, or start, stop, and perhaps step
	next   int
	step   int
	left   uint64 // numbers that are still to come
	column Column
}

func buildRange(b *Builder, stage *Stage) (Node, error) {
	t, err := newSharedTurn(b)
	if err != nil {
		return nil, err
	}
	sources := rangeBounds(stage.Operand)
	if len(sources) < 1 || len(sources) > 3 {
		return nil, errors.New("a stop is needed, or [start, stop, step]")
	}
	bounds, err := b.Exprs(sources)
	return &rangeNode{turn: t, bounds: bounds}, err
}

// rangeBounds is the expressions of a Ranged field.
func rangeBounds(f Field) []Source {
	switch {
	case f.Source == nil:
		return f.Sources
	case f.Source.Kind == SourceList:
		return f.Source.Items
	default:
		return []Source{*f.Source}
	}
}

func (n *rangeNode) Step(r *Run, in, out *Batch) error {
	if !n.active {
		if err := n.start(in); err != nil {
			return err
		}
	}
	k := int(min(uint64(n.room(r.Limit)), n.left))
	n.column.Reset()
	n.column.become(Ints)
	for range k {
		n.column.Ints = append(n.column.Ints, n.next)
		n.next += n.step // may wrap behind the last one, which nobody sees
	}
	n.left -= uint64(k)
	n.emit(in, out, &n.column)
	if n.left == 0 || n.room(1) == 0 {
		n.finish(in)
	}
	return nil
}

// start computes the bounds for the first row.
func (n *rangeNode) start(in *Batch) error {
	var v [3]int
	for i, bound := range n.bounds {
		number, err := bound.Int(in, 0)
		if err != nil {
			return err
		}
		v[i] = number
	}
	start, stop, step := v[0], v[1], v[2]
	switch len(n.bounds) {
	case 1:
		start, stop, step = 0, v[0], 1
	case 2:
		step = 1
	}
	if step == 0 {
		return Failf("expression", "the step of a range cannot be 0")
	}
	if err := n.begin(in); err != nil {
		return err
	}
	n.left = n.part(rangeLength(start, stop, step))
	n.next, n.step = start+n.share.first*step, step*n.share.stride // may wrap where nothing is left, which nobody sees
	return nil
}

// rangeLength is how many numbers there are from start by step before stop; the difference of two ints may need 64 bits unsigned.
func rangeLength(start, stop, step int) uint64 {
	var span, stride uint64
	switch {
	case step > 0 && stop > start:
		span, stride = uint64(stop)-uint64(start), uint64(step)
	case step < 0 && stop < start:
		span, stride = uint64(start)-uint64(stop), -uint64(step)
	default:
		return 0
	}
	quotient, rest := bits.Div64(0, span, stride)
	if rest > 0 {
		quotient++
	}
	return quotient
}

func (n *rangeNode) Skip()  { n.active = false }
func (n *rangeNode) Reset() { n.active = false }

func (n *rangeNode) Save(w *StateWriter, _ bool) {
	n.save(w)
	if n.active {
		w.Int(n.next)
		w.Int(n.step)
		w.Uint(n.left)
	}
}

func (n *rangeNode) Load(r *StateReader, _ bool) error {
	n.load(r)
	if n.active {
		n.next, n.step, n.left = r.Int(), r.Int(), r.Uint()
	}
	return r.Err()
}

// rangeType says that ranges are of ints.
func rangeType(*Stage, *Scope, Type) Type { return IntType }
