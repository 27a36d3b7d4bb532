package planner

import (
	"slices"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// maxRounds is how often the items of a queue may turn out to have more types than was known before they count as any.
const maxRounds = 6

// inferTypes follows the types of items from stage to stage and from queue to queue until nothing changes, then compiles every
// expression with what is known. Queues begin with the type that has no values, so that types only ever grow.
func (c *compiler) inferTypes() {
	resources := c.resourceTypes()
	for _, q := range c.queues {
		if q.declared != nil || c.partial || q.hasUnknownWriter() || q.dead {
			q.typ = stages.AnyType
		}
		if q.declared != nil {
			q.typ = *q.declared
		}
	}
	for round := 0; ; round++ {
		before := make([]string, len(c.queues))
		for i, q := range c.queues {
			before[i] = q.typ.String()
		}
		for _, p := range c.processes {
			t := &typer{compiler: c, process: p, resources: resources, put: c.join}
			t.run()
		}
		changed := false
		for i, q := range c.queues {
			if q.typ.String() == before[i] {
				continue
			}
			changed = true
			if round >= maxRounds {
				q.typ = stages.AnyType
			}
		}
		if !changed {
			break
		}
	}
	for _, p := range slices.Concat(c.processes, c.absent, c.loose) {
		t := &typer{compiler: c, process: p, resources: resources, put: c.checkPut, report: true}
		t.run()
	}
	for _, q := range c.queues {
		if q.typ.Kinds != 0 {
			q.plan.Type = q.typ.String()
		}
		c.checkKey(q)
	}
}

// checkKey compiles the key of a queue: an item's key is the same wherever and whenever it is computed.
func (c *compiler) checkKey(q *queue) {
	if q.plan.Key == nil {
		return
	}
	item := q.typ
	if item.Kinds == 0 {
		item = stages.AnyType
	}
	scope := &stages.Scope{Vars: map[string]stages.Type{"item": item, "vars": c.planScope.Vars["vars"], "env": c.planScope.Vars["env"]}}
	if _, err := stages.Compile(q.plan.Key, scope); err != nil {
		c.sourceErrors(q.plan.Key, scope)
		return
	}
	c.checkSteady(q.plan.Key)
}

// checkSteady reports calls of functions in a key whose values change.
func (c *compiler) checkSteady(s *stages.Source) {
	if s.Kind == stages.SourceExpr {
		if at := callOf(s.Text, func(name string) bool { return isImpure(name) || name == "random" }); at >= 0 {
			o := c.origins[s]
			c.errorIn(tokenRange(o.node, o.offset(0), s.Text, at), o.node, CodeExpression, "",
				"the key of an item must be the same whenever it is computed: %s cannot be part of it", s.Text[at:at+tokenLen(s.Text[at:])])
		}
	}
	for i := range s.Items {
		c.checkSteady(&s.Items[i])
	}
}

// hasUnknownWriter says whether the queue is written by something whose items are not known.
func (q *queue) hasUnknownWriter() bool {
	return slices.ContainsFunc(q.writers, func(u use) bool { return u.process.unknown })
}

// join adds a type to those that a queue's items have.
func (c *compiler) join(q *queue, typ stages.Type, _ *spec.Node) {
	if q.declared == nil {
		q.typ = stages.Join(q.typ, typ)
	}
}

// typer follows the types through one process.
type typer struct {
	*compiler
	process   *process
	resources map[string]stages.Type
	put       func(q *queue, typ stages.Type, n *spec.Node)
	read      []map[string]bool // names that the tasks around have been found to read, the outermost first
	report    bool              // the last time: expressions are reported, types noted in the plan
}

// env is what is known at one place of a chain.
type env struct {
	item  stages.Type
	bound []stages.Binding
	acc   *stages.Type
	args  *given       // nil: those of the process
	out   bool         // a program is to create a file
	at    *stages.Type // of an element's index, in `apply`
}

func (t *typer) run() {
	at := env{item: stages.NullType}
	if slices.Contains(t.loose, t.process) {
		at.item = stages.AnyType
	}
	t.chain(t.process.plan.Stages, at)
}

// chain gives the type of a chain's results.
func (t *typer) chain(list []stages.Stage, at env) stages.Type {
	for i := range list {
		at = t.stage(&list[i], at)
	}
	return at.item
}

// stage gives what is known behind a stage.
func (t *typer) stage(st *stages.Stage, in env) env {
	note := t.notes[st]
	if note == nil || note.op == nil {
		return t.unknownStage(st, in)
	}
	op := note.op
	t.condition(st.When, in)
	defer t.reading(st, in)()
	t.duration(st.Timeout, in)
	t.retry(st.Retry, in)
	t.operands(st, op, in)
	t.handler(st.OnError, op, in)
	t.handler(st.OnTimeout, op, in)
	out := stages.AnyType
	if !note.unknown {
		out = t.result(st, op, in)
	}
	if st.When != nil || passes(st.OnError) || passes(st.OnTimeout) {
		out = stages.Join(out, in.item)
	}
	if t.report {
		if !note.unknown {
			t.fileNames(st, in)
		}
		st.In, st.Out = in.item.String(), out.String()
	}
	return behind(st, op, in, out)
}

// behind is what is known behind a stage whose results are of type out.
func behind(st *stages.Stage, op *stages.Operator, in env, out stages.Type) env {
	next := env{item: out, bound: in.bound, args: in.args}
	aggregates := stages.Aggregates(st)
	if aggregates {
		next.bound = nil
		next.args = in.args.forget(op.Name)
	}
	if st.As != "" {
		next.bound = bind(next.bound, st.As, out)
		if !aggregates {
			next.item = in.item
		}
	}
	return next
}

// unknownStage goes on behind a stage that could not be decoded: nothing is known there but the name that it binds.
func (t *typer) unknownStage(st *stages.Stage, in env) env {
	next := env{item: stages.AnyType, bound: in.bound, args: in.args}
	if note := t.notes[st]; note != nil {
		if e := note.node.Get("as"); e != nil && spec.IsName(e.Value.Text) {
			next.bound = bind(next.bound, e.Value.Text, stages.AnyType)
		}
	}
	return next
}

// bind adds a name, which hides another of the same name.
func bind(bound []stages.Binding, name string, typ stages.Type) []stages.Binding {
	kept := make([]stages.Binding, 0, len(bound)+1)
	for _, b := range bound {
		if b.Name != name {
			kept = append(kept, b)
		}
	}
	return append(kept, stages.Binding{Name: name, Type: typ})
}

func passes(h *stages.Handler) bool { return h != nil && h.Then == stages.ThenPass }

// result is the type of a stage's results.
func (t *typer) result(st *stages.Stage, op *stages.Operator, in env) stages.Type {
	switch {
	case readsQueue(op):
		var typ stages.Type
		for _, p := range st.Operand.Places {
			if q := t.symbols[p.Name].queue; q != nil {
				typ = stages.Join(typ, q.typ)
			}
		}
		return typ
	case st.Call != nil:
		return t.chain(st.Call.Do, in)
	case op.Infer == nil:
		return in.item
	}
	scope := t.scope(in)
	if op.Operand.Acc {
		acc := t.accumulator(st, in)
		scope.Vars["acc"] = acc
	}
	return op.Infer(st, scope, in.item)
}

// readsQueue says whether an operator takes items out of the queue that is its operand.
func readsQueue(op *stages.Operator) bool {
	return op.Group == stages.Sources && op.Operand.Kind == stages.PlacesField && slices.Contains(op.Operand.Values, "queue")
}

// writesQueue says whether an operator puts items into the queue that is its operand.
func writesQueue(op *stages.Operator) bool {
	return op.Group == stages.Sinks && op.Operand.Kind == stages.PlacesField && slices.Contains(op.Operand.Values, "queue")
}

// operands checks the operand and the options.
func (t *typer) operands(st *stages.Stage, op *stages.Operator, in env) {
	if op.Name == useOperator {
		t.use(st, in)
		return
	}
	_, in.out = st.Options["creates"]
	if op.Operand.Acc {
		acc := t.accumulator(st, in)
		accIn := in
		accIn.acc = &acc
		t.field(st.Operand, &op.Operand, op, accIn)
	} else {
		t.field(st.Operand, &op.Operand, op, in)
	}
	if changesCell(op) {
		t.checkChange(st, op, in)
	}
	for i := range op.Options { // in the order of the table, as the map has none
		def := &op.Options[i]
		if f, ok := st.Options[def.Name]; ok {
			at := in
			if op.Name == "apply" && def.Name == "value" && len(st.Operand.Places) > 0 {
				if v := t.symbols[st.Operand.Places[0].Name].cell; v != nil {
					at = applyEnv(v, in)
				}
			}
			at.out = in.out && def.Name != "creates"
			t.field(f, def, op, at)
		}
	}
	if writesQueue(op) {
		typ := in.item
		if value := st.Options["value"]; value.Source != nil {
			typ = t.typeOf(value.Source, in)
		}
		for _, p := range st.Operand.Places {
			if q := t.symbols[p.Name].queue; q != nil {
				t.put(q, typ, t.notes[st].key)
			}
		}
	}
}

// accumulator is the type of `acc`: the least that holds what it starts with and what the expression makes of it.
func (t *typer) accumulator(st *stages.Stage, in env) stages.Type {
	acc := in.item
	if init := st.Options["init"]; init.Source != nil {
		acc = t.typeOf(init.Source, in)
	}
	if st.Operand.Source == nil {
		return acc
	}
	for range maxRounds {
		scope := t.scope(in)
		scope.Vars["acc"] = acc
		shape, err := stages.Compile(st.Operand.Source, scope)
		if err != nil {
			return acc
		}
		next := stages.Join(acc, shape.Type())
		if next.String() == acc.String() {
			return acc
		}
		acc = next
	}
	return stages.AnyType
}

// typeOf is the type of a Source's values, any if it does not compile.
func (t *typer) typeOf(s *stages.Source, in env) stages.Type {
	shape, err := stages.Compile(s, t.scope(in))
	if err != nil {
		return stages.AnyType
	}
	return shape.Type()
}

// source compiles a Source and gives the type of its values; what is wrong is reported at its place.
func (t *typer) source(s *stages.Source, in env) stages.Type {
	scope := t.scope(in)
	shape, err := stages.Compile(s, scope)
	if err != nil {
		if t.report && !t.explainsForgotten(s, in) {
			t.sourceErrors(s, scope)
		}
		return stages.AnyType
	}
	for _, name := range shape.Names() {
		for _, read := range t.read {
			read[name] = true
		}
		if _, isResource := t.resources[name]; isResource {
			t.places[name] = append(t.places[name], nil)
		}
	}
	return shape.Type()
}
