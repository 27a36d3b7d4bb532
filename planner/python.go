package planner

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// pythonName is the operator that calls a function of Python.
const pythonName = "python"

// maxModule is how long the text of a module may be for its function to be looked for, in bytes.
const maxModule = 1 << 20

// checkPython looks for what a `python` stage names, as far as that can be known without running anything: the interpreter, and the function
// in a module whose file is found where modules are looked for first.
func (c *compiler) checkPython(p *process, st *stages.Stage, dir string) {
	note := c.notes[st]
	if st.Op != pythonName || note == nil || note.op == nil {
		return
	}
	interpreter, known := "python3", true
	n, at := note.key, note.key.At()
	if named := st.Options["interpreter"].Source; named != nil {
		if o, ok := c.origins[named]; ok {
			n, at = o.node, o.node.At()
		}
		interpreter, known = c.constant(named)
	}
	if known && interpreter != "" && c.host.LookPath(within(dir, stages.VenvPython(interpreter)), dir, "") != nil {
		c.checkProgram(p, interpreter, dir, n, at)
	}
	folders, known := c.moduleFolders(st, dir)
	for _, field := range []stages.Field{st.Operand, st.Options["init"]} {
		c.checkFunction(field, folders, known)
	}
}

// moduleFolders is where modules are looked for first; known is false if that depends on what is not known yet.
func (c *compiler) moduleFolders(st *stages.Stage, dir string) (folders []string, known bool) {
	for i := range st.Options["path"].Sources {
		folder, ok := c.constant(&st.Options["path"].Sources[i])
		if !ok {
			return nil, false
		}
		folders = append(folders, within(dir, folder))
	}
	return append(folders, dir), true
}

// checkFunction checks a name of a function. With known, its module is looked for in folders.
func (c *compiler) checkFunction(f stages.Field, folders []string, known bool) {
	if f.Source == nil {
		return
	}
	o, ok := c.origins[f.Source]
	name, constant := c.constant(f.Source)
	if !ok || !constant || c.hasError(o.node) {
		return
	}
	module, function, ok := stages.PythonName(name)
	if !ok {
		c.errorAt(o.node, CodePythonFunction, "as in statistics:median", "expected module:function, found %q", name)
		return
	}
	if !known {
		return
	}
	for _, folder := range folders {
		path := filepath.Join(folder, filepath.Join(strings.Split(module, ".")...))
		for _, file := range []string{filepath.Join(path, "__init__.py"), path + ".py"} { // a package comes first
			text, err := c.host.ReadFile(file, maxModule)
			if err != nil {
				continue
			}
			c.checkDefined(o.node, file, string(text), function)
			return
		}
	}
}

// checkDefined reports a function that a module cannot have: its name is nowhere in the text, which does not make names in ways that do not
// show them either.
func (c *compiler) checkDefined(n *spec.Node, file, text, function string) {
	name, _, _ := strings.Cut(function, ".")
	words := map[string]bool{}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !isWordRune(r) }) {
		words[word] = true
	}
	if words[name] || slices.ContainsFunc([]string{"globals", "setattr", "exec", "eval", "__getattr__", "vars", "locals"}, func(w string) bool { return words[w] }) ||
		strings.Contains(text, "import *") {
		return
	}
	var defined []string
	for _, m := range regexp.MustCompile(`(?m)^(?:async +)?(?:def|class) +(\w+)`).FindAllStringSubmatch(text, -1) {
		defined = append(defined, m[1])
	}
	c.errorAt(n, CodePythonFunction, didYouMean(name, defined), "%s has no function %q", filepath.Base(file), name)
}
