package stages

import (
	"bytes"
	"cmp"
	"math"
	"strings"
)

// Equal says whether two items are the same, as == does: numbers by value, exactly, whether int or float; lists and maps by what
// they hold; items of different kinds never. NaN is not even equal to itself (IEEE 754).
func Equal(a, b any) bool {
	switch x := a.(type) {
	case nil:
		return b == nil
	case bool:
		y, ok := b.(bool)
		return ok && x == y
	case int:
		switch y := b.(type) {
		case int:
			return x == y
		case float64:
			return compareIntFloat(x, y) == 0 && y == y
		}
	case float64:
		switch y := b.(type) {
		case float64:
			return x == y
		case int:
			return compareIntFloat(y, x) == 0 && x == x
		}
	case string:
		y, ok := b.(string)
		return ok && x == y
	case []byte:
		y, ok := b.([]byte)
		return ok && bytes.Equal(x, y)
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !Equal(x[i], y[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for key, v := range x {
			w, ok := y[key]
			if !ok || !Equal(v, w) {
				return false
			}
		}
		return true
	}
	return false
}

// compareIntFloat compares by value, without rounding the int to a float. NaN is below every int.
func compareIntFloat(i int, f float64) int {
	switch {
	case math.IsNaN(f):
		return 1
	case f >= 1<<63:
		return -1
	case f < -1<<63:
		return 1
	}
	whole := math.Trunc(f)
	if c := cmp.Compare(i, int(whole)); c != 0 {
		return c
	}
	return cmp.Compare(whole, f)
}

// Compare orders all items, for sorting: null, bools (false first), numbers by value, text and bytes by their bytes, lists
// element by element, maps by their sorted keys and then values; the kinds in this order. NaN comes before all other numbers and
// is equal to itself here.
func Compare(a, b any) int {
	x, y := rank(a), rank(b)
	if x != y {
		return cmp.Compare(x, y)
	}
	switch a := a.(type) {
	case bool:
		return cmp.Compare(truth(a), truth(b.(bool)))
	case int:
		if f, ok := b.(float64); ok {
			return compareIntFloat(a, f)
		}
		return cmp.Compare(a, b.(int))
	case float64:
		if i, ok := b.(int); ok {
			return -compareIntFloat(i, a)
		}
		return cmp.Compare(a, b.(float64))
	case string:
		return strings.Compare(a, b.(string))
	case []byte:
		return bytes.Compare(a, b.([]byte))
	case []any:
		other := b.([]any)
		for i := range min(len(a), len(other)) {
			if c := Compare(a[i], other[i]); c != 0 {
				return c
			}
		}
		return cmp.Compare(len(a), len(other))
	case map[string]any:
		return compareMaps(a, b.(map[string]any))
	}
	return 0
}

func compareMaps(a, b map[string]any) int {
	keys, others := sortedKeys(a), sortedKeys(b)
	for i := range min(len(keys), len(others)) {
		if c := strings.Compare(keys[i], others[i]); c != 0 {
			return c
		}
		if c := Compare(a[keys[i]], b[keys[i]]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(keys), len(others))
}

// rank is the place of an item's kind in Compare's order; int and float are one.
func rank(v any) Kinds {
	kind := KindOf(v)
	if kind == KindFloat {
		return KindInt
	}
	return kind
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ordered is a < b, a <= b and so on for two numbers or two texts: holds is asked with the outcome of the comparison. With NaN
// nothing holds.
func ordered(op string, a, b any, holds func(int) bool) (bool, error) {
	switch x := a.(type) {
	case int:
		switch y := b.(type) {
		case int:
			return holds(cmp.Compare(x, y)), nil
		case float64:
			return y == y && holds(compareIntFloat(x, y)), nil
		}
	case float64:
		switch y := b.(type) {
		case float64:
			return x == x && y == y && holds(cmp.Compare(x, y)), nil
		case int:
			return x == x && holds(-compareIntFloat(y, x)), nil
		}
	case string:
		if y, ok := b.(string); ok {
			return holds(strings.Compare(x, y)), nil
		}
	}
	return false, operandError(op, a, b)
}

func isLess(c int) bool             { return c < 0 }
func isAtMost(c int) bool           { return c <= 0 }
func isGreater(c int) bool          { return c > 0 }
func isAtLeast(c int) bool          { return c >= 0 }
func less(a, b any) (any, error)    { return orderedAny("<", a, b, isLess) }
func atMost(a, b any) (any, error)  { return orderedAny("<=", a, b, isAtMost) }
func greater(a, b any) (any, error) { return orderedAny(">", a, b, isGreater) }
func atLeast(a, b any) (any, error) { return orderedAny(">=", a, b, isAtLeast) }

func orderedAny(op string, a, b any, holds func(int) bool) (any, error) {
	is, err := ordered(op, a, b, holds)
	if err != nil {
		return nil, err
	}
	return is, nil
}

func equalAny(a, b any) (any, error)   { return Equal(a, b), nil }
func unequalAny(a, b any) (any, error) { return !Equal(a, b), nil }
