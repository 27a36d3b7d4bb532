package stages

import (
	"errors"
	"testing"
)

// testScope is what most tests read.
func testScope() *Scope {
	s := &Scope{
		Vars: map[string]Type{
			"item": AnyType, "index": IntType, "acc": AnyType,
			"env":  MapOf(StringType),
			"self": RecordOf(FieldType{Name: "name", Type: StringType}, FieldType{Name: "index", Type: IntType}),
			"vars": RecordOf(FieldType{Name: "n", Type: IntType}, FieldType{Name: "label", Type: StringType.Nullable()}, FieldType{Name: "xs", Type: ListOf(IntType)}),
		},
		Bound: []Binding{{"page", StringType}},
		Resources: map[string]Type{
			"jobs": RecordOf(FieldType{Name: "size", Type: IntType}, FieldType{Name: "closed", Type: BoolType}, FieldType{Name: "unfinished", Type: IntType}), "hist": ListOf(IntType),
			"crawl": ListOf(processRecord), "web": {Kinds: KindList | KindMap, Elem: &processRecord, Record: true, Fields: processRecord.Fields},
		},
	}
	for name, c := range exampleCells().world.cells {
		s.Resources[name] = c.typ.ItemType()
	}
	return s
}

// queueResource and arrayResource are resources as the runtime has them.
type queueResource struct{ size int }

func (q queueResource) Value() (any, error) {
	return map[string]any{"size": q.size, "closed": false, "unfinished": q.size + 3}, nil
}

func (q queueResource) Field(name string) (any, error) {
	switch name {
	case "size":
		return q.size, nil
	case "closed":
		return false, nil
	case "unfinished":
		return q.size + 3, nil
	}
	return nil, errors.New("a queue has no " + name)
}

type arrayResource []int32

func (a arrayResource) Value() (any, error)   { return []int32(a), nil }
func (a arrayResource) Len() int              { return len(a) }
func (a arrayResource) At(i int) (any, error) { return a[i], nil }

// processRecord is the type of one replica of a process.
var processRecord = RecordOf(FieldType{Name: "alive", Type: BoolType}, FieldType{Name: "exitcode", Type: IntType.Nullable()},
	FieldType{Name: "pid", Type: IntType.Nullable()}, FieldType{Name: "state", Type: StringType})

// processResource is a process as the runtime has it: its replicas are its elements, and one is a map as well.
type processResource []struct {
	state string
	pid   int
}

func (p processResource) Value() (any, error) {
	if len(p) == 1 {
		return p.At(0)
	}
	var list []any
	for i := range p {
		v, _ := p.At(i)
		list = append(list, v)
	}
	return list, nil
}
func (p processResource) Len() int { return len(p) }
func (p processResource) At(i int) (any, error) {
	var code any
	if p[i].state == "ended" {
		code = -9
	}
	return map[string]any{"alive": p[i].state == "running", "state": p[i].state, "pid": p[i].pid, "exitcode": code}, nil
}

func (p processResource) Field(name string) (any, error) {
	v, err := p.At(0)
	return v.(map[string]any)[name], err
}

type testResources map[string]any

func (r testResources) Lookup(name string) (any, bool) {
	v, ok := r[name]
	return v, ok
}

func testEnv() *Env {
	env := &Env{
		Item: map[string]any{
			"n": 3, "f": 2.5, "s": "grün", "null": nil, "path": "/a", "xs": []any{1, 2, 3}, "b": true,
			"m": map[string]any{"y": 1, "x": 2},
		},
		Index: 7, Acc: 10,
		Env:   map[string]any{"HOME": "/root"},
		Self:  map[string]any{"name": "square", "index": 2},
		Vars:  map[string]any{"n": 5, "label": nil, "xs": []any{4, 5}},
		Bound: []any{"index.html"},
		Resources: testResources{
			"jobs": queueResource{12}, "hist": arrayResource{5, 6, 7},
			"crawl": processResource{{"running", 8}, {"ended", 9}}, "web": processResource{{"running", 7}},
		},
		Seed: 1,
	}
	h := exampleCells()
	for name := range h.world.cells {
		env.Resources.(testResources)[name], _ = h.Resources().Lookup(name)
	}
	return env
}

