package stages

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CellType is the type of a value, or of an array: how many elements it has in each dimension. Elements follow each other in C's order.
type CellType struct {
	Type  StoreType `json:"type"`            // of an element
	Shape []int     `json:"shape,omitempty"` // from 1 each; nil: it is a value
}

// Len is how many elements there are in all, 1 of a value.
func (t *CellType) Len() int64 { return product(t.Shape) }

// Bytes is the memory that it takes.
func (t *CellType) Bytes() int64 { return t.Len() * t.Type.Layout().Size }

func product(shape []int) int64 {
	n := int64(1)
	for _, d := range shape {
		n *= int64(d)
	}
	return n
}

// ItemType is what it is like in expressions: a row of characters is a text.
func (t *CellType) ItemType() Type {
	typ := t.Type.Type()
	dims := len(t.Shape)
	if dims > 0 && t.isText() {
		dims--
	}
	for range dims {
		typ = ListOf(typ)
	}
	return typ
}

func (t *CellType) isText() bool { return scalarOf(t.Type.Name).IsText() }

// Cell is the memory of a value or an array as one chain sees it: with what the chain has stored and added itself, which others see after
// the next commit. Offsets are those of numbers, in bytes, and must be inside. It belongs to the chain's goroutine.
type Cell interface {
	// Type is what it holds.
	Type() *CellType
	// Load is a number: of the moment, unless a lock is held.
	Load(off int64, s Scalar) Number
	// Read copies bytes.
	Read(p []byte, off int64)
	// Store changes a number, which fits.
	Store(off int64, s Scalar, n Number)
	// Add adds to a number in one step, whoever else does. ErrSum says that the sum does not fit: then nothing has changed.
	Add(off int64, s Scalar, n Number) error
	// Write changes bytes: whole numbers. p is kept.
	Write(p []byte, off int64)
	// Full says that so much has come together that it must be committed before more is changed.
	Full() bool
	// Room says whether n bytes more may be changed in this commit, which a section cannot part: with what is pending in all values and
	// arrays of the worker they stay below SectionBytes.
	Room(n int64) bool
	// Rewrite makes the bytes from up to, but without, to anew: rewrite is called with parts of them, in order, with what was there and
	// what is to be there. Nothing else may be changed in the commit before it and in the one that it is part of, which must come at once. An
	// error of rewrite is returned, and nothing has changed.
	Rewrite(from, to int64, rewrite func(fresh, old []byte, off int64) error) error
	// Floats is what Rewrite gives of an array of float64 as these numbers, without a copy; nil where that cannot be.
	Floats(p []byte) []float64
}

// ErrSum says that a sum does not fit into its number.
var ErrSum = errors.New("does not fit")

// Sum is a+b of a scalar's numbers. What does not fit is an error that says so, and ErrSum.
func Sum(s Scalar, a, b Number) (Number, error) {
	if s.IsFloat() {
		sum := a.Float() + b.Float()
		if s == ScalarFloat32 {
			sum = float64(float32(sum))
		}
		if sum-sum != 0 && a.Float()-a.Float() == 0 && b.Float()-b.Float() == 0 { // infinite, of two that are not
			return 0, fmt.Errorf("%s + %s %w: %s ends at %s", TextOf(a.Float()), TextOf(b.Float()), ErrSum, s, mostFloat(s))
		}
		return FloatNumber(sum), nil
	}
	least, most, _ := wholeRange(scalars[s].name)
	x, y := int(a), int(b)
	sum := x + y
	if (x^sum)&(y^sum) < 0 || sum < least || sum > most {
		return 0, fmt.Errorf("%d + %d %w: %s goes from %d to %d", x, y, ErrSum, s, least, most)
	}
	return Number(sum), nil
}

func mostFloat(s Scalar) string {
	if s == ScalarFloat32 {
		return "3.4e+38"
	}
	return "1.8e+308"
}

// cellPart is a part of a cell: all of it, rows of it, an element, a field.
type cellPart struct {
	layout *Layout
	off    int64
	shape  []int // dimensions that are left; empty: one element
}

// part is all of a cell.
func (t *CellType) part() cellPart { return cellPart{layout: t.Type.Layout(), shape: t.Shape} }

func (p cellPart) isText() bool { return len(p.shape) == 1 && p.layout.Scalar.IsText() }

// bytes is how many it has.
func (p cellPart) bytes() int64 { return product(p.shape) * p.layout.Size }

