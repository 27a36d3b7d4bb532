package stages

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextOf(t *testing.T) {
	tests := []struct {
		item any
		want string
	}{
		{nil, "null"},
		{true, "true"},
		{42, "42"},
		{math.MinInt, "-9223372036854775808"},
		{1.0, "1.0"},
		{-0.5, "-0.5"},
		{math.Copysign(0, -1), "-0.0"},
		{0.30000000000000004, "0.30000000000000004"},
		{1e15, "1000000000000000.0"},
		{1e16, "1e+16"},
		{1.5e300, "1.5e+300"},
		{0.0001, "0.0001"},
		{0.00001, "1e-05"},
		{math.NaN(), "NaN"},
		{math.Inf(1), "Infinity"},
		{math.Inf(-1), "-Infinity"},
		{"as it is\n\"", "as it is\n\""},
		{[]byte{0xff, 'a'}, "\xffa"},
		{[]any{}, "[]"},
		{map[string]any{}, "{}"},
		{[]any{1, "a", nil, []byte{1}}, `[1, "a", null, "AQ=="]`},
		{map[string]any{"b": 1, "a": []any{2.0}, "": false}, `{"": false, "a": [2.0], "b": 1}`},
		{[]any{"\x00\x1f\n\r\t\"\\/é\u2028\xff"}, `["\u0000\u001f\n\r\t\"\\/é` + "\u2028" + `�"]`},
		{arrayResource{1, 2}, "[1, 2]"},
	}
	for _, test := range tests {
		if got := TextOf(test.item); got != test.want {
			t.Errorf("TextOf(%#v) = %s, want %s", test.item, got, test.want)
		}
		if got := string(AppendText([]byte("x"), test.item)); got != "x"+test.want {
			t.Errorf("AppendText(%#v) = %s, want x%s", test.item, got, test.want)
		}
	}
}

func TestParseJSONErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", "JSON, byte 1: the text ends too early"},
		{" ", "JSON, byte 2: the text ends too early"},
		{"{\"a\": 1", "JSON, byte 8: the text ends too early"},
		{"{\"a\" 1}", "JSON, byte 6: expected : behind the name"},
		{"{a: 1}", "JSON, byte 2: expected a name in double quotes"},
		{"{\"a\": 1,}", "JSON, byte 9: expected a name in double quotes"},
		{"[1 2]", "JSON, byte 4: expected , or ]"},
		{"[1, 2", "JSON, byte 6: the text ends too early"},
		{"1 2", "JSON, byte 3: more text behind the value"},
		{"01", "JSON, byte 1: a number must not begin with 0"},
		{"-", "JSON, byte 2: a number needs a digit"},
		{"1.", "JSON, byte 3: a digit is missing behind the point"},
		{"1e", "JSON, byte 3: a digit is missing in the exponent"},
		{"9223372036854775808", "JSON, byte 1: the integer 9223372036854775808 does not fit into 64 bits"},
		{"1e999", "JSON, byte 1: the number 1e999 does not fit into a float"},
		{`"abc`, "JSON, byte 5: the text ends too early"},
		{`"a\`, "JSON, byte 4: the text ends too early"},
		{`"\x"`, `JSON, byte 3: unknown escape \x`},
		{`"\u12"`, `JSON, byte 4: the text ends too early`},
		{`"\u12zz"`, `JSON, byte 4: \u needs four hexadecimal digits`},
		{"\"a\nb\"", "JSON, byte 3: a control character in a string"},
		{"\"\\t\nb\"", "JSON, byte 5: a control character in a string"},
		{"nul", "JSON, byte 1: unexpected 'n'"},
		{"-Inf", "JSON, byte 1: unexpected '-'"},
		{strings.Repeat("[", 1002), "JSON, byte 1002: nested deeper than 1000"},
	}
	for _, test := range tests {
		_, err := ParseJSON(test.text)
		if err == nil || err.Error() != test.want {
			t.Errorf("ParseJSON(%.20q): got %v, want %s", test.text, err, test.want)
		}
	}
}

func TestParseJSON(t *testing.T) {
	tests := []struct {
		text string
		want any
	}{
		{` {"a" : [1, -2.0, 1e2, true, false, null, ""], "a\u00e9\ud83d\ude00\ud800x": {}} `, map[string]any{
			"a": []any{1, -2.0, 100.0, true, false, nil, ""}, "aé😀�x": map[string]any{},
		}},
		{`{"a": 1, "a": 2}`, map[string]any{"a": 2}},
		{`"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t"},
		{`-0`, 0},
		{`-Infinity`, math.Inf(-1)},
		{`9223372036854775807`, math.MaxInt},
	}
	for _, test := range tests {
		got, err := ParseJSON(test.text)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("ParseJSON(%s) = %#v, %v, want %#v", test.text, got, err, test.want)
		}
	}
}

// FuzzParseJSON: what encoding/json takes is taken if it is UTF-8, with the same meaning, and nothing else is but the bare words; what is read
// and written again reads the same.
func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{`{"a": [1, 2.5e-3, null]}`, `"\ud83d\ude00\u00e9"`, `[-0, 0.0, NaN, -Infinity]`, `[[[]]]`, `{"": {"b": "\\"}}`, "\"\xff\"", `1e400`, `123456789012345678901`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseJSON(text)
		valid := json.Valid([]byte(text))
		if err != nil {
			if valid && utf8.ValidString(text) && !strings.Contains(err.Error(), "does not fit") && !strings.Contains(err.Error(), "nested deeper") {
				t.Fatalf("%q is JSON, but: %v", text, err)
			}
			return
		}
		if !utf8.ValidString(text) {
			t.Fatalf("%q is not UTF-8, but was read as %#v", text, got)
		}
		if !valid && !strings.Contains(text, "NaN") && !strings.Contains(text, "Infinity") {
			t.Fatalf("%q is no JSON, but was read as %#v", text, got)
		}
		written := AppendJSON(nil, got)
		again, err := ParseJSON(string(written))
		if err != nil {
			t.Fatalf("%q was written as %s: %v", text, written, err)
		}
		if second := AppendJSON(nil, again); string(second) != string(written) {
			t.Fatalf("%q was written as %s, then as %s", text, written, second)
		}
		if !valid || !isPlain(got) {
			return
		}
		var want any
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			return // a number beyond floats
		}
		var theirs any
		if err := json.Unmarshal(written, &theirs); err != nil || !reflect.DeepEqual(theirs, want) {
			t.Fatalf("%q means %#v, not %s", text, want, written)
		}
	})
}
