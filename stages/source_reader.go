package stages

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	// readChunk is how many bytes are read at a time, at least.
	readChunk = 128 << 10
	// maxRecord bounds a record (a line, a JSON text, a CSV record) in bytes.
	maxRecord = 64 << 20
	// maxWhole bounds an input that is read as one item.
	maxWhole = 1 << 30
)

// reader takes an input apart into items. It holds a stretch of the input:
//
//	       taken          read, not taken      free
//	|-----------------|--------------------|----------|  buf
//	base           base+pos             base+size
//
// The decoder works on a copy of it as text, the window, of which items are parts.
type reader struct {
	in    input   // nil until it is opened, and where it has been read to its end
	dec   decoder // nil: all there is makes one item
	sep   byte
	bare  bool // records have no separator
	chunk int  // readChunk, but in tests
	limit int  // maxRecord or maxWhole, but in tests

	buf    []byte
	base   int64 // of buf[0] in the input
	size   int   // bytes of buf that have been read
	w      window
	ended  bool  // nothing comes behind size
	failed error // what ended it, if it was not the end of the input
	given  bool  // the one item has been given

	part   stretch // whose records are taken
	follow bool    // the input is a file that grows
	id     fileID  // of that file
	origin place   // of a compressed file: where to begin decompressing to get to the offset
	stream bool    // the input cannot be read again: what is not taken is written down
	saved  int64   // bytes of the input that are written down, if stream
}

// newReader is a reader whose input is to be opened at its offset.
func newReader(f format, header csvHeader) *reader {
	if f.isWhole() {
		return &reader{chunk: readChunk, limit: maxWhole}
	}
	sep, separated := f.separator()
	t := &reader{chunk: readChunk, limit: maxRecord, sep: sep, bare: !separated, dec: newDecoder(f, header)}
	if t.bare {
		t.limit += frameLongHead
	}
	return t
}

// offset is how many bytes have been taken.
func (t *reader) offset() int64 { return t.base + int64(t.w.pos) }

// open opens the input so that it goes on behind what has been read.
func (t *reader) open(path string, squeezed compression) error {
	if t.ended || t.in != nil {
		return nil
	}
	offset := t.base + int64(t.size)
	if t.follow {
		t.in = openFollow(path, offset, t.id)
		return nil
	}
	in, err := openInput(path, squeezed, offset, t.origin)
	if err != nil {
		return err
	}
	t.in, t.stream = in, !in.again()
	return nil
}

// close lets go of the input and of the memory.
func (t *reader) close() {
	if t.in != nil {
		t.in.Close()
	}
	t.in, t.buf, t.w = nil, nil, window{}
}

// rewind makes the reader try again, from its offset, what failed.
func (t *reader) rewind() {
	if t.in == nil || t.stream {
		return
	}
	t.mark()
	offset, line := t.offset(), t.w.line
	t.close()
	t.base, t.size, t.w.line = offset, 0, line
	t.ended, t.failed = false, nil
}

// next adds up to limit items to out, which is empty. io.EOF says that the input has been read; errNotYet, that it has nothing at
// the moment. volatile is called before bytes are taken that cannot be read again.
func (t *reader) next(limit int, out *Column, volatile func()) error {
	if t.dec == nil {
		return t.whole(out, volatile)
	}
	for {
		if t.findFirst() {
			if err := t.dec.decode(&t.w, limit, out); err != nil || out.Len() > 0 {
				return err
			}
		}
		switch {
		case t.part.to > 0 && t.offset() >= t.part.to:
			return io.EOF
		case t.failed != nil:
			return t.failed
		case t.ended:
			return io.EOF
		case t.w.full && t.w.pos == 0 && t.part.from > 0:
			return fmt.Errorf("the line behind it is longer than %d MiB", t.limit>>20)
		case t.w.full && t.w.pos == 0:
			return fmt.Errorf("line %d is longer than %d MiB", t.w.line+1, t.limit>>20)
		}
		if err := t.fill(volatile); err != nil {
			return err
		}
	}
}