func TestRun(t *testing.T) {
	tests := []struct{ src, want string }{
		{"item.n + 1", "4"},
		{"item.n * item.f", "7.5"},
		{"1 / 4", "0.25"},
		{"4 / 2", "2.0"},
		{"7 % 3", "1"},
		{"-7 % 3", "-1"},
		{"2 ** 10", "1024"},
		{"2 ^ 3", "8"},
		{"2 ** -1", "0.5"},
		{"2.0 ** 2", "4.0"},
		{"9223372036854775807", "9223372036854775807"},
		{"item.s", `"grün"`},
		{"item.s[2]", `"ü"`},
		{"item.s[-1]", `"n"`},
		{"item.s[1:3]", `"rü"`},
		{"item.s[:-1]", `"grü"`},
		{`"abc"[1:99]`, `"bc"`},
		{`item.xs[1:]`, "[2, 3]"},
		{`item.xs[2:1]`, "[]"},
		{`item["n"]`, "3"},
		{`item.missing`, "null"},
		{`item.missing?.x`, "null"},
		{`item?.missing?.x.y`, "null"},
		{`item.null ?? "none"`, `"none"`},
		{`item.missing?.x ?? 1`, "1"},
		{`env.HOME`, `"/root"`},
		{`env.NOPE ?? "x"`, `"x"`},
		{`null == item.null`, "true"},
		{`nil == null`, "true"},
		{`1 == 1.0`, "true"},
		{`9007199254740993 == 9007199254740992.0`, "false"},
		{`9007199254740993 > 9007199254740992.0`, "true"},
		{`float("nan") == float("nan")`, "false"},
		{`float("nan") < 1 or float("nan") >= 1`, "false"},
		{`[1, [2]] == [1.0, [2]]`, "true"},
		{`{a: 1} == {"a": 1}`, "true"},
		{`1 < 2 < 3`, "true"},
		{`1 < 3 < 2`, "false"},
		{`item.b and item.n == 3`, "true"},
		{`not item.b || item.n > 5`, "false"},
		{`!item.b`, "false"},
		{`item.n > 2 ? "big" : "small"`, `"big"`},
		{`if item.n > 5 { 1 } else if item.n > 2 { 2 } else { 3 }`, "2"},
		{`let x = item.n; let y = x * 2; x + y`, "9"},
		{`1; 2`, "2"},
		{`map(item.xs, it * 2)`, "[2, 4, 6]"},
		{`map(item.xs, # * 2)`, "[2, 4, 6]"},
		{`map(item.xs, map(item.xs, it) | sum())`, "[6, 6, 6]"},
		{`map(item.xs, let k = it; map(item.xs, it * k))`, "[[1, 2, 3], [2, 4, 6], [3, 6, 9]]"},
		{`map(item.xs, #index)`, "[0, 1, 2]"},
		{`map(item.m, it.key + string(it.value))`, `["x2", "y1"]`},
		{`filter(item.xs, it > 1)`, "[2, 3]"},
		{`item.xs | filter(it > 1) | map(it * 10) | sum()`, "50"},
		{`filter([{a: 1}, {a: 2}], .a > 1)`, `[{"a": 2}]`},
		{`sum(item.xs, it * 2)`, "12"},
		{`count(item.xs, it > 1)`, "2"},
		{`reduce(item.xs, #acc + it)`, "6"},
		{`reduce(item.xs, #acc + it, 0.5)`, "6.5"},
		{`reduce(item.xs, sum(map(item.xs, it * #acc)))`, "36"},
		{`reduce(item.xs, concat(#acc, [it]), [])`, "[1, 2, 3]"},
		{`find(item.xs, it > 1)`, "2"},
		{`find(item.xs, it > 9)`, "null"},
		{`findLastIndex(item.xs, it > 1)`, "2"},
		{`groupBy(item.xs, it % 2)`, `{"0": [2], "1": [1, 3]}`},
		{`sortBy(item.xs, -it)`, "[3, 2, 1]"},
		{`sortBy(item.xs, it, "desc")`, "[3, 2, 1]"},
		{`all([], it) and none([], it) and not any([], it)`, "true"},
		{`one(item.xs, it == 2)`, "true"},
		{`1..3`, "[1, 2, 3]"},
		{`2 in item.xs`, "true"},
		{`"x" in item.m`, "true"},
		{`"rü" in item.s`, "true"},
		{`1 in null`, "false"},
		{`2 not in item.xs`, "false"},
		{`item.s matches "^g"`, "true"},
		{`item.s contains "ü" and item.s startsWith "g" and item.s endsWith "n"`, "true"},
		{`item.null contains "x"`, "false"},
		{`page`, `"index.html"`},
		{`page[0:5] + "!"`, `"index!"`},
		{`self.index + index`, "9"},
		{`jobs.size`, "12"},
		{`jobs["size"]`, "12"},
		{`jobs`, `{"closed": false, "size": 12, "unfinished": 15}`},
		{`hist[1]`, "6"},
		{`hist[-1]`, "7"},
		{`len(hist)`, "3"},
		{`len(jobs)`, "3"},
		{`sum(hist)`, "18"},
		{`[hist, 1]`, "[[5, 6, 7], 1]"},
		{`{"a b": 1, (item.s): 2, c: {d: 1.0}}`, `{"a b": 1, "c": {"d": 1.0}, "grün": 2}`},
		{`b"ab"`, `"YWI="`},
		{`b"ab"[1]`, "98"},
		{`len(b"ab")`, "2"},
		{`vars.label ?? "x"`, `"x"`},
		{`/* a comment */ 1 /* } */ + 1`, "2"},
		{`upper("ab") + lower("CD")`, `"ABcd"`},
		{`::upper("x")`, `"X"`},
	}
	for _, test := range tests {
		t.Run(test.src, func(t *testing.T) {
			e, err := CompileExpr(test.src, testScope())
			if err != nil {
				t.Fatal(err)
			}
			v, err := e.Run(testEnv())
			if err != nil {
				t.Fatal(err)
			}
			if got := string(AppendJSON(nil, v)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if typ := e.Type(); !admits(typ, v) {
				t.Errorf("%s is not of type %s", AppendJSON(nil, v), typ)
			}
		})
	}
}

// admits says whether v is of the type.
func admits(t Type, v any) bool { return Join(t, TypeOf(v)).String() == Join(t, Type{}).String() }
