package planner

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// checkPrograms looks for the programs that are known before the run. Where a command, its folder or its environment has an error
// the program is not known.
func (c *compiler) checkPrograms() {
	for _, p := range c.processes {
		if c.hasError(p.def.Cwd.Node) || slices.ContainsFunc(p.def.Env, func(e spec.MapEntry[spec.Text]) bool { return c.hasError(e.Value.Node) }) {
			continue
		}
		dir := within(c.opts.Dir, p.plan.Dir)
		if len(p.plan.Command) > 0 && p.def.Command.IsSet() {
			c.checkProgram(p, p.plan.Command[0], dir, p.def.Command.Node, c.wordRange(p.def.Command))
		}
		if words := p.plan.Stop.Command; len(words) > 0 {
			c.checkProgram(p, words[0], dir, p.def.Stop.Command.Node, c.wordRange(p.def.Stop.Command))
		}
		Walk(p.plan.Stages, func(st *stages.Stage) {
			c.checkStageProgram(p, st, dir)
			c.checkPython(p, st, dir)
		})
	}
}

// wordRange is where the first word of a command was written.
func (c *compiler) wordRange(command spec.Command) spec.Range {
	if len(command.Words) == 0 || len(command.Words[0].Parts) == 0 {
		return command.Node.At()
	}
	w := command.Words[0]
	last := w.Parts[len(w.Parts)-1]
	if last.IsExpr {
		return w.Node.At()
	}
	return w.Node.RangeAt(w.Parts[0].Offset, last.Offset+len(last.Source))
}

func (c *compiler) checkStageProgram(p *process, st *stages.Stage, dir string) {
	note := c.notes[st]
	if note == nil || note.op == nil || note.op.Operand.Kind != stages.CommandField || len(st.Operand.Sources) == 0 {
		return
	}
	name, known := c.constant(&st.Operand.Sources[0])
	if !known {
		return // it is named by the items
	}
	if cwd := st.Options["cwd"].Source; cwd != nil {
		path, known := c.constant(cwd)
		if !known && strings.Contains(name, "/") {
			return
		}
		dir = within(dir, path)
	}
	n, at := note.key, note.key.At()
	if o, ok := c.origins[&st.Operand.Sources[0]]; ok && len(o.offsets) > 0 {
		n, at = o.node, o.node.RangeAt(o.offsets[0], o.offsets[0]+len(name))
	}
	c.checkProgram(p, name, dir, n, at)
}

// within is a path as seen from a folder.
func within(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// programNames are the programs in the folders of a PATH. Listing them takes a while, so each PATH is listed once.
func (c *compiler) programNames(path string) []string {
	names, known := c.programs[path]
	if !known {
		names = c.host.Programs(path)
		c.programs[path] = names
	}
	return names
}

func (c *compiler) checkProgram(p *process, name, dir string, n *spec.Node, at spec.Range) {
	if c.hasError(n) {
		return
	}
	path, ok := p.plan.lookupEnv("PATH")
	if !ok {
		path = c.host.Environ()["PATH"]
	}
	err := c.host.LookPath(name, dir, path)
	if err == nil {
		return
	}
	hint := ""
	switch {
	case strings.ContainsAny(name, " \t"):
		hint = "a list gives each word of a command by itself; this one has a space in its first"
	case !strings.Contains(name, "/"):
		hint = didYouMean(name, c.programNames(path))
	}
	c.errorIn(at, n, CodeUnknownProgram, hint, "cannot run %q: %s", name, err)
}
