package stages

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestShortDecimal holds the quick way to read a decimal against strconv's.
func TestShortDecimal(t *testing.T) {
	for _, s := range []string{"", "-", ".", "1.", ".5", "-.5", "1..2", "1.2.3", "0.0", "-0.0", "1e5", "1_0.0", "12345678901234.56", "+1.5", " 1.5", "0x1.8"} {
		if f, ok := shortDecimal(s); ok {
			if want, err := strconv.ParseFloat(s, 64); err != nil || math.Float64bits(want) != math.Float64bits(f) {
				t.Errorf("%q is read as %v", s, f)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`-?[0-9]{1,15}\.[0-9]{1,15}`).Draw(t, "decimal")
		f, ok := shortDecimal(s)
		want, err := strconv.ParseFloat(s, 64)
		if ok && (err != nil || math.Float64bits(want) != math.Float64bits(f)) {
			t.Fatalf("%q is read as %v instead of %v", s, f, want)
		}
		if digits := strings.TrimLeft(s, "-"); !ok && want != 0 && len(digits) <= 16 {
			t.Fatalf("%q is not read", s)
		}
	})
}

// TestAppendPlain holds the quick way to read a record of CSV against the parser.
func TestAppendPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a\x01\x00,\r"-+é]|[,\n]){0,40}`).Draw(t, "text")
		fields, end := appendPlain(nil, text)
		var p csvParser
		state := p.parse(text, false)
		if end < 0 {
			if line, _, whole := strings.Cut(text, "\n"); whole && !strings.Contains(line, `"`) {
				t.Fatalf("%q is not read", text)
			}
			return
		}
		if state != csvRecord || p.taken != end || len(p.fields) != len(fields) {
			t.Fatalf("%q: %q up to %d, the parser has %q up to %d", text, fields, end, p.fields, p.taken)
		}
		for i := range fields {
			if fields[i] != p.fields[i] {
				t.Fatalf("%q: %q, the parser has %q", text, fields, p.fields)
			}
		}
	})
}

// TestTermOf recognises what is added to acc, and nothing else.
func TestTermOf(t *testing.T) {
	for text, want := range map[string]string{
		"acc + item.n": "item.n", "acc + int(item.cents)": "int(item.cents)", "acc+item*2": "item*2", "acc + (item - 1)": "(item - 1)",
		"acc + item - 1": "", "acc + item + 1": "", "acc + acc": "", "acc + f(acc)": "", "item + acc": "", "acc * 2 + item": "",
		"acc + (item > 0 ? 1 : 2)": "(item > 0 ? 1 : 2)", "acc + item > 3": "", "acc + item ? 1 : 2": "", "acc + 'a+b'": "'a+b'",
	} {
		got, ok := termOf(text)
		if strings.TrimSpace(got) != want || ok != (want != "") {
			t.Errorf("%s adds %q (%v), want %q", text, got, ok, want)
		}
	}
}