// leave makes the reader leave records as they are, with these fields at hand, where its format allows that.
func (t *reader) leave(fields []string) {
	switch dec := t.dec.(type) {
	case *csvDecoder:
		dec.bare = true
	case jsonlDecoder:
		t.dec = jsonlDecoder{scan: &jsonScanner{layout: &recordLayout{names: fields}}}
	}
}

// leftover is what a reader of one piece of an input leaves to that of the next: memory, and what it knows of the records' members.
type leftover struct {
	buf []byte
	dec jsonlDecoder
}

// leftover is what is left when the reader is not needed any more.
func (t *reader) leftover() leftover {
	dec, _ := t.dec.(jsonlDecoder)
	return leftover{buf: t.buf, dec: dec}
}

// inherit takes over what another reader with the same options has left, before anything is read.
func (t *reader) inherit(from leftover) {
	t.buf = from.buf
	if from.dec.scan != nil {
		t.dec = from.dec
	}
}

// take makes the reader take the records of a stretch of its input, before anything is read.
func (t *reader) take(part stretch) {
	t.part, t.base = part, part.from
}

// errHeader says that the header of a file is not what it should be, as reading its beginning tells.
var errHeader = errors.New("the CSV header cannot be read")

// readHeader makes a decoder of CSV that begins in the middle of a file know what the file's first record says.
func (t *reader) readHeader(path string) error {
	dec, isCSV := t.dec.(*csvDecoder)
	if !isCSV || t.part.from == 0 || dec.fields > 0 {
		return nil
	}
	head := newReader(formatCSV, dec.header)
	defer head.close()
	if err := head.open(path, notCompressed); err != nil {
		return err
	}
	known := head.dec.(*csvDecoder)
	for known.fields == 0 {
		var record Column
		var broken *brokenRecord
		if err := head.next(1, &record, func() {}); err != nil && !errors.As(err, &broken) {
			return errHeader
		}
	}
	dec.names, dec.fields = known.names, known.fields
	return nil
}

// findFirst goes to the first record of the stretch, and says whether it stands there.
func (t *reader) findFirst() bool {
	if !t.part.partial {
		return true
	}
	at := strings.IndexByte(t.w.text[t.w.pos:], t.sep)
	if at < 0 {
		t.w.pos = len(t.w.text)
		return false
	}
	t.w.pos += at + 1
	t.part.partial, t.part.first = false, t.offset()
	return true
}

// fill reads on until there is the end of another record, and makes what there is the window. It is called when there is no whole
// record in what there was.
//
// When a record was not whole although there was a separator (inside of its quotes), it is tried again only when there is twice as
// much of it or nothing more for the moment, so that trying costs no more than reading.
func (t *reader) fill(volatile func()) error {
	t.shift()
	for want, seen := 2*t.size, false; !t.ended && t.size <= t.limit && (!seen || t.size < want); {
		n, err := t.read(t.chunk, volatile)
		if errors.Is(err, errNotYet) && seen {
			break
		}
		if err != nil {
			return err
		}
		seen = seen || t.bare && n > 0 || !t.bare && bytes.IndexByte(t.buf[t.size-n:t.size], t.sep) >= 0
	}
	t.publish()
	return nil
}

// shift moves what has not been taken to the front of buf, and empties the window.
func (t *reader) shift() {
	rest := t.buf[t.w.pos:t.size]
	t.base += int64(t.w.pos)
	t.size = len(rest)
	if len(t.buf) > 4*t.chunk && len(rest) <= t.chunk {
		t.buf = make([]byte, 2*t.chunk) // one long record must not hold its memory for ever
	}
	copy(t.buf, rest)
	t.w.text, t.w.pos, t.w.stop = "", 0, 0
}

// read reads a piece behind what there is, into room for at least so many bytes. The end of the input and its failure are noted,
// not returned.
func (t *reader) read(room int, volatile func()) (int, error) {
	if free := len(t.buf) - t.size; free < room {
		grown := make([]byte, min(max(t.size+t.chunk, 2*len(t.buf)), t.limit+1+t.chunk))
		copy(grown, t.buf[:t.size])
		t.buf = grown
	}
	if t.stream {
		volatile()
	}
	n, err := t.in.Read(t.buf[t.size:])
	t.size += n
	switch {
	case err == nil:
	case errors.Is(err, errNotYet):
		return n, err
	case errors.Is(err, io.EOF):
		t.ended = true
	default:
		t.ended, t.failed = true, err
	}
	return n, nil
}

