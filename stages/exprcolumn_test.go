package stages

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// genNumber draws an int that is often at the edges of what loops must notice.
var genNumber = rapid.OneOf(
	rapid.IntRange(-20, 20),
	rapid.SampledFrom([]int{math.MaxInt, math.MinInt, math.MaxInt - 1, math.MinInt + 1, 1 << 53, 1<<53 + 1, -(1 << 53) - 1, 1 << 31, 1 << 32, 1<<32 - 1, -1 << 31}),
	rapid.Int(),
)

var genFloat = rapid.OneOf(
	rapid.Map(rapid.IntRange(-20, 20), func(i int) float64 { return float64(i) / 2 }),
	rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 1 << 53, 1e300, -1e300, 1 << 63}),
	rapid.Float64(),
)

var genDigits = rapid.OneOf(
	rapid.Map(genNumber, strconv.Itoa),
	rapid.SampledFrom([]string{" 12 ", "-0", "+5", "1_0", "", "-", "x", "0012", "1.5", "9223372036854775808", "999999999999999999", "-999999999999999999", "1e3", "nan", "0x1p3", "９"}),
)

// genSource draws an expression of the kinds that loops understand, and some that they do not.
func genSource(kind ColumnKind) *rapid.Generator[string] {
	leaves := []string{"item", "0", "1", "3", "10", "-1", "2.5", "0.0", "index", "vars.n", "9223372036854775807", `int("7")`, `float("2.5")`, `int("x")`, "int(2.5)"}
	if kind == Strings {
		leaves = []string{"int(item)", "float(item)", "1", "7", "2.5", "vars.n", "index", "len(item)"}
	}
	var number, condition func(depth int) *rapid.Generator[string]
	number = func(depth int) *rapid.Generator[string] {
		if depth == 0 {
			return rapid.SampledFrom(leaves)
		}
		return rapid.Custom(func(t *rapid.T) string {
			a, b := number(depth-1).Draw(t, "a"), number(depth-1).Draw(t, "b")
			switch form := rapid.SampledFrom([]string{"+", "-", "*", "/", "%", "div", "mod", "neg", "?", "int", "float", "leaf"}).Draw(t, "form"); form {
			case "div", "mod":
				return form + "(" + a + ", " + b + ")"
			case "int", "float":
				return form + "(" + a + ")"
			case "neg":
				return "-(" + a + ")"
			case "?":
				return "(" + condition(depth-1).Draw(t, "cond") + " ? " + a + " : " + b + ")"
			case "leaf":
				return rapid.SampledFrom(leaves).Draw(t, "leaf")
			default:
				return "(" + a + " " + form + " " + b + ")"
			}
		})
	}
	condition = func(depth int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			if kind == Strings && rapid.IntRange(0, 4).Draw(t, "text") == 0 {
				return `item != "12"`
			}
			a, b := number(depth).Draw(t, "a"), number(depth).Draw(t, "b")
			compared := "(" + a + " " + rapid.SampledFrom([]string{"==", "!=", "<", "<=", ">", ">="}).Draw(t, "op") + " " + b + ")"
			if depth == 0 {
				return compared
			}
			other := condition(depth-1).Draw(t, "other")
			switch rapid.IntRange(0, 3).Draw(t, "form") {
			case 0:
				return "(" + compared + " and " + other + ")"
			case 1:
				return "(" + compared + " or " + other + ")"
			case 2:
				return "not " + compared
			}
			return compared
		})
	}
	return rapid.OneOf(number(3), condition(2))
}

