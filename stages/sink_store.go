package stages

import (
	"errors"
	"math"
)

// changing is `store` and `add`: each item changes a place.
type changing struct {
	place  *cellPlace
	value  *RowExpr
	change func(at located, values *Column, row int) error
	values Column
}

func buildStore(b *Builder, stage *Stage) (Node, error) { return buildChanging(b, stage, storeIn) }

func buildAdd(b *Builder, stage *Stage) (Node, error) { return buildChanging(b, stage, addTo) }

func buildChanging(b *Builder, stage *Stage, change func(located, *Column, int) error) (Node, error) {
	if len(stage.Operand.Places) != 1 {
		return nil, errors.New("one place is needed")
	}
	value, err := b.keyOf(stage.Options["value"].Source)
	if err != nil {
		return nil, err
	}
	place, err := b.cellPlace(&stage.Operand.Places[0])
	if err != nil {
		return nil, err
	}
	return &changing{place: place, value: value, change: change}, nil
}

func (c *changing) Step(r *Run, in, out *Batch) error {
	if c.place.full() {
		if err := r.Commit(); err != nil {
			return err
		}
	}
	c.values.Reset()
	failure := c.value.Column(&c.values, in, min(in.Len(), r.Limit))
	if lost := c.place.locate(in, c.values.Len()); lost != nil {
		failure = lost
	}
	done := 0
	for done < len(c.place.found) {
		at := c.place.found[done]
		if err := r.fits(c.place, done, at.part.bytes()); err != nil {
			failure = err
			break
		}
		if err := c.change(at, &c.values, done); err != nil {
			failure = c.blame(err, done)
			break
		}
		done++
		if done&(1<<10-1) == 0 && c.place.full() {
			failure = nil
			break
		}
	}
	if done == 0 {
		return failure
	}
	out.EmitRows(in, 0, done)
	in.Drop(done)
	return nil
}

// blame says which place an item does not fit.
func (c *changing) blame(err error, row int) error {
	var misfit *Misfit
	switch {
	case errors.As(err, &misfit):
		return Failf("item-type", "%s: %s", c.place.written(row, len(c.place.index)), misfit)
	case errors.Is(err, ErrSum):
		return Failf("range", "%s: %s", c.place.written(row, len(c.place.index)), err)
	}
	return err
}

// Error is String: what is returned as an error until it is known where it belongs.
func (m *Misfit) Error() string { return m.String() }

// storeIn stores an item.
func storeIn(at located, values *Column, row int) error {
	p, value := at.part, values.At(row)
	if len(p.shape) > 0 {
		buf := make([]byte, p.bytes())
		off := p.off
		p.off = 0
		if m := p.encode(buf, value); m != nil {
			return m
		}
		at.cell.Write(buf, off)
		return nil
	}
	stored, m := p.layout.Type.Store(value)
	if m != nil {
		return m
	}
	storeNumbers(at.cell, p, stored)
	return nil
}

// storeNumbers stores what StoreType.Store gave, number by number.
func storeNumbers(c Cell, p cellPart, stored any) {
	if s := p.layout.Scalar; s != NoScalar {
		c.Store(p.off, s, s.number(stored))
		return
	}
	m, _ := stored.(map[string]any)
	for i := range p.layout.Fields {
		f := &p.layout.Fields[i]
		storeNumbers(c, p.field(f), m[f.Name])
	}
}

// addTo adds an item, which must be a number, to a number.
func addTo(at located, values *Column, row int) error {
	s := at.part.layout.Scalar
	switch {
	case values.Kind == Ints && !s.IsFloat():
		return at.cell.Add(at.part.off, s, Number(values.Ints[row]))
	case values.Kind == Floats && s.IsFloat():
		return at.cell.Add(at.part.off, s, FloatNumber(values.Floats[row]))
	}
	n, m := s.addend(values.At(row))
	if m != nil {
		return m
	}
	return at.cell.Add(at.part.off, s, n)
}

// addend is an item as a number that can be added: a whole one to integers, also where a small type could not hold it by itself.
func (s Scalar) addend(value any) (Number, *Misfit) {
	switch v := value.(type) {
	case int:
		if !s.IsFloat() {
			return Number(v), nil
		}
		if f := float64(v); f < 1<<63 && int(f) == v {
			return FloatNumber(f), nil
		}
		return 0, &Misfit{Text: "float64 cannot hold " + TextOf(v) + " exactly"}
	case float64:
		if s.IsFloat() {
			return FloatNumber(v), nil
		}
		if i, ok := wholeFloat(v); ok {
			return Number(i), nil
		}
		if v == math.Trunc(v) {
			return 0, &Misfit{Text: "int64 cannot hold " + TextOf(v)}
		}
		return 0, &Misfit{Text: "a whole number is needed, not " + TextOf(v)}
	}
	return 0, &Misfit{Text: "a number is needed, not " + withArticle(KindOf(value).String())}
}
