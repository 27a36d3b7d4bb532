package planner

import (
	"slices"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// wire notes who reads and writes each queue, and which queues are on a cycle.
func (c *compiler) wire() {
	for _, p := range c.processes {
		c.partial = c.partial || p.unknown
		used := map[*stages.Stage]bool{}
		Walk(p.plan.Stages, func(st *stages.Stage) {
			c.wireStage(p, st, used[st])
			if st.Op == "use" {
				Walk(st.Operand.Stages, func(inner *stages.Stage) { used[inner] = true })
			}
		})
	}
	for _, q := range c.queues { // who reads an item may have to give it up
		if q.plan.DeadLetter != "" {
			letters := c.symbols[q.plan.DeadLetter].queue
			for _, u := range q.readers {
				letters.writers = append(letters.writers, use{process: u.process, node: u.node, queue: letters})
			}
		}
	}
	for _, q := range c.queues {
		q.plan.Readers, q.plan.Writers = processNames(q.readers), processNames(q.writers)
		for _, u := range q.readers {
			u.process.plan.Gets = addName(u.process.plan.Gets, q.plan.Name)
		}
		for _, u := range q.writers {
			u.process.plan.Puts = addName(u.process.plan.Puts, q.plan.Name)
		}
	}
	c.findOwned()
	c.findCycles()
	c.makeParts()
}

func (c *compiler) wireStage(p *process, st *stages.Stage, inUsed bool) {
	note := c.notes[st]
	if note == nil || note.op == nil {
		return
	}
	reads, writes := readsQueue(note.op), writesQueue(note.op)
	for i := range st.Operand.Places {
		place := &st.Operand.Places[i]
		q := c.symbols[place.Name].queue
		if q == nil || !reads && !writes {
			continue
		}
		members, ok := c.membersOf(p, place, reads, st.When == nil && isOwn(p, st), inUsed)
		if !ok {
			p.unknown, c.partial = true, true
		}
		u := use{p, note.key, q, members}
		if note.uses = append(note.uses, u); reads {
			q.readers = append(q.readers, u)
		} else {
			q.writers = append(q.writers, u)
		}
	}
	if kind := note.op.Operand.Kind; kind == stages.CommandField || kind == stages.ScriptField || note.op.Name == "python" {
		p.plan.Programs = true
	}
	if note.op.Name == "write" {
		p.plan.Files = true
	}
}

// isOwn says whether a stage stands in the process's own chain, where nothing keeps items from it.
func isOwn(p *process, st *stages.Stage) bool {
	for i := range p.plan.Stages {
		if &p.plan.Stages[i] == st {
			return true
		}
	}
	return false
}

// processNames are the names of those who use a queue, each once, in the order of the spec.
func processNames(uses []use) []string {
	var names []string
	for _, u := range uses {
		names = addName(names, u.process.plan.Name)
	}
	return names
}

func addName(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

func (c *compiler) closeCycle(q *queue, cycle []string) {
	q.plan.Cycle = cycle
	if !q.def.Capacity.IsSet() {
		q.plan.Capacity, q.bounded = 0, false
		return
	}
	if q.bounded {
		way := andList(cycle)
		if len(cycle) == 1 {
			way = q.plan.Name + " itself"
		}
		c.warnAt(q.def.Capacity.Node, CodeCycleCapacity, "leave capacity out, and the queue is unbounded",
			"%s is on a cycle (through %s): when it is full, a process of the cycle can wait for itself", q.plan.Name, way)
	}
}

// checkWiring reports queues that cannot work, and those that nothing uses.
func (c *compiler) checkWiring() {
	c.checkCycleEnds()
	if c.partial || c.found.HasErrors() {
		return // what seems to be missing may stand where something could not be read
	}
	for _, q := range c.queues {
		c.checkQueue(q)
	}
	for _, r := range c.records {
		if len(c.places[r.def.Name]) == 0 && !c.allows(r.def.Node, CodeUnused) {
			c.warnAt(r.def.Key, CodeUnused, "", "nothing uses the type %s", r.def.Name)
		}
	}
	c.checkPrimitivesUsed()
	c.checkCellsUsed()
	c.checkControl()
	c.checkEvents()
	c.checkBarriers()
	c.checkWaits()
	for _, p := range c.processes {
		c.checkReduce(p)
	}
}

func (c *compiler) checkQueue(q *queue) {
	name := q.plan.Name
	for member := range max(1, q.plan.Count) {
		reader, writer := firstUse(q.readers, member), firstUse(q.writers, member)
		what := q.plan.Member(member)
		switch {
		case q.dead, c.trial.unties(what):
		case reader != nil && writer == nil:
			c.errorAt(reader.node, CodeNeverWritten, c.absentHint(name, writesQueue), "%s is read here, but nothing ever puts an item into it", what)
			return
		case writer != nil && reader == nil && q.bounded:
			hint := c.absentHint(name, readsQueue)
			if hint == "" {
				hint = "read it, or give it capacity: unbounded"
			}
			c.errorAt(writer.node, CodeNeverRead, hint,
				"%s is written here, but nothing ever reads it: at %d items its writers would wait for ever", what, q.plan.Capacity)
			return
		}
	}
	if len(c.places[name]) == 0 && !c.allows(q.def.Node, CodeUnused) {
		c.warnAt(q.def.Named.Key, CodeUnused, "", "nothing uses the queue %s", name)
	}
}

// firstUse is the first of those who may use a member of a queue.
func firstUse(uses []use, member int) *use {
	for i := range uses {
		if uses[i].any(member) {
			return &uses[i]
		}
	}
	return nil
}

// absentHint names a process that would use the queue if it existed in this run.
func (c *compiler) absentHint(queue string, uses func(*stages.Operator) bool) string {
	hint := ""
	for _, p := range c.absent {
		Walk(p.plan.Stages, func(st *stages.Stage) {
			note := c.notes[st]
			if note == nil || note.op == nil || !uses(note.op) {
				return
			}
			for _, place := range st.Operand.Places {
				if place.Name == queue {
					hint = p.plan.Name + " would, but its when is false in this run"
					if c.trial.leavesOut(p.plan.Name) {
						hint = p.plan.Name + " would, but has no part in this test"
					}
				}
			}
		})
	}
	return hint
}

// allows says whether a definition has an x-mprun-allow of its own for a warning about its name, which stands outside of it.
func (c *compiler) allows(n *spec.Node, code string) bool {
	e := n.Get("x-mprun-allow")
	return e != nil && slices.ContainsFunc(e.Value.Items, func(item *spec.Node) bool { return item.Text == code })
}

// checkReduce warns of replicas that each reduce a part of the items of every key, unless all that comes of it is reduced once more.
func (c *compiler) checkReduce(p *process) {
	if p.plan.Replicas < 2 {
		return
	}
	from := ""
	all := inlined(p.plan.Stages)
	for i, st := range all {
		note := c.notes[st]
		if note == nil || note.op == nil {
			continue
		}
		if readsQueue(note.op) {
			from = c.sharedAtRandom(st, note)
		}
		if by, ok := note.op.Option("by"), st.Options["by"].Source != nil; by != nil && ok && note.op.Name == "reduce" && from != "" && !c.reducedAgain(all[i+1:]) {
			c.at(spec.Warning, note.key.At(), note.node.Path(), CodeSplitReduce,
				"give "+from+" a key, or reduce the results once more in a process with one replica",
				"each of the "+shortJSON(p.plan.Replicas)+" replicas reduces the items that it happened to get from "+from+": a key can have several results")
		}
	}
}

// sharedAtRandom is a queue whose items the replicas of a process share as they come: it has no key, and they do not read members of
// their own of it. It is "" if there is none.
func (c *compiler) sharedAtRandom(st *stages.Stage, note *stageNote) string {
	for i, place := range st.Operand.Places {
		q := c.symbols[place.Name].queue
		if q != nil && q.plan.Key == nil && (i >= len(note.uses) || !note.uses[i].differs()) {
			return q.plan.Name
		}
	}
	return ""
}

// reducedAgain says whether what the rest of a chain does is to put items into queues all of whose readers reduce them by a key.
func (c *compiler) reducedAgain(rest []*stages.Stage) bool {
	again := false
	for _, st := range rest {
		note := c.notes[st]
		if note == nil || note.op == nil || note.op.Effect && !writesQueue(note.op) {
			return false
		}
		if !writesQueue(note.op) {
			continue
		}
		for _, place := range st.Operand.Places {
			q := c.symbols[place.Name].queue
			if q == nil || len(q.readers) == 0 || slices.ContainsFunc(q.readers, func(u use) bool { return !reducesBy(u.process) }) {
				return false
			}
			again = true
		}
	}
	return again
}

// reducesBy says whether a stage of the process's own chain is `reduce` with `by`.
func reducesBy(p *process) bool {
	return slices.ContainsFunc(inlined(p.plan.Stages), func(st *stages.Stage) bool {
		return st.Op == "reduce" && st.Options["by"].Source != nil
	})
}
