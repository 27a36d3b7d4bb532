package stages

import (
	"fmt"
	"strings"
)

// CellReader is a value or an array, or a family of them, as expressions read it.
type CellReader struct {
	cells  []Cell
	whole  cellPart
	object any // nil: it is read at once
}

// NewCellReader is a reader of the members of a family, or of one cell.
func NewCellReader(cells []Cell, family bool) *CellReader {
	r := &CellReader{cells: cells, whole: cells[0].Type().part()}
	switch {
	case family:
		r.object = cellFamily(cells)
	case r.whole.isObject():
		r.object = readPart(cells[0], r.whole)
	}
	return r
}

// Read is an item, or an Object whose elements and fields are read one by one: of the moment.
func (r *CellReader) Read() any {
	if r.object != nil {
		return r.object
	}
	return r.whole.read(r.cells[0])
}

// isObject says whether the part is more than a number or a text.
func (p cellPart) isObject() bool {
	return len(p.shape) > 0 && !p.isText() || len(p.shape) == 0 && p.layout.Scalar == NoScalar
}

// readPart is a part of a cell: a number or a text is read at once, of the others what is asked for.
func readPart(c Cell, p cellPart) any {
	switch {
	case !p.isObject():
		return p.read(c)
	case len(p.shape) > 0:
		return &cellRows{c, p}
	}
	return &cellRecord{c, p}
}

// cellFamily is the members of a family.
type cellFamily []Cell

// Len implements Indexed.
func (f cellFamily) Len() int { return len(f) }

// At implements Indexed.
func (f cellFamily) At(i int) (any, error) { return readPart(f[i], f[i].Type().part()), nil }

// Value implements Object.
func (f cellFamily) Value() (any, error) {
	list := make([]any, len(f))
	for i, c := range f {
		list[i] = c.Type().part().read(c)
	}
	return list, nil
}

// cellRows is an array, or rows of one.
type cellRows struct {
	cell Cell
	part cellPart
}

// Len implements Indexed.
func (r *cellRows) Len() int { return r.part.shape[0] }

// At implements Indexed.
func (r *cellRows) At(i int) (any, error) { return readPart(r.cell, r.part.element(i)), nil }

// Value implements Object.
func (r *cellRows) Value() (any, error) { return r.part.read(r.cell), nil }

// cellRecord is a record in memory.
type cellRecord struct {
	cell Cell
	part cellPart
}

// Field implements Fielded.
func (r *cellRecord) Field(name string) (any, error) {
	f := r.part.layout.field(name)
	if f == nil {
		names := make([]string, len(r.part.layout.Fields))
		for i := range names {
			names[i] = r.part.layout.Fields[i].Name
		}
		return nil, fmt.Errorf("%s has no field %s; it has %s", r.part.layout.Type.Name, quoted(name), strings.Join(names, ", "))
	}
	return readPart(r.cell, r.part.field(f)), nil
}

// Value implements Object.
func (r *cellRecord) Value() (any, error) { return r.part.read(r.cell), nil }
