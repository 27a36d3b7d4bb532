package planner

import (
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// checkOne finds lists of what is taken, given back, notified or waited for one by one.
func (c *compiler) checkOne(operator *spec.Entry, st *stages.Stage) bool {
	hint := "make a stage of each"
	switch {
	case len(st.Operand.Places) < 2:
		return true
	case st.Op == "acquire":
		hint = "several are taken by lock, in one order everywhere"
	case st.Op == "wait" && st.Operand.Places[0].Kind == "condition":
	case st.Op != "release" && st.Op != "notify":
		return true
	}
	c.errorAt(operator.Value.Items[1], spec.CodeWrongKind, hint, "%s takes one, found a list of %d", st.Op, len(st.Operand.Places))
	return false
}

// checkLock checks the stage of a `lock`: that it has stages to run, and that each of its values and arrays has a lock, as a whole.
func (c *compiler) checkLock(n *spec.Node, operator *spec.Entry, st *stages.Stage) bool {
	ok := true
	if n.Get("do") == nil {
		c.errorIn(operator.Key.At(), n, spec.CodeMissingKey, "add do: with the stages that run while it is held", "lock without do holds nothing for anybody")
		ok = false
	}
	nodes := []*spec.Node{operator.Value}
	if operator.Value.Kind == spec.Seq {
		nodes = operator.Value.Items
	}
	for i := range st.Operand.Places {
		place := &st.Operand.Places[i]
		cell := c.symbols[place.Name].cell
		if cell == nil || i >= len(nodes) {
			continue
		}
		most := 0
		if place.Count > 0 {
			most = 1
		}
		switch {
		case len(place.Index) > most || place.Field != "":
			c.errorAt(nodes[i], CodeBadPlace, "lock the whole of it", "the lock of %s is that of all its elements: %s has none of its own", place.Name, nodes[i].Text)
			ok = false
		case !cell.plan.OwnLock && cell.plan.Lock == "":
			c.errorAt(nodes[i], CodeBadPlace, "leave lock: false out where it is defined", "%s has no lock", place.Name)
			ok = false
		}
	}
	return ok
}
