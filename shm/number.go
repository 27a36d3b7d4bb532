//go:build linux

package shm

import (
	"fmt"
	"math"
)

// NumberKind is the type of a number in an array.
type NumberKind uint8

const (
	numberInvalid NumberKind = iota
	Bool
	Int8
	Uint8
	Int16
	Uint16
	Int32
	Uint32
	Int64
	Uint64
	Float32
	Float64
	numberKindsEnd
)

var numberKinds = [numberKindsEnd]struct {
	name     string
	size     int
	least    int64
	greatest uint64
}{
	Bool:    {"bool", 1, 0, 1},
	Int8:    {"int8", 1, math.MinInt8, math.MaxInt8},
	Uint8:   {"uint8", 1, 0, math.MaxUint8},
	Int16:   {"int16", 2, math.MinInt16, math.MaxInt16},
	Uint16:  {"uint16", 2, 0, math.MaxUint16},
	Int32:   {"int32", 4, math.MinInt32, math.MaxInt32},
	Uint32:  {"uint32", 4, 0, math.MaxUint32},
	Int64:   {"int64", 8, math.MinInt64, math.MaxInt64},
	Uint64:  {"uint64", 8, 0, math.MaxUint64},
	Float32: {"float32", 4, 0, 0},
	Float64: {"float64", 8, 0, 0},
}

func (k NumberKind) String() string {
	if k > numberInvalid && k < numberKindsEnd {
		return numberKinds[k].name
	}
	return fmt.Sprintf("number kind %d", uint8(k))
}

// Size is the bytes of one number, 1, 2, 4 or 8.
func (k NumberKind) Size() int { return numberKinds[k].size }

// IsFloat says whether it is one of the two floats.
func (k NumberKind) IsFloat() bool { return k == Float32 || k == Float64 }

// A Number is a value of any kind: of integers the bits of an int64, of Uint64 those of a uint64, of floats those of a float64.
type Number uint64

// IntNumber is an integer.
func IntNumber(n int64) Number { return Number(n) }

// FloatNumber is a float.
func FloatNumber(f float64) Number { return Number(math.Float64bits(f)) }

// Int is the integer.
func (n Number) Int() int64 { return int64(n) }

// Float is the float.
func (n Number) Float() float64 { return math.Float64frombits(uint64(n)) }

// check says whether an integer fits.
func (k NumberKind) check(n Number) error {
	def := &numberKinds[k]
	switch {
	case k.IsFloat(), k == Uint64:
		return nil
	case int64(n) < def.least || int64(n) > 0 && uint64(n) > def.greatest:
		return fmt.Errorf("%d is not between %d and %d: %w", int64(n), def.least, def.greatest, ErrRange)
	}
	return nil
}

// plus is a+b as the kind has it. What does not fit gives ErrRange. Sums of Float32 are rounded to it one by one, however many a commit adds.
func (k NumberKind) plus(a, b Number) (Number, error) {
	switch {
	case k == Float32:
		return FloatNumber(float64(float32(a.Float() + b.Float()))), nil
	case k.IsFloat():
		return FloatNumber(a.Float() + b.Float()), nil
	case k == Uint64: // b is an int64
		sum := uint64(a) + uint64(b)
		if int64(b) >= 0 && sum < uint64(a) || int64(b) < 0 && sum > uint64(a) {
			return 0, fmt.Errorf("%d + %d is no uint64: %w", uint64(a), int64(b), ErrRange)
		}
		return Number(sum), nil
	}
	x, y := int64(a), int64(b)
	sum := x + y
	if (sum > x) != (y > 0) && y != 0 {
		return 0, fmt.Errorf("%d + %d is no int64: %w", x, y, ErrRange)
	}
	return Number(sum), k.check(Number(sum))
}

// encode is the number's bits in its kind's width.
func (k NumberKind) encode(n Number) uint64 {
	if k == Float32 {
		return uint64(math.Float32bits(float32(n.Float())))
	}
	return uint64(n)
}

// decode makes a number of bits in the kind's width.
func (k NumberKind) decode(bits uint64) Number {
	switch k {
	case Int8:
		return Number(int64(int8(bits)))
	case Int16:
		return Number(int64(int16(bits)))
	case Int32:
		return Number(int64(int32(bits)))
	case Float32:
		return FloatNumber(float64(math.Float32frombits(uint32(bits))))
	}
	return Number(bits)
}
