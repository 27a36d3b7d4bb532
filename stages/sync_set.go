package stages

// setting is `set`, `clear`, `abort`, `reset`: something is done to each of the places. One commit makes visible what came before, so that who
// goes on finds it there; the next does it. The row has left the stage in that one: it is done once.
type setting struct {
	chosen
	change func(Ref) error
}

func buildSet(b *Builder, stage *Stage) (Node, error)   { return buildSetting(b, stage, true) }
func buildClear(b *Builder, stage *Stage) (Node, error) { return buildSetting(b, stage, false) }

func buildSetting(b *Builder, stage *Stage, on bool) (Node, error) {
	c, err := b.chosen(stage)
	host := b.Host()
	return &setting{chosen: c, change: func(ref Ref) error {
		e, err := host.Event(ref)
		if err == nil {
			e.Set(on)
		}
		return err
	}}, err
}

func buildAbort(b *Builder, stage *Stage) (Node, error) { return buildMending(b, stage, Barrier.Abort) }

func buildReset(b *Builder, stage *Stage) (Node, error) { return buildMending(b, stage, Barrier.Reset) }

func buildMending(b *Builder, stage *Stage, do func(Barrier)) (Node, error) {
	c, err := b.chosen(stage)
	host := b.Host()
	return &setting{chosen: c, change: func(ref Ref) error {
		barrier, err := host.Barrier(ref)
		if err == nil {
			do(barrier)
		}
		return err
	}}, err
}

func (n *setting) Step(r *Run, in, out *Batch) error {
	refs, err := n.refs(in)
	if err != nil {
		return err
	}
	if err := r.Commit(); err != nil {
		return err
	}
	for _, ref := range refs {
		if err := n.change(ref); err != nil {
			return err
		}
	}
	n.Skip()
	out.EmitRows(in, 0, 1)
	in.Drop(1)
	return r.Commit()
}
