package stages

import (
	"encoding/binary"
	"errors"
	"math"
)

// Items travel as CBOR (RFC 8949), definite lengths only. A column is one CBOR value:
//
//	Ints     tag 79 over a byte string: sint64, little endian (RFC 8746)
//	Floats   tag 86 over a byte string: float64, little endian (RFC 8746)
//	Strings  an array of text strings
//	Mixed    an array of items: null, bool, int, float64, text, bytes, array, map with text keys
const (
	cborUint   = 0 << 5
	cborNegint = 1 << 5
	cborBytes  = 2 << 5
	cborText   = 3 << 5
	cborArray  = 4 << 5
	cborMap    = 5 << 5
	cborTag    = 6 << 5
	cborFalse  = 0xf4
	cborTrue   = 0xf5
	cborNull   = 0xf6
	cborDouble = 0xfb

	tagInts   = 79
	tagFloats = 86
	cborOne   = 24 // additional information: the argument is in the next byte, 25: two bytes, ...

	// maxWireDepth bounds how deep lists and maps nest, so that no input exhausts the stack.
	maxWireDepth = 10_000
	// wireHead is the most bytes that the head of a CBOR value has.
	wireHead = 9
)

var (
	errWire      = errors.New("damaged items: not what was encoded")
	errWireDepth = errors.New("an item nests too deep")
)

// AppendColumn appends the items from up to, but without, to of c as CBOR. What is no item is written as null.
// Items are written as they are: that text is UTF-8 is the business of whoever makes it.
func AppendColumn(dst []byte, c *Column, from, to int) []byte {
	switch c.Kind {
	case Records:
		items := c.Slice(from, to)
		items.box()
		return AppendColumn(dst, &items, 0, items.Len())
	case Ints:
		dst = appendTyped(dst, tagInts, to-from)
		for _, v := range c.Ints[from:to] {
			dst = binary.LittleEndian.AppendUint64(dst, uint64(v))
		}
	case Floats:
		dst = appendTyped(dst, tagFloats, to-from)
		for _, v := range c.Floats[from:to] {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
		}
	case Strings:
		dst = appendHead(dst, cborArray, uint64(to-from))
		for _, s := range c.Strings[from:to] {
			dst = append(appendHead(dst, cborText, uint64(len(s))), s...)
		}
	default:
		dst = appendHead(dst, cborArray, uint64(to-from))
		for _, item := range c.Any[from:to] {
			dst = appendItem(dst, item)
		}
	}
	return dst
}

// EncodedSize is an upper bound, in bytes, of what AppendColumn appends for the items from up to, but without, to.
func EncodedSize(c *Column, from, to int) int {
	switch c.Kind {
	case Records:
		items := c.Slice(from, to)
		items.box()
		return EncodedSize(&items, 0, items.Len())
	case Ints, Floats:
		return 2 + wireHead + 8*(to-from)
	case Strings:
		size := wireHead * (1 + to - from)
		for _, s := range c.Strings[from:to] {
			size += len(s)
		}
		return size
	default:
		size := wireHead
		for _, item := range c.Any[from:to] {
			size += itemSize(item)
		}
		return size
	}
}

func itemSize(item any) int {
	size := wireHead
	switch v := item.(type) {
	case string:
		size += len(v)
	case []byte:
		size += len(v)
	case []any:
		for _, e := range v {
			size += itemSize(e)
		}
	case map[string]any:
		for key, e := range v {
			size += wireHead + len(key) + itemSize(e)
		}
	}
	return size
}

// appendTyped appends the head of a typed array of n 8-byte numbers.
func appendTyped(dst []byte, tag byte, n int) []byte {
	return appendHead(append(dst, cborTag|cborOne, tag), cborBytes, uint64(n)*8)
}

// appendHead appends the head of a CBOR value: its major type, and its argument in as few bytes as it needs.
func appendHead(dst []byte, major byte, n uint64) []byte {
	switch {
	case n < cborOne:
		return append(dst, major|byte(n))
	case n <= math.MaxUint8:
		return append(dst, major|cborOne, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, major|(cborOne+1)), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, major|(cborOne+2)), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, major|(cborOne+3)), n)
	}
}

func appendItem(dst []byte, item any) []byte {
	switch v := item.(type) {
	case bool:
		if v {
			return append(dst, cborTrue)
		}
		return append(dst, cborFalse)
	case int:
		if v < 0 {
			return appendHead(dst, cborNegint, uint64(-(v + 1)))
		}
		return appendHead(dst, cborUint, uint64(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(dst, cborDouble), math.Float64bits(v))
	case string:
		return append(appendHead(dst, cborText, uint64(len(v))), v...)
	case []byte:
		return append(appendHead(dst, cborBytes, uint64(len(v))), v...)
	case []any:
		dst = appendHead(dst, cborArray, uint64(len(v)))
		for _, e := range v {
			dst = appendItem(dst, e)
		}
		return dst
	case map[string]any:
		dst = appendHead(dst, cborMap, uint64(len(v)))
		for key, e := range v {
			dst = append(appendHead(dst, cborText, uint64(len(key))), key...)
			dst = appendItem(dst, e)
		}
		return dst
	default:
		return append(dst, cborNull)
	}
}

// DecodeColumn reads what AppendColumn appended. Nothing of the result shares memory with data, so that shared memory may be used
// again; the texts of a Strings column share a few allocations. Anything else than the whole of one column is an error, and costs no
// more memory than some multiple of len(data).
func DecodeColumn(data []byte) (Column, error) {
	var c Column
	err := c.Decode(data)
	return c, err
}

// Decode is DecodeColumn into the memory that c has for numbers and for references; what it held is gone, after an error too.
func (c *Column) Decode(data []byte) error {
	c.Reset()
	d := wireReader{data: data}
	d.column(c)
	if d.err == nil && d.at != len(data) {
		d.err = errWire
	}
	if d.err != nil {
		c.Reset()
	}
	return d.err
}
