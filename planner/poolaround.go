package planner

import "github.com/mprun/mprun/stages"

// checkAroundPool refuses keys of a stage that are about an item of its own while a pool is at work on it. `use`, `route` and `tee` see the items
// of a chain as one stream: they take the next ones before the pool in it has answered, and what the key says would be of one of those.
func (c *compiler) checkAroundPool(st *stages.Stage) {
	note := c.notes[st]
	if note == nil || note.node == nil || !hasPoolInStream(st) {
		return
	}
	keys := []string{"retry", "on_error"}
	if st.Op != "tee" { // whose item is the one that came
		keys = append(keys, "as")
	}
	for _, key := range keys {
		if e := note.node.Get(key); e != nil {
			c.errorIn(e.Key.At(), e.Value, CodeNotAvailable, "write it at the stages inside, as at the pool itself", "this version of mprun has no %s of a %s with a pool in it, from which results come when later items have been taken", key, st.Op)
		}
	}
}

// hasPoolInStream says whether items of a stage go through a pool in one stream with others.
func hasPoolInStream(st *stages.Stage) bool {
	if st.Op != "use" && st.Op != "route" && st.Op != "tee" {
		return false
	}
	lists := [][]stages.Stage{st.Operand.Stages}
	for i := range st.Operand.Branches {
		lists = append(lists, st.Operand.Branches[i].Stages)
	}
	for _, list := range lists {
		for i := range list {
			if list[i].Op == "pool" || hasPoolInStream(&list[i]) {
				return true
			}
		}
	}
	return false
}
