package stages

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// Errors of arithmetic.
var (
	errOverflow = errors.New("integer overflow: the result does not fit into 64 bits")
	errDivision = errors.New("division by zero")
	errTooLarge = errors.New("float overflow: the result does not fit into 64 bits")
)

// operandError says that an operator has no meaning for its operands.
func operandError(op string, a, b any) error {
	if a == nil || b == nil { // mostly a field by a misspelt name
		return fmt.Errorf("%s has no meaning between %s and %s (a field that is not there is null)", op, aKind(a), aKind(b))
	}
	return fmt.Errorf("%s has no meaning between %s and %s", op, aKind(a), aKind(b))
}

// aKind names the kind of a value with its article, for messages.
func aKind(v any) string {
	if kind := KindOf(v); kind != 0 {
		return article(kind)
	}
	return "a resource"
}

// article names each of the kinds with its article.
func article(kinds Kinds) string {
	if kinds == KindAny || kinds == KindAny&^KindNull {
		return "anything"
	}
	var names []string
	if kinds&KindNumber == KindNumber {
		names = append(names, "a number")
		kinds &^= KindNumber
	}
	for i, name := range kindNames {
		switch kind := Kinds(1 << i); {
		case kinds&kind == 0:
		case kind == KindNull || kind == KindBytes:
			names = append(names, name)
		case kind == KindInt:
			names = append(names, "an int")
		default:
			names = append(names, "a "+name)
		}
	}
	return strings.Join(names, " or ")
}

func addInts(a, b int) (int, bool) {
	c := a + b
	return c, (c > a) == (b > 0)
}

func subInts(a, b int) (int, bool) {
	c := a - b
	return c, (c < a) == (b > 0)
}

func mulInts(a, b int) (int, bool) {
	// Factors of 32 bits cannot overflow.
	if uint64(a+1<<31)|uint64(b+1<<31) < 1<<32 {
		return a * b, true
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	// The product of the bit patterns exceeds the signed one by b<<64 if a is negative, and a<<64 if b is.
	hi -= uint64(a>>63)&uint64(b) + uint64(b>>63)&uint64(a)
	return int(lo), hi == uint64(int64(lo)>>63)
}

// powInts is a to the power of b >= 0.
func powInts(a, b int) (int, bool) {
	result, ok := 1, true
	for {
		if b&1 == 1 {
			if result, ok = mulInts(result, a); !ok {
				return 0, false
			}
		}
		if b >>= 1; b == 0 {
			return result, true
		}
		if a, ok = mulInts(a, a); !ok {
			return 0, false
		}
	}
}

// floorDivInts is Python's // for b != 0; it overflows for the smallest int by -1.
func floorDivInts(a, b int) (int, bool) {
	if b == -1 {
		return subInts(0, a)
	}
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q, true
}

// floorModInts is Python's % for b != 0: the result has b's sign.
func floorModInts(a, b int) int {
	if b == -1 {
		return 0
	}
	m := a % b
	if m != 0 && (m < 0) != (b < 0) {
		m += b
	}
	return m
}

// remainderInts is Go's % for b != 0: the result has a's sign.
func remainderInts(a, b int) int {
	if b == -1 {
		return 0
	}
	return a % b
}

// floorDivMod is Python's divmod of floats (float_floor_div_mod in CPython's Objects/floatobject.c) for b != 0.
func floorDivMod(a, b float64) (div, mod float64) {
	mod = math.Mod(a, b)
	div = (a - mod) / b
	if mod != 0 {
		if (b < 0) != (mod < 0) {
			mod += b
			div--
		}
	} else {
		mod = math.Copysign(0, b)
	}
	if div == 0 {
		return math.Copysign(0, a/b), mod
	}
	floor := math.Floor(div)
	if div-floor > 0.5 {
		floor++
	}
	return floor, mod
}

// floatOf is the result of an operator on two floats. One that is infinite though both are finite has overflowed; what infinities and
// NaN give is IEEE 754's business.
func floatOf(result, x, y float64) (any, error) {
	if result-result != 0 && x-x == 0 && y-y == 0 {
		return nil, errTooLarge
	}
	return result, nil
}

// twoFloats is both operands as floats, if both are numbers.
func twoFloats(a, b any) (x, y float64, ok bool) {
	if x, ok = toFloat(a); !ok {
		return 0, 0, false
	}
	y, ok = toFloat(b)
	return x, y, ok
}

func toFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	}
	return 0, false
}

