package stages

import (
	"fmt"
	"slices"
)

// site is a PoolSite in a worker.
type site struct {
	def     *PoolSite
	chain   *Chain
	atOnce  bool // its tasks can go together
	crowd   crowd
	names   []string
	number  int // of the name that the number of the task is bound to
	when    *RowExpr
	timeout *RowExpr
	retry   *retrying
	rows    *Batch // as they come to the chain; replaced for each chunk
	boxes   map[int]Outbox
	saved   bool // the state of the chain has been written down since it was reset
}

// site builds a site. Behind the names that its task reads, its rows have the arguments, if it reads them, and the number of the task.
func (b *Builder) site(def *PoolSite) (*site, error) {
	s := &site{def: def, names: slices.Clone(def.Names), boxes: map[int]Outbox{}}
	inner := &Builder{building: b.building, frame: &frame{row: -1}, stage: &Stage{Op: "pool", Pos: def.Pos}}
	if def.Args {
		inner.frame.row = len(s.names)
		s.names = append(s.names, "")
	}
	s.number = len(s.names)
	s.names = append(s.names, "")
	inner.names = s.names
	var err error
	if s.chain, err = inner.Chain(def.Do); err != nil {
		return nil, err
	}
	if s.when, err = inner.Expr(def.When); err != nil {
		return nil, err
	}
	if s.timeout, err = inner.Expr(def.Timeout); err != nil {
		return nil, err
	}
	if def.Retry != nil {
		if s.retry, err = inner.retrying(def.Retry); err != nil {
			return nil, err
		}
	}
	s.rows = inner.NewBatch()
	s.atOnce = s.when == nil && s.timeout == nil && inner.isBlind(def.Do, s.retry != nil)
	if s.atOnce {
		for _, l := range s.chain.links {
			l.lost = s.lose
		}
	}
	return s, nil
}

// isBlind says whether no stage of a chain could tell whether the rows before it are of one stream, and keeps them in their order. Where a
// task is tried again nothing must be lost by that: a function that is called for it is not called for others once more.
func (b *Builder) isBlind(chain []Stage, retried bool) bool {
	seen := *b
	for _, st := range inline(chain) {
		switch st.Op {
		case "map", "filter", "flat_map", "extract":
		case "python":
			if retried {
				return false
			}
		case "through":
			if per := st.Options["per"].Source; retried || per != nil && per.Value != "item" {
				return false
			}
		default:
			return false
		}
		if st.OnError != nil || st.Retry != nil || st.Timeout != nil || seen.mentions(st.Operand.Source, "index") || seen.mentions(st.When, "index") {
			return false
		}
		if st.As != "" {
			seen.names = bind(seen.names, st.As)
		}
	}
	return true
}

// mentions says whether a field reads a variable, as far as can be seen.
func (b *Builder) mentions(src *Source, name string) bool {
	if src == nil {
		return false
	}
	shape, err := Compile(src, b.scope())
	return err != nil || slices.Contains(shape.Names(), name)
}

// box is where the outcomes for a replica of the caller go.
func (t *tasking) box(s *site, replica int) (Outbox, error) {
	box := s.boxes[replica]
	if box == nil {
		var err error
		if box, err = t.host.Outbox(Ref{Name: s.def.Results, Member: replica}); err != nil {
			return nil, fmt.Errorf("opening the results of the pool: %w", err)
		}
		s.boxes[replica] = box
	}
	return box, nil
}