// publish makes all that has been read the window.
func (t *reader) publish() {
	text := string(t.buf[:t.size])
	t.w.text, t.w.pos, t.w.fresh = text, 0, true
	t.w.last = t.ended && t.failed == nil
	t.w.first = t.base == 0
	t.w.stop = t.size
	if t.part.to > 0 {
		t.w.stop = int(min(int64(t.size), max(0, t.part.to-t.base)))
	}
	t.w.full = t.size > t.limit
	t.w.valid = t.bare || utf8.ValidString(text) || (!t.w.last && utf8.ValidString(text[:strings.LastIndexByte(text, t.sep)+1]))
}

// whole reads the input to its end and gives it as one item of bytes.
func (t *reader) whole(out *Column, volatile func()) error {
	if t.given {
		return io.EOF
	}
	if t.buf == nil && t.in != nil {
		t.buf = make([]byte, min(t.in.size()+1, int64(t.limit)+1)) // one more than its size, to find the end without growing
	}
	for !t.ended {
		if t.size > t.limit {
			return fmt.Errorf("is larger than %d MiB", t.limit>>20)
		}
		if _, err := t.read(1, volatile); err != nil {
			return err
		}
	}
	if t.failed != nil {
		return t.failed
	}
	out.Append(t.buf[:t.size:t.size])
	t.buf, t.base, t.size, t.given = nil, t.base+int64(t.size), 0, true
	return nil
}

// mark notes where decompressing would have to begin to go on at the offset.
func (t *reader) mark() {
	switch in := t.in.(type) {
	case *packedInput:
		t.origin = in.origin(t.offset())
	case *followInput:
		t.id = in.id
	}
}

// save writes down the place in the input and, where that cannot be read again, what has been read and not taken.
func (t *reader) save(w *StateWriter, full bool) {
	t.mark()
	w.Uint(uint64(t.offset()))
	w.Uint(uint64(t.origin.packed))
	w.Uint(uint64(t.origin.plain))
	w.Uint(t.id.dev)
	w.Uint(t.id.ino)
	w.Uint(uint64(t.part.from))
	w.Uint(uint64(t.part.to))
	w.Bool(t.part.partial)
	w.Uint(uint64(t.part.first))
	w.Int(t.w.line)
	w.Bool(t.given)
	if t.dec != nil {
		t.dec.save(w, full)
	}
	w.Bool(t.stream)
	if !t.stream {
		return
	}
	from := t.offset()
	if !full {
		from = max(from, t.saved)
	}
	rest := t.buf[min(int(from-t.base), t.size):t.size]
	w.Uint(uint64(len(rest)))
	w.buf = append(w.buf, rest...)
	w.Bool(t.ended && t.failed == nil)
	t.saved = t.base + int64(t.size)
}

// load applies what one save wrote. The input is opened later.
func (t *reader) load(r *StateReader, full bool) {
	offset := int64(r.Uint())
	t.origin = place{packed: int64(r.Uint()), plain: int64(r.Uint())}
	t.id = fileID{dev: r.Uint(), ino: r.Uint()}
	t.part = stretch{from: int64(r.Uint()), to: int64(r.Uint()), partial: r.Bool(), first: int64(r.Uint())}
	t.w = window{line: r.Int()}
	t.given = r.Bool()
	if t.dec != nil {
		t.dec.load(r, full)
	}
	t.stream = r.Bool()
	var rest []byte
	if t.stream {
		if skip := offset - t.base; !full && skip >= 0 && skip < int64(t.size) {
			rest = t.buf[skip:t.size:t.size]
		}
		rest = append(rest, r.next(int(min(r.Uint(), uint64(len(r.buf)))))...)
		t.ended = r.Bool()
	}
	t.buf, t.base, t.size = rest, offset, len(rest)
	t.saved = offset + int64(len(rest))
	if t.dec != nil {
		t.publish()
	}
}