// TestColumnLoop holds loops against running item by item: where a loop has results, they are the same, and where running item
// by item fails, the loop gives up.
func TestColumnLoop(t *testing.T) {
	loops, columns := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]ColumnKind{Ints, Floats, Strings}).Draw(t, "kind")
		in := Column{Kind: kind}
		scope := testScope()
		switch kind {
		case Ints:
			in.Ints = rapid.SliceOfN(genNumber, 1, 8).Draw(t, "ints")
			scope.Vars["item"] = IntType
		case Floats:
			in.Floats = rapid.SliceOfN(genFloat, 1, 8).Draw(t, "floats")
			scope.Vars["item"] = FloatType
		default:
			in.Strings = rapid.SliceOfN(genDigits, 1, 8).Draw(t, "strings")
			scope.Vars["item"] = StringType
		}
		if rapid.Bool().Draw(t, "untyped") { // as in a worker
			scope.Vars["item"], scope.Vars["vars"], scope.Vars["index"] = AnyType, AnyType, AnyType
		}
		src := genSource(kind).Draw(t, "src")
		e, err := CompileExpr(src, scope)
		if err != nil {
			t.Skip("does not compile: " + err.Error())
		}
		loop, ok := e.ColumnLoop(kind)
		if !ok {
			return
		}
		loops++
		var got, want Column
		done := loop.Map(testEnv(), &in, &got)
		var failure error
		env := testEnv()
		base := env.Index
		for i := range in.Len() {
			env.Item, env.Index = in.At(i), base+i
			v, err := e.Run(env)
			if err != nil {
				failure = err
				break
			}
			if !admits(e.Type(), v) {
				t.Fatalf("%s gives %v for %v, which is not of type %s", src, v, in.At(i), e.Type())
			}
			want.Append(v)
		}
		if !done {
			if got.Len() != 0 {
				t.Fatalf("%s gave up and left %v", src, got)
			}
			return
		}
		columns++
		if failure != nil {
			t.Fatalf("%s over %v gives %v, item by item it fails: %v", src, in, got, failure)
		}
		if g, w := columnText(got), columnText(want); g != w {
			t.Fatalf("%s over %v gives %s, item by item %s", src, in, g, w)
		}
	})
	if loops == 0 || columns == 0 {
		t.Errorf("%d loops with %d results: nothing was compared", loops, columns)
	}
}

func columnText(c Column) string {
	var items []any
	for i := range c.Len() {
		items = append(items, c.At(i))
	}
	return string(AppendJSON(nil, items))
}

func TestColumnLoopRefuses(t *testing.T) {
	for _, src := range []string{"item.x", "upper(item)", "map([1], item)", "random()", "now()", "page", "jobs.size", "{a: item}", "item ?? 1", "item > 0 ? 1 : 2.5"} {
		e, err := CompileExpr(src, testScope())
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []ColumnKind{Mixed, Ints, Floats, Strings} {
			if _, ok := e.ColumnLoop(kind); ok {
				t.Errorf("%s has a loop over kind %d", src, kind)
			}
		}
	}
}

func TestColumnSelect(t *testing.T) {
	e, err := CompileExpr(`item % 2 == 1`, testScope())
	if err != nil {
		t.Fatal(err)
	}
	loop, ok := e.ColumnLoop(Ints)
	if !ok {
		t.Fatal("no loop")
	}
	for _, ints := range [][]int{{1, 2, 3}, {4, 5}, {}, {1, 1, 1, 1, 0}} {
		in := Column{Kind: Ints, Ints: ints}
		is, ok := loop.Select(testEnv(), &in)
		if !ok || len(is) != len(ints) {
			t.Fatalf("Select(%v) = %v, %v", ints, is, ok)
		}
		for i, v := range ints {
			if is[i] != (v%2 == 1) {
				t.Errorf("Select(%v)[%d] = %v", ints, i, is[i])
			}
		}
	}
	if _, ok := loop.Select(testEnv(), &Column{Kind: Floats, Floats: []float64{1}}); ok {
		t.Error("a loop over ints took floats")
	}
}

func BenchmarkColumnLoop(b *testing.B) {
	ints := make([]int, 1024)
	texts := make([]string, 1024)
	floats := make([]float64, 1024)
	for i := range ints {
		floats[i] = float64(i) / 8
		ints[i], texts[i] = i*7, strconv.Itoa(i*7)
	}
	for _, bench := range []struct {
		src string
		in  Column
	}{
		{"item * item", Column{Kind: Ints, Ints: ints}},
		{"item % 10 == 3 ? item * 2 + 1 : 0", Column{Kind: Ints, Ints: ints}},
		{"item * 1.5 + item", Column{Kind: Floats, Floats: floats}},
		{"item > 100.0 ? item / 3 : -item", Column{Kind: Floats, Floats: floats}},
		{"int(item) * 2", Column{Kind: Strings, Strings: texts}},
	} {
		e, err := CompileExpr(bench.src, testScope())
		if err != nil {
			b.Fatal(err)
		}
		loop, ok := e.ColumnLoop(bench.in.Kind)
		if !ok {
			b.Fatal("no loop for " + bench.src)
		}
		env := testEnv()
		var out Column
		b.Run(bench.src, func(b *testing.B) {
			for b.Loop() {
				out.Reset()
				if !loop.Map(env, &bench.in, &out) {
					b.Fatal("gave up")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*bench.in.Len()), "ns/item")
		})
		b.Run("item by item: "+bench.src, func(b *testing.B) {
			for b.Loop() {
				for i := range bench.in.Len() {
					env.Item = bench.in.At(i)
					if _, err := e.Run(env); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*bench.in.Len()), "ns/item")
		})
	}
}

