package stages

import (
	"encoding/binary"
	"math"
	"slices"
)

// wireReader reads CBOR. After an error everything reads as zero.
type wireReader struct {
	data []byte
	at   int
	err  error
	// parts is how many parts lists and maps have claimed so far: each is at least a byte, so that a few bytes which claim many
	// parts, and that at each level, cost no memory.
	parts uint64
}

func (d *wireReader) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.at = len(d.data)
}

func (d *wireReader) column(c *Column) {
	major, n := d.head()
	switch {
	case major == cborTag && n == tagInts:
		raw := d.typed()
		c.Kind, c.Ints = Ints, slices.Grow(c.Ints, len(raw)/8)[:len(raw)/8]
		for i := range c.Ints {
			c.Ints[i] = int(binary.LittleEndian.Uint64(raw))
			raw = raw[8:]
		}
	case major == cborTag && n == tagFloats:
		raw := d.typed()
		c.Kind, c.Floats = Floats, slices.Grow(c.Floats, len(raw)/8)[:len(raw)/8]
		for i := range c.Floats {
			c.Floats[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw))
			raw = raw[8:]
		}
	case major == cborArray:
		count := d.count(n, 1)
		if d.at < len(d.data) && d.data[d.at]&0xe0 == cborText && d.texts(c, count) {
			return
		}
		c.Any = slices.Grow(c.Any, count)[:count]
		for i := range c.Any {
			c.Any[i] = d.item(1)
		}
	default:
		d.fail(errWire)
	}
}

// typed is the bytes of a typed array of 8-byte numbers.
func (d *wireReader) typed() []byte {
	major, n := d.head()
	if major != cborBytes || n%8 != 0 {
		d.fail(errWire)
		return nil
	}
	return d.bytes(n)
}

// textBlock is how many bytes of text share an allocation, about: small enough that the allocator is quick and that a text which is
// kept for long does not keep much else.
const textBlock = 16 << 10

// texts reads count text strings. If there is anything else among them, it reads nothing and says so.
func (d *wireReader) texts(c *Column, count int) bool {
	start := d.at
	texts := slices.Grow(c.Strings, count)[:count]
	for done := 0; done < count; {
		from := d.at
		n := done // the number of the first text behind this block
		for ; n < count && d.at-from < textBlock; n++ {
			if d.at < len(d.data) && d.data[d.at]&0xe0 != cborText {
				clear(texts)
				d.at = start
				return false
			}
			d.text()
		}
		if d.err != nil {
			clear(texts)
			return true
		}
		block := string(d.data[from:d.at])
		d.at = from
		for i := done; i < n; i++ {
			at, end := d.text()
			texts[i] = block[at-from : end-from]
		}
		done = n
	}
	c.Kind, c.Strings = Strings, texts
	return true
}

// text passes over a text string and says where its bytes are.
func (d *wireReader) text() (from, to int) {
	if d.at < len(d.data) {
		if n := d.data[d.at] - cborText; n < cborOne && int(n) < len(d.data)-d.at { // nearly all have a head of one byte
			from = d.at + 1
			d.at = from + int(n)
			return from, d.at
		}
	}
	return d.longText()
}

// longText is text where the head is longer, or damaged.
func (d *wireReader) longText() (from, to int) {
	_, n := d.head()
	from = d.at
	d.bytes(n)
	return from, d.at
}

func (d *wireReader) items(count, depth int) []any {
	items := make([]any, count)
	for i := range items {
		items[i] = d.item(depth)
	}
	return items
}

func (d *wireReader) item(depth int) any {
	if depth > maxWireDepth {
		d.fail(errWireDepth)
		return nil
	}
	if d.at >= len(d.data) {
		d.fail(errWire)
		return nil
	}
	switch d.data[d.at] {
	case cborNull:
		d.at++
		return nil
	case cborTrue:
		d.at++
		return true
	case cborFalse:
		d.at++
		return false
	case cborDouble:
		d.at++
		b := d.bytes(8)
		if d.err != nil {
			return nil
		}
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	major, n := d.head()
	switch major {
	case cborUint, cborNegint:
		if n > math.MaxInt64 {
			d.fail(errWire)
			return nil
		}
		if major == cborNegint {
			return -1 - int(n)
		}
		return int(n)
	case cborText:
		return string(d.bytes(n))
	case cborBytes:
		return append([]byte{}, d.bytes(n)...)
	case cborArray:
		return d.items(d.count(n, 1), depth+1)
	case cborMap:
		return d.mapping(d.count(n, 2), depth+1)
	default:
		d.fail(errWire)
		return nil
	}
}

func (d *wireReader) mapping(count, depth int) map[string]any {
	m := make(map[string]any, count)
	for range count {
		major, n := d.head()
		if major != cborText {
			d.fail(errWire)
			return nil
		}
		key := string(d.bytes(n))
		m[key] = d.item(depth)
	}
	if d.err == nil && len(m) != count {
		d.fail(errWire) // a key twice
	}
	return m
}

// head reads the head of a value: its major type and argument.
func (d *wireReader) head() (major byte, n uint64) {
	if d.at >= len(d.data) {
		d.fail(errWire)
		return 0xff, 0
	}
	first := d.data[d.at]
	d.at++
	major, short := first&0xe0, first&0x1f
	if short < cborOne {
		return major, uint64(short)
	}
	if short > cborOne+3 {
		d.fail(errWire)
		return 0xff, 0
	}
	width := 1 << (short - cborOne)
	if len(d.data)-d.at < width {
		d.fail(errWire)
		return 0xff, 0
	}
	for _, b := range d.data[d.at : d.at+width] {
		n = n<<8 | uint64(b)
	}
	d.at += width
	return major, n
}

// count is n as the number of parts of a list, or of pairs of a map: size is the bytes that one has at least.
func (d *wireReader) count(n, size uint64) int {
	if n > uint64(len(d.data)-d.at)/size || d.parts+n*size > uint64(len(d.data)) {
		d.fail(errWire)
		return 0
	}
	d.parts += n * size
	return int(n)
}

// bytes is the next n bytes, shared with the input.
func (d *wireReader) bytes(n uint64) []byte {
	if n > uint64(len(d.data)-d.at) {
		d.fail(errWire)
		return nil
	}
	b := d.data[d.at : d.at+int(n)]
	d.at += int(n)
	return b
}
