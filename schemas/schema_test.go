package schemas_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/mprun/mprun/schemas"
	"github.com/mprun/mprun/stages"
)

var update = flag.Bool("update", false, "write the schema anew")

// TestSchemaIsFresh holds the file against the definitions that it is generated from.
func TestSchemaIsFresh(t *testing.T) {
	generated, err := schemas.Generate()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("mprun.schema.json", generated, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(generated, schemas.JSON()) {
		t.Errorf("mprun.schema.json is stale; run go test ./schemas -update (-file +generated):\n%s",
			cmp.Diff(strings.Split(string(schemas.JSON()), "\n"), strings.Split(string(generated), "\n")))
	}
}

// compiled is the schema as the Go validator has it.
func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	generated, err := schemas.Generate()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(generated))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mprun.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("mprun.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// mistakes validates a document and gives the places of the leaf errors, each as place: kind of error.
func mistakes(t testing.TB, s *jsonschema.Schema, text []byte) []string {
	t.Helper()
	var doc any
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	err := s.Validate(doc)
	if err == nil {
		return nil
	}
	var found []string
	var leaves func(*jsonschema.ValidationError)
	leaves = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			found = append(found, "/"+strings.Join(e.InstanceLocation, "/")+": "+strings.Join(e.ErrorKind.KeywordPath(), "/"))
		}
		for _, cause := range e.Causes {
			leaves(cause)
		}
	}
	failure, ok := err.(*jsonschema.ValidationError) //nolint:errorlint // Validate does not wrap
	if !ok {
		t.Fatal(err)
	}
	leaves(failure)
	return found
}

// TestValidSpecs: every example, every good spec of the planner's tests and every stage that the operator table shows is valid.
func TestValidSpecs(t *testing.T) {
	s := compiled(t)
	var files []string
	for _, pattern := range []string{"../examples/*.yaml", "../planner/testdata/plan/*.yaml"} {
		some, err := filepath.Glob(pattern)
		if err != nil || len(some) == 0 {
			t.Fatalf("%s: no files (%v)", pattern, err)
		}
		files = append(files, some...)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found := mistakes(t, s, text); len(found) > 0 {
			t.Errorf("%s is refused: %v", file, found)
		}
	}
	for _, op := range stages.Operators() {
		text := "processes:\n  p:\n    stages:\n      - " + strings.ReplaceAll(op.Example, "\n", "\n        ") + "\n"
		if found := mistakes(t, s, []byte(text)); len(found) > 0 {
			t.Errorf("the example of %s is refused: %v\n%s", op.Name, found, text)
		}
	}
}

