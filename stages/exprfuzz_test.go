package stages

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/expr-lang/expr"
	"pgregory.net/rapid"
)

// FuzzCompileExpr: whatever is written, there is a result that is an item of the type that was inferred, or an error of one line
// that lies in the source; and the items that were read are as before.
func FuzzCompileExpr(f *testing.F) {
	for _, src := range []string{
		"item.n + 1", "map(item.xs, it * 2) | sum()", "let x = item?.m.y ?? 1; x ** 2", `{a: [1, 2.5][1:], (item.s): b"x"}`, "if index > 1 { 'a' } else { null }",
		"reduce(item.xs, concat(#acc, [it]), [])", "sortBy(item.m, it.value, 'desc')[0].key", `"a" + "b" matches "^a"`, "groupBy(1..9, it % 3)", "not (1 in item.xs) or jobs.closed",
		"hist[-1] - 9223372036854775807 - index", "capture(item.s, '(?P<a>.)(b)?')", "::len(item) // 2", "item[index]", "fromJSON(toJSON(item))", "flatten([[1], [[2]]]) | uniq() | sort()", "-item.f % 2", "#", "((((", "'\\u{10FFFF}'[0]",
	} {
		f.Add(src)
	}
	scope := testScope()
	f.Fuzz(func(t *testing.T, src string) {
		e, err := CompileExpr(src, scope)
		if err != nil {
			var all ExprErrors
			if !errors.As(err, &all) || len(all) == 0 {
				t.Fatalf("%q: %v", src, err)
			}
			for _, one := range all {
				checkExprError(t, src, one)
			}
			return
		}
		if strings.Contains(src, "repeat") || strings.Contains(src, "..") || strings.Contains(src, "reduce") {
			return // may take more memory than a test should
		}
		env, before := testEnv(), testEnv()
		v, err := e.Run(env)
		if Compare(env.Item, before.Item) != 0 || !reflect.DeepEqual(env.Vars, before.Vars) {
			t.Fatalf("%q changed what it read", src)
		}
		if err != nil {
			var one *ExprError
			if !errors.As(err, &one) {
				t.Fatalf("%q: %v", src, err)
			}
			checkExprError(t, src, one)
			return
		}
		if normal, err := Normalize(v); err != nil || KindOf(v) == 0 || changed(v, normal) {
			t.Fatalf("%q gives %#v, which is no item", src, v)
		}
		if !admits(e.Type(), v) {
			t.Fatalf("%q gives %s, which is not of type %s", src, AppendJSON(nil, v), e.Type())
		}
	})
}

func checkExprError(t *testing.T, src string, e *ExprError) {
	t.Helper()
	if e.Offset < 0 || e.Offset > len(src) || e.Msg == "" || strings.ContainsAny(e.Msg, "\r\n") || strings.Contains(e.Msg, "interface {}") {
		t.Fatalf("%q: error at %d: %q", src, e.Offset, e.Msg)
	}
}

