package stages

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/mprun/mprun/stages/front"
)

// StateWriter collects what a chain writes down of itself for a commit. The format is private to one version of mprun: it is read
// only by a replacement of the same worker in the same run.
type StateWriter struct {
	buf []byte
}

const (
	// entryHead is the bytes before an entry of a log, which say how many follow.
	entryHead = 8
	// keptState is how many bytes of memory a StateWriter keeps for the next entry: a snapshot of all can be much larger than what follows it.
	keptState = 1 << 20
)

// Begin starts an entry of a log.
func (w *StateWriter) Begin() {
	if cap(w.buf) > keptState {
		w.buf = nil
	}
	w.buf = append(w.buf[:0], make([]byte, entryHead)...)
}

// Entry is what was written since Begin, with its length before it; valid until the next Begin.
func (w *StateWriter) Entry() []byte {
	binary.LittleEndian.PutUint64(w.buf, uint64(len(w.buf)-entryHead))
	return w.buf
}

// NextEntry takes the first entry off a log that is not empty. It says false if there is none that is whole.
func NextEntry(log []byte) (entry *StateReader, rest []byte, ok bool) {
	if len(log) < entryHead {
		return nil, nil, false
	}
	size := binary.LittleEndian.Uint64(log)
	if log = log[entryHead:]; size > uint64(len(log)) {
		return nil, nil, false
	}
	return &StateReader{buf: log[:size]}, log[size:], true
}

// Uint writes a number.
func (w *StateWriter) Uint(v uint64) { w.buf = binary.AppendUvarint(w.buf, v) }

// Int writes a signed number.
func (w *StateWriter) Int(v int) { w.buf = binary.AppendVarint(w.buf, int64(v)) }

// Bool writes a truth value.
func (w *StateWriter) Bool(v bool) {
	if v {
		w.buf = append(w.buf, 1)
	} else {
		w.buf = append(w.buf, 0)
	}
}

// Float writes a float64.
func (w *StateWriter) Float(v float64) {
	w.buf = binary.LittleEndian.AppendUint64(w.buf, math.Float64bits(v))
}

// Text writes bytes or text.
func (w *StateWriter) Text(s string) {
	w.Uint(uint64(len(s)))
	w.buf = append(w.buf, s...)
}

// Item writes an item.
func (w *StateWriter) Item(item any) {
	var c Column
	c.Append(item)
	w.Column(&c, 0, 1)
}

// Column writes the items from up to, but without, to of c.
func (w *StateWriter) Column(c *Column, from, to int) {
	start := len(w.buf)
	w.buf = append(w.buf, make([]byte, 8)...)
	w.buf = AppendColumn(w.buf, c, from, to)
	binary.LittleEndian.PutUint64(w.buf[start:], uint64(len(w.buf)-start-8))
}

// errState says that a state log is not what the chain wrote.
var errState = errors.New("the saved state of the chain is damaged")

// StateReader reads what a StateWriter wrote. After a read past the end, Err says so and everything reads as zero.
type StateReader struct {
	buf []byte
	err error
}

// Err is the first error, or nil.
func (r *StateReader) Err() error { return r.err }

// Empty says whether everything has been read.
func (r *StateReader) Empty() bool { return len(r.buf) == 0 }

func (r *StateReader) fail() {
	r.err, r.buf = errState, nil
}

// got fails where something is not there.
func (r *StateReader) got(ok bool) {
	if !ok {
		r.fail()
	}
}

// Uint reads a number.
func (r *StateReader) Uint() uint64 {
	v, ok := front.Uvarint(&r.buf)
	r.got(ok)
	return v
}

// Int reads a signed number.
func (r *StateReader) Int() int {
	v, ok := front.Varint(&r.buf)
	r.got(ok)
	return int(v)
}

// Bool reads a truth value.
func (r *StateReader) Bool() bool {
	b := r.next(1)
	return len(b) == 1 && b[0] == 1
}

// Float reads a float64.
func (r *StateReader) Float() float64 {
	if b := r.next(8); len(b) == 8 {
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return 0
}

// Text reads text.
func (r *StateReader) Text() string { return string(r.next(int(min(r.Uint(), math.MaxInt32)))) }

// Item reads an item.
func (r *StateReader) Item() any {
	c := r.Column()
	if c.Len() != 1 {
		r.fail()
		return nil
	}
	return c.At(0)
}

// Column reads items.
func (r *StateReader) Column() (c Column) {
	r.columnInto(&c)
	return c
}

// columnInto reads items into a column's memory, in place of what it has.
func (r *StateReader) columnInto(c *Column) {
	c.Reset()
	head := r.next(8)
	if len(head) != 8 {
		return
	}
	if err := c.Decode(r.next(int(min(binary.LittleEndian.Uint64(head), math.MaxInt)))); err != nil {
		r.fail()
	}
}

// next reads n bytes, or fails.
func (r *StateReader) next(n int) []byte {
	b, ok := front.Bytes(&r.buf, uint64(n)) // a negative one is too large
	r.got(ok)
	return b
}

func (w *StateWriter) pos(p Pos) {
	w.Text(p.File)
	w.Int(p.Line)
	w.Int(p.Col)
}

func (r *StateReader) pos() Pos { return Pos{File: r.Text(), Line: r.Int(), Col: r.Int()} }