// wrong are specs with one mistake each, and where the schema finds it.
var wrong = []struct{ name, spec, at string }{
	{"unknown key", "procesess: {}", "/: additionalProperties"},
	{"unknown key of a queue", "queues: {q: {capcity: 3}}", "/queues/q: additionalProperties"},
	{"capacity", "queues: {q: {capacity: many}}", "/queues/q/capacity: pattern"},
	{"negative capacity", "queues: {q: {capacity: -1}}", "/queues/q/capacity: minimum"},
	{"name", "queues: {my-queue: {}}", "/queues: additionalProperties"},
	{"two forms", "processes: {p: {command: x, shell: y}}", "/processes/p/shell: "},
	{"no form", "processes: {p: {replicas: 2}}", "/processes/p: required"},
	{"misspelt form", "processes: {p: {stage: []}}", "/processes/p: additionalProperties"},
	{"misspelt key that is needed", "values: {v: {tpe: int64}}", "/values/v: additionalProperties"},
	{"missing key", "values: {v: {description: x}}", "/values/v: required"},
	{"restart", "processes: {p: {command: x, restart: alway}}", "/processes/p/restart: pattern"},
	{"restart as mapping", "processes: {p: {command: x, restart: {wen: always}}}", "/processes/p/restart: additionalProperties"},
	{"duration", "processes: {p: {command: x, timeout: 5}}", "/processes/p/timeout: const"},
	{"duration without unit", "processes: {p: {stages: [{sleep: '5'}]}}", "/processes/p/stages/0/sleep: pattern"},
	{"key of a handler", "processes: {p: {stages: [{map: item, on_error: {put: q, than: skip}}]}}", "/processes/p/stages/0/on_error: additionalProperties"},
	{"key of retry", "processes: {p: {stages: [{map: item, retry: {times: 1, backof: 1s}}]}}", "/processes/p/stages/0/retry: additionalProperties"},
	{"a text", "x", "/: type"},
	{"stages as a mapping", "processes: {p: {stages: {map: item}}}", "/processes/p/stages: type"},
	{"a stage that is a text", "processes: {p: {stages: [item]}}", "/processes/p/stages/0: type"},
	{"misspelt operator", "processes: {p: {stages: [{itmes: [1]}]}}", "/processes/p/stages/0: additionalProperties"},
	{"misspelt operator with option", "processes: {p: {stages: [{redcue: acc + 1, by: item}]}}", "/processes/p/stages/0: additionalProperties"},
	{"no operator", "processes: {p: {stages: [{as: x}]}}", "/processes/p/stages/0: required"},
	{"two operators", "processes: {p: {stages: [{map: item, filter: item}]}}", "/processes/p/stages/0/"},
	{"foreign option", "processes: {p: {stages: [{put: q, by: item}]}}", "/processes/p/stages/0: additionalProperties"},
	{"missing operand", "processes: {p: {stages: [{take: }]}}", "/processes/p/stages/0/take: type"},
	{"wrong kind", "processes: {p: {stages: [{take: some}]}}", "/processes/p/stages/0/take: pattern"},
	{"handler", "processes: {p: {stages: [{map: item, on_error: skp}]}}", "/processes/p/stages/0/on_error: pattern"},
	{"handler without then", "processes: {p: {stages: [{map: item, on_error: {do: []}}]}}", "/processes/p/stages/0/on_error: required"},
	{"nested", "processes: {p: {stages: [{route: [{do: [{tee: [[{prnt: x}]]}]}]}]}}", "/processes/p/stages/0/route/0/do/0/tee/0/0: additionalProperties"},
	{"branch", "processes: {p: {stages: [{route: [{when: item}]}]}}", "/processes/p/stages/0/route/0: required"},
	{"depends_on", "processes: {p: {command: x, depends_on: {q: up}}}", "/processes/p/depends_on/q: pattern"},
	{"uses", "processes: {p: {command: x, uses: [1]}}", "/processes/p/uses/0: type"},
	{"empty command", "processes: {p: {command: []}}", "/processes/p/command: minItems"},
	{"version", "version: 2", "/version: enum"},
}

// TestOneMistakeOneError: what an editor shows for one mistake is one message, at its place.
func TestOneMistakeOneError(t *testing.T) {
	s := compiled(t)
	for _, row := range wrong {
		t.Run(row.name, func(t *testing.T) {
			found := mistakes(t, s, []byte(row.spec))
			if len(found) != 1 || !strings.HasPrefix(found[0], row.at) {
				t.Errorf("found %q, expected one error at %s", found, row.at)
			}
		})
	}
}

// TestOptionsOfTheOperator: a stage with an operator is offered the operator's options and no others.
func TestOptionsOfTheOperator(t *testing.T) {
	s := compiled(t)
	for _, op := range stages.Operators() {
		for i := range op.Options {
			def := &op.Options[i]
			if op.Name == "put" || def.Name == "do" {
				continue
			}
			spec := "processes: {p: {stages: [{put: q, " + def.Name + ": x}]}}"
			put := stages.Lookup("put")
			known := put.Option(def.Name) != nil || stages.Lookup(def.Name) != nil
			found := mistakes(t, s, []byte(spec))
			if !known && len(found) != 1 {
				t.Errorf("put with %s of %s: %q", def.Name, op.Name, found)
			}
		}
	}
}
