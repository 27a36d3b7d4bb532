package planner

import (
	"strings"

	"github.com/mprun/mprun/spec"
)

// notYet lists the keys of the language that this version cannot carry out. In a path, * stands for any key and [] for any element
// of a list.
var notYet = [...]string{
	"pipes",
	"managers",
	"listeners",
	"PROCESS.ready",
	"PROCESS.user",
	"PROCESS.watch",
	"PROCESS.stdin.pipe",
	"PROCESS.stdout.pipe",
	"PROCESS.stderr.put",
	"PROCESS.stderr.pipe",
}

// Unavailable is the paths of the keys that this version cannot carry out, from the top of a spec on, with all that is below them; * stands
// for any name. The caller owns it.
func Unavailable() []string {
	var paths []string
	for _, path := range notYet {
		if rest, ok := strings.CutPrefix(path, "PROCESS."); ok {
			paths = append(paths, "defaults."+rest)
			path = "processes.*." + rest
		}
		paths = append(paths, path)
	}
	return paths
}

// checkAvailable refuses the keys of the document that cannot be carried out yet.
func (c *compiler) checkAvailable() {
	for _, path := range Unavailable() {
		c.refuse(c.doc.Root, path)
	}
}

// refuse reports the keys below n that path leads to.
func (c *compiler) refuse(n *spec.Node, path string) {
	if n == nil || n.Kind != spec.Map {
		return
	}
	name, rest, more := strings.Cut(path, ".")
	for _, e := range n.Keys {
		if name != "*" && e.Key.Text != name || strings.HasPrefix(e.Key.Text, "x-") {
			continue
		}
		if more {
			c.refuse(e.Value, rest)
		} else {
			c.notAvailable(e, e.Key.Text)
		}
	}
}

// notAvailable reports a key that cannot be carried out yet.
func (c *compiler) notAvailable(e *spec.Entry, what string) {
	c.errorIn(e.Key.At(), e.Value, CodeNotAvailable, "", "this version of mprun cannot run %q yet", what)
}
