package stages

// reporting is `result`: a value goes into the run's report.
type reporting struct {
	name  *RowExpr
	value *RowExpr
}

func buildResult(b *Builder, stage *Stage) (Node, error) {
	name, err := b.Expr(stage.Operand.Source)
	if err != nil {
		return nil, err
	}
	value, err := b.keyOf(stage.Options["value"].Source)
	return &reporting{name: name, value: value}, err
}

func (p *reporting) Step(r *Run, in, out *Batch) error {
	name, err := p.name.Text(in, 0)
	if err != nil {
		return err
	}
	value, err := p.value.At(in, 0)
	if err != nil {
		return err
	}
	ok, err := r.Outlet().Result(name, value)
	return passOn(r, in, out, ok, err)
}

// passOn lets the first row go on if the Outlet has taken what comes of it, and else waits until it can be tried again.
func passOn(r *Run, in, out *Batch, taken bool, err error) error {
	if err != nil {
		return err
	}
	if !taken {
		return r.Await(r.Outlet())
	}
	out.EmitRows(in, 0, 1)
	in.Drop(1)
	return nil
}

// logging is `log`: a line of the run's log.
type logging struct {
	text  *RowExpr
	level string
}

func buildLog(b *Builder, stage *Stage) (Node, error) {
	text, err := b.keyOf(stage.Operand.Source)
	if err != nil {
		return nil, err
	}
	level, err := b.Word(stage.Options["level"])
	if level == "" {
		level = "info"
	}
	return &logging{text: text, level: level}, err
}

func (p *logging) Step(r *Run, in, out *Batch) error {
	text, err := p.text.Text(in, 0)
	if err != nil {
		return err
	}
	ok, err := r.Outlet().Log(p.level, text)
	return passOn(r, in, out, ok, err)
}

// failNode is `fail`: the item fails with a text, and the process with a code unless somebody deals with it.
type failNode struct {
	text, code *RowExpr
}

func buildFail(b *Builder, stage *Stage) (Node, error) {
	text, err := b.keyOf(stage.Operand.Source)
	if err != nil {
		return nil, err
	}
	code, err := b.Option("code")
	return &failNode{text: text, code: code}, err
}

func (p *failNode) Step(_ *Run, in, _ *Batch) error {
	text, err := p.text.Text(in, 0)
	if err != nil {
		return err
	}
	code, err := p.code.Int(in, 0)
	if err != nil {
		return err
	}
	if code < 0 || code > 255 {
		return Failf("expression", "an exit code is a number from 0 to 255, not %d", code)
	}
	return &ItemError{Type: "fail", Message: text, Code: code}
}
