package stages

import (
	"fmt"
	"slices"
)

// DefaultBlockItems is how many rows stages work on at a time where nothing else is said.
const DefaultBlockItems = 1024

// Options is what a chain is built with.
type Options struct {
	Host Host
	// Dir is the spec's folder: paths in the spec are relative to it.
	Dir string
	// Self, Args, Vars and Env are the variables of these names; Resources the names that Host.Resources knows.
	Self, Args, Vars, Env map[string]any
	// Run is the variable of that name, in the chain of `finally` only.
	Run       map[string]any
	Resources []string
	// Seed is the run's, for random().
	Seed int64
	// BlockItems is the most rows of a batch, about; 0: DefaultBlockItems.
	BlockItems int
}

// Build makes the chain of the given stages, which the planner has checked. The stages must not be changed any more.
func Build(stages []Stage, opts Options) (*Chain, error) {
	if opts.BlockItems <= 0 {
		opts.BlockItems = DefaultBlockItems
	}
	shared := &building{opts: opts, attempt: 1}
	shared.env = Env{Self: opts.Self, Args: opts.Args, Vars: opts.Vars, Env: opts.Env, Run: opts.Run, Resources: opts.Host.Resources()}
	b := &Builder{building: shared, frame: &frame{args: opts.Args, row: -1}}
	chain, err := b.Chain(stages)
	if err != nil {
		return nil, err
	}
	chain.root, chain.spoken, chain.kept = true, &shared.spoken, shared.kept
	for _, batch := range shared.batches {
		batch.tracked = shared.tracks
	}
	return chain, nil
}

// Builder is where an Operator's Build makes a node: it compiles fields, builds the chains inside of a stage and knows what the
// chain runs in.
type Builder struct {
	*building
	names  []string // bound by `as` before this stage; "" where a later one has the same name
	narrow bool     // the chain that this stage is in takes items one by one
	stage  *Stage
	frame  *frame // of the used chain that this stage is in
}

// building is what the builders of all chains of one Build share.
type building struct {
	opts    Options
	env     Env
	attempt int
	tracks  bool
	spoken  bool  // a program that takes a stream was started
	manual  Inbox // of the last `get` with `ack: manual` in the chain that is being built, or around it
	batches []*Batch
	kept    []kept
}

// Host is what the chain will run in.
func (b *Builder) Host() Host { return b.opts.Host }

// Dir is the spec's folder.
func (b *Builder) Dir() string { return b.opts.Dir }

// BlockItems is the most rows of a batch, about.
func (b *Builder) BlockItems() int { return b.opts.BlockItems }

// Attempt is where the number of the delivery that is worked on stands: `get` sets it, `delivery.attempt` reads it.
func (b *Builder) Attempt() *int { return &b.attempt }

// TrackIdentities says that the stage needs to know the identity of its rows.
func (b *Builder) TrackIdentities() { b.tracks = true }

// Chain builds a chain inside of the stage, which sees the names bound before the stage, and extra ones. Its rows are given to it
// by Push.
func (b *Builder) Chain(stages []Stage, extra ...string) (*Chain, error) {
	inner := &Builder{building: b.building, names: bind(b.names, extra...), narrow: b.narrow, frame: b.frame}
	inner.narrow = b.narrow || Narrow(stages)
	defer func(around Inbox) { b.manual = around }(b.manual)
	links, err := inner.flatten(stages)
	if err != nil {
		return nil, err
	}
	chain := &Chain{links: links, out: inner.NewBatch()}
	limitSteps(links, inner.narrow, b.opts.BlockItems)
	leaveRecords(links)
	chain.listen(b.opts.Host.Now)
	return chain, nil
}

// bind adds names. One that is there already is hidden by the new one.
func bind(names []string, more ...string) []string {
	names = slices.Clone(names)
	for _, name := range more {
		if i := slices.Index(names, name); i >= 0 {
			names[i] = ""
		}
		names = append(names, name)
	}
	return names
}

// NewBatch is an empty batch for rows as they come to this stage.
func (b *Builder) NewBatch() *Batch {
	batch := NewBatch(len(b.names), false)
	b.batches = append(b.batches, batch) // what is tracked is known at the end
	return batch
}

func (b *Builder) link(stage *Stage) (*link, error) {
	op := Lookup(stage.Op)
	if op == nil || op.Build == nil {
		return nil, fmt.Errorf("%s: operator %q cannot be run", stage.Pos, stage.Op)
	}
	here := &Builder{building: b.building, names: b.names, narrow: b.narrow, stage: stage, frame: b.frame}
	l := &link{stage: stage, in: here.NewBatch(), source: op.Source, binds: stage.As != "", uses: b.frame.uses}
	node, err := op.Build(here, stage)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", stage.Pos, stage.Op, err)
	}
	l.node = node
	if err := here.around(l); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", stage.Pos, stage.Op, err)
	}
	return l, nil
}

