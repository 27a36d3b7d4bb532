package stages

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestCompileErrors holds what is refused before the run: at which byte, in which words.
func TestCompileErrors(t *testing.T) {
	tests := []struct{ src, want string }{
		{"", "0: the expression is empty"},
		{" ", "0: the expression is empty"},
		{"itm + 1", `0: unknown name "itm"; did you mean "item"?`},
		{"1 + itm", `4: unknown name "itm"; did you mean "item"?`},
		{`"ü" + itm`, `7: unknown name "itm"; did you mean "item"?`},
		{"it", "0: it stands for the element inside of map(), filter() and their like; the current item is called item"},
		{"# + 1", `0: unexpected "#"; # is the element inside of map(), filter() and their like`},
		{"self.nam", `5: there is no field "nam"; did you mean "name"?`},
		{"vars.zzzz", `5: there is no field "zzzz"; there are label, n, xs`},
		{`vars["zzzz"]`, `4: there is no field "zzzz"; there are label, n, xs`},
		{"vars.n.x", `7: an int has no field "x"`},
		{"vars.n[0]", `6: an int cannot be an index of an int`},
		{"vars.xs.x", `8: a list has no field "x"`},
		{`vars.xs["a"]`, `7: a list has no field "a"`},
		{"vars.xs[1.5]", `7: a float cannot be an index of a list`},
		{"self[:1]", `4: a map cannot be cut`},
		{"jobs.length", `5: there is no field "length"; there are closed, size, unfinished`},
		{"index + page", "6: + has no meaning between an int and a string; string(x) makes text, int(x) and float(x) numbers, concat(a, b) joins lists"},
		{"index - page", "6: - has no meaning between an int and a string; int(x) and float(x) read numbers"},
		{"-page", "0: - has no meaning for a string; int(x) and float(x) read numbers"},
		{"1.5 % 2", "4: % has no meaning between a float and an int; mod(a, b) takes floats too"},
		{"item % 2.5", "5: % has no meaning for a float; mod(a, b) takes floats too"},
		{"item < null", "5: < has no meaning for null; string(x), int(x) and float(x) convert"},
		{"1 + 9223372036854775808 + 2", "4: the integer does not fit into 64 bits"},
		{"index == page", "6: == has no meaning between an int and a string; string(x), int(x) and float(x) convert"},
		{"index < page", "6: < has no meaning between an int and a string; string(x), int(x) and float(x) convert"},
		{"index in page", "6: in has no meaning between an int and a string"},
		{"index and true", "0: a condition must be true or false, not an int"},
		{"not index", "4: a condition must be true or false, not an int"},
		{"index ? 1 : 2", "0: a condition must be true or false, not an int"},
		{"filter(vars.xs, it)", "16: a condition must be true or false, not an int"},
		{"map(index, it)", "4: map() takes a list, not an int"},
		{`sum(["a"])`, "0: sum() takes numbers, not a string"},
		{"upper(index)", "6: upper() takes a string, not an int"},
		{"upper()", "0: upper takes 1 argument, not 0"},
		{`replace("a", "b")`, "0: replace takes 3 to 4 arguments, not 2"},
		{"split(page, 1)", "12: split(), argument 2, takes a string, not an int"},
		{`contains(page, "x")`, `0: unexpected "contains"; it stands between two texts: item contains "x"`},
		{".n", `0: unexpected "."; a field of the item is item.name`},
		{"str(page)", `0: there is no function "str"; string(x) makes text`},
		{"row.n", `0: unknown name "row"; the current item is item`},
		{"uper(page)", `0: there is no function "uper"; did you mean "upper"?`},
		{"page.upper()", "5: values have no methods; write upper(...)"},
		{"upper", "0: upper is a function; call it: upper(...)"},
		{"delivery.id", "0: there is no delivery here"},
		{"True", `0: unknown name "True"; write true, false and null`},
		{"$env.x", "0: $env is not there; the environment is env"},
		{"index // 2", "6: // is no operator; div(a, b) divides and rounds down; a ?? b is b where a is null"},
		{"index = 2", `6: unexpected "="; == compares`},
		{"1 if index else 2", `2: unexpected "if"; write condition ? a : b`},
		{"(1 + 2", "6: the expression ends too early"},
		{"1 +", "3: the expression ends too early"},
		{"'abc", "4: a quoted text does not end"},
		{"1 2", `2: unexpected "2"`},
		{"9223372036854775808", "0: the integer does not fit into 64 bits"},
		{"page matches '('", "13: the pattern is wrong: missing closing ): `(`"},
		{"capture(page, '[')", "14: the pattern is wrong: missing closing ]: `[`"},
		{"let index = 1; 2", "4: index cannot be declared: it has a meaning already"},
		{"let upper = 1; 2", "4: upper cannot be declared: it is a function"},
		{"let page = 1; 2", "4: page is declared already"},
		{"{(index): 1}", "2: a map's key must be a string, not an int; string(x) makes it one"},
		{"#index", `0: unexpected "#"; # is the element inside of map(), filter() and their like`},
		{"map(vars.xs, #acc)", "13: unknown name #acc"},
		{"timezone('UTC')", `0: there is no function "timezone"; times are seconds since 1970; date(text, layout, zone) takes the zone's name`},
		{"itm + pge", `0: unknown name "itm"; did you mean "item"?|6: unknown name "pge"; did you mean "page"?`},
		{"index & 1", `6: unexpected "&"; bitand(a, b) works on bits, a and b on conditions`},
		{"a\x00b", "1: unrecognized character: U+0000"},
		{"\xff", "0: unrecognized character: U+FFFD '\ufffd'"},
		{strings.Repeat("(", 1<<17), "0: an expression may have 65536 bytes, not 131072"},
		{strings.Repeat("1+", 20000) + "1", "10001: the expression is too long"},
	}
	for _, test := range tests {
		t.Run(shortened(test.src), func(t *testing.T) {
			_, err := CompileExpr(test.src, testScope())
			var all ExprErrors
			if !errors.As(err, &all) {
				t.Fatalf("got %v", err)
			}
			var got []string
			for _, e := range all {
				got = append(got, fmt.Sprintf("%d: %s", e.Offset, e))
			}
			if text := strings.Join(got, "|"); text != test.want {
				t.Errorf("got  %s\nwant %s", text, test.want)
			}
		})
	}
}

