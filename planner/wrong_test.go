package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// wrongValues are tried as the value of every operand and option.
var wrongValues = []struct{ name, text string }{
	{"null", ""},
	{"map", "{a: 1}"},
	{"empty map", "{}"},
	{"list", "[1, 2]"},
	{"empty list", "[]"},
	{"list of maps", "[{a: 1}]"},
	{"bool", "true"},
	{"number", "3"},
	{"negative", "-1"},
	{"float", "1.5"},
	{"huge", "99999999999999999999"},
	{"zero", "0"},
	{"text", "no such!"},
	{"word", "nonsense"},
	{"empty text", "''"},
	{"duration", "5x"},
	{"queue", "jobs"},
	{"process", "p"},
	{"unknown name", "${{ nope }}"},
	{"a list", "${{ [1] }}"},
	{"a bool", "${{ true }}"},
	{"unclosed", "'${{ item'"},
}

// mustFail are the values that no field of a kind takes.
var mustFail = map[stages.FieldKind][]string{
	stages.ExpressionField: {"null", "text", "empty text", "unknown name", "unclosed", "word", "huge"},
	stages.TextField:       {"null", "map", "empty map", "list", "empty list", "list of maps", "unknown name", "unclosed"},
	stages.TextListField:   {"null", "map", "empty map", "empty list", "list of maps", "unknown name", "unclosed"},
	stages.DataField:       {"unknown name", "unclosed"},
	stages.CountField:      {"null", "map", "empty map", "list", "empty list", "list of maps", "bool", "negative", "float", "huge", "text", "word", "empty text", "duration", "queue", "unknown name", "a list", "a bool", "unclosed"},
	stages.DurationField:   {"null", "map", "empty map", "list", "empty list", "list of maps", "bool", "number", "negative", "float", "huge", "text", "word", "empty text", "duration", "queue", "unknown name", "a list", "a bool", "unclosed"},
	stages.SizeField:       {"null", "map", "empty map", "list", "empty list", "list of maps", "bool", "negative", "text", "word", "empty text", "duration", "queue", "unknown name", "unclosed"},
	stages.BoolField:       {"null", "map", "empty map", "list", "empty list", "list of maps", "number", "negative", "float", "text", "word", "empty text", "duration", "queue", "unknown name", "a list", "unclosed"},
	stages.EnumField:       {"null", "map", "empty map", "list", "empty list", "list of maps", "bool", "number", "negative", "text", "word", "empty text", "duration", "queue", "unknown name", "a list", "unclosed"},
	stages.NameField:       {"null", "map", "empty map", "list", "empty list", "list of maps", "number", "negative", "float", "text", "empty text", "duration", "unknown name", "a list", "unclosed"},
	stages.PlacesField:     {"null", "map", "empty map", "list", "empty list", "list of maps", "bool", "number", "negative", "float", "text", "word", "empty text", "duration", "process", "unknown name", "a list", "unclosed"},
	stages.AwaitedField:    {"null", "map", "empty map", "list", "empty list", "list of maps", "bool", "number", "negative", "float", "text", "word", "empty text", "duration", "process", "unknown name", "a list", "unclosed"},
	stages.CommandField:    {"null", "map", "empty map", "empty list", "list of maps", "empty text", "unknown name", "unclosed"},
	stages.ScriptField:     {"null", "map", "empty map", "list", "empty list", "list of maps", "empty text", "unknown name"},
	stages.RegexpField:     {"null", "map", "empty map", "list", "empty list", "list of maps", "bool", "number", "text", "word", "empty text"},
	stages.ChainField:      {"null", "map", "empty map", "list", "list of maps", "bool", "number", "text", "word", "empty text", "queue", "unknown name"},
	stages.PoolField:       {"null", "list", "empty list", "list of maps", "bool", "number", "negative", "float", "zero", "text", "word", "empty text", "duration", "queue", "process", "unknown name", "a list", "unclosed"},
	stages.ChainsField:     {"null", "map", "empty map", "list", "empty list", "list of maps", "bool", "number", "text", "word", "empty text", "queue", "unknown name"},
	stages.BranchesField:   {"null", "map", "empty map", "list", "empty list", "list of maps", "bool", "number", "text", "word", "empty text", "queue", "unknown name"},
	stages.HeaderField:     {"null", "map", "empty map", "empty list", "list of maps", "number", "text", "word", "empty text", "unknown name"},
	stages.RangedField:     {"null", "map", "empty map", "empty list", "list of maps", "text", "empty text", "word", "huge", "unknown name", "unclosed"},
	stages.BatchedField:    {"null", "map", "empty map", "list", "empty list", "list of maps", "bool", "negative", "float", "zero", "huge", "text", "word", "empty text", "duration", "queue", "unknown name", "a list", "a bool", "unclosed"},
	stages.EmitField:       {"null", "map", "empty map", "list", "empty list", "list of maps", "bool", "number", "negative", "float", "huge", "zero", "text", "word", "empty text", "duration", "queue", "process", "unknown name", "a list", "a bool", "unclosed"},
	stages.RateField:       {"null", "map", "empty map", "list", "empty list", "list of maps", "bool", "number", "negative", "float", "huge", "zero", "text", "word", "empty text", "duration", "queue", "process", "unknown name", "a list", "a bool", "unclosed"},
	stages.MatrixField:     {"null", "map", "empty map", "list", "empty list", "list of maps", "bool", "number", "text", "word", "empty text", "queue", "unknown name"},
}

