package stages

import (
	"slices"
	"strings"
	"testing"
)

// TestOperatorTable holds that the table has every operator of the language, each whole.
func TestOperatorTable(t *testing.T) {
	want := strings.Fields(`items matrix range files read get recv every accept connect
		map filter flat_map take_while extract reduce batch collect take skip distinct sort top sleep throttle pool use do tee route
		exec shell through python
		lock acquire release wait set clear notify abort reset start stop interrupt kill
		put send close ack store add apply call print write result log fail`)
	var got []string
	for i := range Operators() {
		op := &Operators()[i]
		got = append(got, op.Name)
		switch {
		case Lookup(op.Name) != op:
			t.Errorf("%s: looking it up gives another row", op.Name)
		case op.Group == 0 || op.Doc == "" || op.Operand.Kind == NoField || op.Operand.Doc == "":
			t.Errorf("%s: the row is not whole", op.Name)
		case !strings.HasPrefix(op.Example, op.Name+":"):
			t.Errorf("%s: the example is of something else: %s", op.Name, op.Example)
		case (op.Build == nil) != (op.Later != ""):
			t.Errorf("%s: either it can be built, or Later says what it waits for", op.Name)
		}
		var names []string
		for _, o := range op.Options {
			if o.Name == "" || o.Kind == NoField || o.Doc == "" || slices.Contains(GeneralKeys(true), o.Name) || op.Option(o.Name) == nil {
				t.Errorf("%s: the option %q is not whole, or has the name of a general key", op.Name, o.Name)
			}
			if o.Kind == EnumField && len(o.Values) == 0 {
				t.Errorf("%s: the option %s has no words", op.Name, o.Name)
			}
			names = append(names, o.Name)
		}
		if slices.Sort(names); len(slices.Compact(names)) != len(op.Options) {
			t.Errorf("%s: an option twice", op.Name)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the table has\n%v\nand the language\n%v", got, want)
	}
	if Lookup("nothing") != nil {
		t.Error("there is an operator called nothing")
	}
}

func TestInferredTypes(t *testing.T) {
	point := RecordOf(FieldType{Name: "x", Type: IntType})
	for _, test := range []struct {
		name   string
		stages []Stage
		in     Type
		want   string
	}{
		{"map", []Stage{mapStage("item.x + 1")}, point, "int"},
		{"flat_map", []Stage{stage("flat_map", exprField("item"))}, ListOf(StringType), "string"},
		{"filter", []Stage{filterStage("item > 1")}, IntType, "int"},
		{"reduce", []Stage{stage("reduce", exprField("acc + 1"), "init", srcLiteral(0))}, StringType, "int"},
		{"reduce to another kind", []Stage{stage("reduce", exprField("acc / 2 + item"), "init", srcLiteral(0))}, IntType, "number"},
		{"reduce by", []Stage{stage("reduce", exprField("acc + 1"), "init", srcLiteral(0), "by", srcExpr("item"))}, StringType, "{key: string, value: int}"},
		{"batch", []Stage{countStage("batch", 2)}, IntType, "[int]"},
		{"extract", []Stage{stage("extract", Field{Source: srcLiteral(`(?<n>\d+)`)})}, StringType, "{n: number|string?}"},
		{"as", []Stage{named(mapStage("item.x"), "n"), mapStage("[n, item.x]")}, point, "[int]"},
		{"when", []Stage{only(mapStage(`"a"`), "item > 1")}, IntType, "int|string"},
		{"pass", []Stage{handled(mapStage(`int(item)`), ThenPass)}, StringType, "int|string"},
		{"route", []Stage{routeStage(when("item > 1", mapStage(`"a"`)))}, IntType, "int|string"},
		{"route with else", []Stage{routeStage(when("item > 1", mapStage(`"a"`)), when("", mapStage("true")))}, IntType, "bool|string"},
		{"do", []Stage{doStage(mapStage(`"a"`))}, IntType, "int"},
	} {
		if got := InferChain(test.stages, &Scope{}, test.in).String(); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