func BenchmarkCompileExpr(b *testing.B) {
	scope := testScope()
	for b.Loop() {
		if _, err := CompileExpr(`item.n % 10 == 3 ? upper(item.s) + "x" : map(item.xs, it * 2)`, scope); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	for _, src := range []string{"item.path", "item.n + 1", `item.s + "x"`, `item.n > 2 and item.b`, "upper(item.s)", "{host: item.s, n: item.n + 1}", "map(item.xs, it * 2)", `item.s matches "^g"`, `split(item.path, "/")`} {
		e, err := CompileExpr(src, testScope())
		if err != nil {
			b.Fatal(err)
		}
		env := testEnv()
		b.Run(src, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Run(env); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestColumnUniforms reads what is the same for all items.
func TestColumnUniforms(t *testing.T) {
	known := &Scope{Vars: map[string]Type{"item": AnyType, "args": RecordOf(
		FieldType{Name: "f", Type: FloatType}, FieldType{Name: "b", Type: BoolType}, FieldType{Name: "s", Type: StringType}, FieldType{Name: "n", Type: IntType},
	)}}
	unknown := &Scope{Vars: map[string]Type{"item": AnyType, "args": AnyType}}
	for _, scope := range []*Scope{known, unknown} {
		testUniforms(t, scope)
	}
}

func testUniforms(t *testing.T, scope *Scope) {
	t.Helper()
	ints, texts := Column{Kind: Ints, Ints: []int{1, 2}}, Column{Kind: Strings, Strings: []string{"a", "b"}}
	tests := []struct {
		src  string
		in   Column
		want string
	}{
		{"item * args.f", ints, "[0.5, 1.0]"},
		{"args.b ? item : args.n", ints, "[1, 2]"},
		{"item > 1 and args.b or not args.b", ints, "[false, true]"},
		{"(item > 1) == args.b", ints, "[false, true]"},
		{"(item > 1) != args.b", ints, "[true, false]"},
		{"args.n - item", ints, "[6, 5]"},
		{"args.n", ints, "[7, 7]"},
		{"len(args.s) * item", ints, "[1, 2]"},
		{"item == args.s", texts, "[false, true]"},
		{"item", texts, "none"},
	}
	for _, test := range tests {
		e, err := CompileExpr(test.src, scope)
		if err != nil {
			t.Fatal(err)
		}
		got := "none"
		if loop, ok := e.ColumnLoop(test.in.Kind); ok {
			// Twice with other values, since the loop keeps its memory.
			other := &Env{Args: map[string]any{"f": 9.5, "b": false, "s": "zz", "n": 100}}
			env := &Env{Args: map[string]any{"f": 0.5, "b": true, "s": "b", "n": 7}}
			var out Column
			if !loop.Map(other, &test.in, &out) {
				t.Errorf("%s gave up", test.src)
			}
			out.Reset()
			if !loop.Map(env, &test.in, &out) {
				t.Errorf("%s gave up", test.src)
			}
			got = columnText(out)
			wrong := &Env{Args: map[string]any{"f": "x", "b": "x", "s": 1, "n": nil}}
			if out.Reset(); loop.Map(wrong, &test.in, &out) || out.Len() > 0 {
				t.Errorf("%s took values of other types and gave %s", test.src, columnText(out))
			}
		}
		if got != test.want {
			t.Errorf("%s gives %s, want %s", test.src, got, test.want)
		}
	}
}