// mustFailHere are the values that a field does not take beside those that no field of its kind does, by operator and option.
var mustFailHere = map[string][]string{
	"filter ":       noConditions,
	"take_while ":   noConditions,
	"wait until":    noConditions,
	"flat_map ":     {"map", "empty map", "bool", "number", "negative", "float", "zero"},
	"items ":        {"map", "empty map", "bool", "number", "text", "word", "empty text", "a bool"},
	"use args":      {"null", "list", "empty list", "list of maps", "bool", "number", "text", "word", "empty text"},
	"exec env":      noVariables,
	"shell env":     noVariables,
	"through env":   noVariables,
	"exec creates":  {"empty text"},
	"shell creates": {"empty text"},
	"files ":        {"empty text"},
	"read ":         {"empty text"},
	"write ":        {"empty text"},
	"kill signal":   {"bool", "number", "negative", "text", "word", "empty text", "queue", "process"},
	"store value":   {"map", "list", "empty list", "list of maps", "bool"},
	"add value":     {"map", "list", "empty list", "list of maps", "bool"},
	"apply value":   {"map", "list", "empty list", "list of maps", "bool"},
}

var (
	// noConditions are expressions whose value is neither true nor false.
	noConditions = []string{"map", "empty map", "list", "empty list", "list of maps", "number", "negative", "float", "zero"}
	// noVariables give a program no environment.
	noVariables = []string{"list", "empty list", "list of maps", "bool", "number", "negative", "float", "zero", "text", "word", "empty text", "queue", "a list", "a bool"}
)

// TestWrongOperands: each operator and each of its options, with each kind of value that it does not take, gives a finding on the line
// of the value.
func TestWrongOperands(t *testing.T) {
	for _, op := range stages.Operators() {
		if op.Later != "" {
			continue
		}
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			fields := slices.Concat([]stages.FieldDef{op.Operand}, op.Options, generalFields(&op))
			for i := range fields {
				def := &fields[i]
				if def.Later != "" || def.Kind == stages.NoField {
					continue
				}
				if _, known := mustFail[def.Kind]; !known {
					t.Errorf("%s %s: nothing is known of what this kind of field does not take", op.Name, def.Name)
				}
				for _, v := range wrongValues {
					if v.name == "process" && op.Group == stages.Synchronisation && def.Kind == stages.PlacesField && slices.Contains(def.Values, "process") {
						continue // it may act on itself
					}
					if said := wrongOperand(t, &op, def, v.text); said == "" && mustBeWrong(&op, def, v.name) {
						t.Errorf("%s %s: %s (%s) is taken", op.Name, def.Name, v.text, v.name)
					}
				}
			}
		})
	}
}

// generalKinds are the kinds of field that take about the same as the general keys.
var generalKinds = map[string]stages.FieldKind{
	"when": stages.ExpressionField, "as": stages.NameField, "retry": stages.CountField, "on_error": stages.BranchesField,
	"timeout": stages.DurationField, "on_timeout": stages.BranchesField,
}

// generalFields are the general keys that an operator takes beside its options.
func generalFields(op *stages.Operator) []stages.FieldDef {
	var fields []stages.FieldDef
	for _, key := range stages.GeneralKeys(op.Waits) {
		if op.Option(key) == nil {
			fields = append(fields, stages.FieldDef{Name: key, Kind: generalKinds[key]})
		}
	}
	return fields
}

// mustBeWrong says whether a value is one that a field of an operator does not take.
func mustBeWrong(op *stages.Operator, def *stages.FieldDef, value string) bool {
	switch {
	case value == "null" && def.Optional:
		return false
	case def.Name == "when" && slices.Contains(noConditions, value):
		return true
	}
	return slices.Contains(mustFail[def.Kind], value) || slices.Contains(mustFailHere[op.Name+" "+def.Name], value)
}

// wrongOperand is the errors about a value, a line each; "" if there are none.
func wrongOperand(t *testing.T, op *stages.Operator, def *stages.FieldDef, value string) string {
	t.Helper()
	var example yaml.Node
	if err := yaml.Unmarshal([]byte(op.Example), &example); err != nil {
		t.Fatal(err)
	}
	key := def.Name
	if key == "" {
		key = op.Name
	}
	lines := []string{key + ": " + value}
	for i, root := 0, example.Content[0]; i < len(root.Content); i += 2 {
		k, v := root.Content[i].Value, root.Content[i+1]
		if k == key {
			continue
		}
		v.Style |= yaml.FlowStyle
		text, err := yaml.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, k+": "+strings.TrimSpace(string(text)))
	}
	src := exampleSpec(strings.Join(lines, "\n"))
	line := strings.Count(src[:strings.LastIndex(src, "- "+lines[0])], "\n") + 1
	doc, found := spec.Load([]byte(src), planner.SpecOptions("w"))
	_, more := planner.Compile(doc, exampleMachine{newMachine()}, planner.Options{Dir: "/srv", Partial: found.HasErrors()})
	said := ""
	there := false
	for _, d := range append(found, more...) {
		if d.Severity != spec.Error {
			continue
		}
		there = there || d.Range.Start.Line == line
		_, text, _ := strings.Cut(d.Error(), ": ")
		said += fmt.Sprintf("\t%s\n", text)
	}
	if said != "" && !there && def.Kind != stages.DataField { // data is data; what the stage cannot do with it is said there
		t.Errorf("%s %s: what is said of %s does not stand at its line %d:\n%s\n%s", op.Name, def.Name, value, line, append(found, more...), src)
	}
	return said
}
