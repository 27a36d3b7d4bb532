package stages

// recordLayout is how a column of Records lies. It is shared by columns and never changed.
type recordLayout struct {
	names []string // fields of which the column has the text
	csv   bool     // the names are all there are, and values are texts; else the records are JSON
}

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
// is known to want lies in Strings, row by row; a JSON value that is not there has no text. Raw is the whole JSON text. A stage that
// reads nothing else works on these texts; everybody else is given a Mixed column, made by box, so that nobody can tell.

// recordCount is how many rows the column has.
func (c *Column) recordCount() int {
	if c.layout.csv {
		return len(c.Strings) / len(c.layout.names)
	}
	return len(c.raw)
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
	p := jsonParser{text: c.raw[i]}
	item, _ := p.value(0) // the scanner has accepted it
	return item
}

// isObject says whether row i has fields.
func (c *Column) isObject(i int) bool { return c.layout.csv || c.raw[i][0] == '{' }

// field is the value of field number slot of row i; ok is false if it has none.
func (c *Column) field(i, slot int) (value any, ok bool) {
	text := c.Strings[i*len(c.layout.names)+slot]
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
	width := len(c.layout.names)
	s := Column{Kind: Records, layout: c.layout, Strings: c.Strings[from*width : to*width : to*width]}
	if !c.layout.csv {
		s.raw = c.raw[from:to:to]
	}
	return s
}

// appendRecords adds rows of a column of the same layout.
func (c *Column) appendRecords(src *Column, from, to int) {
	some := src.records(from, to)
	c.layout = src.layout
	c.Strings = append(c.Strings, some.Strings...)
	c.raw = append(c.raw, some.raw...)
}

// whole makes items of Records.
func (c *Column) whole() {
	if c.Kind == Records {
		c.box()
	}
}
