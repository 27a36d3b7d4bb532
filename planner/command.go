package planner

import (
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// words gives the words of a command, with their ${{ }} replaced.
func (c *compiler) words(command spec.Command) []string {
	words := make([]string, len(command.Words))
	for i, w := range command.Words {
		value, _ := c.template(w)
		words[i] = stages.TextOf(value)
		c.warnSecret(w.Node, words[i])
	}
	return words
}

// warnSecret warns of a value from an environment file that becomes an argument of a program.
func (c *compiler) warnSecret(n *spec.Node, text string) {
	if c.secrets.Mask(text) != text {
		c.warnSecretAt(n)
	}
}

func (c *compiler) warnSecretAt(n *spec.Node) {
	c.warnAt(n, CodeSecretArgument, "the program has the variables of the env_file in its environment",
		"a value of an env_file becomes an argument of the program, which everybody on the machine can read")
}

func (c *compiler) readCommand(p *process) {
	var words []string
	c.withOut(p, func() { words = c.words(p.def.Command) })
	c.readCreates(p, words)
	c.wireStdio(p, words, p.def.Command.Node)
}

// readShell makes a command of a script. What its ${{ }} can read is known when the plan is made, so nothing of the run's data gets
// into it.
func (c *compiler) readShell(p *process) {
	if c.readsRun(p.def.Shell) {
		p.unknown = true
		return
	}
	script := c.text(spec.Text(p.def.Shell), "")
	c.warnSecret(p.def.Shell.Node, script)
	words := []string{"/bin/sh", "-c", script}
	c.readCreates(p, words)
	c.wireStdio(p, words, p.def.Shell.Node)
}

// readsRun reports what of a script would be data of the run, which the shell would read as script.
func (c *compiler) readsRun(script spec.Script) bool {
	scope := &stages.Scope{Vars: map[string]stages.Type{}}
	for _, name := range stages.Variables() {
		scope.Vars[name] = stages.AnyType
	}
	found := false
	for _, part := range script.Template.Parts {
		e, err := stages.CompileExpr(part.Source, scope)
		if !part.IsExpr || err != nil {
			continue // what does not compile is reported with the rest
		}
		for _, name := range e.Names() {
			if _, known := c.planScope.Vars[name]; !known {
				n := script.Node
				hint := "hand it over in the environment, or use command, which has no shell"
				if name == "out" {
					hint = mendedScript(name)
				}
				c.errorIn(n.RangeAt(part.Offset, part.Offset+len(part.Source)), n, CodeInjection, hint,
					"a script cannot read %s: the shell would take the run's data for script", name)
				found = true
			}
		}
	}
	return found
}

// wireStdio decides how a command is run: directly, with files as its standard streams, or as a chain get - through - put in a
// worker if a queue is at one of its ends.
func (c *compiler) wireStdio(p *process, words []string, n *spec.Node) {
	p.plan.Programs = true
	in, out, errs := p.def.Stdin, p.def.Stdout, p.def.Stderr
	if in != nil {
		c.checkNotEmpty(in.Node, "get")
	}
	if out != nil {
		c.checkNotEmpty(out.Node, "put")
	}
	if (in == nil || len(in.Get) == 0) && (out == nil || len(out.Put) == 0) {
		p.plan.Command = words
		p.plan.Stdin = c.stdin(in)
		p.plan.Stdout = c.stdout(out)
		p.plan.Stderr = c.stdout(errs)
		p.plan.Files = p.plan.Stdout.Kind == "file" || p.plan.Stderr.Kind == "file"
		return
	}
	c.refuseBesideQueues(p)
	b := chainBuilder{compiler: c, process: p}
	b.source(in)
	b.program(words, n, in, out)
	b.sink(out)
	p.plan.Stages = b.stages
	for i := range p.plan.Stages { // the addresses are final now
		c.notes[&p.plan.Stages[i]] = b.notes[i]
	}
}

// checkNotEmpty reports an empty list of queues.
func (c *compiler) checkNotEmpty(n *spec.Node, key string) {
	if e := n.Get(key); e != nil && e.Value.Kind == spec.Seq && len(e.Value.Items) == 0 {
		c.errorAt(e.Value, spec.CodeWrongKind, "", "expected a queue, found an empty list")
	}
}

// refuseBesideQueues reports what the chain that feeds a program from queues cannot do yet.
func (c *compiler) refuseBesideQueues(p *process) {
	if s := p.def.Stderr; s != nil && s.Word.Word != "log" && (s.Node.Kind == spec.Map || s.Word.IsSet()) {
		c.errorAt(s.Node, CodeNotAvailable, "", "this version of mprun can only log the standard error of a command with queues")
	}
	if len(p.def.Success) > 0 {
		c.errorAt(p.def.Success[0].Node, CodeNotAvailable, "", "this version of mprun has no success_codes for a command with queues yet")
	}
}

// stdin is a command's standard input, by default none.
func (c *compiler) stdin(def *spec.Stdin) Stdio {
	switch {
	case def == nil:
		return Stdio{Kind: "none"}
	case def.File.IsSet():
		return Stdio{Kind: "file", Path: c.text(def.File, "")}
	case def.Word.IsSet():
		return Stdio{Kind: def.Word.Word}
	}
	return Stdio{Kind: "none"} // what it is has been refused
}

// stdout is a command's standard output or error, by default the log.
func (c *compiler) stdout(def *spec.Stdout) Stdio {
	switch {
	case def == nil:
		return Stdio{Kind: "log"}
	case def.File.IsSet():
		return Stdio{Kind: "file", Path: c.text(def.File, "")}
	case def.Word.IsSet():
		return Stdio{Kind: def.Word.Word}
	}
	return Stdio{Kind: "log"} // what it is has been refused
}

// chainBuilder builds the chain that a command with queues is.
type chainBuilder struct {
	*compiler
	process *process
	stages  []stages.Stage
	notes   []*stageNote
}

// add appends a stage that the spec does not have, but whose position is that of n.
func (b *chainBuilder) add(op string, n *spec.Node, operand stages.Field, options map[string]stages.Field) {
	b.stages = append(b.stages, stages.Stage{Op: op, Pos: posOf(n), Operand: operand, Options: options})
	b.notes = append(b.notes, &stageNote{op: stages.Lookup(op), key: n, node: n})
}

func word(text string, n *spec.Node) stages.Field { return stages.Field{Source: literal(text, n)} }

// source is where the program's input comes from.
func (b *chainBuilder) source(def *spec.Stdin) {
	switch {
	case def == nil || def.Word.Word == "none":
		b.add("items", b.process.def.Key, stages.Field{Source: literal([]any{}, b.process.def.Key)}, nil)
	case len(def.Get) > 0:
		b.add("get", def.Node, stages.Field{Places: b.queues(def.Get)}, nil)
	case def.Word.Word == "inherit":
		b.add("read", def.Node, stages.Field{Sources: []stages.Source{*literal("-", def.Node)}}, asItIs(def.Node, "pieces"))
	case def.File.IsSet():
		path := literal(b.text(def.File, ""), def.Node)
		b.add("read", def.Node, stages.Field{Sources: []stages.Source{*path}}, asItIs(def.Node, "pieces"))
	}
}

// queues is queues as places.
func (b *chainBuilder) queues(list []spec.Place) []stages.Place {
	nodes := make([]*spec.Node, 0, len(list))
	for i := range list {
		if list[i].IsSet() { // else it has been reported
			nodes = append(nodes, list[i].Node)
		}
	}
	places, ok := b.decodePlaceList(nodes, []string{"queue"})
	b.process.unknown = b.process.unknown || !ok || len(nodes) < len(list)
	return places
}

// program is the program itself.
func (b *chainBuilder) program(words []string, n *spec.Node, in *spec.Stdin, out *spec.Stdout) {
	operand := stages.Field{Sources: make([]stages.Source, len(words))}
	for i, w := range words {
		operand.Sources[i] = *literal(w, n)
	}
	options := map[string]stages.Field{"per": word("stream", n), "format": word(formatWord(in), n)}
	if writes := formatWordOut(out); writes != options["format"].Source.Value {
		options[stages.AnswersOption] = word(writes, n)
	}
	b.add("through", n, operand, options)
}

// formatWord is the format in which a program gets its input. What comes from a file or a terminal is passed on as it is, line by line.
func formatWord(in *spec.Stdin) string {
	switch {
	case in != nil && len(in.Get) == 0:
		return "pieces"
	case in != nil && in.Format.IsSet():
		return in.Format.Word
	}
	return "lines"
}

// formatWordOut is the format in which a program's output is read. What goes elsewhere than into a queue is passed on as it is, line by
// line.
func formatWordOut(out *spec.Stdout) string {
	switch {
	case out == nil || out.Word.Word == "log":
		return "log"
	case len(out.Put) == 0:
		return "pieces"
	case out.Format.IsSet():
		return out.Format.Word
	}
	return "lines"
}

// sink is where the program's output goes.
func (b *chainBuilder) sink(def *spec.Stdout) {
	n := b.process.def.Key
	switch {
	case def == nil || def.Word.Word == "log":
		b.add("log", n, itemText(n), nil)
	case len(def.Put) > 0:
		b.add("put", def.Node, stages.Field{Places: b.queues(def.Put)}, nil)
	case def.Word.Word == "inherit":
		b.add("write", def.Node, word("-", def.Node), asItIs(def.Node, "bytes"))
	case def.File.IsSet():
		b.add("write", def.Node, word(b.text(def.File, ""), def.Node), asItIs(def.Node, "bytes"))
	}
}

// asItIs is the options of a `read` or `write` of bytes as they are.
func asItIs(n *spec.Node, format string) map[string]stages.Field {
	return map[string]stages.Field{"format": word(format, n), stages.RawOption: {Source: literal(true, n)}}
}

// itemText is the text ${{ item }}.
func itemText(n *spec.Node) stages.Field {
	return stages.Field{Source: &stages.Source{
		Kind: stages.SourceText, Pos: posOf(n), Parts: []stages.TextPart{{Text: "item", Expr: true, Pos: posOf(n)}},
	}}
}
