package planner

import (
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// checkMeaning reports options that have no meaning beside the others of a stage that runs a program, or prints.
func (c *compiler) checkMeaning(n *spec.Node, st *stages.Stage) bool {
	ok := true
	without := func(option, mended, why string) {
		if _, has := st.Options[option]; has {
			e := n.Get(option)
			c.errorIn(e.Key.At(), e.Value, CodeNoMeaning, mended, "%s, so that %s has no meaning", why, option)
			ok = false
		}
	}
	switch st.Op {
	case "exec", "shell":
		_, live := st.Options["live"]
		for _, option := range []string{"spill", "prefix"} {
			switch {
			case !isWord(st.Options["format"], "outcome"):
				without(option, "add format: outcome", "what the program writes is read as its result")
			case live:
				without(option, "live is the text before each line", "with live nothing is kept of what the program writes")
			}
		}
	case "print":
		if isWord(st.Options["from"], "file") {
			without("end", "", "what the file holds is printed as it is")
		}
	}
	return ok
}
