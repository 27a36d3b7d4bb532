package stages

import (
	"encoding/base64"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// TextOf is an item as text: a string as it is, bytes as they are, everything else as AppendJSON writes it.
func TextOf(item any) string {
	switch v := item.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return string(AppendJSON(nil, item))
}

// AppendText appends the item as TextOf gives it.
func AppendText(dst []byte, item any) []byte {
	switch v := item.(type) {
	case string:
		return append(dst, v...)
	case []byte:
		return append(dst, v...)
	}
	return AppendJSON(dst, item)
}

// AppendJSON appends the item as JSON on one line, the same bytes for the same item: maps sorted by key, ", " and ": " between,
// floats as Python's repr writes them (they keep ".0"; NaN, Infinity and -Infinity are bare words that JSON proper lacks), text
// that is not UTF-8 with U+FFFD, bytes in base64. An Object is written as its value; what is no item is written as null.
func AppendJSON(dst []byte, item any) []byte {
	switch v := item.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case float64:
		return appendFloat(dst, v)
	case string:
		return appendJSONString(dst, v)
	case []byte:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, v)
		return append(dst, '"')
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = AppendJSON(dst, e)
		}
		return append(dst, ']')
	case map[string]any:
		dst = append(dst, '{')
		var some [manyFields]field
		for i, f := range sortedFields(some[:0], v) {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendJSONString(dst, f.key)
			dst = append(dst, ": "...)
			dst = AppendJSON(dst, f.value)
		}
		return append(dst, '}')
	}
	normal, err := Normalize(item)
	if err != nil {
		normal = nil
	}
	return AppendJSON(dst, normal)
}

// field is a field of a map.
type field struct {
	key   string
	value any
}

// manyFields is more fields than most maps have.
const manyFields = 12

// sortedFields appends the fields of a map in the order of their keys. With room in fields it needs no memory, and each field is looked
// at once: nearly all maps are small, and are written by the million.
func sortedFields(fields []field, m map[string]any) []field {
	for key, value := range m {
		fields = append(fields, field{key, value})
	}
	if len(fields) > manyFields {
		slices.SortFunc(fields, func(a, b field) int { return strings.Compare(a.key, b.key) })
		return fields
	}
	for i := 1; i < len(fields); i++ {
		for j := i; j > 0 && fields[j].key < fields[j-1].key; j-- {
			fields[j], fields[j-1] = fields[j-1], fields[j]
		}
	}
	return fields
}

func sortedKeys(m map[string]any) []string {
	return slices.Sorted(maps.Keys(m))
}

// appendFloat writes a float as Python's repr does (float_repr_style "short"): the shortest text that reads back the same, with
// an exponent below 1e-4 and from 1e16 on.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	if abs := math.Abs(f); abs != 0 && (abs < 1e-4 || abs >= 1e16) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if slices.Contains(dst[start:], '.') {
		return dst
	}
	return append(dst, ".0"...)
}

// appendJSONString writes a string of JSON (RFC 8259): only what must be escaped is.
func appendJSONString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0 // of what is not written yet
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[start:i]...)
				dst = append(dst, "\ufffd"...)
				start = i + 1
			}
			i += size
			continue
		}
		i++
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i-1]...)
		start = i
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, `\u00`...)
			dst = append(dst, hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
