package stages

import (
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func scalar(t testing.TB, name string) StoreType {
	t.Helper()
	typ, ok := ScalarType(name)
	if !ok {
		t.Fatalf("there is no type %s", name)
	}
	return typ
}

func pointType(t testing.TB) StoreType {
	return StoreType{Name: "Point", Fields: []StoreField{{"x", scalar(t, "float64")}, {"n", scalar(t, "int8")}}}
}

// TestStore holds what each type makes of items, at the bounds of each: the item, or why it cannot be stored.
func TestStore(t *testing.T) {
	point := pointType(t)
	line := StoreType{Name: "Line", Fields: []StoreField{{"from", point}, {"flag", scalar(t, "bool")}}}
	types := map[string]StoreType{"Point": point, "Line": line}
	rows := []struct {
		typ   string
		items []any
		want  []any // a string of more than one character that is not the item: the misfit
	}{
		{"bool", []any{true, false, 1, nil}, []any{true, false, "bool takes true or false, not 1", "bool takes true or false, not null"}},
		{
			"int8",
			[]any{127, -128, 128, -129, 3.0, math.Copysign(0, -1), 1.5, 200.0, math.NaN(), math.Inf(1), "1", true, []any{}},
			[]any{
				127, -128, "int8 takes whole numbers from -128 to 127, not 128", "int8 takes whole numbers from -128 to 127, not -129", 3, 0, "int8 takes a whole number, not 1.5",
				"int8 takes whole numbers from -128 to 127, not 200.0", "int8 takes a whole number, not NaN", "int8 takes a whole number, not Infinity",
				"int8 takes a whole number, not a string", "int8 takes a whole number, not a bool", "int8 takes a whole number, not a list",
			},
		},
		{"uint8", []any{255, 0, -1, 256}, []any{255, 0, "uint8 takes whole numbers from 0 to 255, not -1", "uint8 takes whole numbers from 0 to 255, not 256"}},
		{"H", []any{65535, 65536}, []any{65535, "uint16 takes whole numbers from 0 to 65535, not 65536"}},
		{"i", []any{math.MaxInt32, math.MaxInt32 + 1}, []any{math.MaxInt32, "int32 takes whole numbers from -2147483648 to 2147483647, not 2147483648"}},
		{"I", []any{math.MaxUint32, -1}, []any{math.MaxUint32, "uint32 takes whole numbers from 0 to 4294967295, not -1"}},
		{
			"int64",
			[]any{math.MinInt64, math.MaxInt64, -(1 << 63) * 1.0, 9223372036854775808.0},
			[]any{math.MinInt64, math.MaxInt64, math.MinInt64, "int64 takes whole numbers from -9223372036854775808 to 9223372036854775807, not 9.223372036854776e+18"},
		},
		{"Q", []any{math.MaxInt64, -1}, []any{math.MaxInt64, "uint64 takes whole numbers from 0 to 9223372036854775807, not -1"}},
		{"float64", []any{1.5, 3, math.Inf(-1), 1<<53 + 1, math.MaxInt64}, []any{1.5, 3.0, math.Inf(-1), "float64 cannot hold 9007199254740993 exactly", "float64 cannot hold 9223372036854775807 exactly"}},
		{"f", []any{0.5, 0.1, 1 << 24, 1<<24 + 1, 1e39, math.Inf(1)}, []any{0.5, float64(float32(0.1)), 16777216.0, "float32 cannot hold 16777217 exactly", "float32 cannot hold 1e+39: it is too large", math.Inf(1)}},
		{"char", []any{"a", "ä", "", "ab", 1}, []any{"a", `char takes a text of one ASCII character, not "ä"`, `char takes a text of one ASCII character, not ""`, `char takes a text of one ASCII character, not "ab"`, "char takes a text of one ASCII character, not 1"}},
		{"u", []any{"ä", "ab"}, []any{"ä", `u takes a text of one character, not "ab"`}},
		{
			"Point",
			[]any{
				map[string]any{"x": 1, "n": 2.0}, []any{1, 2}, map[string]any{"x": 1}, map[string]any{"x": 1, "n": 2, "z": 3, "a": 4}, map[string]any{"x": "1", "n": 2}, []any{1}, []any{1, 300}, nil,
			},
			[]any{
				map[string]any{"x": 1.0, "n": 2},
				map[string]any{"x": 1.0, "n": 2},
				"Point needs the field n, which is missing", `Point has no field "a"`, "field x: float64 takes a number, not a string",
				"Point takes a map, or a list of 2, not a list of 1", "field n: int8 takes whole numbers from -128 to 127, not 300", "Point takes a map, or a list of 2, not null",
			},
		},
		{
			"Line",
			[]any{[]any{[]any{1, 2}, true}, map[string]any{"from": []any{1, 2.5}, "flag": true}},
			[]any{map[string]any{"from": map[string]any{"x": 1.0, "n": 2}, "flag": true}, "field from.n: int8 takes a whole number, not 2.5"},
		},
	}
	for _, row := range rows {
		typ, ok := types[row.typ]
		if !ok {
			typ = scalar(t, row.typ)
		}
		for i, item := range row.items {
			got, m := typ.Store(item)
			if m != nil {
				got = m.String()
			}
			if !reflect.DeepEqual(got, row.want[i]) {
				t.Errorf("%s of %v: %v, not %v", row.typ, item, got, row.want[i])
			}
		}
	}
}

func TestScalarTypes(t *testing.T) {
	for _, name := range ScalarNames() {
		if typ := scalar(t, name); typ.Name != name || typ.Type().Kinds == 0 || typ.isRecord() {
			t.Errorf("%s is %+v", name, typ)
		}
	}
	for _, name := range []string{"", "int", "string", "x", "Point"} {
		if typ, ok := ScalarType(name); ok {
			t.Errorf("%q is %v", name, typ)
		}
	}
}

// TestStoreAgreesWithItsTypes: what is stored is of the type that expressions expect, storing it again changes nothing, a column of it
// that Holds says is well is so, and the check before the run never refuses an item that would be stored.
func TestStoreAgreesWithItsTypes(t *testing.T) {
	numbers := rapid.OneOf(
		rapid.Custom(func(t *rapid.T) any { return rapid.IntRange(-300, 300).Draw(t, "int") }),
		rapid.Custom(func(t *rapid.T) any { return rapid.Int().Draw(t, "any int") }),
		rapid.Custom(func(t *rapid.T) any { return rapid.Float64().Draw(t, "float") }),
		rapid.Custom(func(t *rapid.T) any { return float64(rapid.IntRange(-300, 300).Draw(t, "whole")) }),
		rapid.SampledFrom([]any{nil, true, "a", "é", "ab", []byte("a")}),
	)
	points := rapid.OneOf(numbers,
		rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(numbers, 0, 3).Draw(t, "list") }),
		rapid.Custom(func(t *rapid.T) any {
			return rapid.MapOfN(rapid.SampledFrom([]string{"x", "n", "z"}), numbers, 0, 3).Draw(t, "map")
		}),
	)
	names := append(ScalarNames(), "u", "Point")
	rapid.Check(t, func(r *rapid.T) {
		typ := pointType(t)
		if name := rapid.SampledFrom(names).Draw(r, "type"); name != "Point" {
			typ = scalar(t, name)
		}
		item := points.Draw(r, "item")
		stored, m := typ.Store(item)
		if m != nil {
			return
		}
		if before := typ.Misfit(TypeOf(item)); before != nil {
			r.Fatalf("%v is refused before the run (%s) and stored as %v", item, before, stored)
		}
		if again, m := typ.Store(stored); m != nil || ShortJSON(again) != ShortJSON(stored) {
			r.Fatalf("%v is stored as %v, and then as %v (%v)", item, stored, again, m)
		}
		if want := typ.Type(); Join(want, TypeOf(stored)).String() != want.String() {
			r.Fatalf("%v of type %s is stored by %s, which gives %s", stored, TypeOf(stored).String(), typ.Name, want.String())
		}
		column := ColumnOf(item)
		if typ.Holds(&column) && ShortJSON(item) != ShortJSON(stored) {
			r.Fatalf("%v is not as %s holds it: %v", item, typ.Name, stored)
		}
	})
}
