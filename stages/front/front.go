// Package front takes values off the front of bytes, as encoding/binary has appended them. Each function moves the start of the bytes that it is
// given behind what it took; if the bytes are too few, or no such value, it says false, gives a zero and leaves them as they are.
package front

import "encoding/binary"

// Uvarint takes what [binary.AppendUvarint] has appended.
func Uvarint(p *[]byte) (uint64, bool) { return number(p, binary.Uvarint) }

// Varint takes what [binary.AppendVarint] has appended.
func Varint(p *[]byte) (int64, bool) { return number(p, binary.Varint) }

// Bytes takes n bytes, which stay part of p's memory.
func Bytes(p *[]byte, n uint64) ([]byte, bool) {
	if n > uint64(len(*p)) {
		return nil, false
	}
	taken := (*p)[:n]
	*p = (*p)[n:]
	return taken, true
}

func number[N uint64 | int64](p *[]byte, decode func([]byte) (N, int)) (N, bool) {
	v, n := decode(*p)
	if n <= 0 {
		return 0, false
	}
	*p = (*p)[n:]
	return v, true
}
