package stages

// throttling is `throttle`: items go on no faster than a rate, which all replicas share. It keeps nothing to itself: whoever waits for a
// turn has none yet, so that one who dies or times out while waiting wastes none.
type throttling struct {
	rate, by *RowExpr
	limiter  Limiter
	key      []byte
}

func buildThrottle(b *Builder, stage *Stage) (Node, error) {
	rate, err := b.Expr(stage.Operand.Source)
	if err != nil {
		return nil, err
	}
	by, err := b.Option("by")
	if err != nil {
		return nil, err
	}
	limiter, err := b.Host().Limiter(stage.Limit)
	return &throttling{rate: rate, by: by, limiter: limiter}, err
}

func (t *throttling) Step(r *Run, in, out *Batch) error {
	interval, err := t.rate.Rate(in, 0)
	if err != nil {
		return err
	}
	t.key = t.key[:0]
	if t.by != nil {
		key, err := t.by.At(in, 0)
		if err != nil {
			return err
		}
		t.key = appendCanonical(t.key, key)
	}
	now := r.Now()
	if wait := t.limiter.Take(t.key, now, interval); wait > 0 {
		return r.AwaitTime(later(now, wait))
	}
	out.EmitRows(in, 0, 1)
	in.Drop(1)
	return nil
}
