package stages

import (
	"fmt"
	"slices"
)

// site is a PoolSite in a worker.
type site struct {
	def     *PoolSite
	chain   *Chain
	atOnce  bool // no stage can tell whether rows come one by one
	alike   bool // and each row has one result
	names   []string
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
	s.atOnce = s.when == nil && s.timeout == nil && inner.isBlind(def.Do)
	s.alike = s.atOnce && !slices.ContainsFunc(inline(def.Do), func(st *Stage) bool { return st.Op != "map" || st.When != nil })
	return s, nil
}

// isBlind says whether no stage of a chain could tell whether the rows before it are of one stream, and nothing is lost where it is run once
// more.
func (b *Builder) isBlind(chain []Stage) bool {
	return !slices.ContainsFunc(inline(chain), func(st *Stage) bool {
		switch st.Op {
		case "map", "filter", "flat_map", "extract":
		default:
			return true
		}
		return st.OnError != nil || st.Retry != nil || b.mentions(st.Operand.Source, "index") || b.mentions(st.When, "index")
	})
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
