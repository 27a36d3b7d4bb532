package planner

import (
	"strings"

	"github.com/mprun/mprun/spec"
)

// notYet lists the keys of the language that this version cannot carry out. In a path, * stands for any key and [] for any element
// of a list.
var notYet = [...]struct {
	path   string
	unless string // the value that asks for nothing: the default
}{
	{path: "pipes"},
	{path: "managers"},
	{path: "listeners"},
	{path: "pools"},
	{path: "PROCESS.start_method", unless: "spawn"},
	{path: "PROCESS.ready"},
	{path: "PROCESS.limits"},
	{path: "PROCESS.user"},
	{path: "PROCESS.watch"},
	{path: "PROCESS.stdin.pipe"},
	{path: "PROCESS.stdout.pipe"},
	{path: "PROCESS.stderr.put"},
	{path: "PROCESS.stderr.pipe"},
}

// checkAvailable refuses the keys of the document that cannot be carried out yet.
func (c *compiler) checkAvailable() {
	for _, k := range notYet {
		path := k.path
		if rest, ok := strings.CutPrefix(path, "PROCESS."); ok {
			c.refuse(c.doc.Root, "defaults."+rest, k.unless)
			path = "processes.*." + rest
		}
		c.refuse(c.doc.Root, path, k.unless)
	}
}

// refuse reports the keys below n that path leads to.
func (c *compiler) refuse(n *spec.Node, path, unless string) {
	if n == nil || n.Kind != spec.Map {
		return
	}
	name, rest, more := strings.Cut(path, ".")
	for _, e := range n.Keys {
		if name != "*" && e.Key.Text != name || strings.HasPrefix(e.Key.Text, "x-") {
			continue
		}
		switch {
		case more:
			c.refuse(e.Value, rest, unless)
		case !isOneOf(e.Value, unless):
			c.notAvailable(e, e.Key.Text)
		}
	}
}

// isOneOf says that a value is one of the words of a list divided by |.
func isOneOf(n *spec.Node, words string) bool {
	return words != "" && n.IsScalar() && strings.Contains("|"+words+"|", "|"+n.Text+"|")
}

// notAvailable reports a key that cannot be carried out yet.
func (c *compiler) notAvailable(e *spec.Entry, what string) {
	c.errorIn(e.Key.At(), e.Value, CodeNotAvailable, "", "this version of mprun cannot run %q yet", what)
}
