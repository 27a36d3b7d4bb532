package stages

import (
	"slices"
	"strings"
)

// csvWriter writes items as CSV (RFC 4180, with "\n" behind each record).
//
// A map is a record of the fields in names: those that `header` gives, or else the keys of the first item in their order. A list is
// a record of its elements, anything else a record of one field. null is an empty field.
type csvWriter struct {
	names []string // nil: not known yet
	bare  bool     // no header is written
}

// appendItem writes an item, with the header before the first. A failure leaves dst as it was.
func (c *csvWriter) appendItem(dst []byte, item any, first bool) ([]byte, error) {
	record, isMap := item.(map[string]any)
	if isMap && c.names == nil {
		c.names = sortedKeys(record)
	}
	if isMap {
		if err := c.check(record); err != nil {
			return dst, err
		}
	}
	if first && !c.bare && c.names != nil {
		for i, name := range c.names {
			dst = appendCSVField(dst, name, i, len(c.names))
		}
		dst = append(dst, '\n')
	}
	switch v := item.(type) {
	case map[string]any:
		for i, name := range c.names {
			dst = appendCSVField(dst, v[name], i, len(c.names))
		}
	case []any:
		for i, field := range v {
			dst = appendCSVField(dst, field, i, len(v))
		}
	default:
		dst = appendCSVField(dst, item, 0, 1)
	}
	return append(dst, '\n'), nil
}

// check refuses fields that would be lost.
func (c *csvWriter) check(record map[string]any) error {
	known := 0
	for _, name := range c.names {
		if _, ok := record[name]; ok {
			known++
		}
	}
	if known == len(record) {
		return nil
	}
	for _, name := range sortedKeys(record) {
		if !slices.Contains(c.names, name) {
			return Failf("format", "the field %q is not in the CSV header (%s)", name, strings.Join(c.names, ", "))
		}
	}
	return nil
}

// appendCSVField writes field number i of n. A record of one empty field is quoted, because an empty line is no record.
func appendCSVField(dst []byte, field any, i, n int) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	text := ""
	if field != nil {
		text = TextOf(field)
	}
	if !strings.ContainsAny(text, ",\"\r\n") && (text != "" || n > 1) {
		return append(dst, text...)
	}
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
