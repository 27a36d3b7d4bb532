package stages

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// genItem draws items of all kinds.
func genItem(depth int) *rapid.Generator[any] {
	scalars := rapid.OneOf(
		rapid.SampledFrom([]any{nil, true, false, 0, 1, 1.0, math.Copysign(0, -1), -1, 2.5, math.NaN(), math.Float64frombits(0x7ff8000000000002), math.Inf(1), 1 << 53, float64(1 << 53), 1<<53 + 1, math.MaxInt, math.MinInt, float64(math.MinInt), "", "a", "ab", []byte("a"), []byte{}}),
		rapid.Map(rapid.Int(), func(i int) any { return i }),
		rapid.Map(rapid.Float64(), func(f float64) any { return f }),
		rapid.Map(rapid.String(), func(s string) any { return s }),
	)
	if depth == 0 {
		return scalars
	}
	return rapid.OneOf(
		scalars,
		rapid.Map(rapid.SliceOfN(genItem(depth-1), 0, 3), func(l []any) any { return append([]any{}, l...) }),
		rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "a b", "ü"}), genItem(depth-1), 0, 3), func(m map[string]any) any { return m }),
	)
}

func TestTypeOfJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := TypeOf(genItem(3).Draw(t, "a")), TypeOf(genItem(3).Draw(t, "b"))
		c := TypeOf(genItem(3).Draw(t, "c"))
		same := func(what string, x, y Type) {
			if x.String() != y.String() {
				t.Fatalf("%s: %s and %s", what, x, y)
			}
		}
		same("idempotent", Join(a, a), a)
		same("commutative", Join(a, b), Join(b, a))
		same("associative", Join(Join(a, b), c), Join(a, Join(b, c)))
		same("never is neutral", Join(a, Type{}), a)
		same("absorbing", Join(Join(a, b), a), Join(a, b))
		joined := Join(a, b)
		parsed, err := ParseType(joined.String())
		if err != nil {
			t.Fatal(err)
		}
		same("parsed", parsed, joined)
		if !reflect.DeepEqual(parsed, joined) {
			t.Fatalf("%#v was parsed as %#v", joined, parsed)
		}
	})
}

func TestTypeString(t *testing.T) {
	record := RecordOf(FieldType{Name: "path", Type: StringType}, FieldType{Name: "n", Type: IntType, Optional: true}, FieldType{Name: "a b", Type: AnyType})
	tests := []struct {
		typ  Type
		want string
	}{
		{Type{}, "never"},
		{AnyType, "any"},
		{NullType, "null"},
		{IntType.Nullable(), "int?"},
		{NumberType, "number"},
		{Join(IntType, StringType).Nullable(), "int|string?"},
		{Join(NumberType, BytesType), "number|bytes"},
		{ListOf(AnyType), "list"},
		{ListOf(IntType.Nullable()), "[int?]"},
		{MapOf(AnyType), "map"},
		{MapOf(ListOf(FloatType)), "map[[float]]"},
		{record, `{"a b": any, n?: int, path: string}`},
		{RecordOf(), "{}"},
		{ListOf(Type{}), "[never]"},
		{Join(record, RecordOf(FieldType{Name: "path", Type: IntType})), `{"a b"?: any, n?: int, path: int|string}`},
		{Join(record, MapOf(IntType)), "map"},
		{Join(MapOf(IntType), MapOf(FloatType)), "map[number]"},
	}
	for _, test := range tests {
		if got := test.typ.String(); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
		encoded, err := json.Marshal(test.typ)
		if err != nil {
			t.Fatal(err)
		}
		var back Type
		if err := json.Unmarshal(encoded, &back); err != nil || back.String() != test.want {
			t.Errorf("%s was read back as %s: %v", encoded, back, err)
		}
	}
}

func TestParseTypeErrors(t *testing.T) {
	for _, text := range []string{"", "integer", "[int", "{a int}", "{a: int", "map[int", "int|", "int x", "{: int}", `{"a: int}`, "{a: int b: int}"} {
		if got, err := ParseType(text); err == nil {
			t.Errorf("ParseType(%q) = %s", text, got)
		}
	}
}

