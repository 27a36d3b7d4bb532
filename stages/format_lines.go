package stages

import (
	"strings"
	"unicode/utf8"
)

// lineDecoder reads formatLines and formatNul: the items are parts of the window's text, nothing is copied.
type lineDecoder struct {
	sep byte
}

func (d lineDecoder) decode(w *window, limit int, out *Column) error {
	out.become(Strings)
	items := out.Strings
	text, pos := w.text, w.pos
	var broken *brokenRecord
	for len(items) < limit && pos < w.stop {
		end, next := nextRecord(text, pos, d.sep)
		if end < 0 {
			if !w.last {
				break
			}
			end, next = len(text), len(text)
		}
		record := text[pos:end]
		if !w.valid && !utf8.ValidString(record) {
			if len(items) == 0 {
				w.line++
				broken, pos = notUTF8(w.line, record), next
			}
			break
		}
		items = append(items, record)
		pos = next
	}
	out.Strings = items
	w.pos = pos
	w.line += len(items)
	if broken != nil {
		return broken
	}
	return nil
}

// nextRecord is where the record that begins at pos ends, and where the one behind it begins; end is -1 if there is no separator.
func nextRecord(text string, pos int, sep byte) (end, next int) {
	i := strings.IndexByte(text[pos:], sep)
	if i < 0 {
		return -1, len(text)
	}
	return pos + i, pos + i + 1
}

func (lineDecoder) save(*StateWriter, bool) {}
func (lineDecoder) load(*StateReader, bool) {}
