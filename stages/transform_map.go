package stages

// mapping is `map`: the item becomes the value of an expression.
type mapping struct {
	expr    *RowExpr
	results Column
}

func buildMap(b *Builder, stage *Stage) (Node, error) {
	expr, err := b.Expr(stage.Operand.Source)
	return &mapping{expr: expr}, err
}

func (m *mapping) Step(r *Run, in, out *Batch) error {
	m.results.Reset()
	err := m.expr.Results(&m.results, in, min(in.Len(), r.Limit))
	done := m.results.Len()
	out.EmitColumn(in, &m.results)
	in.Drop(done)
	return before(done, err)
}

// before is the error of a Step that came to a row which fails after done others: none at first, so that these are worked off
// before anything is made of the failure.
func before(done int, err error) error {
	if done > 0 {
		return nil
	}
	return err
}

// filtering is `filter`: items for which a condition holds go on.
type filtering struct {
	cond *RowExpr
	keep []bool
}

func buildFilter(b *Builder, stage *Stage) (Node, error) {
	cond, err := b.Expr(stage.Operand.Source)
	return &filtering{cond: cond}, err
}

func (f *filtering) Step(r *Run, in, out *Batch) error {
	keep, err := f.cond.Conditions(f.keep[:0], in, min(in.Len(), r.Limit))
	f.keep = keep
	emitKept(in, out, keep)
	in.Drop(len(keep))
	return before(len(keep), err)
}

// emitKept emits the rows of in that are to be kept, as they are.
func emitKept(in, out *Batch, keep []bool) {
	start := 0 // of a run of rows to be kept
	for i, kept := range keep {
		if !kept {
			out.EmitRows(in, start, i)
			start = i + 1
		}
	}
	out.EmitRows(in, start, len(keep))
}
