package stages

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

func literalSource(v any) Source { return Source{Kind: SourceLiteral, Value: v} }
func exprSource(s string) Source { return Source{Kind: SourceExpr, Text: s, Pos: Pos{Line: 3, Col: 7}} }

// text reads a text with ${{ }} into parts.
func textSource(s string) Source {
	src := Source{Kind: SourceText}
	for {
		before, rest, found := strings.Cut(s, "${{")
		if before != "" {
			src.Parts = append(src.Parts, TextPart{Text: before})
		}
		if !found {
			return src
		}
		end := FindClose(rest)
		src.Parts = append(src.Parts, TextPart{Text: rest[:end], Expr: true, Pos: Pos{Line: 5, Col: 2}})
		s = rest[end+2:]
	}
}

func TestShape(t *testing.T) {
	tests := []struct {
		name  string
		src   Source
		want  string // as JSON
		text  string
		typ   string
		reads string
		fixed bool
	}{
		{"expression", exprSource("item.n + index"), "10", "10", "number", "index item", false},
		{"constant", exprSource("1 + 1"), "2", "2", "int", "", true},
		{"literal", literalSource("a"), `"a"`, "a", "string", "", true},
		{"literal text", textSource("plain"), `"plain"`, "plain", "string", "", true},
		{"empty text", textSource(""), `""`, "", "string", "", true},
		{"text", textSource("<${{ item.s }}|${{ item.xs }}|${{ 1.0 }}>"), `"<grün|[1, 2, 3]|1.0>"`, "<grün|[1, 2, 3]|1.0>", "string", "item", false},
		{"one value", textSource("${{ item.xs }}"), "[1, 2, 3]", "[1, 2, 3]", "any", "item", false},
		{"braces", textSource("${{ map([1], {{a: it}}) }}"), `[{"a": 1}]`, `[{"a": 1}]`, "[{a: int}]", "", false},
		{"list", Source{Kind: SourceList, Items: []Source{literalSource(1), exprSource("vars.n"), textSource("${{ page }}!")}}, `[1, 5, "index.html!"]`, `[1, 5, "index.html!"]`, "[int|string]", "page vars", false},
		{"map", Source{Kind: SourceMap, Keys: []string{"b", "a"}, Items: []Source{literalSource(nil), exprSource("jobs.size")}}, `{"a": 12, "b": null}`, `{"a": 12, "b": null}`, "{a: int, b: null}", "jobs", false},
		{"fixed list", Source{Kind: SourceList, Items: []Source{literalSource(1), exprSource("2 * 3")}}, "[1, 6]", "[1, 6]", "[int]", "", true},
		{"fixed map", Source{Kind: SourceMap, Keys: []string{"x"}, Items: []Source{{Kind: SourceList}}}, `{"x": []}`, `{"x": []}`, "{x: [never]}", "", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			encoded, err := json.Marshal(test.src)
			if err != nil {
				t.Fatal(err)
			}
			var shipped Source
			if err := json.Unmarshal(encoded, &shipped); err != nil {
				t.Fatal(err)
			}
			for _, src := range []Source{test.src, shipped} {
				shape, err := Compile(&src, testScope())
				if err != nil {
					t.Fatal(err)
				}
				v, err := shape.Run(testEnv())
				if err != nil {
					t.Fatal(err)
				}
				text, err := shape.RunText(testEnv())
				if err != nil {
					t.Fatal(err)
				}
				appended, err := shape.AppendText([]byte("."), testEnv())
				if err != nil {
					t.Fatal(err)
				}
				if got := string(AppendJSON(nil, v)); got != test.want || text != test.text || string(appended) != "."+test.text {
					t.Errorf("got %s, %q and %q", got, text, appended)
				}
				if got := shape.Type().String(); got != test.typ {
					t.Errorf("it is of type %s", got)
				}
				if got := strings.Join(shape.Names(), " "); got != test.reads {
					t.Errorf("it reads %s", got)
				}
				if value, fixed := shape.Const(); fixed != test.fixed || (fixed && !reflect.DeepEqual(value, v)) {
					t.Errorf("it is fixed: %v, %v", fixed, value)
				}
			}
		})
	}
}

