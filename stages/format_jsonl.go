package stages

import (
	"unicode/utf8"
)

// jsonlDecoder reads formatJSONL. Whole numbers become ints and must fit into 64 bits, so that no digit is lost in silence; all
// others become floats. A byte order mark at the beginning is passed over.
type jsonlDecoder struct {
	scan *jsonScanner // nil: all items are wanted whole
}

func (d jsonlDecoder) decode(w *window, limit int, out *Column) error {
	if w.first && w.pos == 0 {
		skipByteOrderMark(w)
	}
	for n := 0; n < limit && w.pos < w.stop; {
		if d.scan != nil && d.record(w, out) {
			n++
			continue
		}
		end, next := nextRecord(w.text, w.pos, '\n')
		if end < 0 && !w.last {
			return nil
		}
		if end < 0 {
			end = len(w.text)
		}
		line := w.text[w.pos:end]
		if isBlank(line) {
			w.pos, w.line = next, w.line+1
			continue
		}
		item, err := parseLine(line, w.line+1, w.valid)
		if err != nil && n > 0 {
			return nil // it comes first the next time
		}
		w.pos, w.line = next, w.line+1
		if err != nil {
			return err
		}
		out.Append(item)
		n++
	}
	return nil
}

// record adds the record of the next line to out and moves w behind it, if the record can be left as it is.
func (d jsonlDecoder) record(w *window, out *Column) bool {
	if out.Len() > 0 && (out.Kind != Records || out.text != w.text) {
		return false
	}
	if w.fresh {
		w.fresh = false
		d.scan.look(w.text)
	}
	before := len(out.pieces)
	end, pieces := d.scan.record(w.pos, w.last, out.pieces)
	if end < 0 || !w.valid && !utf8.ValidString(w.text[w.pos:end]) {
		out.pieces = pieces[:before]
		return false
	}
	if before == 0 {
		out.become(Records)
		out.layout, out.text = d.scan.layout, w.text
	}
	out.pieces = pieces
	w.pos, w.line = min(end+1, len(w.text)), w.line+1
	return true
}

// parseLine reads the JSON text of a line.
func parseLine(line string, number int, valid bool) (any, error) {
	if !valid && !utf8.ValidString(line) {
		return nil, notUTF8(number, line)
	}
	p := jsonParser{text: line}
	item, err := p.value(0)
	if err == nil {
		if p.space(); p.at == len(line) {
			return item, nil
		}
		return nil, &brokenRecord{line: number, col: column(line, p.at), message: "more text behind the JSON value", piece: line}
	}
	return nil, &brokenRecord{line: number, col: column(line, p.at), message: "broken JSON: " + err.Error(), piece: line}
}

// column is the place of a byte in a line, in characters from 1.
func column(line string, at int) int { return utf8.RuneCountInString(line[:min(at, len(line))]) + 1 }

// isBlank says whether there is nothing but JSON's white space.
func isBlank(line string) bool {
	for i := range len(line) {
		switch line[i] {
		case ' ', '\t', '\r':
		default:
			return false
		}
	}
	return true
}

// skipByteOrderMark passes over the U+FEFF that some editors begin files with.
func skipByteOrderMark(w *window) {
	const mark = "\ufeff"
	if len(w.text) >= len(mark) && w.text[:len(mark)] == mark {
		w.pos = len(mark)
	}
}

func (jsonlDecoder) save(*StateWriter, bool) {}
func (jsonlDecoder) load(*StateReader, bool) {}
