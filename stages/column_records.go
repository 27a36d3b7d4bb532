package stages

// recordLayout is how a column of Records lies. It is shared by columns and never changed.
type recordLayout struct {
	names []string // fields of which the column has the text
	csv   bool     // the names are all there are, and values are texts; else the records are JSON
}

// width is how many pieces a record of JSON has: its own, and one for each field.
func (l *recordLayout) width() int { return 1 + len(l.names) }

// piece is a part of a text: the bytes from up to, but without, to. A text that lines are read of is never as large as 4 GiB.
type piece struct{ from, to uint32 }

// of is the part of text.
func (p piece) of(text string) string { return text[p.from:p.to] }

// slot is the number of a field, or -1.
func (l *recordLayout) slot(name string) int {
	for i, n := range l.names {
		if n == name {
			return i
		}
	}
	return -1
}

// Columns of Records are records as they stood in a file, checked but not taken apart: of each, the text of the fields that somebody
// is known to want is at hand. A stage that reads nothing else works on these texts; everybody else is given a Mixed column, made by
// box, so that nobody can tell.
//
// Of CSV, Strings has the fields, row by row. Of JSON, where a row may have a hundred members and most rows may be dropped, pieces has
// only where the value and the fields stand in the text: row by row one of the value, then one for each field, empty for a field that
// is not there. So a row is made and dropped without a pointer that the garbage collector would look at.

// recordCount is how many rows the column has.
func (c *Column) recordCount() int {
	if c.layout.csv {
		return len(c.Strings) / len(c.layout.names)
	}
	return len(c.pieces) / c.layout.width()
}

// record is row i, taken apart.
func (c *Column) record(i int) any {
	if c.layout.csv {
		width := len(c.layout.names)
		record := make(map[string]any, width)
		for j, text := range c.Strings[i*width : (i+1)*width] {
			record[c.layout.names[j]] = text
		}
		return record
	}
	p := jsonParser{text: c.value(i)}
	item, _ := p.value(0) // the scanner has accepted it
	return item
}

// value is the text of row i of JSON.
func (c *Column) value(i int) string { return c.pieces[i*c.layout.width()].of(c.text) }

// isObject says whether row i has fields.
func (c *Column) isObject(i int) bool { return c.layout.csv || c.value(i)[0] == '{' }

// fieldText is the text of field number slot of row i; of JSON, "" if there is none.
func (c *Column) fieldText(i, slot int) string {
	if c.layout.csv {
		return c.Strings[i*len(c.layout.names)+slot]
	}
	return c.pieces[i*c.layout.width()+1+slot].of(c.text)
}

// field is the value of field number slot of row i; ok is false if it has none.
func (c *Column) field(i, slot int) (value any, ok bool) {
	text := c.fieldText(i, slot)
	if c.layout.csv {
		return text, true
	}
	if text == "" {
		return nil, false
	}
	p := jsonParser{text: text}
	value, _ = p.value(0)
	return value, true
}

// records is the rows from up to, but without, to of a column of Records.
func (c *Column) records(from, to int) Column {
	s := Column{Kind: Records, layout: c.layout, text: c.text}
	if c.layout.csv {
		width := len(c.layout.names)
		s.Strings = c.Strings[from*width : to*width : to*width]
	} else {
		width := c.layout.width()
		s.pieces = c.pieces[from*width : to*width : to*width]
	}
	return s
}

// appendRecords adds rows of a column of the same layout and text.
func (c *Column) appendRecords(src *Column, from, to int) {
	some := src.records(from, to)
	c.Strings = append(c.Strings, some.Strings...)
	c.pieces = append(c.pieces, some.pieces...)
}

// whole makes items of Records.
func (c *Column) whole() {
	if c.Kind == Records {
		c.box()
	}
}