func TestShapeErrors(t *testing.T) {
	src := Source{Kind: SourceMap, Keys: []string{"a", "b", "c"}, Items: []Source{exprSource("itm"), textSource("x${{ 1 + }}"), literalSource(1)}}
	_, err := Compile(&src, testScope())
	var all ExprErrors
	if !errors.As(err, &all) || len(all) != 2 || all[0].Pos.Line != 3 || all[1].Pos.Line != 5 || all[1].Offset != 5 {
		t.Errorf("got %v", err)
	}
	var one *ExprError
	if !errors.As(err, &one) || one != all[0] {
		t.Errorf("the first error is %v", one)
	}
	if want := `unknown name "itm"; did you mean "item"? (and 1 more)`; err.Error() != want {
		t.Errorf("got %s, want %s", err, want)
	}
	for _, bad := range []Source{{}, {Kind: "other"}, {Kind: SourceMap, Keys: []string{"a"}}} {
		if _, err := Compile(&bad, testScope()); err == nil {
			t.Errorf("%v was compiled", bad)
		}
	}
	for _, src := range []Source{exprSource("item.nothing.x"), textSource("a${{item.nothing.x}}"), {Kind: SourceList, Items: []Source{exprSource("item.nothing.x")}}, {Kind: SourceMap, Keys: []string{"a"}, Items: []Source{exprSource("item.nothing.x")}}} {
		shape, err := Compile(&src, testScope())
		if err != nil {
			t.Fatal(err)
		}
		_, err = shape.RunText(testEnv())
		if !errors.As(err, &one) || one.Pos.Line == 0 || one.Offset != 13 {
			t.Errorf("%v: got %#v", src, err)
		}
		if _, err2 := shape.Run(testEnv()); err2 == nil || err2.Error() != err.Error() {
			t.Errorf("%v: got %v and %v", src, err, err2)
		}
	}
}

// TestSourceJSON ships what JSON has no words for.
func TestSourceJSON(t *testing.T) {
	value := map[string]any{
		"int": 1, "float": 1.0, "big": math.MaxInt, "inf": math.Inf(-1), "bytes": []byte("\x00a\xff"), "null": nil,
		"list": []any{math.NaN(), "x", map[string]any{}},
	}
	encoded, err := json.Marshal(literalSource(value))
	if err != nil {
		t.Fatal(err)
	}
	var src Source
	if err := json.Unmarshal(encoded, &src); err != nil {
		t.Fatal(err)
	}
	shape, err := Compile(&src, &Scope{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := shape.Run(&Env{})
	if err != nil {
		t.Fatal(err)
	}
	if Compare(got, value) != 0 || !reflect.DeepEqual(got.(map[string]any)["bytes"], value["bytes"]) {
		t.Errorf("got %#v", got)
	}
}

func TestNormalize(t *testing.T) {
	type name string
	number := 7
	tests := []struct{ in, want any }{
		{nil, nil},
		{int8(-1), -1},
		{uint64(1), 1},
		{float32(0.5), 0.5},
		{name("a"), "a"},
		{&number, 7},
		{(*int)(nil), nil},
		{[]string{"a"}, []any{"a"}},
		{[2]int32{1, 2}, []any{1, 2}},
		{json.RawMessage("x"), []byte("x")},
		{map[name]int16{"a": 1}, map[string]any{"a": 1}},
		{map[any]any{"a": uint8(1)}, map[string]any{"a": 1}},
		{[]any{1, []any{int64(2)}}, []any{1, []any{2}}},
		{map[string]any{"a": map[string]any{"b": float32(1)}}, map[string]any{"a": map[string]any{"b": 1.0}}},
		{arrayResource{1}, []any{1}},
		{[]any{queueResource{1}}, []any{map[string]any{"size": 1, "closed": false, "unfinished": 4}}},
	}
	for _, test := range tests {
		got, err := Normalize(test.in)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("Normalize(%#v) = %#v, %v", test.in, got, err)
		}
	}
	items := []any{1, map[string]any{"a": []any{2.5, nil}}, []any{}}
	got, err := Normalize(items)
	if err != nil || &got.([]any)[0] != &items[0] {
		t.Error("items were copied")
	}
	cycle := []any{nil}
	cycle[0] = cycle
	for _, bad := range []any{uint64(math.MaxUint64), map[int]int{1: 1}, struct{}{}, func() {}, []any{make(chan int)}, map[string]any{"a": struct{}{}}, cycle} {
		if got, err := Normalize(bad); err == nil {
			t.Errorf("Normalize(%T) = %v", bad, got)
		}
	}
}
