package stages

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

func funcAbs(_ *Env, a []any) (any, error) {
	switch v := a[0].(type) {
	case int:
		if v < 0 {
			return negate(v)
		}
	case float64:
		return math.Abs(v), nil
	}
	return a[0], nil
}

func funcDiv(_ *Env, a []any) (any, error) { return floorDiv(a[0], a[1]) }
func funcMod(_ *Env, a []any) (any, error) { return floorMod(a[0], a[1]) }
func funcPow(_ *Env, a []any) (any, error) { return power(a[0], a[1]) }

// onFloat is a function of one float; a result that is no number, of an argument that is one, is an error as in Python.
func onFloat(name string, v any, f func(float64) float64) (any, error) {
	x, _ := toFloat(v)
	y := f(x)
	if (math.IsNaN(y) && !math.IsNaN(x)) || (math.IsInf(y, 0) && !math.IsInf(x, 0)) {
		return nil, fmt.Errorf("%s() has no value for %s", name, AppendJSON(nil, v))
	}
	return y, nil
}

func funcCeil(_ *Env, a []any) (any, error)  { return onFloat("ceil", a[0], math.Ceil) }
func funcFloor(_ *Env, a []any) (any, error) { return onFloat("floor", a[0], math.Floor) }
func funcRound(_ *Env, a []any) (any, error) { return onFloat("round", a[0], math.Round) }
func funcSqrt(_ *Env, a []any) (any, error)  { return onFloat("sqrt", a[0], math.Sqrt) }
func funcExp(_ *Env, a []any) (any, error)   { return onFloat("exp", a[0], math.Exp) }
func funcSin(_ *Env, a []any) (any, error)   { return onFloat("sin", a[0], math.Sin) }
func funcCos(_ *Env, a []any) (any, error)   { return onFloat("cos", a[0], math.Cos) }

// funcLog is the natural logarithm, or that to a base.
func funcLog(_ *Env, a []any) (any, error) {
	x, err := onFloat("log", a[0], math.Log)
	if err != nil || len(a) == 1 {
		return x, err
	}
	switch base, _ := toFloat(a[1]); base {
	case 2:
		return onFloat("log", a[0], math.Log2)
	case 10:
		return onFloat("log", a[0], math.Log10)
	}
	base, err := onFloat("log", a[1], math.Log)
	if err != nil {
		return nil, err
	}
	return divide(x, base)
}

// funcInt reads text as Python's int() does, but for underscores; floats lose their fraction.
func funcInt(_ *Env, a []any) (any, error) {
	switch v := a[0].(type) {
	case bool:
		return truth(v), nil
	case float64:
		return floatToInt(v)
	case string:
		return parseInt(v)
	}
	return a[0], nil
}

func floatToInt(f float64) (any, error) {
	if math.IsNaN(f) || f < -1<<63 || f >= 1<<63 {
		return nil, fmt.Errorf("%s does not fit into an int", appendFloat(nil, f))
	}
	return int(f), nil
}

func parseInt(s string) (any, error) {
	i, err := strconv.Atoi(strings.TrimSpace(s))
	if err == nil {
		return i, nil
	}
	if errors.Is(err, strconv.ErrRange) {
		return nil, fmt.Errorf("%s does not fit into 64 bits", shortened(s))
	}
	return nil, fmt.Errorf("%s is no integer", shortened(s))
}

// funcFloat reads text as Python's float() does, but for underscores.
func funcFloat(_ *Env, a []any) (any, error) {
	switch v := a[0].(type) {
	case bool:
		return float64(truth(v)), nil
	case int:
		return float64(v), nil
	case string:
		return parseFloat(v)
	}
	return a[0], nil
}

func parseFloat(s string) (any, error) {
	trimmed := strings.TrimSpace(s)
	f, err := strconv.ParseFloat(trimmed, 64)
	if err == nil && !strings.ContainsAny(trimmed, "xX_") {
		return f, nil
	}
	if errors.Is(err, strconv.ErrRange) {
		return nil, fmt.Errorf("%s does not fit into a float", shortened(s))
	}
	return nil, fmt.Errorf("%s is no number", shortened(s))
}

// shortened is a text in a message: quoted, on one line, cut if it is long.
func shortened(s string) string {
	const most = 40
	runes := 0
	for at := range s {
		if runes++; runes > most {
			return strconv.Quote(s[:at]) + "..."
		}
	}
	return strconv.Quote(s)
}

// numbersIn appends the numbers of all arguments, and of the lists in them, as floats.
func numbersIn(name string, to []float64, args []any) ([]float64, error) {
	for _, arg := range args {
		if list, ok := arg.([]any); ok {
			var err error
			if to, err = numbersIn(name, to, list); err != nil {
				return nil, err
			}
			continue
		}
		f, ok := toFloat(arg)
		if !ok {
			return nil, fmt.Errorf("%s() takes numbers, not %s", name, aKind(arg))
		}
		to = append(to, f)
	}
	return to, nil
}

