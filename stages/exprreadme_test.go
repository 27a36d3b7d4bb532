package stages

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestReadme runs every example of the tables in README.md and finds every function there.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	scope, env := testScope(), testEnv()
	env.Item = map[string]any{"n": 3, "f": 2.5, "s": "grün", "xs": []any{1, 2, 3}, "m": map[string]any{"y": 1, "x": 2}}
	var shown []string
	section, rows := "", 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			section = strings.TrimLeft(line, "# ")
		}
		if section != "Differences from expr-lang" && section != "Resources" && section != "Functions" {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), " | ")
		if !strings.HasPrefix(line, "|") || len(cells) != 3 || strings.HasPrefix(line, "| ---") || strings.HasSuffix(line, "| result |") {
			continue
		}
		rows++
		src := strings.Trim(strings.TrimSpace(cells[1]), "`")
		want := strings.Trim(strings.TrimSpace(cells[2]), "`")
		if got := resultText(src, scope, env); got != want {
			t.Errorf("%s\n got  %s\n want %s", src, got, want)
		}
		if section == "Functions" {
			name, _, _ := strings.Cut(strings.Trim(strings.TrimSpace(cells[0]), "`"), "(")
			if !strings.Contains(src, name+"(") {
				t.Errorf("the example %s does not call %s", src, name)
			}
			shown = append(shown, name)
		}
	}
	if want := Functions(); !slices.Equal(slices.Compact(slices.Sorted(slices.Values(shown))), want) {
		t.Errorf("the table has\n%v\nthe functions are\n%v", shown, want)
	}
	if rows < 100 {
		t.Errorf("only %d examples were found", rows)
	}
}

// resultText is what an expression gives, or its first error, as the tables write it.
func resultText(src string, scope *Scope, env *Env) string {
	e, err := CompileExpr(src, scope)
	if err == nil {
		var v any
		if v, err = e.Run(env); err == nil {
			return string(AppendJSON(nil, v))
		}
	}
	var at *ExprError
	if !errors.As(err, &at) {
		return err.Error()
	}
	return "error: " + at.Error()
}

// TestFunctionTable holds the order that look-up relies on.
func TestFunctionTable(t *testing.T) {
	for i := range functions {
		if i > 0 && functions[i-1].name >= functions[i].name {
			t.Errorf("%s stands before %s", functions[i-1].name, functions[i].name)
		}
		f := &functions[i]
		if findFunction(f.name) != f {
			t.Errorf("%s is not found", f.name)
		}
		if f.infer == nil && f.result.Kinds == 0 {
			t.Errorf("%s has no result", f.name)
		}
		if f.min > len(f.params) || (f.more && len(f.params) == 0) {
			t.Errorf("%s needs %d of %d arguments", f.name, f.min, len(f.params))
		}
	}
	for i := range loopFunctions {
		if findLoop(loopFunctions[i].name) != &loopFunctions[i] {
			t.Errorf("%s is not found", loopFunctions[i].name)
		}
	}
	if !slices.IsSortedFunc(variables[:], func(a, b struct {
		name string
		read func(*Env) any
	},
	) int {
		return strings.Compare(a.name, b.name)
	}) {
		t.Error("the variables are not sorted")
	}
}
