package stages

import (
	"slices"
	"strings"
)

// csvWriter writes items as CSV (RFC 4180, with "\n" behind each record). The first item settles what a record is.
//
// A map is a record of the fields in names: those that `header` gives, or else the keys of the first item, sorted. A field that is
// not there is an empty one, and so is null; a field that is not among the names is an error, as it would be lost. A list is a
// record of its elements, anything else a record of one field; all records must have as many fields as the first, or as names.
type csvWriter struct {
	names []string // of records that are maps; nil: not known yet, or there are none
	width int      // fields of a record; 0: not known yet
}

// appendItem writes an item. A failure leaves dst as it was.
func (c *csvWriter) appendItem(dst []byte, item any) ([]byte, error) {
	switch v := item.(type) {
	case map[string]any:
		return c.appendRecord(dst, v)
	case []any:
		if err := c.fits(len(v)); err != nil {
			return dst, err
		}
		for i, field := range v {
			dst = appendCSVField(dst, field, i, len(v))
		}
	default:
		if err := c.fits(1); err != nil {
			return dst, err
		}
		dst = appendCSVField(dst, item, 0, 1)
	}
	return append(dst, '\n'), nil
}

// appendRecord writes a map.
func (c *csvWriter) appendRecord(dst []byte, record map[string]any) ([]byte, error) {
	if c.names == nil {
		if c.width > 0 {
			return dst, Failf("format", "a map in a CSV whose first item was none: its fields have no names")
		}
		if len(record) == 0 {
			return dst, errNoFields()
		}
		c.names = sortedKeys(record)
		c.width = len(c.names)
	}
	start, known := len(dst), 0
	for i, name := range c.names {
		field, ok := record[name]
		if ok {
			known++
		}
		dst = appendCSVField(dst, field, i, len(c.names))
	}
	if known < len(record) {
		return dst[:start], c.foreign(record)
	}
	return append(dst, '\n'), nil
}

// foreign is the error of a record with a field that would be lost.
func (c *csvWriter) foreign(record map[string]any) error {
	for _, name := range sortedKeys(record) {
		if !slices.Contains(c.names, name) {
			return Failf("format", "the field %q is not in the CSV header (%s)", name, strings.Join(c.names, ", "))
		}
	}
	return nil
}

// fits holds a record without names against those before.
func (c *csvWriter) fits(fields int) error {
	switch {
	case fields == 0:
		return errNoFields()
	case c.width == 0:
		c.width = fields
	case c.width == fields:
	case c.names != nil:
		return Failf("format", "%s for a CSV header of %d (%s)", countOf(fields, "field"), c.width, strings.Join(c.names, ", "))
	default:
		return Failf("format", "%s, where the first record of the CSV has %d", countOf(fields, "field"), c.width)
	}
	return nil
}

// errNoFields is the error of what would be an empty line, which is no record.
func errNoFields() error { return Failf("format", "a CSV record needs a field at least") }

// header is the record of the names, or nothing.
func (c *csvWriter) header() string {
	if c.names == nil {
		return ""
	}
	var line []byte
	for i, name := range c.names {
		line = appendCSVField(line, name, i, len(c.names))
	}
	return string(append(line, '\n'))
}

// appendCSVField writes field number i of n. A record of one empty field is quoted, because an empty line is no record.
func appendCSVField(dst []byte, field any, i, n int) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	start := len(dst)
	switch v := field.(type) {
	case nil:
	case string:
		if !needsQuotes(v) {
			dst = append(dst, v...)
			break
		}
		return appendQuoted(dst, v)
	case int, float64, bool:
		return AppendJSON(dst, v)
	default:
		text := TextOf(v)
		if needsQuotes(text) {
			return appendQuoted(dst, text)
		}
		dst = append(dst, text...)
	}
	if n == 1 && len(dst) == start {
		return append(dst, `""`...)
	}
	return dst
}

// needsQuotes says whether a field would not be read back as it is without quotes. Most are short.
func needsQuotes(text string) bool {
	for i := range len(text) {
		switch text[i] {
		case ',', '"', '\r', '\n':
			return true
		}
	}
	return false
}

// appendQuoted writes a field in quotes, those inside twice.
func appendQuoted(dst []byte, text string) []byte {
	dst = append(dst, '"')
	for {
		q := strings.IndexByte(text, '"')
		if q < 0 {
			break
		}
		dst = append(dst, text[:q+1]...)
		dst = append(dst, '"')
		text = text[q+1:]
	}
	dst = append(dst, text...)
	return append(dst, '"')
}

func (c *csvWriter) save(w *StateWriter) {
	w.Int(c.width)
	w.Bool(c.names != nil)
	if c.names != nil {
		w.Uint(uint64(len(c.names)))
		for _, name := range c.names {
			w.Text(name)
		}
	}
}

func (c *csvWriter) load(r *StateReader) {
	*c = csvWriter{width: r.Int()}
	if r.Bool() {
		n := min(r.Uint(), uint64(len(r.buf))) // a name has some byte at least
		for c.names = make([]string, 0, n); n > 0; n-- {
			c.names = append(c.names, r.Text())
		}
	}
}
