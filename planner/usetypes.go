package planner

import (
	"slices"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// given is what the stages of a used chain know of `args`.
type given struct {
	typ     stages.Type
	differ  []string     // those that may differ from item to item, which an aggregate forgets
	full    *stages.Type // the type before that; nil: nothing has been forgotten
	forgets string       // the operator that did
}

// use checks the stages of a used chain with what is known where it is used. It sees neither the names nor the arguments outside.
// What is found in the chain names the use.
func (t *typer) use(st *stages.Stage, in env) {
	note := t.notes[st]
	args := given{typ: stages.RecordOf()}
	if note.unknown { // what is wrong was found; what the arguments are is not known for sure
		args.typ = stages.AnyType
	} else if f, ok := st.Options["args"]; ok && f.Source != nil {
		t.source(f.Source, in)
		args.typ = t.typeOf(f.Source, in)
		args.differ = stages.DifferingArgs(st, t.scope(in), in.args != nil && len(in.args.differ) > 0)
	}
	before := len(t.found)
	t.chain(st.Operand.Stages, env{item: in.item, args: &args})
	used := spec.Related{Range: note.key.At(), Message: "the chain is used here"}
	for i := before; i < len(t.found); i++ {
		if len(t.found[i].Related) == 0 || t.found[i].Related[len(t.found[i].Related)-1].Message != used.Message {
			t.found[i].Hint = strings.TrimPrefix(t.found[i].Hint+"; the chain is used at "+used.Range.Start.String(), "; ")
		}
		t.found[i].Related = append(slices.Clip(t.found[i].Related), used)
	}
}

// forget leaves out the arguments that an aggregate forgets.
func (g *given) forget(op string) *given {
	if g == nil || len(g.differ) == 0 || g.full != nil {
		return g
	}
	full := g.typ
	left := given{differ: g.differ, full: &full, forgets: op}
	var fields []stages.FieldType
	for _, f := range g.typ.Fields {
		if !slices.Contains(g.differ, f.Name) {
			fields = append(fields, f)
		}
	}
	left.typ = stages.RecordOf(fields...)
	return &left
}

// explainsForgotten reports an argument that an aggregate has forgotten, if that is all that is wrong with a Source.
func (t *typer) explainsForgotten(s *stages.Source, in env) bool {
	if in.args == nil || in.args.full == nil {
		return false
	}
	before := in
	before.args = &given{typ: *in.args.full}
	if _, err := stages.Compile(s, t.scope(before)); err != nil {
		return false
	}
	at := s
	for t.origins[at].node == nil && len(at.Items) > 0 {
		at = &at.Items[0]
	}
	n := t.origins[at].node
	if n == nil {
		return false
	}
	t.errorAt(n, CodeExpression, "take what is needed along in the items",
		"%s may differ from item to item, so it is gone behind %s, whose results come from no single item", argsList(in.args.differ), in.args.forgets)
	return true
}

func argsList(names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = "args." + name
	}
	return andList(list)
}