// TestRunErrors holds what goes wrong with an item: at which byte, in which words, on one line, without a word of Go's types.
func TestRunErrors(t *testing.T) {
	const overflow = "integer overflow: the result does not fit into 64 bits"
	tests := []struct{ src, want string }{
		{"9223372036854775807 + index", "20: " + overflow},
		{"-9223372036854775807 - index", "21: " + overflow},
		{"9223372036854775807 * index", "20: " + overflow},
		{"10 ** 19", "3: " + overflow},
		{"index ** 60", "6: " + overflow},
		{"-(-9223372036854775807 - 1)", "0: " + overflow},
		{"abs(-9223372036854775807 - 1)", "0: " + overflow},
		{"div(-9223372036854775807 - 1, -1)", "0: " + overflow},
		{"sum([9223372036854775807, 1])", "0: " + overflow},
		{"1 / 0", "2: division by zero"},
		{"1.0 / 0", "4: division by zero"},
		{"1 % 0", "2: division by zero"},
		{"div(1, 0)", "0: division by zero"},
		{"mod(1.5, 0)", "0: division by zero"},
		{"0 ** -1", "2: division by zero"},
		{"item.null.x", `10: null has no field "x"`},
		{"item.nope.x", `10: null has no field "x"`},
		{"item.nope[0]", `9: null has no element 0`},
		{"item.n.x", `7: an int has no field "x"`},
		{"item.xs[3]", "7: index 3 is outside: there are 3 elements"},
		{"item.xs[-4]", "7: index -4 is outside: there are 3 elements"},
		{`item.s["a"]`, `6: a string has no field "a"`},
		{"item.s[9]", "6: index 9 is outside: there are 4 elements"},
		{"hist[9]", "4: index 9 is outside: there are 3 elements"},
		{"item.s + 1", "7: + has no meaning between a string and an int"},
		{"item.xs + item.xs", "8: + has no meaning between a list and a list"},
		{"item.s - 1", "7: - has no meaning between a string and an int"},
		{"item.n % item.f", "7: % takes integers; mod(a, b) takes floats too"},
		{"item.n < item.s", "7: < has no meaning between an int and a string"},
		{"item.n < item.null", "7: < has no meaning between an int and null (a field that is not there is null)"},
		{"-item.s", "0: - has no meaning for a string"},
		{"+item.s", "0: + has no meaning for a string"},
		{"item.n and true", "5: a condition must be true or false, not an int"},
		{"item.null ? 1 : 2", "5: a condition must be true or false, not null"},
		{"filter(item.xs, item.n)", "21: a condition must be true or false, not an int"},
		{"map(item.n, it)", "0: map() takes a list, not an int"},
		{"map(item.nope, it)", "0: map() takes a list, not null"},
		{"map(item.xs, it.x)", `16: an int has no field "x"`},
		{"upper(item.n)", "11: upper() takes a string, not an int"},
		{"split(item.s, item.n)", "19: split(), argument 2, takes a string, not an int"},
		{`int("abc")`, `0: "abc" is no integer`},
		{`int("1_000")`, `0: "1_000" is no integer`},
		{`int("99999999999999999999")`, `0: "99999999999999999999" does not fit into 64 bits`},
		{`int(1e300)`, `0: 1e+300 does not fit into an int`},
		{`int(float("nan"))`, `0: NaN does not fit into an int`},
		{`float("1e999")`, `0: "1e999" does not fit into a float`},
		{`float("0x10")`, `0: "0x10" is no number`},
		{`int("` + strings.Repeat("x", 99) + `")`, `0: "` + strings.Repeat("x", 40) + `"... is no integer`},
		{"sqrt(-1)", "0: sqrt() has no value for -1"},
		{"log(0)", "0: log() has no value for 0"},
		{"exp(1000)", "0: exp() has no value for 1000"},
		{"random(0)", "0: random(n) needs n > 0"},
		{"random(2, 1)", "0: random(from, to) needs from <= to"},
		{`fromJSON("{")`, "0: JSON, byte 2: the text ends too early"},
		{`fromJSON("[1,]")`, "0: JSON, byte 4: unexpected ']'"},
		{`fromBase64("?")`, `0: "?" is no base64`},
		{`date("yesterday")`, `0: "yesterday" is no date that can be read`},
		{`duration("1 day")`, `0: "1 day" is no duration such as 250ms, 1.5s, 2m`},
		{`size("/does/not/exist")`, "0: /does/not/exist: no such file or directory"},
		{`mtime("/does/not/exist")`, "0: /does/not/exist: no such file or directory"},
		{"1..99999999", "1: a list may be made of at most 16777216 ints"},
		{`repeat("abc", 999999999)`, "0: repeat() makes at most 268435456 bytes"},
		{`repeat("a", -1)`, "0: repeat() needs a count from 0"},
		{`sort([1], "up")`, `0: the order must be "asc" or "desc", not "up"`},
		{`max(1, "a")`, "0: max() cannot compare an int and a string"},
		{`reduce([], #acc)`, "0: reduce() of an empty list needs an initial value"},
		{`groupBy([[1]], it)`, "15: groupBy() cannot group by a list"},
		{`fromPairs([[1, 2]])`, "0: fromPairs(): a map's key must be a string, not an int"},
		{`{(item.n): 1}`, "7: a map's key must be a string, not an int"},
		{`item.s matches item.n`, "7: a pattern must be a string, not an int"},
		{`item.s matches item.path + "("`, "7: the pattern is wrong: missing closing ): `/a(`"},
		{`bitshl(1, -1)`, "0: bits cannot be shifted by a negative count"},
		{`len(item.n)`, "0: an int has no length"},
		{`lost`, `0: "lost" cannot be read here`},
		{`jobs[item.s]`, "4: a queue has no grün"},
	}
	scope := testScope()
	scope.Resources["lost"] = IntType
	scope.Resources["jobs"] = AnyType
	for _, test := range tests {
		t.Run(shortened(test.src), func(t *testing.T) {
			e, err := CompileExpr(test.src, scope)
			if err != nil {
				t.Fatal(err)
			}
			v, err := e.Run(testEnv())
			var at *ExprError
			if !errors.As(err, &at) {
				t.Fatalf("got %v, %v", v, err)
			}
			if got := fmt.Sprintf("%d: %s", at.Offset, at); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