// around builds what the general keys say.
func (b *Builder) around(l *link) (err error) {
	stage := l.stage
	if stage.Call != nil { // its pool sees to the rest, in the order of the items
		stage = &Stage{OnError: stage.OnError, OnTimeout: stage.OnTimeout}
	}
	if l.when, err = b.Expr(stage.When); err != nil {
		return err
	}
	if l.timeout, err = b.Expr(stage.Timeout); err != nil {
		return err
	}
	if stage.Retry != nil {
		if l.retry, err = b.retrying(stage.Retry); err != nil {
			return err
		}
	}
	if l.onError, err = b.handling(stage.OnError); err != nil {
		return err
	}
	l.onTimeout, err = b.handling(stage.OnTimeout)
	return err
}

func (b *Builder) retrying(retry *Retry) (t *retrying, err error) {
	t = &retrying{}
	if t.times, err = b.Expr(retry.Times); err != nil {
		return nil, err
	}
	if t.backoff, err = b.Expr(retry.Backoff); err != nil {
		return nil, err
	}
	t.maxBackoff, err = b.Expr(retry.MaxBackoff)
	return t, err
}

func (b *Builder) handling(handler *Handler) (*handling, error) {
	if handler == nil {
		return nil, nil
	}
	h := &handling{then: handler.Then}
	if len(handler.Do) == 0 {
		return h, nil
	}
	chain, err := b.Chain(handler.Do, "error")
	if err != nil {
		return nil, err
	}
	h.chain = chain
	return h, nil
}

// Expr compiles a field. A field that was not given has a nil RowExpr.
func (b *Builder) Expr(src *Source) (*RowExpr, error) {
	if src == nil {
		return nil, nil
	}
	shape, err := Compile(src, b.scope())
	if err != nil {
		return nil, err
	}
	e := &RowExpr{shape: shape, env: &b.env, attempt: &b.attempt, names: len(b.names), args: b.frame.args, argsRow: -1}
	e.isItem = shape.expr != nil && isItem(shape.expr.Source())
	for _, name := range shape.Names() {
		if j := slices.Index(b.names, name); j >= 0 {
			e.bound = append(e.bound, j)
		} else if name == "delivery" {
			e.delivery = true
		} else if name == "args" {
			e.argsRow = b.frame.row
		}
	}
	e.fields.names, e.fields.whole = fieldsOf(shape)
	e.draws = draws(shape)
	e.salt = mix64(uint64(b.opts.Seed) ^ hashString(hashSeed, b.place()))
	b.tracks = b.tracks || e.delivery || e.draws
	return e, nil
}

// Exprs compiles several fields.
func (b *Builder) Exprs(sources []Source) ([]*RowExpr, error) {
	exprs := make([]*RowExpr, len(sources))
	for i := range sources {
		e, err := b.Expr(&sources[i])
		if err != nil {
			return nil, err
		}
		exprs[i] = e
	}
	return exprs, nil
}

// Option compiles an option of the stage; nil if it was not given.
func (b *Builder) Option(name string) (*RowExpr, error) { return b.Expr(b.stage.Options[name].Source) }

// Word is the value of an operand or option that is the same for all items, as text: a word of an Enum, a Name; "" if not given.
func (b *Builder) Word(f Field) (string, error) {
	e, err := b.Expr(f.Source)
	if err != nil || e == nil {
		return "", err
	}
	v, ok := e.Const()
	if !ok {
		return "", fmt.Errorf("a word is needed that is the same for all items")
	}
	return TextOf(v), nil
}

// Flag is the value of an option that is true or false, the same for all items; false if not given.
func (b *Builder) Flag(name string) (bool, error) {
	e, err := b.Option(name)
	if err != nil || e == nil {
		return false, err
	}
	v, ok := e.Const()
	is, isBool := v.(bool)
	if !ok || !isBool {
		return false, fmt.Errorf("`%s` must be true or false, the same for all items", name)
	}
	return is, nil
}

// place tells this stage from the others of a spec.
func (b *Builder) place() string {
	if b.stage == nil {
		return ""
	}
	return b.stage.Pos.short() + b.frame.place()
}

// origin makes identities for this stage's results.
func (b *Builder) origin() origin { return origin{stage: b.place()} }

// scope is what expressions here may read. The planner has checked them against the types, so that any will do.
func (b *Builder) scope() *Scope {
	s := &Scope{Vars: make(map[string]Type, len(variables)), Resources: make(map[string]Type, len(b.opts.Resources))}
	for i := range variables {
		s.Vars[variables[i].name] = AnyType
	}
	for _, name := range b.names {
		s.Bound = append(s.Bound, Binding{Name: name, Type: AnyType})
	}
	for _, name := range b.opts.Resources {
		s.Resources[name] = AnyType
	}
	return s
}

// draws says whether random() is called in any part.
func draws(s *Shape) bool {
	if s.expr != nil && s.expr.draws {
		return true
	}
	for i := range s.parts {
		if e := s.parts[i].expr; e != nil && e.draws {
			return true
		}
	}
	return slices.ContainsFunc(s.items, draws)
}
