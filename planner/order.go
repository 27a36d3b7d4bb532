package planner

import (
	"slices"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// startOrder reads depends_on and gives the processes in the order of their start: after what they depend on, else as in the spec.
func (c *compiler) startOrder() []*process {
	number := map[*process]int{}
	for i, p := range c.processes {
		number[p] = i
	}
	after := make(graph, len(c.processes))
	entries := make([]map[int]*spec.Node, len(c.processes))
	for i, p := range c.processes {
		entries[i] = map[int]*spec.Node{}
		for _, e := range p.def.DependsOn {
			other := c.dependency(p, e)
			if other == nil {
				continue
			}
			j := number[other]
			after[i] = append(after[i], j)
			entries[i][j] = e.Key
		}
	}
	for _, p := range c.absent {
		for _, e := range p.def.DependsOn {
			c.dependency(p, e)
		}
	}
	if c.checkDependsCycles(after, entries) {
		c.checkJoins(after)
	}
	order := make([]*process, 0, len(c.processes))
	for _, i := range after.order() {
		order = append(order, c.processes[i])
	}
	return order
}

// dependency notes one entry of depends_on, and gives the process that it names; nil after a finding, or if that process does not
// exist in this run.
func (c *compiler) dependency(p *process, e spec.MapEntry[spec.Enum]) *process {
	s, ok := c.lookup(e.Name, e.Key.At(), e.Key, "process")
	if !ok || s.process == nil {
		return nil
	}
	condition := e.Value.Word
	switch condition {
	case "auto":
		condition = "started" // no process has a probe yet
	case "ready":
		if s.process.def.Ready == nil {
			c.errorAt(e.Value.Node, CodeNoProbe, "give it one, ready:, or wait for started", "%s has no probe that could tell when it is ready", e.Name)
		}
	}
	p.plan.DependsOn = append(p.plan.DependsOn, Dependency{Process: e.Name, Condition: condition, Pos: posOf(e.Key)})
	return s.process
}

// checkDependsCycles reports processes that wait for each other; it says whether there are none.
func (c *compiler) checkDependsCycles(after graph, entries []map[int]*spec.Node) bool {
	components := after.components()
	for _, component := range components {
		c.waitCycle(CodeDependsCycle, after.cycleThrough(component[0]), waitingText{"itself", "each other", ""}, func(i, next int) (spec.Range, string) {
			entry := entries[i][next]
			return entry.At(), entry.Path()
		})
	}
	return len(components) == 0
}

// checkJoins reports a process that is to start when another has ended, while that one needs the first to come to its end.
func (c *compiler) checkJoins(after graph) {
	if c.partial {
		return
	}
	for i, p := range c.processes {
		for _, d := range p.plan.DependsOn {
			if d.Condition == "started" || d.Condition == "ready" {
				continue
			}
			other := c.symbols[d.Process].process
			waiting := c.waitsFor(after, i)
			at, _ := p.def.DependsOn.Get(d.Process)
			node := at.Node
			if node == nil {
				node = p.def.Key
			}
			for _, name := range other.plan.Puts {
				q := c.symbols[name].queue
				if q.bounded && len(q.readers) > 0 && !slices.ContainsFunc(q.readers, func(u use) bool { return !waiting[u.process] }) {
					c.errorAt(node, CodeJoinDrain, "let it start with "+d.Process+", or give "+name+" capacity: unbounded",
						"%s waits for the end of %s, which can fill %s, which only %s reads", p.plan.Name, d.Process, name, p.plan.Name)
				}
			}
			c.checkFeeders(node, p, other, waiting)
			for _, name := range other.plan.Gets {
				q := c.symbols[name].queue
				if slices.ContainsFunc(q.writers, func(u use) bool { return u.process == p }) {
					c.errorAt(node, CodeJoinDrain, "let it start with "+d.Process,
						"%s waits for the end of %s, which reads %s until %s has ended", p.plan.Name, d.Process, name, p.plan.Name)
				}
			}
		}
	}
}

// checkFeeders warns of the same at one remove: what other reads to its end comes from a process that can fill a queue which only those
// drain that wait for other.
func (c *compiler) checkFeeders(at *spec.Node, p, other *process, waiting map[*process]bool) {
	for _, feeder := range c.feeders(other) {
		for _, name := range feeder.plan.Puts {
			q := c.symbols[name].queue
			if q.bounded && len(q.readers) > 0 && !slices.ContainsFunc(q.readers, func(u use) bool { return !waiting[u.process] }) {
				c.warnAt(at, CodeLateDrain, "give "+name+" capacity: unbounded, or let "+p.plan.Name+" start with "+other.plan.Name,
					"%s waits for the end of %s, which reads until %s has ended, and that one can fill %s, which is read after %s only",
					p.plan.Name, other.plan.Name, feeder.plan.Name, name, other.plan.Name)
				return
			}
		}
	}
}

// feeders are the processes that must end before p can, as it reads what they put until the end; not p itself.
func (c *compiler) feeders(p *process) []*process {
	var all []*process
	seen := map[*process]bool{p: true}
	for next := []*process{p}; len(next) > 0; next = next[1:] {
		if endsEarly(next[0]) {
			continue
		}
		for _, name := range next[0].plan.Gets {
			for _, u := range c.symbols[name].queue.writers {
				if !seen[u.process] {
					seen[u.process] = true
					all, next = append(all, u.process), append(next, u.process)
				}
			}
		}
	}
	return all
}

// endsEarly says whether a process may end before what it reads has.
func endsEarly(p *process) bool {
	return slices.ContainsFunc(p.plan.Stages, func(st stages.Stage) bool {
		_, counted := st.Options["count"]
		return counted || st.Op == "take" || st.Op == "take_while" || st.OnError != nil || st.OnTimeout != nil
	})
}

// waitsFor gives the processes that cannot start before process i has: itself and those that depend on it.
func (c *compiler) waitsFor(after graph, i int) map[*process]bool {
	waiting := map[*process]bool{c.processes[i]: true}
	for changed := true; changed; {
		changed = false
		for j, p := range c.processes {
			if waiting[p] {
				continue
			}
			if slices.ContainsFunc(after[j], func(k int) bool { return waiting[c.processes[k]] }) {
				waiting[p], changed = true, true
			}
		}
	}
	return waiting
}
