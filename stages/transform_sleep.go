package stages

// sleeping is `sleep`: each item goes on after a pause. A replacement of a worker that died in a pause begins it anew.
type sleeping struct {
	pause *RowExpr
}

func buildSleep(b *Builder, stage *Stage) (Node, error) {
	pause, err := b.Expr(stage.Operand.Source)
	return &sleeping{pause: pause}, err
}

func (s *sleeping) Step(r *Run, in, out *Batch) error {
	d, err := s.pause.Duration(in, 0)
	if err != nil {
		return err
	}
	if err := r.pause(d); err != nil {
		return err
	}
	out.EmitRows(in, 0, 1)
	in.Drop(1)
	return nil
}
