package planner

import (
	"slices"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// withOut makes `out` known to what read evaluates, if the process creates something: the path is known in the run only, so that a word
// stands for it.
func (c *compiler) withOut(p *process, read func()) {
	if p.def.Creates.IsSet() {
		c.planScope.Vars["out"], c.planEnv.Out = stages.StringType, OutPlaceholder
		defer func() {
			delete(c.planScope.Vars, "out")
			c.planEnv.Out = nil
		}()
	}
	read()
}

// readCreates reads what a process with a command creates. Without a shell, the words of the command tell what it depends on.
func (c *compiler) readCreates(p *process, words []string) {
	n := p.def.Creates.Node
	if !p.def.Creates.IsSet() {
		return
	}
	path := c.text(p.def.Creates, "")
	if path == "" && !c.hasError(n) {
		c.errorAt(n, spec.CodeBadValue, "", "expected the path of a file, found nothing")
	}
	if p.plan.Replicas > 1 {
		c.errorAt(n, CodeCreates, "a pool of stages, each with creates, makes many files", "each of the %d replicas would create the same file", p.plan.Replicas)
	}
	for _, s := range []struct {
		has  bool
		node *spec.Node
		what string
	}{
		{p.def.Stdin != nil && len(p.def.Stdin.Get) > 0, nodeOf(p.def.Stdin), "its standard input is a queue"},
		{p.def.Stdout != nil && len(p.def.Stdout.Put) > 0, nodeOfOut(p.def.Stdout), "its standard output goes to a queue"},
	} {
		if s.has {
			c.at(spec.Error, n.At(), n.Path(), CodeCreates, "in stages, exec and shell take creates",
				"nobody can tell from a file's time whether the command must run: "+s.what, spec.Related{Range: s.node.At(), Message: s.what})
		}
	}
	if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, OutPlaceholder) || stages.MentionsVariable(w, "OUT") }) {
		c.unusedOut(n, p.def.Shell.IsSet())
	}
	p.plan.Creates = &Creates{Path: path}
	if p.def.Stdin != nil && p.def.Stdin.File.IsSet() {
		p.plan.Creates.Inputs = append(p.plan.Creates.Inputs, c.text(p.def.Stdin.File, ""))
	}
	if p.def.Shell.IsSet() {
		return
	}
	for i, word := range words {
		isPath := word != "" && !strings.HasPrefix(word, "-") && !strings.Contains(word, OutPlaceholder)
		if isPath && (i > 0 || strings.Contains(word, "/")) {
			p.plan.Creates.Inputs = append(p.plan.Creates.Inputs, word)
		}
	}
}

func nodeOf(s *spec.Stdin) *spec.Node {
	if s == nil {
		return nil
	}
	return s.Node
}

func nodeOfOut(s *spec.Stdout) *spec.Node {
	if s == nil {
		return nil
	}
	return s.Node
}

// unusedOut warns of a program that seems not to know where it is to write.
func (c *compiler) unusedOut(n *spec.Node, shell bool) {
	hint := "write ${{ out }} where the program takes the path of its output; shell: has it in \"$OUT\""
	if shell {
		hint = `as in: sort in.txt > "$OUT"`
	}
	c.warnAt(n, CodeCreatesOut, hint, "nothing here names ${{ out }} or $OUT, the path that the program must write to")
}

// dependOnCreated has what a process creates be out of date when what processes create that it depends on is newer.
func (c *compiler) dependOnCreated() {
	for _, p := range c.processes {
		if p.plan.Creates == nil {
			continue
		}
		for _, d := range p.plan.DependsOn {
			if on := c.symbols[d.Process].process; on != nil && on.plan.Creates != nil {
				p.plan.Creates.Inputs = append(p.plan.Creates.Inputs, within(within(c.opts.Dir, on.plan.Dir), on.plan.Creates.Path))
			}
		}
	}
}

// isWord says whether an option is a word.
func isWord(option stages.Field, word string) bool {
	return option.Source != nil && option.Source.Value == word
}

// checkCreates reports options beside `creates` that mean nothing there, and warns of a program that does not know where to write.
func (c *compiler) checkCreates(n *spec.Node, st *stages.Stage) bool {
	if _, creates := st.Options["creates"]; !creates {
		return true
	}
	ok := true
	for _, name := range []string{"format", "header"} {
		if e := n.Get(name); e != nil && !isWord(st.Options[name], "outcome") {
			c.errorIn(e.Key.At(), e.Value, CodeCreates, "read: reads the file in the next stage", "with creates the result is the path of the file, so that %s has no meaning", name)
			ok = false
		}
	}
	sources := slices.Clone(st.Operand.Sources)
	for _, s := range []*stages.Source{st.Operand.Source, st.Options["env"].Source, st.Options["input"].Source} {
		if s != nil {
			sources = append(sources, *s)
		}
	}
	if !slices.ContainsFunc(sources, mentionsOut) {
		c.unusedOut(n.Get("creates").Value, st.Op == "shell")
	}
	return ok
}

// mentionsOut says whether ${{ out }} or $OUT stands anywhere in a Source.
func mentionsOut(s stages.Source) bool {
	for _, p := range s.Parts {
		if p.Expr && stages.MentionsVariable(p.Text, "out") || !p.Expr && stages.MentionsVariable(p.Text, "OUT") {
			return true
		}
	}
	if text, ok := s.Value.(string); ok && stages.MentionsVariable(text, "OUT") {
		return true
	}
	return slices.ContainsFunc(s.Items, mentionsOut)
}
