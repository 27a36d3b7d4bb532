package stages

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// csvHeader says where the names of a CSV's fields come from.
type csvHeader struct {
	none  bool     // `header: false`: there are none, records are lists
	names []string // `header: [names]`: these; the first record is data
}

// csvDecoder reads formatCSV: RFC 4180, with "\n" or "\r\n" between records. Empty lines and a byte order mark at the beginning are
// passed over. Every record must have as many fields as the header, or, without one, as the first record.
type csvDecoder struct {
	header csvHeader
	names  []string // nil: the header has not been read yet, or there is none
	fields int      // of a record; 0: not known yet
	saved  bool     // both are known and written down
	parser csvParser

	bare   bool          // records are left as they are, if they have names
	layout *recordLayout // of such records
}

func newCSVDecoder(header csvHeader) *csvDecoder {
	return &csvDecoder{header: header, names: header.names, fields: len(header.names)}
}

// maxCSVHeader bounds the length of a header in bytes: it is part of what each commit writes down.
const maxCSVHeader = 1 << 20

var errCSVHeader = errors.New("the CSV header is longer than 1 MiB")

func (d *csvDecoder) decode(w *window, limit int, out *Column) error {
	if w.first && w.pos == 0 {
		skipByteOrderMark(w)
	}
	for n := 0; n < limit; {
		if n += d.plain(w, limit-n, out); n == limit || !d.skipEmpty(w) {
			return nil
		}
		p := &d.parser
		state := p.parse(w.text[w.pos:], w.last)
		if state == csvMore && (!w.full || w.pos > 0 || p.taken == 0) {
			return nil
		}
		if d.names == nil && !d.header.none {
			if err := d.readHeader(w, state); err != nil {
				return err
			}
			continue
		}
		broken := d.check(w, state)
		if broken != nil && n > 0 {
			return nil // it comes first the next time
		}
		w.pos += p.taken
		w.line += p.lines
		if broken != nil {
			return broken
		}
		d.emit(out)
		n++
	}
	return nil
}

// skipEmpty passes over empty lines and reports whether there is anything behind them.
func (d *csvDecoder) skipEmpty(w *window) bool {
	for w.pos < w.stop {
		switch {
		case w.text[w.pos] == '\n':
			w.pos++
		case strings.HasPrefix(w.text[w.pos:], "\r\n"):
			w.pos += 2
		case w.text[w.pos:] == "\r":
			if !w.last {
				return false
			}
			w.pos++
		default:
			return true
		}
		w.line++
	}
	return false
}

// readHeader takes the record that was parsed as the header. What is wrong with it makes the whole input useless.
func (d *csvDecoder) readHeader(w *window, state csvState) error {
	p := &d.parser
	record := w.text[w.pos : w.pos+p.taken]
	switch {
	case len(record) > maxCSVHeader:
		return errCSVHeader
	case state != csvRecord:
		return fmt.Errorf("the CSV header: %s", state.message())
	case !w.valid && !utf8.ValidString(record):
		return errors.New("the CSV header is not UTF-8")
	}
	names := make([]string, len(p.fields))
	seen := make(map[string]bool, len(p.fields))
	for i, field := range p.fields {
		if seen[field] {
			return fmt.Errorf("the CSV header has the name %q twice", field)
		}
		seen[field] = true
		names[i] = strings.Clone(field) // the window's text must not live on
	}
	d.names, d.fields = names, len(names)
	w.pos += p.taken
	w.line += p.lines
	return nil
}

// check says what is wrong with the record that was parsed, or nil.
func (d *csvDecoder) check(w *window, state csvState) *brokenRecord {
	p := &d.parser
	record := w.text[w.pos : w.pos+p.taken]
	piece := strings.TrimRight(record, "\r\n")
	if !w.valid && !utf8.ValidString(record) {
		return notUTF8(w.line+1, piece)
	}
	if state != csvRecord {
		return &brokenRecord{line: w.line + 1, col: column(record, p.at), message: state.message(), piece: piece}
	}
	if d.fields == 0 {
		d.fields = len(p.fields)
	}
	if len(p.fields) != d.fields {
		whose := "the first record"
		if d.names != nil {
			whose = "the header"
		}
		return &brokenRecord{line: w.line + 1, message: fmt.Sprintf("%s has %s, this record %d", whose, countOf(d.fields, "field"), len(p.fields)), piece: piece}
	}
	return nil
}

// emit adds the record that was parsed to out.
func (d *csvDecoder) emit(out *Column) {
	if !d.bare || d.names == nil {
		out.Append(d.item())
		return
	}
	d.records(out)
	out.Strings = append(out.Strings, d.parser.fields...)
}

// records makes out a column of bare records.
func (d *csvDecoder) records(out *Column) {
	if d.layout == nil {
		d.layout = &recordLayout{names: d.names, csv: true}
	}
	if out.Kind != Records {
		out.become(Records)
		out.layout = d.layout
	}
}

func (d *csvDecoder) item() any {
	fields := d.parser.fields
	if d.names == nil {
		list := make([]any, len(fields))
		for i, field := range fields {
			list[i] = field
		}
		return list
	}
	record := make(map[string]any, len(fields))
	for i, field := range fields {
		record[d.names[i]] = field
	}
	return record
}

func (d *csvDecoder) save(w *StateWriter, full bool) {
	changed := full || !d.saved
	w.Bool(changed)
	if !changed {
		return
	}
	d.saved = d.fields > 0
	w.Int(d.fields)
	w.Uint(uint64(len(d.names)))
	for _, name := range d.names {
		w.Text(name)
	}
}

func (d *csvDecoder) load(r *StateReader, _ bool) {
	if !r.Bool() {
		return
	}
	d.fields, d.names, d.layout = r.Int(), nil, nil
	d.saved = d.fields > 0
	for range r.Uint() {
		if r.Err() != nil {
			return
		}
		d.names = append(d.names, r.Text())
	}
}

// countOf is "1 field", "2 fields".
func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
