package spec

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// resolve gives a plain scalar its kind by YAML 1.2's core schema (section 10.3.2).
func resolve(text string) Kind {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return Null
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return Bool
	case ".nan", ".NaN", ".NAN":
		return Float
	}
	switch strings.TrimLeft(text, "+-") {
	case ".inf", ".Inf", ".INF":
		if signLen(text) == len(text)-4 {
			return Float
		}
		return String
	}
	if isInt(text) {
		return Int
	}
	if isFloat(text) {
		return Float
	}
	return String
}

// signLen is 1 if the text begins with a sign, else 0.
func signLen(text string) int {
	if text != "" && (text[0] == '+' || text[0] == '-') {
		return 1
	}
	return 0
}

func isInt(text string) bool {
	switch {
	case strings.HasPrefix(text, "0o"):
		return consistsOf(text[2:], "01234567")
	case strings.HasPrefix(text, "0x"):
		return consistsOf(text[2:], "0123456789abcdefABCDEF")
	}
	return consistsOf(text[signLen(text):], "0123456789")
}

// consistsOf reports whether text is one or more of the characters of set.
func consistsOf(text, set string) bool {
	return text != "" && strings.Trim(text, set) == ""
}

// isFloat matches [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
func isFloat(text string) bool {
	text = text[signLen(text):]
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exponent := text[i+1:]
		if !consistsOf(exponent[signLen(exponent):], "0123456789") {
			return false
		}
		text = text[:i]
	}
	whole, fraction, hasPoint := strings.Cut(text, ".")
	digits := func(s string) bool { return s == "" || consistsOf(s, "0123456789") }
	if whole == "" {
		return hasPoint && consistsOf(fraction, "0123456789")
	}
	return digits(whole) && digits(fraction)
}

// parseInt reads a text that isInt accepts.
func parseInt(text string) (int, error) {
	base, digits := 10, text
	switch {
	case strings.HasPrefix(text, "0o"):
		base, digits = 8, text[2:]
	case strings.HasPrefix(text, "0x"):
		base, digits = 16, text[2:]
	}
	n, err := strconv.ParseInt(digits, base, 64)
	return int(n), err
}

// parseFloat reads a text that resolve calls Float or Int.
func parseFloat(text string) (float64, error) {
	switch strings.ToLower(strings.TrimLeft(text, "+-")) {
	case ".nan":
		return math.NaN(), nil
	case ".inf":
		if text[0] == '-' {
			return math.Inf(-1), nil
		}
		return math.Inf(1), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrRange) && !math.IsInf(f, 0) {
		err = nil // too small for a float: 0
	}
	return f, err
}

// ambiguousNumber gives, for a plain scalar that YAML 1.1 and 1.2 read differently as a number, what it probably should say.
func ambiguousNumber(text string) (meant string, ambiguous bool) {
	sign, digits := text[:signLen(text)], text[signLen(text):]
	if consistsOf(digits, "0123456789_") && strings.Trim(digits, "0123456789") != "" && digits[0] != '_' {
		return sign + strings.ReplaceAll(digits, "_", ""), true
	}
	if len(digits) > 1 && digits[0] == '0' && consistsOf(digits, "0123456789") {
		plain := strings.TrimLeft(digits, "0")
		if plain == "" {
			plain = "0"
		}
		return sign + plain, true
	}
	return "", false
}