func add(a, b any) (any, error) {
	switch x := a.(type) {
	case int:
		if y, ok := b.(int); ok {
			if sum, ok := addInts(x, y); ok {
				return sum, nil
			}
			return nil, errOverflow
		}
	case string:
		if y, ok := b.(string); ok {
			if err := textOfSize("+", len(x)+len(y)); err != nil {
				return nil, err
			}
			return x + y, nil
		}
	}
	if x, y, ok := twoFloats(a, b); ok {
		return floatOf(x+y, x, y)
	}
	return nil, operandError("+", a, b)
}

func subtract(a, b any) (any, error) {
	x, ok := a.(int)
	y, ok2 := b.(int)
	if ok && ok2 {
		if difference, ok := subInts(x, y); ok {
			return difference, nil
		}
		return nil, errOverflow
	}
	if x, y, ok := twoFloats(a, b); ok {
		return floatOf(x-y, x, y)
	}
	return nil, operandError("-", a, b)
}

func multiply(a, b any) (any, error) {
	x, ok := a.(int)
	y, ok2 := b.(int)
	if ok && ok2 {
		if product, ok := mulInts(x, y); ok {
			return product, nil
		}
		return nil, errOverflow
	}
	if x, y, ok := twoFloats(a, b); ok {
		return floatOf(x*y, x, y)
	}
	return nil, operandError("*", a, b)
}

func divide(a, b any) (any, error) {
	x, y, ok := twoFloats(a, b)
	if !ok {
		return nil, operandError("/", a, b)
	}
	if y == 0 {
		return nil, errDivision
	}
	return floatOf(x/y, x, y)
}

func remainder(a, b any) (any, error) {
	x, ok := a.(int)
	y, ok2 := b.(int)
	if !ok || !ok2 {
		if _, _, ok := twoFloats(a, b); ok {
			return nil, errors.New("% takes integers; mod(a, b) takes floats too")
		}
		return nil, operandError("%", a, b)
	}
	if y == 0 {
		return nil, errDivision
	}
	return remainderInts(x, y), nil
}

func power(a, b any) (any, error) {
	x, ok := a.(int)
	y, ok2 := b.(int)
	if ok && ok2 && y >= 0 {
		if result, ok := powInts(x, y); ok {
			return result, nil
		}
		return nil, errOverflow
	}
	base, exponent, ok := twoFloats(a, b)
	if !ok {
		return nil, operandError("**", a, b)
	}
	if base == 0 && exponent < 0 {
		return nil, errDivision
	}
	result := math.Pow(base, exponent)
	if math.IsNaN(result) && base == base && exponent == exponent {
		return nil, errors.New("a negative number to the power of a fraction is no number")
	}
	return floatOf(result, base, exponent)
}

func negate(v any) (any, error) {
	switch v := v.(type) {
	case int:
		if v == math.MinInt {
			return nil, errOverflow
		}
		return -v, nil
	case float64:
		return -v, nil
	}
	return nil, fmt.Errorf("- has no meaning for %s", aKind(v))
}

func plus(v any) (any, error) {
	if KindOf(v)&KindNumber == 0 {
		return nil, fmt.Errorf("+ has no meaning for %s", aKind(v))
	}
	return v, nil
}

func floorDiv(a, b any) (any, error) {
	x, ok := a.(int)
	y, ok2 := b.(int)
	if ok && ok2 {
		if y == 0 {
			return nil, errDivision
		}
		if q, ok := floorDivInts(x, y); ok {
			return q, nil
		}
		return nil, errOverflow
	}
	f, g, ok := twoFloats(a, b)
	if !ok {
		return nil, operandError("div()", a, b)
	}
	if g == 0 {
		return nil, errDivision
	}
	q, _ := floorDivMod(f, g)
	return floatOf(q, f, g)
}

func floorMod(a, b any) (any, error) {
	x, ok := a.(int)
	y, ok2 := b.(int)
	if ok && ok2 {
		if y == 0 {
			return nil, errDivision
		}
		return floorModInts(x, y), nil
	}
	f, g, ok := twoFloats(a, b)
	if !ok {
		return nil, operandError("mod()", a, b)
	}
	if g == 0 {
		return nil, errDivision
	}
	_, m := floorDivMod(f, g)
	return m, nil
}