// funcMean is 0.0 of nothing, as in expr.
func funcMean(_ *Env, a []any) (any, error) {
	numbers, err := numbersIn("mean", nil, a)
	if err != nil || len(numbers) == 0 {
		return 0.0, err
	}
	sum := 0.0
	for _, f := range numbers {
		next, err := floatOf(sum+f, sum, f)
		if err != nil {
			return nil, err
		}
		sum = next.(float64)
	}
	return sum / float64(len(numbers)), nil
}

// funcMedian is 0.0 of nothing, as in expr.
func funcMedian(_ *Env, a []any) (any, error) {
	numbers, err := numbersIn("median", nil, a)
	if err != nil || len(numbers) == 0 {
		return 0.0, err
	}
	slices.Sort(numbers)
	middle := len(numbers) / 2
	if len(numbers)%2 == 1 {
		return numbers[middle], nil
	}
	low, high := numbers[middle-1], numbers[middle]
	if mean, err := floatOf(low+high, low, high); err == nil {
		return mean.(float64) / 2, nil
	}
	return low/2 + high/2, nil
}

func funcMax(_ *Env, a []any) (any, error) { return extreme("max", 1, nil, a) }
func funcMin(_ *Env, a []any) (any, error) { return extreme("min", -1, nil, a) }

// extreme is the number or text furthest to one side, of all arguments and the lists in them; null of nothing.
func extreme(name string, side int, best any, args []any) (any, error) {
	for _, arg := range args {
		if list, ok := arg.([]any); ok {
			var err error
			if best, err = extreme(name, side, best, list); err != nil {
				return nil, err
			}
			continue
		}
		if KindOf(arg)&(KindNumber|KindString) == 0 {
			return nil, fmt.Errorf("%s() takes numbers or texts, not %s", name, aKind(arg))
		}
		if best == nil {
			best = arg
			continue
		}
		if rank(best) != rank(arg) {
			return nil, fmt.Errorf("%s() cannot compare %s and %s", name, aKind(best), aKind(arg))
		}
		if Compare(arg, best)*side > 0 {
			best = arg
		}
	}
	return best, nil
}

func bitsOf(a []any) (x, y int) { return a[0].(int), a[1].(int) }

func funcBitAnd(_ *Env, a []any) (any, error) {
	x, y := bitsOf(a)
	return x & y, nil
}

func funcBitNand(_ *Env, a []any) (any, error) {
	x, y := bitsOf(a)
	return x &^ y, nil
}

func funcBitOr(_ *Env, a []any) (any, error) {
	x, y := bitsOf(a)
	return x | y, nil
}

func funcBitXor(_ *Env, a []any) (any, error) {
	x, y := bitsOf(a)
	return x ^ y, nil
}

func funcBitNot(_ *Env, a []any) (any, error) { return ^a[0].(int), nil }

var errShift = errors.New("bits cannot be shifted by a negative count")

// funcBitShl works on the bits, so bits that are shifted out are no overflow.
func funcBitShl(_ *Env, a []any) (any, error) {
	x, y := bitsOf(a)
	if y < 0 {
		return nil, errShift
	}
	return x << y, nil
}

func funcBitShr(_ *Env, a []any) (any, error) {
	x, y := bitsOf(a)
	if y < 0 {
		return nil, errShift
	}
	return x >> y, nil
}

func funcBitUshr(_ *Env, a []any) (any, error) {
	x, y := bitsOf(a)
	if y < 0 {
		return nil, errShift
	}
	return int(uint(x) >> y), nil
}

// funcRandom draws from the sequence that the item's seed and the expression determine, so that a redelivery draws the same.
func funcRandom(env *Env, a []any) (any, error) {
	env.draws += 0x9e3779b97f4a7c15
	word := mix64(env.Seed ^ mix64(env.draws))
	switch len(a) {
	case 0:
		return float64(word>>11) / (1 << 53), nil
	case 1:
		if n := a[0].(int); n > 0 {
			return int(below(word, uint64(n))), nil
		}
		return nil, errors.New("random(n) needs n > 0")
	}
	from, to := bitsOf(a)
	if from > to {
		return nil, errors.New("random(from, to) needs from <= to")
	}
	span := uint64(to) - uint64(from) + 1
	if span == 0 {
		return int(word), nil
	}
	return int(uint64(from) + below(word, span)), nil
}

// below maps a random word to 0..n-1 (D. Lemire, Fast Random Integer Generation in an Interval; the bias of at most n/2^64 stays).
func below(word, n uint64) uint64 {
	hi, _ := bits.Mul64(word, n)
	return hi
}

// mix64 is the finalizer of splitmix64 (S. Vigna).
func mix64(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
