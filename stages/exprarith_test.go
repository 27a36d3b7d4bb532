package stages

import (
	"math/big"
)

// checkArithmetic holds the operators on ints against arithmetic without limits.
func checkArithmetic(t interface {
	Helper()
	Errorf(format string, args ...any)
}, a, b int,
) {
	t.Helper()
	x, y := big.NewInt(int64(a)), big.NewInt(int64(b))
	check := func(op string, apply func(a, b any) (any, error), want *big.Int) {
		got, err := apply(a, b)
		switch {
		case want == nil && err != errDivision:
			t.Errorf("%d %s %d = %v, %v", a, op, b, got, err)
		case want == nil:
		case !want.IsInt64() && err != errOverflow:
			t.Errorf("%d %s %d = %v, %v, want an overflow", a, op, b, got, err)
		case want.IsInt64() && (err != nil || got != int(want.Int64())):
			t.Errorf("%d %s %d = %v, %v, want %v", a, op, b, got, err, want)
		}
	}
	check("+", add, new(big.Int).Add(x, y))
	check("-", subtract, new(big.Int).Sub(x, y))
	check("*", multiply, new(big.Int).Mul(x, y))
	if b == 0 {
		check("%", remainder, nil)
		check("div", floorDiv, nil)
		check("mod", floorMod, nil)
	} else {
		floor, mod := new(big.Int).DivMod(x, y, new(big.Int)) // Euclid's
		if mod.Sign() != 0 && b < 0 {
			mod.Add(mod, y)
			floor.Sub(floor, big.NewInt(1))
		}
		check("%", remainder, new(big.Int).Rem(x, y))
		check("div", floorDiv, floor)
		check("mod", floorMod, mod)
	}
	if b >= 0 && b < 70 {
		check("**", power, new(big.Int).Exp(x, y, nil))
	}
}
