package stages

import (
	"strings"
	"unicode/utf8"
)

// separatedDecoder reads formatLines and formatNul where `separator` or `encoding` says how. What stands between records may be of several
// bytes.
type separatedDecoder struct {
	sep   string
	any   bool // a record that is not UTF-8 is bytes
	given bool // the separator is not that of the format: a line's end at the end of it all belongs to the file, not to the last record
}

func (d separatedDecoder) decode(w *window, limit int, out *Column) error {
	for out.Len() < limit && w.pos < w.stop {
		rest := w.text[w.pos:]
		record, _, found := strings.Cut(rest, d.sep)
		next := w.pos + len(record) + len(d.sep)
		if !found {
			if !w.last {
				return nil
			}
			next = len(w.text)
			if d.given {
				record = strings.TrimSuffix(record, "\n")
			}
			if record == "" && d.given { // the line's end stood behind the last separator
				w.pos = next
				return nil
			}
		}
		valid := w.valid || utf8.ValidString(record)
		if !valid && out.Len() > 0 { // a column of texts ends before it
			return nil
		}
		w.pos = next
		w.line++
		switch {
		case valid:
			out.Append(record)
		case d.any:
			out.Append([]byte(record))
			return nil
		default:
			return notUTF8(w.line, record)
		}
	}
	return nil
}

func (separatedDecoder) save(*StateWriter, bool) {}
func (separatedDecoder) load(*StateReader, bool) {}
