package stages

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// TestFunctions holds what the table in README.md has no room for.
func TestFunctions(t *testing.T) {
	tests := []struct{ src, want string }{
		{"abs(3)", "3"},
		{"abs(item.n) + abs(-item.n)", "6"},
		{"ceil(2)", "2.0"},
		{"log(100, 10)", "2.0"},
		{"round(log(9, 3))", "2.0"},
		{"log(1)", "0.0"},
		{"log(5, 1)", "error: division by zero"},
		{"log(5, 0)", "error: log() has no value for 0"},
		{"pow(2, 0.5) == sqrt(2)", "true"},
		{"pow(2.5, item.n)", "15.625"},
		{"int(true) + int(false)", "1"},
		{"int(item.f)", "2"},
		{"int('+7')", "7"},
		{"float(true)", "1.0"},
		{"float(3)", "3.0"},
		{"float('-inf')", "-Infinity"},
		{"float('x')", `error: "x" is no number`},
		{"mod(-7.5, 2)", "0.5"},
		{"mod(7.5, -2)", "-0.5"},
		{"mod(6.0, -2)", "-0.0"},
		{"div(7.5, -2)", "-4.0"},
		{"div(-1.0, 4)", "-1.0"},
		{"div(0.0, -4)", "-0.0"},
		{"div(item.n, item.s)", "error: div(), argument 2, takes a number, not a string"},
		{"mean()", "error: mean takes at least 1 argument, not 0"},
		{"mean([])", "0.0"},
		{"mean([1, [2, [3]]], 4)", "2.5"},
		{"mean(['a'])", "error: mean() takes numbers, not a string"},
		{"median([])", "0.0"},
		{"median(3, 1, 2)", "2.0"},
		{"median([null])", "error: median() takes numbers, not null"},
		{"max([])", "null"},
		{"max(['b', 'ab'])", `"b"`},
		{"max([[1], [3, 2]])", "3"},
		{"min([true])", "error: min() takes numbers or texts, not a bool"},
		{"max(1, 1.0)", "1"},
		{"max(float('nan'), 1)", "1"},
		{"bitshl(1, 64)", "0"},
		{"bitshr(1, -1)", "error: bits cannot be shifted by a negative count"},
		{"bitushr(1, -1)", "error: bits cannot be shifted by a negative count"},
		{"trimPrefix(' a')", `"a"`},
		{"trimSuffix('a ')", `"a"`},
		{"split('a b', '')", `["a", " ", "b"]`},
		{"splitAfter('a,b,c', ',', 2)", `["a,", "b,c"]`},
		{"replace('aa', 'a', 'b')", `"bb"`},
		{"repeat('', 999999999)", `""`},
		{"indexOf('abc', 'x')", "-1"},
		{"lastIndexOf('üü', 'ü')", "1"},
		{"join([])", `""`},
		{"join([[1], {a: 2.0}], ';')", `"[1];{\"a\": 2.0}"`},
		{"toBase64(b'\\xff')", `"/w=="`},
		{"fromJSON(b'[1]')", "[1]"},
		{"capture('abc', 'x')", "null"},
		{"capture('abc', '(a)(x)?')", `{"1": "a", "2": null}`},
		{"capture('abc', '(?P<first>a)(b)')", `{"first": "a"}`},
		{"capture('abc', '(?P<one>a)|(?P<one>x)')", `{"one": "a"}`},
		{"capture('xbc', '(?P<one>a)|(?P<one>x)')", `{"one": "x"}`},
		{"type(fromBase64('/w=='))", `"bytes"`},
		{"type(fromBase64('ww=='[:0]))", `"string"`},
		{"toBase64(fromBase64('/w=='))", `"/w=="`},
		{"string(fromBase64('/w=='))", "error: string() makes text, and the bytes are not UTF-8"},
		{"join([fromBase64('/w==')])", "error: join() makes text, and the bytes are not UTF-8"},
		{"fromJSON(fromBase64('Iv8i'))", "error: JSON: the text is not UTF-8"},
		{"capture(item.s, '(?P<x>' + item.s + ')').x", `"grün"`},
		{"find_all('a=1 b=2', '(?P<k>\\\\w)=(?P<v>\\\\d)')", `[{"k": "a", "v": "1"}, {"k": "b", "v": "2"}]`},
		{"find_all('abc', '(b)')", `["b"]`},
		{"find_all('abc', 'x')", "[]"},
		{"find_all(item.s, item.path + '(')", "error: the pattern is wrong: missing closing ): `/a(`"},
		{"capture(item.s, item.path + '(')", "error: the pattern is wrong: missing closing ): `/a(`"},
		{"len(null)", "0"},
		{"len({})", "0"},
		{"len('')", "0"},
		{"len(true)", "error: a bool has no length"},
		{"first([])", "null"},
		{"last([])", "null"},
		{"last('abc')", "error: last() takes a list, not a string"},
		{"take([1], 9)", "[1]"},
		{"take([1], -9)", "[]"},
		{"get(null, 1)", "null"},
		{"get({a: 1}, 'a')", "1"},
		{"get({a: 1}, 1)", "null"},
		{"get('abc', -1)", `"c"`},
		{"fromPairs([1])", "error: fromPairs(): element 0 is no [key, value]"},
		{"merge(null)", "{}"},
		{"merge(item, {n: 1}).n", "1"},
		{"merge(index > 1 ? {a: 1} : {b: 2}, {b: 'x'})", `{"a": 1, "b": "x"}`},
		{"uniq([[1], [1.0], {a: 1}, {a: 1}, '1', 1, null, null])", `[[1], {"a": 1}, "1", 1, null]`},
		{"flatten([])", "[]"},
		{"sort([3, 1], 'asc')", "[1, 3]"},
		{"sort([3, 1], item.s)", `error: the order must be "asc" or "desc", not "grün"`},
		{"sortBy([3, 1], it, item.s)", `error: the order must be "asc" or "desc", not "grün"`},
		{"hash(1) == hash(1.0) and hash('1') != hash(1) and hash(b'1') != hash('1')", "true"},
		{"hash([true, null, {a: 1.5}]) == hash([true, null, {a: 1.5}])", "true"},
		{"hash(['ab', 'c']) == hash(['a', 'bc'])", "false"},
		{"min(map(1..1000, hash(it))) >= 0", "true"},
		{"ext('.bashrc') + ext('a.') + ext('a/b.c/d') + ext('..')", `"."`},
		{"stem('.bashrc')", `".bashrc"`},
		{"base('')", `"."`},
		{"dir('a')", `"."`},
		{"join_path('a', '/b', '..', 'c')", `"a/c"`},
		{"host('//Example.com')", `"example.com"`},
		{"host('ftp://a:b@[::1]:21/x')", `"::1"`},
		{"host('http://[x]/')", "null"},
		{"host('http://[::1')", `"::1"`},
		{"host('http:///path')", "null"},
		{"host('a.b/c')", "null"},
		{"host('http://a.b?x=@c')", `"a.b"`},
		{"date('1970-01-01T00:00:01Z')", "1.0"},
		{"date('1970-01-01 01:00:00')", "3600.0"},
		{"date('1970-01-01T01:00:00.25+01:00')", "0.25"},
		{"date('10/Oct/2000:13:55:36 -0700')", "971211336.0"},
		{"date('12', '15')", "-62167176000.0"},
		{"date('x', '15')", `error: "x" is no date that can be read`},
		{"date('12', '15', 'Mars/Olympus')", `error: unknown time zone "Mars/Olympus"`},
		{"item.s[0:-1] + item.s[9:] + 'abc'[2:1] + 'abc'[-9:1]", `"grüa"`},
		{"b'abc'[1:] == b'bc'", "true"},
		{"item.xs[item.f:]", "error: a float cannot be an index"},
		{"item.n[1:]", "error: an int cannot be cut"},
		{"item[item.n]", "error: an int cannot be an index of a map"},
		{"item[item.s]", "null"},
		{"item.xs[item.s]", `error: a list has no field "grün"`},
		{"b'ab'[item.n]", "error: index 3 is outside: there are 2 elements"},
		{"item.s[item.n]", `"n"`},
		{"item.path[-item.n]", "error: index -3 is outside: there are 2 elements"},
		{"item.missing[item.s]", `error: null has no element "grün"`},
		{"item.missing?.[item.s]", "null"},
		{"item.s in item.n", "error: in has no meaning between a string and an int"},
		{"item.n in item.m", "error: in has no meaning between an int and a map"},
		{"item.n contains item.s", "error: contains has no meaning between an int and a string"},
		{"item.n matches '1'", "error: matches has no meaning for an int"},
		{"b'abc' matches 'b'", "true"},
		{"item.s matches item.missing", "false"},
		{"item.n..item.s", "error: .. has no meaning between an int and a string"},
		{"3..1", "[]"},
		{"-9223372036854775807..9223372036854775807", "error: a list may be made of at most 16777216 ints"},
		{"item.n / item.s", "error: / has no meaning between an int and a string"},
		{"item.n * item.s", "error: * has no meaning between an int and a string"},
		{"item.n ** item.s", "error: ** has no meaning between an int and a string"},
		{"item.s % 2", "error: % has no meaning between a string and an int"},
		{"-item.f + +item.n", "0.5"},
		{"sum(item.m, it.value)", "3"},
		{"sum(item.m)", "error: sum() takes numbers, not a map"},
		{"sum([], it / 0)", "0"},
		{"count([true, false, true])", "2"},
		{"map(item.xs, it / (it - 2))", "error: division by zero"},
		{"filter(item.xs, 1 / (it - 2) > 0)", "error: division by zero"},
		{"groupBy(item.xs, 1 / (it - 2))", "error: division by zero"},
		{"sortBy(item.xs, 1 / (it - 2))", "error: division by zero"},
		{"reduce(item.xs, 1 / (it - 2))", "error: division by zero"},
		{"reduce(item.xs, #acc, 1 / (item.n - 3))", "error: division by zero"},
		{"count(item.xs, 1 / (it - 2) > 0)", "error: division by zero"},
		{"find(item.xs, 1 / (it - 2) > 0)", "error: division by zero"},
		{"findIndex(item.xs, 1 / (it - 2) > 0)", "error: division by zero"},
		{"sum(item.xs, 1 / (it - 2))", "error: division by zero"},
		{"sum(item.xs[9])", "error: index 9 is outside: there are 3 elements"},
		{"let x = item.xs[9]; 1", "error: index 9 is outside: there are 3 elements"},
		{"item.xs[9]; 1", "error: index 9 is outside: there are 3 elements"},
		{"[item.xs[9]]", "error: index 9 is outside: there are 3 elements"},
		{"{a: item.xs[9]}", "error: index 9 is outside: there are 3 elements"},
		{"item.xs[item.xs[9]]", "error: index 9 is outside: there are 3 elements"},
		{"item.xs[item.xs[9]:]", "error: index 9 is outside: there are 3 elements"},
		{"upper(item.xs[9])", "error: index 9 is outside: there are 3 elements"},
		{"item.xs[9] ?? 1", "error: index 9 is outside: there are 3 elements"},
		{"item.xs[9] matches 'a'", "error: index 9 is outside: there are 3 elements"},
		{"item.xs[9] > 1 and true", "error: index 9 is outside: there are 3 elements"},
	}
	for _, test := range tests {
		t.Run(test.src, func(t *testing.T) {
			if got := resultText(test.src, testScope(), testEnv()); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestFileFunctions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Unix(1000, 500_000_000)); err != nil {
		t.Fatal(err)
	}
	src := fmt.Sprintf("[exists(%[1]q), exists(%[1]q + 'x'), size(%[1]q), mtime(%[1]q)]", path)
	if got := resultText(src, testScope(), testEnv()); got != "[true, false, 5, 1000.5]" {
		t.Error(got)
	}
	if got := resultText(fmt.Sprintf("exists(%q + '/x')", path), testScope(), testEnv()); got != "error: "+path+"/x: not a directory" {
		t.Error(got)
	}
}

// brokenResource is a resource that cannot be read just now.
type brokenResource struct{}

var errFailing = errors.New("the manager is gone")

func (brokenResource) Value() (any, error) { return nil, errFailing }

// wholeResource is a resource that is a whole and nothing else.
type wholeResource struct{ v any }

func (p wholeResource) Value() (any, error) { return p.v, nil }

func TestResources(t *testing.T) {
	scope := &Scope{Vars: map[string]Type{"index": IntType}, Resources: map[string]Type{}}
	env := &Env{Index: 1, Resources: testResources{
		"q": queueResource{3}, "a": arrayResource{5, 6}, "bad": brokenResource{}, "dict": wholeResource{map[string]int{"x": 1}}, "total": 7, "wide": int64(8), "family": wholeResource{[]any{queueResource{4}}}, "none": nil,
	}}
	for name := range env.Resources.(testResources) {
		scope.Resources[name] = AnyType
	}
	tests := []struct{ src, want string }{
		{"q.size + a[index]", "9"},
		{"q['si' + 'ze']", "3"},
		{"q.nope", "error: a queue has no nope"},
		{"q[index]", "error: an int cannot be an index of a map"},
		{"a[string(index)]", `error: a list has no field "1"`},
		{"a.x", `error: a list has no field "x"`},
		{"dict.x", "1"},
		{"dict.y", "null"},
		{"dict['x' + '']", "1"},
		{"keys(dict)", `["x"]`},
		{"total + wide", "15"},
		{"family[0].size", "4"},
		{"family", `[{"closed": false, "size": 4, "unfinished": 7}]`},
		{"none ?? 1", "1"},
		{"bad", "error: the manager is gone"},
		{"bad.x", "error: the manager is gone"},
		{"bad[index]", "error: the manager is gone"},
		{"len(bad)", "error: the manager is gone"},
		{"total.x", `error: an int has no field "x"`},
		{"map(a, it + index)", "[6, 7]"},
		{"q == {size: 3, closed: false, unfinished: 6}", "true"},
		{"string(a)", `"[5, 6]"`},
		{"q.size > 0 ? a : null", "[5, 6]"},
		{"let x = q; x.size", "3"},
	}
	for _, test := range tests {
		if got := resultText(test.src, scope, env); got != test.want {
			t.Errorf("%s gives %s, want %s", test.src, got, test.want)
		}
	}
	if got := resultText("q", scope, &Env{}); got != `error: "q" cannot be read here` {
		t.Error(got)
	}
}

func TestExprAccessors(t *testing.T) {
	src := "page + string(item.n) + string(jobs.size) + string(map([1], it))"
	e, err := CompileExpr(src, testScope())
	if err != nil {
		t.Fatal(err)
	}
	if e.Source() != src || !slices.Equal(e.Names(), []string{"item", "jobs", "page"}) {
		t.Errorf("source %s, names %v", e.Source(), e.Names())
	}
	if _, ok := e.Const(); ok {
		t.Error("it is constant")
	}
	for _, test := range []struct{ src, want string }{
		{"item.b", "true <nil>"},
		{"item.n > 5", "false <nil>"},
		{"item.n", "false a condition must be true or false, not an int"},
		{"item.nothing.x", `false null has no field "x"`},
	} {
		e, err := CompileExpr(test.src, testScope())
		if err != nil {
			t.Fatal(err)
		}
		is, err := e.RunBool(testEnv())
		if got := fmt.Sprint(is, " ", err); got != test.want {
			t.Errorf("%s gives %s", test.src, got)
		}
	}
	shape, err := Compile(&Source{Kind: SourceText, Parts: []TextPart{{Text: "item.n", Expr: true}}}, testScope())
	if err != nil || shape.Expr() == nil || shape.Expr().Source() != "item.n" {
		t.Errorf("got %v, %v", shape, err)
	}
	if names := Variables(); !slices.IsSorted(names) || !slices.Contains(names, "item") {
		t.Errorf("the variables are %v", names)
	}
	if kinds := (KindList | KindMap).String(); kinds != "list or map" {
		t.Error(kinds)
	}
}

// TestVariables reads every variable.
func TestVariables(t *testing.T) {
	one := func(v any) map[string]any { return map[string]any{"x": v} }
	env := &Env{Item: 1, Index: 2, Acc: 3, At: 4, Self: one(5), Delivery: one(6), Args: one(7), Vars: one(8), Env: one(9), Error: one(10), Spec: one(11), Run: one(12), CPUs: 13, Out: "o", From: "f"}
	scope := &Scope{Vars: map[string]Type{}}
	for _, name := range Variables() {
		scope.Vars[name] = AnyType
	}
	src := "[item, index, acc, at, self.x, delivery.x, args.x, vars.x, env.x, error.x, spec.x, run.x, cpus, out, from]"
	if got := resultText(src, scope, env); got != `[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, "o", "f"]` {
		t.Error(got)
	}
	if got := strings.Count(src, ",") + 1; got != len(Variables()) {
		t.Errorf("%d of %d variables are read", got, len(Variables()))
	}
	if got := resultText("self == null and vars?.x == null", scope, &Env{}); got != "true" {
		t.Error(got)
	}
}

func FuzzRuneCount(f *testing.F) {
	for _, s := range []string{"", "seven77", "eightsss", "nine nine", "123456789012345é", "\xff\xfe12345678", "日本語日本語日本語"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := runeCount(s), utf8.RuneCountInString(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	})
}
