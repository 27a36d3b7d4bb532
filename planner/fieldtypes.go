package planner

import (
	"slices"

	"github.com/mprun/mprun/stages"
)

// field checks all that a field holds.
func (t *typer) field(f stages.Field, def *stages.FieldDef, op *stages.Operator, in env) {
	if f.Source != nil {
		t.want(f.Source, def, op, in)
	}
	if f.Source != nil && def.Uniform {
		t.refuseItem(f.Source, in, "it is the same for all items, so there is no %s in it", "")
	}
	if def.Kind == stages.ScriptField && f.Source != nil {
		t.refuseData(f.Source, in)
		t.warnOfSecret(f.Source)
	}
	if op.Name == pythonName && f.Source != nil {
		t.refuseItem(f.Source, in, "the interpreter lives as long as its worker, so there is no %s in what it is told", "the item is the argument of the function")
	}
	if op.Name == "exec" {
		t.warnOfScripts(f.Sources, in)
	}
	for i := range f.Sources {
		switch op.Name {
		case "through":
			t.refuseItem(&f.Sources[i], in, "the program lives as long as its worker, so there is no %s in its words", "exec runs a program for each item")
		case pythonName:
			t.refuseItem(&f.Sources[i], in, "the interpreter lives as long as its worker, so there is no %s in what it is told", "the item is the argument of the function")
		}
		if def.Kind == stages.CommandField {
			t.warnOfSecret(&f.Sources[i])
		}
		t.source(&f.Sources[i], in)
	}
	for i := range f.Places {
		if !readsQueue(op) { // the index of what is read from was checked before
			t.index(&f.Places[i], in)
		}
	}
	if def.Kind == stages.AwaitedField { // the action of a barrier is run for all who meet, not for an item
		t.chain(f.Stages, env{item: stages.NullType, args: in.args})
		return
	}
	t.chain(f.Stages, in)
	for i := range f.Branches {
		t.condition(f.Branches[i].When, in)
		t.chain(f.Branches[i].Stages, in)
	}
}

// refuseItem reports a text for a program that lives as long as its worker which would depend on the item.
func (t *typer) refuseItem(s *stages.Source, in env, what, hint string) {
	o, ok := t.origins[s]
	if !ok || !t.report {
		return
	}
	for i, p := range s.Parts {
		if !p.Expr {
			continue
		}
		e, err := stages.CompileExpr(p.Text, t.scope(in))
		if err != nil {
			continue // reported as such
		}
		for _, name := range t.ofItem(e.Names(), p.Text, in) {
			t.errorIn(o.node.RangeAt(o.offset(i), o.offset(i)+len(p.Text)), o.node, CodeExpression, hint, what, name)
		}
	}
}

// ofItem is those of the names in an expression whose values belong to the item; arguments of a `use` are named as args.NAME.
func (t *typer) ofItem(names []string, text string, in env) (of []string) {
	for _, name := range names {
		isBound := slices.ContainsFunc(in.bound, func(b stages.Binding) bool { return b.Name == name })
		switch {
		case name == "item", name == "index", name == "delivery", isBound:
			of = append(of, name)
		case name == "args" && in.args != nil && len(in.args.differ) > 0:
			same := in
			same.args = in.args.forget("")
			if _, err := stages.CompileExpr(text, t.scope(same)); err != nil {
				of = append(of, argsList(in.args.differ))
			}
		}
	}
	return of
}

