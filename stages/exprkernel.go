package stages

import (
	"cmp"
	"math"
	"math/bits"
	"strings"
)

// intOperation is an operator as loops over ints: by another column, or by a constant. The loops report false as soon as one
// element has no result.
type intOperation struct {
	byVector func(dst, x, y []int) bool
	byConst  func(dst, x []int, y int) bool
}

// intKernel is the loops of an operator that makes ints of ints, or nil.
func intKernel(operator string) *intOperation {
	switch operator {
	case "+":
		return &intOperation{addVector, addConst}
	case "-":
		return &intOperation{subVector, subConst}
	case "*":
		return &intOperation{mulVector, mulConst}
	case "%":
		return &intOperation{byNonZero(remainderInts), remainderConst}
	case "mod":
		return &intOperation{byNonZero(floorModInts), modConst}
	case "div":
		return &intOperation{divVector, divConst}
	}
	return nil
}

// The sign bit of (x^sum)&(y^sum) says that a sum overflowed: its sign is that of neither operand. The loops gather the signs and
// look once, at the end.

func addVector(dst, x, y []int) bool {
	x, y = x[:len(dst)], y[:len(dst)]
	overflow := 0
	for i, a := range x {
		b := y[i]
		c := a + b
		overflow |= (a ^ c) & (b ^ c)
		dst[i] = c
	}
	return overflow >= 0
}

func addConst(dst, x []int, y int) bool {
	x = x[:len(dst)]
	overflow := 0
	for i, a := range x {
		c := a + y
		overflow |= (a ^ c) & (y ^ c)
		dst[i] = c
	}
	return overflow >= 0
}

func subVector(dst, x, y []int) bool {
	x, y = x[:len(dst)], y[:len(dst)]
	overflow := 0
	for i, a := range x {
		b := y[i]
		c := a - b
		overflow |= (a ^ b) & (a ^ c)
		dst[i] = c
	}
	return overflow >= 0
}

func subConst(dst, x []int, y int) bool {
	x = x[:len(dst)]
	overflow := 0
	for i, a := range x {
		c := a - y
		overflow |= (a ^ y) & (a ^ c)
		dst[i] = c
	}
	return overflow >= 0
}

// wide has a bit above the lowest 32 if n does not fit into them. The product of two that do cannot overflow: the loops multiply and
// gather, and go over it again with care only if a factor was wide.
func wide(n int) uint64 { return uint64(n) + 1<<31 }

func mulVector(dst, x, y []int) bool {
	x, y = x[:len(dst)], y[:len(dst)]
	over := uint64(0)
	for i, a := range x {
		b := y[i]
		over |= wide(a) | wide(b)
		dst[i] = a * b
	}
	if over>>32 == 0 {
		return true
	}
	for i, a := range x {
		c, ok := mulInts(a, y[i])
		if !ok {
			return false
		}
		dst[i] = c
	}
	return true
}

func mulConst(dst, x []int, y int) bool {
	x = x[:len(dst)]
	over := wide(y)
	for i, a := range x {
		over |= wide(a)
		dst[i] = a * y
	}
	if over>>32 == 0 {
		return true
	}
	for i, a := range x {
		c, ok := mulInts(a, y)
		if !ok {
			return false
		}
		dst[i] = c
	}
	return true
}

// byNonZero is a loop of an operator whose one error is a zero divisor.
func byNonZero(f func(a, b int) int) func(dst, x, y []int) bool {
	return func(dst, x, y []int) bool {
		for i := range dst {
			if y[i] == 0 {
				return false
			}
			dst[i] = f(x[i], y[i])
		}
		return true
	}
}

func divVector(dst, x, y []int) bool {
	for i := range dst {
		if y[i] == 0 {
			return false
		}
		q, ok := floorDivInts(x[i], y[i])
		if !ok {
			return false
		}
		dst[i] = q
	}
	return true
}

// magic is 2^64/d, rounded up. For a divisor and a dividend of 32 bits, multiplying by it divides (D. Lemire, O. Kaser, N. Kurz:
// Faster Remainder by Direct Computation), which is some five times faster than the processor's division.
func magic(d int) (m uint64, ok bool) {
	if d < 2 || d > math.MaxUint32 {
		return 0, false
	}
	return math.MaxUint64/uint64(d) + 1, true
}

