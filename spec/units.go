package spec

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"
)

// ParseDuration reads a duration: a number with a unit of ns, us, ms, s, m, h, or several (`1m30s`), and 0 without one. It is 0 or
// more, and at most 292 years (time.Duration).
func ParseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || strings.HasPrefix(text, "+") {
		return 0, fmt.Errorf("expected a duration such as 250ms, 1.5s or 2m, found %s", quoteName(text))
	}
	if d < 0 {
		return 0, fmt.Errorf("a duration is 0 or more, found %s", quoteName(text))
	}
	return d, nil
}

// sizeUnit is how many bytes a unit stands for, 0 if it is none.
func sizeUnit(unit string) int64 {
	switch unit {
	case "B":
		return 1
	case "kB", "KB":
		return 1000
	case "MB":
		return 1000 * 1000
	case "GB":
		return 1000 * 1000 * 1000
	case "TB":
		return 1000 * 1000 * 1000 * 1000
	case "KiB":
		return 1 << 10
	case "MiB":
		return 1 << 20
	case "GiB":
		return 1 << 30
	case "TiB":
		return 1 << 40
	}
	return 0
}

// ParseSize reads a size in bytes: a number, 0 or more, with a unit of B, kB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB
// (powers of 1024). It is a whole number of bytes and fits 64 bits.
func ParseSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "BKMGTki")
	unit := sizeUnit(strings.TrimSpace(text[len(digits):]))
	digits = strings.TrimRight(digits, " ")
	if unit == 0 || len(digits) > 40 || strings.Trim(digits, "0123456789.") != "" || !isFloat(digits) {
		return 0, fmt.Errorf("expected a size such as 64KiB or 10MB, found %s", quoteName(text))
	}
	exact, ok := new(big.Rat).SetString(digits)
	if !ok {
		return 0, fmt.Errorf("expected a size such as 64KiB or 10MB, found %s", quoteName(text))
	}
	exact.Mul(exact, new(big.Rat).SetInt64(unit))
	if !exact.IsInt() {
		return 0, fmt.Errorf("the size %s is not a whole number of bytes", quoteName(text))
	}
	if exact.Num().Cmp(big.NewInt(math.MaxInt64)) > 0 {
		return 0, fmt.Errorf("the size %s does not fit 64 bits", quoteName(text))
	}
	return exact.Num().Int64(), nil
}
