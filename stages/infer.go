package stages

import (
	"maps"
	"slices"
)

// inferSource is the type of a field's value; what does not compile is any.
func inferSource(src *Source, scope *Scope) Type {
	if src == nil {
		return NullType
	}
	shape, err := Compile(src, scope)
	if err != nil {
		return AnyType
	}
	return shape.Type()
}

// inferOperand is the type of the operand's value.
func inferOperand(stage *Stage, scope *Scope, _ Type) Type {
	return inferSource(stage.Operand.Source, scope)
}

// inferElement is the type of the elements of the operand's value.
func inferElement(stage *Stage, scope *Scope, in Type) Type {
	t := inferOperand(stage, scope, in)
	if !t.May(KindList) {
		return AnyType
	}
	return t.Element()
}

// inferList is the type of lists of the items.
func inferList(_ *Stage, _ *Scope, in Type) Type { return ListOf(in) }

// maxReduceRounds is how often the type of acc may still change before it is taken to be any.
const maxReduceRounds = 4

// inferReduce finds the type of acc: that of its first value, joined with what the expression makes of it, until nothing is added.
func inferReduce(stage *Stage, scope *Scope, in Type) Type {
	acc := in
	if init := stage.Options["init"].Source; init != nil {
		acc = inferSource(init, scope)
	}
	for round := 0; ; round++ {
		next := Join(acc, inferSource(stage.Operand.Source, scope.withAcc(acc)))
		if next.String() == acc.String() {
			break
		}
		if acc = next; round == maxReduceRounds {
			acc = AnyType
		}
	}
	if by := stage.Options["by"].Source; by != nil {
		return RecordOf(FieldType{Name: "key", Type: inferSource(by, scope)}, FieldType{Name: "value", Type: acc})
	}
	return acc
}

// withAcc is the scope with acc in it.
func (s *Scope) withAcc(acc Type) *Scope {
	with := *s
	with.Vars = maps.Clone(s.Vars)
	if with.Vars == nil {
		with.Vars = map[string]Type{}
	}
	with.Vars["acc"] = acc
	return &with
}

// inferRoute joins what comes out of the branches, and what comes in unless every item goes into one of them.
func inferRoute(stage *Stage, scope *Scope, in Type) Type {
	var out Type
	if !slices.ContainsFunc(stage.Operand.Branches, func(b Branch) bool { return b.When == nil }) {
		out = in
	}
	for _, branch := range stage.Operand.Branches {
		out = Join(out, InferChain(branch.Stages, scope, in))
	}
	return out
}

// inferLock is what comes out of the chain.
func inferLock(stage *Stage, scope *Scope, in Type) Type {
	return InferChain(stage.Options["do"].Stages, scope, in)
}

// inferPool is what comes out of a task.
func inferPool(stage *Stage, scope *Scope, in Type) Type {
	if stage.Call != nil {
		return InferChain(stage.Call.Do, scope, in)
	}
	return InferChain(stage.Options["do"].Stages, scope, in)
}

// InferChain is the type of what comes out of a chain into which items of type in go. The scope is that before its first stage.
func InferChain(stages []Stage, scope *Scope, in Type) Type {
	for i := range stages {
		in, scope = InferStage(&stages[i], scope, in)
	}
	return in
}

// InferStage is the type of the items that a stage lets go on, and the scope behind it.
func InferStage(stage *Stage, scope *Scope, in Type) (Type, *Scope) {
	here := *scope
	here.Vars = maps.Clone(scope.Vars)
	if here.Vars == nil {
		here.Vars = map[string]Type{}
	}
	here.Vars["item"] = in
	op := Lookup(stage.Op)
	if op == nil {
		return AnyType, scope
	}
	out := in
	if op.Infer != nil {
		out = op.Infer(stage, &here, in)
	}
	if stage.When != nil || passes(stage.OnError) || passes(stage.OnTimeout) {
		out = Join(out, in)
	}
	behind := *scope
	aggregates := Aggregates(stage)
	if aggregates {
		behind.Bound = nil
	}
	if stage.As != "" {
		kept := slices.DeleteFunc(slices.Clone(behind.Bound), func(b Binding) bool { return b.Name == stage.As })
		behind.Bound = append(kept, Binding{Name: stage.As, Type: out})
		if !aggregates {
			out = in
		}
	}
	return out, &behind
}

func passes(h *Handler) bool { return h != nil && h.Then == ThenPass }
