package stages

import (
	"errors"
	"fmt"
)

// applying is `apply`: each item has a value or an array made anew, element by element, out of what was there.
//
// The elements go through columns, so that arithmetic runs as loops. A part of the memory is all that is held of it at a time.
type applying struct {
	place *cellPlace
	value *RowExpr
	split bool
	index int // of this replica
	of    int

	olds  Column
	loops [Strings + 1]columnLoop
}

func buildApply(b *Builder, stage *Stage) (Node, error) {
	if len(stage.Operand.Places) != 1 {
		return nil, errors.New("one value or array is needed")
	}
	a := &applying{of: 1}
	var err error
	if a.place, err = b.cellPlace(&stage.Operand.Places[0]); err != nil {
		return nil, err
	}
	if a.value, err = b.Option("value"); err != nil {
		return nil, err
	}
	if a.value == nil {
		return nil, errors.New("apply needs a value")
	}
	if a.split, err = b.Flag("split"); err != nil {
		return nil, err
	}
	if a.split {
		if s := newSplitting(b.opts.Self); s != nil {
			a.index, a.of = s.replica, s.replicas
		}
	}
	return a, nil
}

// Step commits before and behind it: nothing else may be part of the commit that rewrites an array. In a section, which is one step, it
// changes the array as `store` would.
func (a *applying) Step(r *Run, in, out *Batch) error {
	if err := a.place.locate(in, 1); err != nil {
		return err
	}
	change := a.rewrite
	if r.section != nil {
		change = func(in *Batch, at located) error { return a.store(r, in, at) }
	}
	if err := r.Commit(); err != nil {
		return err
	}
	if err := change(in, a.place.found[0]); err != nil {
		return err
	}
	out.EmitRows(in, 0, 1)
	in.Drop(1)
	return r.Commit()
}

// own is the elements that are this replica's.
func (a *applying) own(at located) (from, to int64) {
	n := product(at.part.shape)
	if !a.split {
		return 0, n
	}
	return firstOf(n, a.index, a.of), firstOf(n, a.index+1, a.of)
}

// rewrite makes this replica's elements anew where they are.
func (a *applying) rewrite(in *Batch, at located) error {
	size := at.part.layout.Size
	from, to := a.own(at)
	if from == to {
		return nil
	}
	a.value.load(in, 0)
	return at.cell.Rewrite(from*size, to*size, func(fresh, old []byte, off int64) error {
		return a.part(at, fresh, old, int(off/size))
	})
}

// storedAtOnce is how many elements store makes at a time.
const storedAtOnce = 1 << 14

// store makes this replica's elements anew as a part of what else is to be committed. Nothing is changed before all are made, so that all
// of them are held until then: what is too much is refused first.
func (a *applying) store(r *Run, in *Batch, at located) error {
	size := at.part.layout.Size
	from, to := a.own(at)
	if from == to {
		return nil
	}
	if err := r.fits(a.place, 0, (to-from)*size); err != nil {
		return err
	}
	old, fresh := make([]byte, min(storedAtOnce, to-from)*size), make([]byte, (to-from)*size)
	a.value.load(in, 0)
	for i := from; i < to; i += storedAtOnce {
		begin, end := (i-from)*size, (min(i+storedAtOnce, to)-from)*size
		was := old[:end-begin]
		at.cell.Read(was, i*size)
		if err := a.part(at, fresh[begin:end], was, int(i)); err != nil {
			return err
		}
	}
	at.cell.Write(fresh, from*size)
	return nil
}

// firstOf is where the part of replica i of n begins.
func firstOf(length int64, i, n int) int64 {
	return length/int64(n)*int64(i) + length%int64(n)*int64(i)/int64(n)
}

// part makes the elements from first on anew.
func (a *applying) part(at located, fresh, old []byte, first int) error {
	l := at.part.layout
	if kind := l.Scalar.lane(); kind != Mixed {
		if loop := a.loop(kind); loop != nil {
			a.value.env.At = position(at.part.shape, first)
			if a.byColumn(loop, at.cell, l.Scalar, fresh, old) {
				return nil
			}
		}
	}
	return a.oneByOne(at, fresh, old, first)
}

// byColumn makes numbers anew by loops. It says false where they have to go one by one.
func (a *applying) byColumn(loop *ColumnLoop, cell Cell, s Scalar, fresh, old []byte) bool {
	if s == ScalarFloat64 {
		if from, to := cell.Floats(old), cell.Floats(fresh); from != nil && to != nil {
			c, ok := loop.numbers(a.value.env, &Column{Kind: Floats, Floats: from}, to)
			switch {
			case !ok || c.Kind != Floats:
				return false
			case &c.Floats[0] != &to[0]:
				copy(to, c.Floats)
			}
			return true
		}
	}
	a.olds.Reset()
	s.column(&a.olds, old)
	c, ok := loop.numbers(a.value.env, &a.olds, nil)
	return ok && s.encode(fresh, &c)
}

// loop is the expression as loops over a column; nil if it has to run element by element.
func (a *applying) loop(kind ColumnKind) *ColumnLoop {
	if a.value.shape.expr == nil || a.value.draws {
		return nil
	}
	l := &a.loops[kind]
	if !l.tried {
		l.tried = true
		if loop, ok := a.value.shape.expr.elementLoop(kind); ok {
			l.loop = loop
		}
	}
	return l.loop
}

func (a *applying) oneByOne(at located, fresh, old []byte, first int) error {
	l, env := at.part.layout, a.value.env
	for i := 0; int64(i)*l.Size < int64(len(old)); i++ {
		off := int64(i) * l.Size
		env.Item, env.At = l.item(old[off:]), position(at.part.shape, first+i)
		v, err := a.value.shape.Run(env)
		if err != nil {
			return Failf("expression", "%s: %s", a.element(at, first+i), err)
		}
		stored, misfit := l.Type.Store(v)
		if misfit != nil {
			return Failf("item-type", "%s: %s", a.element(at, first+i), misfit)
		}
		l.put(fresh[off:], stored)
	}
	return nil
}

// element names an element, for a message.
func (a *applying) element(at located, i int) string {
	name := a.place.written(0, len(a.place.index))
	switch p := position(at.part.shape, i).(type) {
	case int:
		name += fmt.Sprintf("[%d]", p)
	case []any:
		for _, d := range p {
			name += fmt.Sprintf("[%d]", d)
		}
	}
	return name
}

// position is the index of element i: null of a value, a number, or a list of one for each dimension.
func position(shape []int, i int) any {
	switch len(shape) {
	case 0:
		return nil
	case 1:
		return i
	}
	at := make([]any, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		at[d] = i % shape[d]
		i /= shape[d]
	}
	return at
}
