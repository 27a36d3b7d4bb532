package planner_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/spec"
)

// TestPlanSurvivesJSON: a plan that went through JSON, as to a worker, is the same plan; whole numbers stay whole.
func TestPlanSurvivesJSON(t *testing.T) {
	for _, file := range specs(t, "plan") {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		plan, _ := compile(t, filepath.Base(file), src, planner.Options{Vars: map[string]any{}})
		first, err := plan.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var again planner.Plan
		if err := json.Unmarshal(first, &again); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		second, err := again.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("%s: the plan changes on its way through JSON", file)
		}
	}
}

func TestVarsKeepTheirKinds(t *testing.T) {
	in := planner.Values{"int": 1, "float": 1.0, "list": []any{2, 2.0}, "none": nil}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out planner.Values
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	list, _ := out["list"].([]any)
	if out["int"] != 1 || out["float"] != 1.0 || len(list) != 2 || list[0] != 2 || list[1] != 2.0 || out["none"] != nil {
		t.Errorf("%s became %#v", text, out)
	}
	if err := json.Unmarshal([]byte("[1]"), &out); err == nil {
		t.Error("a list was taken for values")
	}
}

// TestDeterminism: the same spec gives the same bytes and findings, whatever the order in which Go walks its maps.
func TestDeterminism(t *testing.T) {
	for _, folder := range []string{"plan", "err"} {
		for _, file := range specs(t, folder) {
			t.Run(filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				src, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				var first string
				times := 10
				if filepath.Base(file) == "plan-budget.yaml" {
					times = 2 // each takes all the time that a plan may
				}
				for i := range times {
					plan, found := compile(t, "spec.yaml", src, planner.Options{})
					text := found.Error()
					if plan != nil {
						plain, err := plan.JSON()
						if err != nil {
							t.Fatal(err)
						}
						text += string(plain)
					}
					if i == 0 {
						first = text
					} else if text != first {
						t.Fatalf("%s: run %d differs:\n%s\n%s", file, i, first, text)
					}
				}
			})
		}
	}
}

// TestOverrides: a var of the command line takes the place of the spec's, also in vars that read it.
func TestOverrides(t *testing.T) {
	src := []byte("vars: {n: 1, twice: '${{ vars.n * 2 }}'}\nprocesses: {p: {replicas: '${{ vars.twice }}', stages: [print: x]}}\n")
	plan, found := compile(t, "spec.yaml", src, planner.Options{Vars: map[string]any{"n": 4}, Seed: 7, BlockItems: 3})
	if plan == nil {
		t.Fatal(found)
	}
	if plan.Vars["twice"] != 8 || plan.Processes[0].Replicas != 8 || plan.Seed != 7 || plan.BlockItems != 3 {
		t.Errorf("vars %v, %d replicas, seed %d, %d block items", plan.Vars, plan.Processes[0].Replicas, plan.Seed, plan.BlockItems)
	}
	_, found = compile(t, "spec.yaml", src, planner.Options{Vars: map[string]any{"twise": 4}})
	if len(found) != 1 || found[0].Code != planner.CodeUnknownVar || found[0].Hint != `did you mean "twice"?` {
		t.Errorf("an unknown var: %v", found)
	}
}

// TestCodes: every code has one line in the table, and what the specs of testdata/err bring has the severity that it says there.
func TestCodes(t *testing.T) {
	defined := map[string]spec.Severity{}
	for _, table := range [][]spec.CodeDef{planner.Codes(), spec.Codes()} {
		for _, def := range table {
			if _, twice := defined[def.Code]; twice || def.Code == "" || def.Doc == "" || def.Severity == 0 {
				t.Errorf("code %q is there twice or says nothing", def.Code)
			}
			defined[def.Code] = def.Severity
		}
	}
	seen := map[string]bool{}
	for _, file := range append(specs(t, "err"), specs(t, "plan")...) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, found := compile(t, file, src, planner.Options{})
		for _, d := range found {
			seen[d.Code] = true
			if severity, ok := defined[d.Code]; !ok || severity != d.Severity {
				t.Errorf("%v: the table says %v", d, severity)
			}
		}
	}
	seen[planner.CodeUnknownVar] = true // TestOverrides
	for _, def := range planner.Codes() {
		if !seen[def.Code] {
			t.Errorf("no spec of testdata/err has %s", def.Code)
		}
	}
}

// FuzzCompile: whatever the document, Compile ends, each finding lies inside of it, and there is a plan exactly if none is an error.
func FuzzCompile(f *testing.F) {
	for _, folder := range []string{"plan", "err"} {
		files, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		doc, loaded := spec.Load(src, planner.SpecOptions("spec.yaml"))
		plan, found := planner.Compile(doc, newMachine(), planner.Options{Dir: "/srv", Partial: loaded.HasErrors()})
		if (plan == nil) != found.HasErrors() {
			t.Fatalf("plan %v with the findings\n%v", plan != nil, found)
		}
		for _, d := range found {
			if d.Code == "" || d.Summary == "" || d.Range.Start.Offset < 0 || d.Range.End.Offset > len(src) || d.Range.End.Offset < d.Range.Start.Offset {
				t.Fatalf("%#v", d)
			}
		}
		if plan == nil {
			return
		}
		text, err := plan.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var again planner.Plan
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatal(err)
		}
	})
}