// remainderConst and modConst differ for negative dividends only.
func remainderConst(dst, x []int, y int) bool { return reduceConst(dst, x, y, remainderInts) }

func modConst(dst, x []int, y int) bool { return reduceConst(dst, x, y, floorModInts) }

func reduceConst(dst, x []int, y int, slow func(a, b int) int) bool {
	if y == 0 {
		return false
	}
	x = x[:len(dst)]
	m, ok := magic(y)
	for i, a := range x {
		if ok && uint64(a) <= math.MaxUint32 {
			r, _ := bits.Mul64(m*uint64(a), uint64(y))
			dst[i] = int(r)
			continue
		}
		dst[i] = slow(a, y)
	}
	return true
}

func divConst(dst, x []int, y int) bool {
	if y == 0 {
		return false
	}
	x = x[:len(dst)]
	m, fast := magic(y)
	for i, a := range x {
		if fast && uint64(a) <= math.MaxUint32 {
			q, _ := bits.Mul64(m, uint64(a))
			dst[i] = int(q)
			continue
		}
		q, ok := floorDivInts(a, y)
		if !ok {
			return false
		}
		dst[i] = q
	}
	return true
}

// infinite has its top bit set if f is infinite or NaN: adding one to an exponent of ones carries into the sign, which was cleared.
func infinite(f float64) uint64 { return math.Float64bits(f)&^(1<<63) + 1<<52 }

// floatKernel is the loop of an operator that makes floats of floats, or nil. As with ints, the loops gather the bits that say that a
// result is infinite, and look once: whether that is an overflow is told item by item.
func floatKernel(operator string) func(dst, x, y []float64) bool {
	switch operator {
	case "+":
		return func(dst, x, y []float64) bool {
			x, y = x[:len(dst)], y[:len(dst)]
			bad := uint64(0)
			for i, a := range x {
				c := a + y[i]
				bad |= infinite(c)
				dst[i] = c
			}
			return bad>>63 == 0
		}
	case "-":
		return func(dst, x, y []float64) bool {
			x, y = x[:len(dst)], y[:len(dst)]
			bad := uint64(0)
			for i, a := range x {
				c := a - y[i]
				bad |= infinite(c)
				dst[i] = c
			}
			return bad>>63 == 0
		}
	case "*":
		return func(dst, x, y []float64) bool {
			x, y = x[:len(dst)], y[:len(dst)]
			bad := uint64(0)
			for i, a := range x {
				c := a * y[i]
				bad |= infinite(c)
				dst[i] = c
			}
			return bad>>63 == 0
		}
	case "/": // by zero it is infinite or NaN, too
		return func(dst, x, y []float64) bool {
			x, y = x[:len(dst)], y[:len(dst)]
			bad := uint64(0)
			for i, a := range x {
				c := a / y[i]
				bad |= infinite(c)
				dst[i] = c
			}
			return bad>>63 == 0
		}
	}
	return nil
}

// floatConstKernel is the loop of an operator by a constant, which is the same four at a time and takes a third of the time; nil where that
// makes no difference.
func floatConstKernel(operator string) func(dst, x []float64, y float64) bool {
	switch operator {
	case "+":
		return addFloats
	case "-":
		return func(dst, x []float64, y float64) bool { return addFloats(dst, x, -y) }
	case "*":
		return mulFloats
	}
	return nil
}

func addFloats(dst, x []float64, y float64) bool {
	x = x[:len(dst)]
	bad := uint64(0)
	for len(x) >= 4 && len(dst) >= 4 {
		a, b, c, d := x[0]+y, x[1]+y, x[2]+y, x[3]+y
		bad |= infinite(a) | infinite(b) | infinite(c) | infinite(d)
		dst[0], dst[1], dst[2], dst[3] = a, b, c, d
		x, dst = x[4:], dst[4:]
	}
	for i, a := range x {
		c := a + y
		bad |= infinite(c)
		dst[i] = c
	}
	return bad>>63 == 0
}

func mulFloats(dst, x []float64, y float64) bool {
	x = x[:len(dst)]
	bad := uint64(0)
	for len(x) >= 4 && len(dst) >= 4 {
		a, b, c, d := x[0]*y, x[1]*y, x[2]*y, x[3]*y
		bad |= infinite(a) | infinite(b) | infinite(c) | infinite(d)
		dst[0], dst[1], dst[2], dst[3] = a, b, c, d
		x, dst = x[4:], dst[4:]
	}
	for i, a := range x {
		c := a * y
		bad |= infinite(c)
		dst[i] = c
	}
	return bad>>63 == 0
}