func TestTypeInference(t *testing.T) {
	tests := []struct{ src, want string }{
		{"item", "any"},
		{"item.x", "any"},
		{"index + 1", "int"},
		{"index + 1.5", "float"},
		{"index / 2", "float"},
		{"index ** 2", "int"},
		{"index ** index", "number"},
		{"item + 1", "number"},
		{`item + "x"`, "string"},
		{"item + item", "number|string"},
		{"index > 1 ? 1 : 2.5", "number"},
		{"index > 1 ? 1 : null", "int?"},
		{"index > 1 ? {a: 1, b: 2} : {a: 'x'}", "{a: int|string, b?: int}"},
		{"vars.label ?? 'x'", "string"},
		{"vars.label?.x ?? 1", "!"},
		{"env.HOME", "string?"},
		{"[1, 2]", "[int]"},
		{"[1, 'a']", "[int|string]"},
		{"[]", "[never]"},
		{"{a: [1], b: {c: item}}", "{a: [int], b: {c: any}}"},
		{"{(page): 1}", "map[int]"},
		{"map(vars.xs, it * 2)", "[int]"},
		{"map(vars.xs, {{n: it}})", "[{n: int}]"},
		{"filter(vars.xs, it > 1)", "[int]"},
		{"first(vars.xs)", "int?"},
		{"vars.xs[0]", "int"},
		{"vars.xs[1:]", "[int]"},
		{"page[1:]", "string"},
		{"keys(vars)", "[string]"},
		{"values({a: 1, b: 2.5})", "[number]"},
		{"max(index, 2.5)", "number"},
		{"max(vars.xs)", "int?"},
		{"merge({a: 1}, {b: 'x', a: 2.5})", "{a: float, b: string}"},
		{"merge({a: 1}, item)", "map"},
		{"reduce(vars.xs, #acc + it)", "int"},
		{"reduce(vars.xs, #acc + it, 0.5)", "float"},
		{"reduce(vars.xs, #acc + it * 1.5, 0)", "number"},
		{"reduce(vars.xs, [#acc], 0)", "any"},
		{"groupBy(vars.xs, it % 2)", "map[[int]]"},
		{"map({a: 1}, it.value)", "[int]"},
		{"sum(vars.xs)", "int"},
		{"sum(item)", "number"},
		{"jobs", "{closed: bool, size: int, unfinished: int}"},
		{"jobs.size", "int"},
		{"hist[0] * 2", "int"},
		{"let x = {a: 1}; x.a", "int"},
		{"capture(page, 'x')", "map[string?]?"},
		{"host(page)", "string?"},
	}
	for _, test := range tests {
		e, err := CompileExpr(test.src, testScope())
		switch {
		case test.want == "!" && err == nil:
			t.Errorf("%s is of type %s", test.src, e.Type())
		case test.want != "!" && err != nil:
			t.Errorf("%s: %v", test.src, err)
		case err == nil && e.Type().String() != test.want:
			t.Errorf("%s is of type %s, want %s", test.src, e.Type(), test.want)
		}
	}
}

func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := genItem(2).Draw(t, "a"), genItem(2).Draw(t, "b"), genItem(2).Draw(t, "c")
		if Compare(a, b) != -Compare(b, a) {
			t.Fatalf("%v and %v are not antisymmetric", a, b)
		}
		if Compare(a, b) <= 0 && Compare(b, c) <= 0 && Compare(a, c) > 0 {
			t.Fatalf("%v, %v and %v are not transitive", a, b, c)
		}
		if Compare(a, a) != 0 {
			t.Fatalf("%v does not come with itself", a)
		}
		if Equal(a, b) && Compare(a, b) != 0 {
			t.Fatalf("%v and %v are equal, but one comes first", a, b)
		}
		if Compare(a, b) == 0 && Hash(a) != Hash(b) {
			t.Fatalf("%v and %v are the same, but not their hashes", a, b)
		}
	})
	order := []any{nil, false, true, math.NaN(), math.Inf(-1), math.MinInt, -1, 0, 0.5, 1, 1<<53 + 1, float64(1<<53 + 2), math.MaxInt, float64(1 << 63), "", "a", "b", []byte("a"), []any{}, []any{1}, []any{1, 1}, []any{2}, map[string]any{}, map[string]any{"a": 1}, map[string]any{"a": 2}, map[string]any{"b": 0}}
	for i := range order {
		for j := range order {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := Compare(order[i], order[j]); got != want {
				t.Errorf("Compare(%v, %v) = %d, want %d", order[i], order[j], got, want)
			}
		}
	}
}

// TestHashIsStable holds what keys of queues are distributed by.
func TestHashIsStable(t *testing.T) {
	tests := []struct {
		item any
		want uint64
	}{
		{nil, 0xa86dec96e5f3ef6},
		{1, 0x81a00fd3bfdc2c48},
		{"a", 0x7ce1c1214c4821d0},
		{[]any{1.5, map[string]any{"a": true}}, 0x2c2a64e9d7ee8444},
	}
	for _, test := range tests {
		if got := Hash(test.item); got != test.want {
			t.Errorf("Hash(%v) = %#x, want %#x", test.item, got, test.want)
		}
	}
}
