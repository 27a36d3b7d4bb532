package stages

import (
	"errors"
	"maps"
	"slices"
)

// A chain that is used stands in the place of the stage that uses it: its stages become stages of the chain around, so that items
// flow through them in batches and as one stream. Only where the stage has general keys of its own, which are about the chain as a
// whole, it is a chain inside of a stage, which works item by item.
//
// Its stages see `args` as the use gives them, and none of the names that were bound outside. Arguments that are the same for all
// items are computed once; else all of them are one more bound value of each row, which ends with the chain, or at an aggregate,
// behind which only those that are the same for all are left.

// frame is what the stages of a used chain know of the stages that use it. That of a process's own stages has no uses.
type frame struct {
	uses []Pos          // the stages that use it, the innermost first
	args map[string]any // the arguments that are the same for all rows
	row  int            // the number of the bound value that holds all arguments of a row; -1: there is none
}

// place tells stages in several uses of a chain apart.
func (f *frame) place() string {
	place := ""
	for _, pos := range f.uses {
		place += "<" + pos.short()
	}
	return place
}

// flatten builds the stages of a chain, with those of used chains in the place of what uses them.
func (b *Builder) flatten(stages []Stage) ([]*link, error) {
	var links []*link
	for i := range stages {
		stage := &stages[i]
		if stage.Op == useName && isBare(stage) {
			inner, err := b.used(stage)
			if err != nil {
				return nil, err
			}
			links = append(links, inner...)
			continue
		}
		l, err := b.link(stage)
		if err != nil {
			return nil, err
		}
		links = append(links, l)
		if l.binds {
			b.names = bind(b.names, stage.As)
		}
	}
	return links, nil
}

// useName is the operator that puts a chain in its place.
const useName = "use"

// isBare says whether a stage has none of the general keys.
func isBare(stage *Stage) bool {
	return stage.When == nil && stage.As == "" && stage.Retry == nil && stage.OnError == nil && stage.Timeout == nil && stage.OnTimeout == nil
}

// used builds the stages of the chain that a stage uses.
func (b *Builder) used(stage *Stage) ([]*link, error) {
	inner := &Builder{building: b.building, names: make([]string, len(b.names)), narrow: b.narrow}
	inner.frame = &frame{uses: append([]Pos{stage.Pos}, b.frame.uses...), row: -1}
	here := &Builder{building: b.building, names: b.names, narrow: b.narrow, stage: stage, frame: b.frame}
	args, err := here.arguments(stage)
	if err != nil {
		return nil, err
	}
	inner.frame.args = args.same
	var links []*link
	if args.differ {
		l, err := here.giveArguments(stage)
		if err != nil {
			return nil, err
		}
		links = append(links, l)
		inner.frame.row = len(inner.names)
		inner.names = append(inner.names, "")
	}
	width := len(inner.names)
	more, err := inner.flatten(stage.Operand.Stages)
	if err != nil {
		return nil, err
	}
	links = append(links, more...)
	if n := len(links); n > 0 && len(inner.names) > width && links[n-1].binds {
		// The last stage adds a value to its rows that nobody behind the chain has room for.
		leave := &link{stage: &Stage{Op: stage.Op, Pos: stage.Pos}, in: inner.NewBatch(), node: leaving{}, uses: b.frame.uses}
		links = append(links, leave)
	}
	return links, nil
}

// arguments is what is known of a use's arguments when the chain is built.
type arguments struct {
	same   map[string]any // those that are the same for all items
	differ bool           // there are others
}