// TestDeepSources: the parser recurses, and must come back.
func TestDeepSources(t *testing.T) {
	for _, piece := range []string{"(", "[", "-", "not ", "{a:", "1+(", "map(", "a?.b[", "1?", "let a=", "!", "if 1 {", "a."} {
		src := strings.Repeat(piece, maxExprSize/len(piece))
		if _, err := CompileExpr(src, testScope()); err == nil {
			t.Errorf("%s... was compiled", piece)
		}
	}
	e, err := CompileExpr(strings.Repeat("1 + ", 4000)+"item", &Scope{Vars: map[string]Type{"item": IntType}})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := e.Run(&Env{Item: 1}); err != nil || v != 4001 {
		t.Errorf("got %v, %v", v, err)
	}
	e, err = CompileExpr("reduce(1..5000, [#acc], 0)", &Scope{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(&Env{}); err == nil || err.Error() != "nested deeper than 1000" {
		t.Errorf("got %v", err)
	}
}

// TestLikeExpr holds the language against expr's own compiler and machine, where the two are meant to agree.
func TestLikeExpr(t *testing.T) {
	number := rapid.SampledFrom([]string{"0", "1", "2", "7", "-3", "2.5", "-0.5", "n", "f"})
	text := rapid.SampledFrom([]string{`""`, `"a"`, `"ab"`, "s", `"b,a"`})
	list := rapid.SampledFrom([]string{"[1, 2, 3]", "xs", "[]", "[3, 1.5, 2]", "map(xs, # * 2)", "filter(xs, # > 1)", "1..4", "reverse(xs)", "sort(xs)", "take(xs, 2)", "flatten([xs, [[9]]])", "concat(xs, [0])", "uniq([1, 1, 2])", "sortBy(xs, -#)"})
	forms := []struct {
		form string
		args []*rapid.Generator[string]
	}{
		{"A + B * C", []*rapid.Generator[string]{number, number, number}},
		{"A - B - C", []*rapid.Generator[string]{number, number, number}},
		{"-A * +B", []*rapid.Generator[string]{number, number}},
		{"A < B ? C : A", []*rapid.Generator[string]{number, number, number}},
		{"A <= B and B >= C or A != C", []*rapid.Generator[string]{number, number, number}},
		{"not (A == B) && C > A", []*rapid.Generator[string]{number, number, number}},
		{"A < B < C", []*rapid.Generator[string]{number, number, number}},
		{"abs(A) + ceil(B) + floor(C) + round(A)", []*rapid.Generator[string]{number, number, number}},
		{"max(A, B, C) - min(A, B)", []*rapid.Generator[string]{number, number, number}},
		{"mean([A, B, C]) + median(A, B, C)", []*rapid.Generator[string]{number, number, number}},
		{"bitand(n, 6) + bitor(n, 8) + bitxor(n, 1) + bitnot(n) + bitshl(n, 2) + bitshr(-9, 1) + bitnand(n, 1)", nil},
		{"A + B + upper(C) + lower(A)", []*rapid.Generator[string]{text, text, text}},
		{"A < B or A >= C", []*rapid.Generator[string]{text, text, text}},
		{"A contains B or B startsWith C or A endsWith C or A matches C", []*rapid.Generator[string]{text, text, text}},
		{"A not contains B and hasPrefix(A, B) == hasSuffix(A, C)", []*rapid.Generator[string]{text, text, text}},
		{"split(A, B)", []*rapid.Generator[string]{text, text}},
		{"splitAfter(A, ',')", []*rapid.Generator[string]{text}},
		{"replace(A, B, C)", []*rapid.Generator[string]{text, text, text}},
		{"trim(A, B) + trimPrefix(A, B) + trimSuffix(A, C) + repeat(A, 2)", []*rapid.Generator[string]{text, text, text}},
		{"indexOf(A, B) + lastIndexOf(A, B) + len(A)", []*rapid.Generator[string]{text, text}},
		{"join(split(A, ''), B)", []*rapid.Generator[string]{text, text}},
		{"toBase64(A) + fromBase64(toBase64(A))", []*rapid.Generator[string]{text}},
		{"A in split(B, ',')", []*rapid.Generator[string]{text, text}},
		{"A in B", []*rapid.Generator[string]{number, list}},
		{"len(A) + count(A, # > 1) + sum(A)", []*rapid.Generator[string]{list}},
		{"all(A, # > 0) or any(A, # > 2) or none(A, # == 1) or one(A, # == 2)", []*rapid.Generator[string]{list}},
		// One at a time: in a list, expr 1.17.8 leaves the condition on its stack.
		{"find(A, # > 1)", []*rapid.Generator[string]{list}},
		{"findIndex(A, # > 1)", []*rapid.Generator[string]{list}},
		{"findLast(A, # < 3)", []*rapid.Generator[string]{list}},
		{"findLastIndex(A, # < 3)", []*rapid.Generator[string]{list}},
		{"[first(A), last(A), get(A, 1), get(A, -9)]", []*rapid.Generator[string]{list}},
		{"A[1:] == A[:1] or A[:-1] == A[-2:9]", []*rapid.Generator[string]{list}},
		{"map(A, #index * 10 + #)", []*rapid.Generator[string]{list}},
		{"map(A, map(A, # * 2))", []*rapid.Generator[string]{list}},
		{"reduce(A, #acc * 2 + #, 1)", []*rapid.Generator[string]{list}},
		{"A | filter(# > 1) | map(# + 1) | sum()", []*rapid.Generator[string]{list}},
		{"sum(A, # * 2) + reduce(A, #acc + #, 0)", []*rapid.Generator[string]{list}},
		{"let y = A; let z = y + B; [z, y]", []*rapid.Generator[string]{number, number}},
		{"if A > B { C } else if B > C { A } else { B }", []*rapid.Generator[string]{number, number, number}},
		{"m.a + m['b'] + (m.nope ?? A) + (m?.c?.d ?? B)", []*rapid.Generator[string]{number, number}},
		{"{a: A, 'b c': {d: [B]}}['b c'].d[0]", []*rapid.Generator[string]{number, number}},
		{"'a' in m and not ('x' in m)", nil},
		{"keys({a: A}) == ['a'] and values({a: A}) == [A] and fromPairs([['k', A]]).k == A", []*rapid.Generator[string]{number}},
		{"toPairs({a: A})[0][1]", []*rapid.Generator[string]{number}},
		{"int(A) + int('12') + float('2.5') + float(A)", []*rapid.Generator[string]{number}},
		{"fromJSON('{\"a\": 1.5}').a + A", []*rapid.Generator[string]{number}},
		{"1; A", []*rapid.Generator[string]{number}},
	}
	vars := map[string]any{"n": 5, "f": 1.25, "s": "a,b", "xs": []any{1, 2, 3}, "m": map[string]any{"a": 1, "b": 2.5, "c": nil}}
	scope := &Scope{}
	env := &Env{}
	for name, v := range vars {
		scope.Bound = append(scope.Bound, Binding{name, AnyType})
		env.Bound = append(env.Bound, v)
	}
	rapid.Check(t, func(t *rapid.T) {
		form := rapid.SampledFrom(forms).Draw(t, "form")
		src := form.form
		for i, arg := range form.args {
			src = replaceWord(src, string(rune('A'+i)), arg.Draw(t, "arg"))
		}
		want, err := expr.Eval(src, vars)
		if err != nil {
			t.Skip("expr refuses it")
		}
		if want, err = Normalize(want); err != nil {
			t.Fatal(err)
		}
		e, err := CompileExpr(src, scope)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		got, err := e.Run(env)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		if Compare(got, want) != 0 || !admits(e.Type(), got) {
			t.Fatalf("%s: got %s of type %s, expr says %s", src, AppendJSON(nil, got), e.Type(), AppendJSON(nil, want))
		}
	})
}

// replaceWord replaces a capital letter that is a word of its own.
func replaceWord(s, word, by string) string {
	var b strings.Builder
	for i := range len(s) {
		alone := (i == 0 || !isName(s[i-1:i])) && (i+1 == len(s) || !isName(s[i+1:i+2]))
		if s[i:i+1] == word && alone {
			b.WriteString(by)
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func TestIntegerArithmetic(t *testing.T) {
	edge := []int{0, 1, -1, 2, -2, 3, 10, math.MaxInt, math.MinInt, math.MaxInt - 1, math.MinInt + 1, 1 << 31, 1<<31 - 1, -1 << 31, -1<<31 - 1, 1 << 32, 3037000499, 3037000500, -3037000500}
	for _, a := range edge {
		for _, b := range edge {
			checkArithmetic(t, a, b)
		}
	}
	rapid.Check(t, func(t *rapid.T) { checkArithmetic(t, genNumber.Draw(t, "a"), genNumber.Draw(t, "b")) })
}

// TestShared runs one expression in several goroutines.
func TestShared(t *testing.T) {
	e, err := CompileExpr(`map(item, let k = it; sum(map(item, it * k))) | filter(it > 3 and string(it) matches "[0-9]")`, &Scope{Vars: map[string]Type{"item": AnyType}})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			env := Env{Item: []any{i, i + 1}}
			for range 100 {
				v, err := e.Run(&env)
				if want := []any{i * (2*i + 1), (i + 1) * (2*i + 1)}; err != nil || i > 1 && Compare(v, want) != 0 {
					t.Errorf("%d: got %v, %v", i, v, err)
				}
			}
		})
	}
	group.Wait()
}

func TestRandom(t *testing.T) {
	e, err := CompileExpr("[random(), random(), random(1000), random(5, 5), random(-9223372036854775807 - 1, 9223372036854775807)]", &Scope{})
	if err != nil {
		t.Fatal(err)
	}
	draw := func(seed uint64) []any {
		v, err := e.Run(&Env{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return v.([]any)
	}
	first := draw(1)
	if Compare(first, draw(1)) != 0 {
		t.Error("the same seed draws something else")
	}
	if Compare(first, draw(2)) == 0 || first[0] == first[1] {
		t.Error("nothing is random")
	}
	counts := make([]int, 10)
	e, err = CompileExpr("random(10)", &Scope{})
	if err != nil {
		t.Fatal(err)
	}
	env := &Env{}
	for i := range 10000 {
		env.Seed = uint64(i)
		v, err := e.Run(env)
		if err != nil {
			t.Fatal(err)
		}
		counts[v.(int)]++
	}
	for n, count := range counts {
		if count < 850 || count > 1150 { // five standard deviations
			t.Errorf("%d was drawn %d times of 10000", n, count)
		}
	}
}
