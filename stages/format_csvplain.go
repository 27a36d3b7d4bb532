package stages

import "math/bits"

// plain reads records without quotes as long as they are whole and have the fields that they should, and leaves everything else to the
// parser: n of at most limit, in one pass over the bytes.
func (d *csvDecoder) plain(w *window, limit int, out *Column) (n int) {
	if !d.bare || d.names == nil || !w.valid {
		return 0
	}
	d.records(out)
	for n < limit && w.pos < w.stop {
		text := w.text[w.pos:]
		if text[0] == '\n' || text[0] == '\r' {
			return n
		}
		before := len(out.Strings)
		fields, end := appendPlain(out.Strings, text)
		if end < 0 || len(fields)-before != d.fields {
			out.Strings = fields[:before]
			return n
		}
		out.Strings = fields
		w.pos += end
		w.line++
		n++
	}
	return n
}

// matches has the high bit of each byte of word that is the one that pattern repeats.
func matches(word, pattern uint64) uint64 {
	x := word ^ pattern
	return ^((x&lowBits + lowBits) | x | lowBits)
}

// appendPlain adds the fields of the record that text begins with, up to its line end, and gives the place behind that: -1 if the
// record has a quote or no line end.
func appendPlain(fields []string, text string) ([]string, int) {
	start, i := 0, 0
	for ; i+8 <= len(text); i += 8 {
		word := load64(text[i:])
		found := matches(word, ','*eachByte) | matches(word, '\n'*eachByte) | matches(word, '"'*eachByte)
		for ; found != 0; found &= found - 1 {
			at := i + bits.TrailingZeros64(found)/8
			switch text[at] {
			case ',':
				fields = append(fields, text[start:at])
				start = at + 1
			case '\n':
				return append(fields, withoutReturn(text[start:at])), at + 1
			default:
				return fields, -1
			}
		}
	}
	for ; i < len(text); i++ {
		switch text[i] {
		case ',':
			fields = append(fields, text[start:i])
			start = i + 1
		case '\n':
			return append(fields, withoutReturn(text[start:i])), i + 1
		case '"':
			return fields, -1
		}
	}
	return fields, -1
}

// withoutReturn is the text without a carriage return at its end.
func withoutReturn(s string) string {
	if n := len(s); n > 0 && s[n-1] == '\r' {
		return s[:n-1]
	}
	return s
}
