package stages

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "write the tables of the operators in README.md anew")

const (
	referenceBegin = "<!-- operators:begin -->\n"
	referenceEnd   = "<!-- operators:end -->\n"
)

// TestReference holds the tables of the operators in README.md against the operator table.
func TestReference(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), referenceBegin)
	shown, after, ends := strings.Cut(rest, referenceEnd)
	if !begins || !ends {
		t.Fatal("README.md has no place for the operators")
	}
	generated := operatorTables(t)
	if *update {
		fresh := before + referenceBegin + generated + referenceEnd + after
		if err := os.WriteFile("README.md", []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if shown == generated {
		return
	}
	have := strings.Split(shown, "\n")
	for i, line := range strings.Split(generated, "\n") {
		if i >= len(have) || have[i] != line {
			t.Fatalf("README.md is stale from here on; run go test ./stages -run TestReference -update:\n%s", line)
		}
	}
	t.Fatal("README.md has more than the operators; run go test ./stages -run TestReference -update")
}

// TestReferenceOfGeneralKeys: the sections that are written by hand tell of each general key and each format.
func TestReferenceOfGeneralKeys(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Concat(GeneralKeys(true), formatNames[:len(formatNames)-formatsInside]) {
		if !strings.Contains(string(text), "\n| `"+name+"` | ") {
			t.Errorf("README.md has no row for %s", name)
		}
	}
}

// operatorTables is a table for each group of operators.
func operatorTables(t *testing.T) string {
	var b strings.Builder
	for _, group := range []struct {
		group Group
		title string
	}{{Sources, "Sources"}, {Transforms, "Transforms"}, {Synchronisation, "Synchronisation"}, {Sinks, "Sinks"}} {
		fmt.Fprintf(&b, "\n### %s\n\n| operator | operand | options | example |\n| --- | --- | --- | --- |\n", group.title)
		for i := range Operators() {
			if op := &Operators()[i]; op.Group == group.group {
				fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", operatorCell(op), operandCell(op), optionsCell(op), cellCode(flowExample(t, op)))
			}
		}
	}
	b.WriteString("\n")
	return b.String()
}

func operatorCell(op *Operator) string {
	s := "`" + op.Name + "`"
	if op.Later != "" {
		s += " (not yet)"
	}
	s += ": " + op.Doc
	if op.Waits {
		s += " It may wait."
	}
	return cellText(s)
}

func operandCell(op *Operator) string {
	s := kindText(&op.Operand) + ". " + op.Operand.Doc
	if op.Operand.Default != "" {
		s += " Default: `" + op.Operand.Default + "`."
	}
	if op.Operand.LaterForms != "" {
		s += " Not yet: " + op.Operand.LaterForms + "."
	}
	return cellText(s)
}

func optionsCell(op *Operator) string {
	var all []string
	for i := range op.Options {
		def := &op.Options[i]
		s := "`" + def.Name + "`"
		if def.Later != "" {
			s += " (not yet)"
		}
		s += ": " + kindText(def) + ". " + def.Doc
		switch {
		case strings.Contains(def.Default, " "): // in words
			s += " Default: " + def.Default + "."
		case def.Default != "":
			s += " Default: `" + def.Default + "`."
		}
		var later []string
		for _, word := range def.LaterWords {
			later = append(later, "`"+word+"`")
		}
		if def.LaterForms != "" {
			later = append(later, def.LaterForms)
		}
		if len(later) > 0 {
			s += " Not yet: " + strings.Join(later, ", ") + "."
		}
		all = append(all, cellText(s))
	}
	return strings.Join(all, "<br>")
}

// kindText is how a value is written.
func kindText(def *FieldDef) string {
	switch def.Kind {
	case ExpressionField:
		return "expression"
	case TextField:
		return "text"
	case TextListField:
		return "text, or a list of them"
	case DataField:
		return "data"
	case CountField:
		if len(def.Values) > 0 {
			return "count, or `" + strings.Join(def.Values, "`, `") + "`"
		}
		return "count"
	case DurationField:
		return "duration"
	case SizeField:
		return "size"
	case BoolField:
		return "bool"
	case EnumField:
		return "`" + strings.Join(def.Values, "`, `") + "`"
	case NameField:
		return "name"
	case PlacesField, AwaitedField:
		return strings.Join(def.Values, ", ")
	case CommandField:
		return "command"
	case ScriptField:
		return "script"
	case RegexpField:
		return "regular expression"
	case ChainField:
		return "stages"
	case ChainsField:
		return "list of chains"
	case BranchesField:
		return "list of `{when, do}`"
	case HeaderField:
		return "bool, or a list of names"
	case MatrixField:
		return "mapping of lists"
	case RangedField:
		return "expression, or a list of up to three"
	case BatchedField:
		return "count, duration, or `{count, every}`"
	case EmitField:
		return "`" + strings.Join(def.Values, "`, `") + "`, or a duration"
	case RateField:
		return "rate"
	}
	return "unknown"
}

// cellText is text in a cell of a table.
func cellText(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// cellCode is code in a cell of a table.
func cellCode(s string) string { return "`" + cellText(s) + "`" }

// flowExample is an operator's example on one line: a cell has no more. It means the same.
func flowExample(t *testing.T, op *Operator) string {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(op.Example), &doc); err != nil {
		t.Fatalf("the example of %s: %v", op.Name, err)
	}
	if !strings.Contains(op.Example, "\n") {
		return op.Example
	}
	doc.Content[0].Style = yaml.FlowStyle
	var b bytes.Buffer
	if err := yaml.NewEncoder(&b).Encode(&doc); err != nil {
		t.Fatalf("the example of %s: %v", op.Name, err)
	}
	flow := strings.TrimSpace(b.String())
	var was, is any
	if err := yaml.Unmarshal([]byte(op.Example), &was); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(flow), &is); err != nil || !reflect.DeepEqual(was, is) || strings.Contains(flow, "\n") {
		t.Fatalf("the example of %s does not go on a line: %v\n%s", op.Name, err, flow)
	}
	return flow
}