// want checks a Source and that its values can be of the kind that the field takes.
func (t *typer) want(s *stages.Source, def *stages.FieldDef, op *stages.Operator, in env) {
	typ := t.source(s, in)
	switch {
	case def.Kind == stages.BatchedField && s.Kind != stages.SourceMap:
		t.expect(s, typ, stages.KindNumber|stages.KindString, "a count")
	case def.Kind == stages.CountField:
		t.expect(s, typ, stages.KindNumber|stages.KindString, "a count")
	case def.Kind == stages.DurationField:
		t.expect(s, typ, stages.KindString, "a duration such as 250ms")
	case def.Kind == stages.RangedField && s.Kind == stages.SourceList:
		for i := range s.Items {
			t.expect(&s.Items[i], t.source(&s.Items[i], in), stages.KindNumber, "a whole number")
		}
	case def.Kind == stages.RangedField:
		t.expect(s, typ, stages.KindNumber, "a whole number, or [start, stop, step] without quotes")
	case def.Kind == stages.MatrixField:
		for i := range s.Items {
			if list := &s.Items[i]; len(list.Parts) < 2 { // else it was found to be no list when it was read
				t.expect(list, t.typeOf(list, in), stages.KindList, "a list")
			}
		}
	case def.Kind == stages.EmitField:
		t.expect(s, typ, stages.KindString, "a duration such as 10s")
	case def.Kind == stages.RateField:
		t.expect(s, typ, stages.KindString, "a rate such as 100/s")
	case def.Map:
		t.expect(s, typ, stages.KindMap|stages.KindNull, "a mapping")
	case def == &op.Operand && op.Name == "items":
		t.expect(s, typ, stages.KindList|stages.KindNull, "a list")
	case def.Kind == stages.BoolField:
		t.expect(s, typ, stages.KindBool, "true or false")
	case def == &op.Operand && (op.Name == "filter" || op.Name == "take_while"):
		t.expect(s, typ, stages.KindBool, "a condition (true or false)")
	case def == &op.Operand && op.Name == "flat_map":
		t.expect(s, typ, stages.KindList|stages.KindNull, "a list")
	}
}

// expect reports a Source none of whose values can be of the kinds.
func (t *typer) expect(s *stages.Source, typ stages.Type, kinds stages.Kinds, what string) {
	if !t.report || typ.Kinds == 0 || typ.May(kinds) {
		return
	}
	if o, ok := t.origins[s]; ok { // a literal was checked when it was decoded
		t.errorAt(o.node, CodeExpression, "", "expected %s, the expression gives %s", what, typ.String())
	}
}

func (t *typer) condition(s *stages.Source, in env) {
	if s != nil {
		t.expect(s, t.source(s, in), stages.KindBool, "a condition (true or false)")
	}
}

func (t *typer) duration(s *stages.Source, in env) {
	if s != nil {
		t.expect(s, t.source(s, in), stages.KindString, "a duration such as 250ms")
	}
}

func (t *typer) retry(r *stages.Retry, in env) {
	if r == nil {
		return
	}
	if r.Times != nil {
		t.expect(r.Times, t.source(r.Times, in), stages.KindNumber|stages.KindString, "a count")
	}
	t.duration(r.Backoff, in)
	t.duration(r.MaxBackoff, in)
}

// failsAtEnd says whether a stage can fail at the end of its stream, where there is no item: the handler's is null then.
func failsAtEnd(op *stages.Operator) bool {
	switch op.Operand.Kind {
	case stages.ChainsField, stages.BranchesField:
		return true
	}
	return op.Aggregate || op.Name == useOperator
}

// handler checks the stages of a handler, which see `error`. Of a source, a piece of what it reads may have failed: then that is
// the item, and what was bound before may be null.
func (t *typer) handler(h *stages.Handler, op *stages.Operator, in env) {
	if h == nil {
		return
	}
	at := env{item: in.item, bound: in.bound, args: in.args}
	if op.Source || op.Operand.Kind == stages.CommandField {
		at.item = stages.AnyType
	}
	if op.Source || op.Operand.Kind == stages.CommandField || failsAtEnd(op) {
		at.item = at.item.Nullable()
		for i, b := range at.bound {
			if i == 0 {
				at.bound = slices.Clone(at.bound)
			}
			at.bound[i].Type = b.Type.Nullable()
		}
	}
	at.bound = bind(at.bound, "error", errorType())
	t.chain(h.Do, at)
}

// index checks the index of a place.
func (t *typer) index(p *stages.Place, in env) {
	for i := range p.Index {
		typ := t.source(&p.Index[i], in)
		if t.report && typ.Kinds != 0 && !typ.May(stages.KindInt) && !typ.May(stages.KindFloat) {
			o := t.origins[&p.Index[i]]
			t.errorIn(o.node.RangeAt(o.offset(0), o.offset(0)+len(p.Index[i].Text)), o.node, CodeItemType, "",
				"the index of %s must be a whole number, this is of type %s", p.Name, typ.String())
		}
	}
}