// compareKernel is the loop of a comparison, or nil. With NaN nothing holds but !=, as in Go.
func compareKernel[T cmp.Ordered](operator string) func(dst []bool, x, y []T) {
	switch operator {
	case "==":
		return func(dst []bool, x, y []T) {
			for i := range dst {
				dst[i] = x[i] == y[i]
			}
		}
	case "!=":
		return func(dst []bool, x, y []T) {
			for i := range dst {
				dst[i] = x[i] != y[i]
			}
		}
	case "<":
		return func(dst []bool, x, y []T) {
			for i := range dst {
				dst[i] = x[i] < y[i]
			}
		}
	case "<=":
		return func(dst []bool, x, y []T) {
			for i := range dst {
				dst[i] = x[i] <= y[i]
			}
		}
	case ">":
		return func(dst []bool, x, y []T) {
			for i := range dst {
				dst[i] = x[i] > y[i]
			}
		}
	case ">=":
		return func(dst []bool, x, y []T) {
			for i := range dst {
				dst[i] = x[i] >= y[i]
			}
		}
	}
	return nil
}

func boolKernel(operator string) func(a, b bool) bool {
	switch operator {
	case "and", "&&":
		return func(a, b bool) bool { return a && b }
	case "or", "||":
		return func(a, b bool) bool { return a || b }
	case "==":
		return func(a, b bool) bool { return a == b }
	case "!=":
		return func(a, b bool) bool { return a != b }
	}
	return nil
}

// parseInts is int() of each text. Short plain numbers, which nearly all are, do not pass through strconv.
func parseInts(dst []int, texts []string) bool {
	texts = texts[:len(dst)]
	for i, s := range texts {
		if n, ok := shortInt(s); ok {
			dst[i] = n
			continue
		}
		v, err := parseInt(s)
		if err != nil {
			return false
		}
		dst[i] = v.(int)
	}
	return true
}

// shortInt reads up to 18 digits, with or without a minus; 18 digits cannot overflow.
func shortInt(s string) (n int, ok bool) {
	digits := s
	if len(s) > 0 && s[0] == '-' {
		digits = s[1:]
	}
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	for i := range len(digits) {
		d := digits[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int(d)
	}
	if len(digits) != len(s) {
		n = -n
	}
	return n, true
}

func parseFloats(dst []float64, texts []string) bool {
	texts = texts[:len(dst)]
	for i, s := range texts {
		if n, ok := shortInt(s); ok && -1<<53 <= n && n <= 1<<53 && (n != 0 || s[0] != '-') {
			dst[i] = float64(n)
			continue
		}
		if f, ok := shortDecimal(s); ok {
			dst[i] = f
			continue
		}
		v, err := parseFloat(s)
		if err != nil {
			return false
		}
		dst[i] = v.(float64)
	}
	return true
}

// shortDecimal reads up to 15 digits with a point among them, with or without a minus: both the digits and the power of ten that divides
// them are exact, so that the quotient is what strconv.ParseFloat gives. Zero is left to that.
func shortDecimal(s string) (f float64, ok bool) {
	digits, negative := strings.CutPrefix(s, "-")
	if len(digits) < 3 || len(digits) > 16 || digits[0] == '.' || digits[len(digits)-1] == '.' {
		return 0, false
	}
	n, point := 0, 0
	for i := range len(digits) {
		d := digits[i] - '0'
		if d > 9 {
			if digits[i] != '.' || point > 0 {
				return 0, false
			}
			point = i
			continue
		}
		n = n*10 + int(d)
	}
	if point == 0 || n == 0 {
		return 0, false
	}
	f = float64(n) / powersOfTen[len(digits)-1-point]
	if negative {
		f = -f
	}
	return f, true
}

var powersOfTen = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

func truncateFloats(dst []int, x []float64) bool {
	x = x[:len(dst)]
	for i, f := range x {
		v, err := floatToInt(f)
		if err != nil {
			return false
		}
		dst[i] = v.(int)
	}
	return true
}
