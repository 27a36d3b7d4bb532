package stages

// counting is `take` and `skip`: the first so many items go on, or do not.
type counting struct {
	count *RowExpr
	known bool // the count has been computed, for the first item
	left  int  // items until it is reached
	take  bool
}

func buildTake(b *Builder, stage *Stage) (Node, error) {
	count, err := b.Expr(stage.Operand.Source)
	return &counting{count: count, take: true}, err
}

func buildSkip(b *Builder, stage *Stage) (Node, error) {
	count, err := b.Expr(stage.Operand.Source)
	return &counting{count: count}, err
}

func (c *counting) Step(r *Run, in, out *Batch) error {
	if !c.known {
		n, err := c.count.Count(in, 0)
		if err != nil {
			return err
		}
		c.known, c.left = true, n
	}
	if c.take {
		n := min(in.Len(), r.Limit, c.left)
		out.EmitRows(in, 0, n)
		in.Drop(n)
		if c.left -= n; c.left == 0 {
			return EndOfStream
		}
		return nil
	}
	skipped := min(in.Len(), c.left)
	in.Drop(skipped)
	c.left -= skipped
	n := min(in.Len(), r.Limit)
	out.EmitRows(in, 0, n)
	in.Drop(n)
	return nil
}

func (c *counting) Save(w *StateWriter, _ bool) {
	w.Bool(c.known)
	w.Int(c.left)
}

func (c *counting) Load(r *StateReader, _ bool) error {
	c.known, c.left = r.Bool(), r.Int()
	return r.Err()
}

func (c *counting) Reset() { c.known, c.left = false, 0 }
