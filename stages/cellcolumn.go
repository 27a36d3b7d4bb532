package stages

import (
	"encoding/binary"
	"math"
)

// Numbers of an array as a Column, and back. The loops are for memory that is in the cache: Array.Rewrite gives parts that fit there.

// lane is the kind of column that the scalar's numbers make; Mixed if they go one by one.
func (s Scalar) lane() ColumnKind {
	switch {
	case s.IsFloat():
		return Floats
	case s == NoScalar || s.IsText() || s == ScalarBool || s == ScalarUint64: // a uint64 may be more than an item can be
		return Mixed
	}
	return Ints
}

// column appends numbers as they lie in memory to an empty column.
func (s Scalar) column(dst *Column, p []byte) {
	n := len(p) / s.Size()
	if s.IsFloat() {
		dst.Kind, dst.Floats = Floats, room(dst.Floats, n)
		readFloats(dst.Floats, s, p)
		return
	}
	dst.Kind, dst.Ints = Ints, room(dst.Ints, n)
	if s == ScalarInt64 {
		for i := range dst.Ints {
			dst.Ints[i] = int(binary.LittleEndian.Uint64(p[i*8:]))
		}
		return
	}
	size := s.Size()
	for i := range dst.Ints {
		dst.Ints[i] = int(s.get(p[i*size:]))
	}
}

func readFloats(dst []float64, s Scalar, p []byte) {
	if s == ScalarFloat64 {
		p = p[:len(dst)*8]
		for i := range dst {
			dst[i] = math.Float64frombits(binary.LittleEndian.Uint64(p[i*8:]))
		}
		return
	}
	for i := range dst {
		dst[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(p[i*4:])))
	}
}

// encode writes a column as the numbers of the scalar; false if it is of another kind, or a number does not fit: then it goes one by one.
func (s Scalar) encode(p []byte, c *Column) bool {
	switch {
	case s == ScalarFloat64 && c.Kind == Floats:
		p = p[:len(c.Floats)*8]
		for i, f := range c.Floats {
			binary.LittleEndian.PutUint64(p[i*8:], math.Float64bits(f))
		}
	case s == ScalarFloat32 && c.Kind == Floats:
		for i, f := range c.Floats {
			narrow := float32(f)
			if math.IsInf(float64(narrow), 0) && !math.IsInf(f, 0) {
				return false
			}
			binary.LittleEndian.PutUint32(p[i*4:], math.Float32bits(narrow))
		}
	case s == ScalarInt64 && c.Kind == Ints:
		p = p[:len(c.Ints)*8]
		for i, n := range c.Ints {
			binary.LittleEndian.PutUint64(p[i*8:], uint64(n))
		}
	case c.Kind == Ints && !s.IsFloat():
		least, most, _ := wholeRange(scalars[s].name)
		size := s.Size()
		for i, n := range c.Ints {
			if n < least || n > most {
				return false
			}
			s.put(p[i*size:], Number(n))
		}
	default:
		return false
	}
	return true
}