// element is element i of the first dimension, which is inside.
func (p cellPart) element(i int) cellPart {
	p.shape = p.shape[1:]
	p.off += int64(i) * p.bytes()
	return p
}

// field is a field of a record.
func (p cellPart) field(f *FieldLayout) cellPart {
	return cellPart{layout: f.Layout, off: p.off + f.Off}
}

// read is the part as an item.
func (p cellPart) read(c Cell) any {
	if len(p.shape) == 0 && p.layout.Scalar != NoScalar {
		return p.layout.Scalar.item(c.Load(p.off, p.layout.Scalar))
	}
	if len(p.shape) == 0 {
		m := make(map[string]any, len(p.layout.Fields))
		for i := range p.layout.Fields {
			f := &p.layout.Fields[i]
			m[f.Name] = p.field(f).read(c)
		}
		return m
	}
	buf := make([]byte, p.bytes())
	c.Read(buf, p.off)
	p.off = 0
	return p.decode(buf)
}

// decode is the part as an item, out of bytes.
func (p cellPart) decode(buf []byte) any {
	switch {
	case len(p.shape) == 0:
		return p.layout.item(buf[p.off:])
	case p.isText():
		return p.text(buf[p.off : p.off+p.bytes()])
	}
	list := make([]any, p.shape[0])
	for i := range list {
		list[i] = p.element(i).decode(buf)
	}
	return list
}

// text is characters up to the first NUL.
func (p cellPart) text(buf []byte) string {
	var b strings.Builder
	size := p.layout.Scalar.Size()
	for at := 0; at < len(buf); at += size {
		n := p.layout.Scalar.get(buf[at:])
		if n == 0 {
			break
		}
		if p.layout.Scalar == ScalarChar {
			b.WriteByte(byte(n))
		} else {
			b.WriteRune(rune(n))
		}
	}
	return strings.ToValidUTF8(b.String(), string(utf8.RuneError))
}

// EncodeCell writes an item as all of a cell of the type lies in memory: of a value the item itself, of an array a list of its elements,
// lists of lists for several dimensions, or a text for characters.
func (t *CellType) EncodeCell(item any) ([]byte, *Misfit) {
	part := t.part()
	buf := make([]byte, part.bytes())
	return buf, part.encode(buf, item)
}

// encode writes an item as the part to p.off of buf.
func (p cellPart) encode(buf []byte, item any) *Misfit {
	if len(p.shape) == 0 {
		stored, misfit := p.layout.Type.Store(item)
		if misfit == nil {
			p.layout.put(buf[p.off:], stored)
		}
		return misfit
	}
	if p.isText() {
		return p.encodeText(buf[p.off:p.off+p.bytes()], item)
	}
	list, ok := item.([]any)
	switch {
	case !ok:
		return &Misfit{Text: "a list of " + strconv.Itoa(p.shape[0]) + " is needed, not " + withArticle(KindOf(item).String())}
	case len(list) != p.shape[0]:
		return &Misfit{Text: "a list of " + strconv.Itoa(p.shape[0]) + " is needed, not one of " + strconv.Itoa(len(list))}
	}
	for i := range list {
		if m := p.element(i).encode(buf, list[i]); m != nil {
			return m.at(i)
		}
	}
	return nil
}

// at is the misfit of an element as one of the list.
func (m *Misfit) at(i int) *Misfit {
	inner := *m
	path := "[" + strconv.Itoa(i) + "]"
	switch {
	case m.Path == "" || m.Path[0] == '[':
		inner.Path = path + m.Path
	default:
		inner.Path = path + "." + m.Path
	}
	return &inner
}

// encodeText writes a text and NULs behind it.
func (p cellPart) encodeText(buf []byte, item any) *Misfit {
	text, ok := item.(string)
	if !ok {
		return &Misfit{Text: "a text is needed, not " + withArticle(KindOf(item).String())}
	}
	if p.layout.Scalar == ScalarChar {
		if len(text) > len(buf) {
			return &Misfit{Text: fmt.Sprintf("a text of at most %d bytes is needed, not of %d", len(buf), len(text))}
		}
		clear(buf[copy(buf, text):])
		return nil
	}
	size := p.layout.Scalar.Size()
	if n := utf8.RuneCountInString(text); n > len(buf)/size {
		return &Misfit{Text: fmt.Sprintf("a text of at most %d characters is needed, not of %d", len(buf)/size, n)}
	}
	at := 0
	for _, r := range text {
		p.layout.Scalar.put(buf[at:], Number(r))
		at += size
	}
	clear(buf[at:])
	return nil
}
