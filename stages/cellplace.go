package stages

import (
	"fmt"
	"strings"
)

// cellPlace is a place in values or arrays: for each row it leads to an element, rows, or a field.
type cellPlace struct {
	place *Place
	cells []Cell     // the members of a family, or the one
	index []*RowExpr // the member of a family, then an element of each dimension
	fixed bool       // it is the same for all rows

	columns []Column // of the indexes, for the rows that were located
	found   []located
}

// located is where a row's place leads.
type located struct {
	cell Cell
	part cellPart
}

// cellPlace opens the memory that a place leads to.
func (b *Builder) cellPlace(place *Place) (*cellPlace, error) {
	p := &cellPlace{place: place, fixed: true}
	for member := range max(1, place.Count) {
		cell, err := b.Host().Cell(Ref{Name: place.Name, Member: member})
		if err != nil {
			return nil, err
		}
		p.cells = append(p.cells, cell)
	}
	for i := range place.Index {
		e, err := b.Expr(&place.Index[i])
		if err != nil {
			return nil, err
		}
		_, same := e.Const()
		p.fixed = p.fixed && same
		p.index = append(p.index, e)
	}
	p.columns = make([]Column, len(p.index))
	return p, nil
}

// locate finds out where the first n rows of in lead, into found. It stops at the first that leads nowhere, with its error.
func (p *cellPlace) locate(in *Batch, n int) error {
	p.found = p.found[:0]
	if p.fixed && n > 1 { // what is the same for all is looked up once
		if err := p.locate(in, 1); err != nil {
			return err
		}
		for len(p.found) < n {
			p.found = append(p.found, p.found[0])
		}
		return nil
	}
	var failure error
	for i, e := range p.index {
		p.columns[i].Reset()
		if err := e.Column(&p.columns[i], in, n); err != nil {
			n, failure = p.columns[i].Len(), err // what fails in an index before may be a row before
		}
	}
	for row := range n {
		at, err := p.lead(row)
		if err != nil {
			return err
		}
		p.found = append(p.found, at)
	}
	return failure
}

// lead is where a row leads by the indexes in columns.
func (p *cellPlace) lead(row int) (located, error) {
	at, first := located{cell: p.cells[0]}, 0
	if p.place.Count > 0 {
		i, err := p.number(row, 0, p.place.Count)
		if err != nil {
			return at, err
		}
		at.cell, first = p.cells[i], 1
	}
	at.part = at.cell.Type().part()
	for k := first; k < len(p.index); k++ {
		i, err := p.number(row, k, at.part.shape[0])
		if err != nil {
			return at, err
		}
		at.part = at.part.element(i)
	}
	return at, p.follow(&at)
}

// follow goes into the fields.
func (p *cellPlace) follow(at *located) error {
	for rest := p.place.Field; rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, ".")
		f := at.part.layout.field(name)
		if f == nil {
			return fmt.Errorf("%s: there is no field %s", p.place.Pos, name)
		}
		at.part = at.part.field(f)
	}
	return nil
}

// number is the element that the value of index number k means: as of a list, from 0, or from -1 backwards.
func (p *cellPlace) number(row, k, length int) (int, error) {
	c := &p.columns[k]
	if c.Kind == Ints {
		if i := c.Ints[row]; uint(i) < uint(length) {
			return i, nil
		}
	}
	v := c.At(row)
	i, isInt := v.(int)
	if f, isFloat := v.(float64); isFloat {
		i, isInt = wholeFloat(f)
	}
	if !isInt {
		return 0, Failf("index", "the index of %s must be a whole number, not %s", p.written(row, k), ShortJSON(v))
	}
	at := i
	if at < 0 {
		at += length
	}
	if at < 0 || at >= length {
		of := p.written(row, k)
		return 0, Failf("index", "%s[%d] is not there: %s", of, i, elementsText(of, length))
	}
	return at, nil
}

// elementsText says how many elements there are.
func elementsText(name string, n int) string {
	if n == 1 {
		return name + " has one element, " + name + "[0]"
	}
	return fmt.Sprintf("%s has %d elements, %s[0] to %s[%d]", name, n, name, name, n-1)
}

// written is the place of a row as the spec has it up to n of its indexes, with their values.
func (p *cellPlace) written(row, n int) string {
	var b strings.Builder
	b.WriteString(p.place.Name)
	for i := range n {
		c := &p.columns[i]
		fmt.Fprintf(&b, "[%s]", ShortJSON(c.At(min(row, c.Len()-1))))
	}
	if n == len(p.index) && p.place.Field != "" {
		b.WriteString("." + p.place.Field)
	}
	return b.String()
}

// full says whether something must be committed before more is changed here.
func (p *cellPlace) full() bool {
	for _, c := range p.cells {
		if c.Full() {
			return true
		}
	}
	return false
}
