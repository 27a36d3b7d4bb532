package planner

import (
	"slices"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// join is a stage that waits for the end of a process, or of a queue's items, with nothing else that would let it go on.
type join struct {
	process *process
	stage   *stages.Stage
	place   *stages.Place
}

// joins are the waits of a process that only come to their end with what they wait for.
func (c *compiler) joins(p *process) []join {
	var all []join
	c.eachPlace(p, func(st *stages.Stage, place *stages.Place, _ bool) {
		any := st.Operand.Source != nil && st.Operand.Source.Value == stages.WaitForAny && len(st.Operand.Places) > 1
		if st.Op == "wait" && !any && st.When == nil && st.Timeout == nil {
			all = append(all, join{p, st, place})
		}
	})
	return all
}

// checkWaits reports waits that keep what they wait for from coming.
func (c *compiler) checkWaits() {
	ends := make(graph, len(c.processes))
	stagesOf := make([]map[int]join, len(c.processes))
	for i, p := range c.processes {
		stagesOf[i] = map[int]join{}
		for _, j := range c.joins(p) {
			switch j.place.Kind {
			case "queue":
				c.checkOwnItems(j)
			case "process":
				other := c.symbols[j.place.Name].process
				if other == nil {
					continue
				}
				k := slices.Index(c.processes, other)
				if _, seen := stagesOf[i][k]; !seen {
					ends[i], stagesOf[i][k] = append(ends[i], k), j
				}
				if other != p {
					c.checkJoin(j, other)
				}
			}
		}
	}
	for _, component := range ends.components() {
		c.waitCycle(CodeWaitCycle, ends.cycleThrough(component[0]), waitingText{"its own end", "each other's end", " here"}, func(i, next int) (spec.Range, string) {
			note := c.notes[stagesOf[i][next].stage]
			return note.key.At(), note.node.Path()
		})
	}
}

// checkOwnItems reports a wait for all items of a queue in the middle of the work on one of them.
func (c *compiler) checkOwnItems(j join) {
	q := c.symbols[j.place.Name].queue
	if q == nil || !slices.Contains(j.process.plan.Gets, j.place.Name) || c.drained(j, j.place.Name) || !c.behindGet(j) {
		return
	}
	note := c.notes[j.stage]
	c.errorAt(note.key, CodeOwnItems, "wait in another process, or behind collect or reduce, when all items have come",
		"%s waits here until all items of %s are finished, and has one of them in hand itself", j.process.plan.Name, j.place.Name)
}

// behindGet says whether the stage comes after one that reads the queue.
func (c *compiler) behindGet(j join) bool {
	for _, st := range inlined(j.process.plan.Stages) {
		if contains(st, j.stage) {
			return false
		}
		if readsFrom(st, j.place.Name) {
			return true
		}
	}
	return false
}

// checkJoin reports a wait for the end of a process that needs the one that waits to come to its end.
func (c *compiler) checkJoin(j join, other *process) {
	note, p := c.notes[j.stage], j.process
	name := other.plan.Name
	if other.plan.Daemon && !c.isStopped(name) {
		c.errorAt(note.key, CodeJoinDrain, "stop it by a stage, or let it be no daemon",
			"%s waits here for the end of %s, a daemon, which is stopped when all others have ended", p.plan.Name, name)
		return
	}
	for _, queue := range other.plan.Puts {
		q := c.symbols[queue].queue
		only := len(q.readers) > 0 && !slices.ContainsFunc(q.readers, func(u use) bool { return u.process != p })
		if q.bounded && only && !c.drained(j, queue) {
			c.errorAt(note.key, CodeJoinDrain, "wait when all of "+queue+" has been read, or give it capacity: unbounded",
				"%s waits here for the end of %s, which can fill %s, which only %s reads", p.plan.Name, name, queue, p.plan.Name)
			return
		}
	}
	for _, queue := range other.plan.Gets {
		q := c.symbols[queue].queue
		if !endsEarly(other) && slices.ContainsFunc(q.writers, func(u use) bool { return u.process == p }) {
			c.errorAt(note.key, CodeJoinDrain, "to wait until all that was put is finished, wait: "+queue,
				"%s waits here for the end of %s, which reads %s until %s has ended", p.plan.Name, name, queue, p.plan.Name)
			return
		}
	}
}

// isStopped says whether a stage ends a process.
func (c *compiler) isStopped(name string) bool {
	found := false
	for _, p := range c.processes {
		c.eachPlace(p, func(st *stages.Stage, place *stages.Place, _ bool) {
			switch stages.Action(st.Op) {
			case stages.StopProcess, stages.InterruptProcess, stages.KillProcess:
				found = found || place.Name == name
			}
		})
	}
	return found
}

// drained says whether a stage comes when the process has read a queue to its end.
func (c *compiler) drained(j join, queue string) bool {
	reading, drained := false, false
	for _, st := range inlined(j.process.plan.Stages) {
		switch note := c.notes[st]; {
		case contains(st, j.stage):
			return drained
		case note == nil || note.op == nil:
		case readsFrom(st, queue):
			reading = true
		case reading && givesAtEnd(note.op) && st.Op != "batch" && st.Options["emit"].IsZero():
			drained = true
		}
	}
	return drained
}

// readsFrom says whether a stage gets from a queue.
func readsFrom(st *stages.Stage, queue string) bool {
	return st.Op == "get" && slices.ContainsFunc(st.Operand.Places, func(p stages.Place) bool { return p.Name == queue })
}

// contains says whether a stage is another, or has it in a chain inside of it.
func contains(st, other *stages.Stage) bool {
	found := false
	Walk([]stages.Stage{*st}, func(inner *stages.Stage) { found = found || inner == other })
	return found || st == other
}
