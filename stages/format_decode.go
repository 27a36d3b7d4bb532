package stages

import "strconv"

// window is a stretch of an input as text, with the place up to which it has been taken.
type window struct {
	text  string
	pos   int  // before it everything has been taken
	line  int  // records (of most formats: lines) before pos, counted from the beginning of the input
	valid bool // what of the text stands before its last separator is UTF-8; all of it, if last
	last  bool // nothing follows the text
	first bool // the text begins where the input does
	stop  int  // no record begins here or behind it: the end of the text, or of the stretch that is read
	fresh bool // no decoder has looked at the text yet
	full  bool // the window cannot grow any more: a record at its beginning (pos 0) without an end in it is too long
}

// decoder reads items from text. It keeps no place of its own, so that what it does next depends on the window and on what save
// writes alone.
type decoder interface {
	// decode adds up to limit items to out, which is empty, and moves w behind them. No item and no error says that there is no
	// whole record in the window, or, if the window is the last one, that the input is read.
	//
	// A *brokenRecord is about the first record: w stands behind it then, and decoding can go on. Any other error is about the
	// whole input.
	decode(w *window, limit int, out *Column) error
	// save and load are as in Stateful.
	save(w *StateWriter, full bool)
	load(r *StateReader, full bool)
}

// brokenRecord is a piece of an input that does not follow its format.
type brokenRecord struct {
	line, col int // counted from 1; col 0: not known
	message   string
	piece     any // the text, or bytes where it is no UTF-8
}

// Error is the message without a place.
func (e *brokenRecord) Error() string { return e.message }

// at is name:line:col.
func (e *brokenRecord) at(name string) string {
	s := name + ":" + strconv.Itoa(e.line)
	if e.col > 0 {
		s += ":" + strconv.Itoa(e.col)
	}
	return s
}

// notUTF8 is the failure of a record that is no UTF-8.
func notUTF8(line int, record string) *brokenRecord {
	return &brokenRecord{line: line, message: "not UTF-8 (`format: bytes` reads any bytes)", piece: []byte(record)}
}

// newDecoder is a decoder for a format that has records. header is for csv.
func newDecoder(f format, header csvHeader) decoder {
	switch f {
	case formatJSONL:
		return jsonlDecoder{}
	case formatCSV:
		return newCSVDecoder(header)
	case formatNul:
		return lineDecoder{sep: 0}
	case formatFrames:
		return frameDecoder{}
	case formatPieces, formatLog:
		return pieceDecoder{bare: f == formatLog}
	default:
		return lineDecoder{sep: '\n'}
	}
}
