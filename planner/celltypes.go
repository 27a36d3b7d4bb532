package planner

import (
	"fmt"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// changesCell says whether an operator changes the value or array that is its operand.
func changesCell(op *stages.Operator) bool {
	return op.Name == "store" || op.Name == "add" || op.Name == "apply"
}

// checkChanging finds a `store`, `add` or `apply` of several places, and an `apply` without value.
func (c *compiler) checkChanging(n *spec.Node, op *stages.Operator, st *stages.Stage) bool {
	switch {
	case !changesCell(op):
		return true
	case len(st.Operand.Places) > 1:
		c.errorAt(n.Get(op.Name).Value, CodeBadPlace, "make a stage of each", "%s takes one place, found %d", op.Name, len(st.Operand.Places))
		return false
	case op.Name == "apply" && n.Get("value") == nil:
		c.errorIn(n.Get(op.Name).Key.At(), n, spec.CodeMissingKey, "as in: value: item * 2", "apply needs a value: what becomes of an element")
		return false
	}
	return true
}

// checkChange checks what `store`, `add` and `apply` do to a value or an array against its type.
func (t *typer) checkChange(st *stages.Stage, op *stages.Operator, in env) {
	note := t.notes[st]
	if len(st.Operand.Places) != 1 || note.unknown {
		return
	}
	p := &st.Operand.Places[0]
	v := t.symbols[p.Name].cell
	if v == nil || !v.ok {
		return
	}
	typ, shape := v.target(p)
	if op.Name == "apply" {
		t.checkApply(st, v, p, in)
		return
	}
	given := in.item
	if value := st.Options["value"]; value.Source != nil {
		given = t.typeOf(value.Source, in)
	}
	misfit := storeMisfit(typ, shape, given)
	if op.Name == "add" {
		if misfit = addMisfit(typ, shape, given); misfit == nil && (len(shape) > 0 || !isNumber(typ)) {
			hint := ""
			if len(shape) > 0 {
				hint = "add to one of its elements, as in: add: " + p.Name + "[0]"
			}
			t.changeError(note, hint, fmt.Sprintf("add needs a number to add to, and %s", kindOfTarget(note.node.Get(op.Name).Value.Text, typ, shape)), v)
			return
		}
	}
	if misfit != nil {
		hint := ""
		if len(shape) == 0 {
			hint = changeHint(misfit, typ)
		}
		t.changeError(note, hint, fmt.Sprintf("%s: %s", note.node.Get(op.Name).Value.Text, misfit), v)
	}
}

func (t *typer) changeError(note *stageNote, hint, text string, v *cell) {
	if t.report {
		at := note.key
		if value := note.node.Get("value"); value != nil {
			at = value.Value
		}
		t.at(spec.Error, at.At(), at.Path(), CodeItemType, hint, text,
			spec.Related{Range: v.def.Type.Node.At(), Message: "the type is declared here"})
	}
}

// changeHint says what would make the item fit.
func changeHint(m *stages.Misfit, typ *stages.StoreType) string {
	kinds := typ.Type().Kinds
	switch {
	case m.Unknown != "":
		return misfitHint(m)
	case m.Path == "" && kinds == stages.KindInt:
		return "int(item) makes whole numbers"
	case m.Path == "" && kinds == stages.KindFloat:
		return "float(item) makes floats"
	}
	return ""
}

func isNumber(typ *stages.StoreType) bool {
	kinds := typ.Type().Kinds
	return kinds == stages.KindInt || kinds == stages.KindFloat
}

// kindOfTarget says what a place is, for a message.
func kindOfTarget(place string, typ *stages.StoreType, shape []int) string {
	if len(shape) > 0 {
		return place + " is " + dimensions(shape) + " of " + typ.Name
	}
	return place + " is of type " + typ.Name
}

// storeMisfit is why no value of a type can be stored; nil if one may.
func storeMisfit(typ *stages.StoreType, shape []int, given stages.Type) *stages.Misfit {
	if given.Kinds == 0 {
		return nil
	}
	if len(shape) == 0 {
		return typ.Misfit(given)
	}
	want, what := stages.KindList, "a list of "+dimensions(shape[:1])
	if scalar := typ.Layout().Scalar; len(shape) == 1 && scalar.IsText() {
		want, what = stages.KindString, "a text"
	}
	if !given.May(want) {
		return &stages.Misfit{Text: what + " is needed, this is of type " + given.String()}
	}
	if want == stages.KindList && !given.May(stages.KindAny&^stages.KindList) {
		return storeMisfit(typ, shape[1:], given.Element())
	}
	return nil
}

// addMisfit is why no value of a type can be added.
func addMisfit(typ *stages.StoreType, shape []int, given stages.Type) *stages.Misfit {
	if given.Kinds == 0 || len(shape) > 0 || !isNumber(typ) || given.May(stages.KindNumber) {
		return nil
	}
	return &stages.Misfit{Text: "a number is needed, this is of type " + given.String()}
}

// checkApply checks the expression of `apply`, in which item is an element and at its index.
func (t *typer) checkApply(st *stages.Stage, v *cell, p *stages.Place, in env) {
	typ, shape := v.target(p)
	note := t.notes[st]
	if rest := len(v.plan.Shape) - len(shape); rest > 0 || p.Field != "" {
		t.changeError(note, "as in: apply: "+p.Name, "apply changes all elements: name the value or the array alone", v)
		return
	}
	value := st.Options["value"].Source
	if value == nil {
		return // reported when it was decoded
	}
	if misfit := typ.Misfit(t.typeOf(value, applyEnv(v, in))); misfit != nil {
		t.changeError(note, changeHint(misfit, typ), fmt.Sprintf("an element of %s: %s", p.Name, misfit), v)
	}
}

// applyEnv is what is known in the expression of `apply`.
func applyEnv(v *cell, in env) env {
	in.item = v.plan.Type.Type()
	at := stages.IntType
	switch dims := len(v.plan.Shape); {
	case dims == 0:
		at = stages.NullType
	case dims > 1:
		at = stages.ListOf(stages.IntType)
	}
	in.at = &at
	return in
}
