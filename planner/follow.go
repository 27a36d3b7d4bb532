package planner

import (
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// checkReading reports options of `read` that cannot be had together, and such as must be the same for all items.
func (c *compiler) checkReading(n *spec.Node, st *stages.Stage) bool {
	if st.Op != "read" {
		return true
	}
	for _, name := range [...]string{"follow", "split"} {
		if src := st.Options[name].Source; src != nil && src.Kind != stages.SourceLiteral {
			e := n.Get(name)
			c.errorIn(e.Key.At(), e.Value, CodeFollow, "", "%s of read is true or false, the same for all items", name)
			return false
		}
	}
	e := n.Get("follow")
	if e == nil || !isTrue(st, "follow") {
		return true
	}
	format := st.Options["format"].Source
	switch {
	case isTrue(st, "split"):
		c.errorIn(e.Key.At(), e.Value, CodeFollow, "follow the file in one replica, and put the items into a queue", "follow and split cannot be had together")
	case format != nil && format.Value == "bytes":
		c.errorIn(e.Key.At(), e.Value, CodeFollow, "", "follow needs a format with records: bytes end where the file does, and that never comes")
	case len(st.Operand.Sources) > 1:
		c.errorIn(e.Key.At(), e.Value, CodeFollow, "a process for each can put what it reads into one queue", "follow reads one file, since the first would never end")
	default:
		return true
	}
	return false
}

// isTrue says whether an option is true for all items.
func isTrue(st *stages.Stage, option string) bool {
	src := st.Options[option].Source
	return src != nil && src.Kind == stages.SourceLiteral && src.Value == true
}
