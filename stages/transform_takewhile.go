package stages

// takingWhile is `take_while`: items go on until a condition does not hold.
type takingWhile struct {
	cond *RowExpr
	keep []bool
}

func buildTakeWhile(b *Builder, stage *Stage) (Node, error) {
	cond, err := b.Expr(stage.Operand.Source)
	return &takingWhile{cond: cond}, err
}

func (t *takingWhile) Step(r *Run, in, out *Batch) error {
	keep, err := t.cond.Conditions(t.keep[:0], in, min(in.Len(), r.Limit))
	t.keep = keep
	n := 0
	for n < len(keep) && keep[n] {
		n++
	}
	out.EmitRows(in, 0, n)
	in.Drop(n)
	if n < len(keep) {
		return EndOfStream
	}
	return before(n, err)
}