// arguments computes the arguments that are the same for all items. One that has no value is found out with the first item.
func (b *Builder) arguments(stage *Stage) (arguments, error) {
	a := arguments{same: map[string]any{}}
	src := stage.Options["args"].Source
	if src == nil {
		return a, nil
	}
	shape, err := Compile(src, b.scope())
	if err != nil {
		return a, err
	}
	if value, ok := shape.Const(); ok {
		values, isMap := value.(map[string]any)
		if !isMap && value != nil {
			return a, errors.New("args must be a mapping")
		}
		maps.Copy(a.same, values)
		return a, nil
	}
	if src.Kind != SourceMap {
		return a, errors.New("args must be a mapping")
	}
	b.env.Args = b.frame.args
	for i, item := range shape.items {
		if !isSame(item, b.frame.row >= 0) {
			a.differ = true
			continue
		}
		value, err := item.Run(&b.env)
		if err != nil {
			a.differ = true
			continue
		}
		a.same[src.Keys[i]] = value
	}
	return a, nil
}

// isSame says whether a value is the same for all items of a worker.
func isSame(s *Shape, argsDiffer bool) bool {
	return !isImpure(s) && !slices.ContainsFunc(s.names, func(name string) bool {
		return name == "args" && argsDiffer || !isUniform(name)
	})
}

// isImpure says whether a function is called whose value does not depend on its arguments alone.
func isImpure(s *Shape) bool {
	if s.expr != nil && s.expr.impure || slices.ContainsFunc(s.parts, func(p shapePart) bool { return p.expr != nil && p.expr.impure }) {
		return true
	}
	return slices.ContainsFunc(s.items, isImpure)
}

// DifferingArgs names the arguments of a `use` that may differ from item to item, sorted: they are gone behind an aggregate of the
// chain. argsDiffer says that the arguments of the chain around do.
func DifferingArgs(stage *Stage, scope *Scope, argsDiffer bool) []string {
	src := stage.Options["args"].Source
	if src == nil || src.Kind != SourceMap {
		return nil
	}
	var names []string
	for i := range src.Items {
		if shape, err := Compile(&src.Items[i], scope); err == nil && !isSame(shape, argsDiffer) {
			names = append(names, src.Keys[i])
		}
	}
	slices.Sort(names)
	return names
}

// giveArguments is the stage before a used chain that gives each row its arguments.
func (b *Builder) giveArguments(stage *Stage) (*link, error) {
	expr, err := b.Expr(stage.Options["args"].Source)
	if err != nil {
		return nil, err
	}
	return &link{stage: &Stage{Op: stage.Op, Pos: stage.Pos}, in: b.NewBatch(), node: &mapping{expr: expr}, binds: true, uses: b.frame.uses}, nil
}

// leaving lets rows go on as they are: the chain that follows has room for fewer bound values.
type leaving struct{}

func (leaving) Step(r *Run, in, out *Batch) error {
	n := min(in.Len(), r.Limit)
	out.EmitRows(in, 0, n)
	in.Drop(n)
	return nil
}

// buildUse makes the node of a use that has general keys: a branch that all items go into.
func buildUse(b *Builder, stage *Stage) (Node, error) {
	bare := &Stage{Op: stage.Op, Pos: stage.Pos, Operand: stage.Operand, Options: stage.Options}
	chain, err := b.Chain([]Stage{*bare})
	if err != nil {
		return nil, err
	}
	return &routing{branches: []branch{{nil, chain}}, alone: Aggregates(stage)}, nil
}

// Aggregates says whether the results of a stage come from no single item, so that names bound before it are gone behind it.
func Aggregates(stage *Stage) bool {
	op := Lookup(stage.Op)
	if op == nil {
		return false
	}
	if op.Aggregate {
		return true
	}
	if op.Name != useName {
		return false
	}
	for i := range stage.Operand.Stages {
		if Aggregates(&stage.Operand.Stages[i]) {
			return true
		}
	}
	return false
}

// inferUse is the type of what comes out of the chain.
func inferUse(stage *Stage, scope *Scope, in Type) Type {
	inner := *scope
	inner.Bound = nil
	inner.Vars = maps.Clone(scope.Vars)
	args := RecordOf()
	if src := stage.Options["args"].Source; src != nil {
		args = inferSource(src, scope)
	}
	inner.Vars["args"] = args
	delete(inner.Vars, "acc")
	return InferChain(stage.Operand.Stages, &inner, in)
}
