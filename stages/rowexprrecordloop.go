package stages

import (
	"strconv"
	"strings"
)

// maxRecordMisses is after how many columns in a row whose fields are of other kinds than before, or of several, no more loops are
// tried.
const maxRecordMisses = 8

// recordLoop is the loops for the first n rows of b, which are Records, with their fields filled in; nil if they run item by item: if
// a field is not there in each row, or is not of one kind in all.
func (e *RowExpr) recordLoop(b *Batch, n int) *ColumnLoop {
	f, c := &e.fields, &b.item
	if f.whole || len(f.names) == 0 || f.misses > maxRecordMisses || !f.fit(c.layout) {
		return nil
	}
	if f.nodes != nil && f.fill(c, b.head, n) {
		f.misses = 0
	} else {
		f.misses++
		if !f.guess(c, b.head) || !f.fill(c, b.head, n) {
			f.nodes = nil
			return nil
		}
		f.loop = nil
		if loop, ok := e.shape.expr.recordLoop(f.nodes); ok {
			f.loop = loop
		}
	}
	if f.loop != nil {
		e.env.Index = b.Index(0)
	}
	return f.loop
}

// guess makes nodes of the lanes that the fields of a row are of.
func (f *recordFields) guess(c *Column, row int) bool {
	f.nodes = make(map[string]*loopNode, len(f.names))
	for j, name := range f.names {
		lane := laneText
		switch {
		case f.slots[j] < 0:
			return false
		case !c.layout.csv:
			lane = laneOfJSON(c.fieldText(row, f.slots[j]))
		}
		if lane == 0 {
			return false
		}
		f.nodes[name] = &loopNode{lane: lane}
	}
	return true
}

// laneOfJSON is the lane of a value by its text, or 0.
func laneOfJSON(text string) lane {
	switch {
	case text == "":
		return 0
	case text[0] == '"':
		return laneText
	case text[0] == 't' || text[0] == 'f':
		return laneBool
	case text[0] != '-' && text[0]-'0' > 9:
		return 0
	case strings.ContainsAny(text, ".eE"):
		return laneFloat
	}
	return laneInt
}

// fill fills the nodes with the fields of n rows. It reports false if one is of another lane.
func (f *recordFields) fill(c *Column, from, n int) bool {
	for j, name := range f.names {
		if f.slots[j] < 0 {
			return false
		}
		node, at := f.nodes[name], f.slots[j]
		ok := true
		switch {
		case c.layout.csv:
			node.texts = room(node.texts, n)
			for i := range n {
				node.texts[i] = c.fieldText(from+i, at)
			}
		case node.lane == laneInt:
			node.ints = room(node.ints, n)
			ok = fillLane(node.ints, c, from, at, shortInt)
		case node.lane == laneFloat:
			node.floats = room(node.floats, n)
			ok = fillLane(node.floats, c, from, at, floatOfJSON)
		case node.lane == laneBool:
			node.bools = room(node.bools, n)
			ok = fillLane(node.bools, c, from, at, boolOfJSON)
		default:
			node.texts = room(node.texts, n)
			ok = fillLane(node.texts, c, from, at, plainOfJSON)
		}
		if !ok {
			return false
		}
	}
	return true
}

// fillLane reads field number slot of the rows from number from on, which are JSON.
func fillLane[T any](dst []T, c *Column, from, slot int, read func(string) (T, bool)) bool {
	width := c.layout.width()
	pieces := c.pieces[from*width+1+slot:]
	for i := range dst {
		v, ok := read(pieces[i*width].of(c.text))
		if !ok {
			return false
		}
		dst[i] = v
	}
	return true
}

// floatOfJSON reads a number with a fraction or an exponent.
func floatOfJSON(text string) (float64, bool) {
	if f, ok := shortDecimal(text); ok {
		return f, true
	}
	if laneOfJSON(text) != laneFloat {
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil
}

func boolOfJSON(text string) (value, ok bool) {
	return text == "true", text == "true" || text == "false"
}

// plainOfJSON reads a string without escapes.
func plainOfJSON(text string) (string, bool) {
	if len(text) < 2 || text[0] != '"' || strings.IndexByte(text, '\\') >= 0 {
		return "", false
	}
	return text[1 : len(text)-1], true
}
