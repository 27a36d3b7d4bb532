package planner

import (
	"fmt"
	"slices"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// Meeting is a barrier, or a member of a family of them, as its parties use it.
type Meeting struct {
	Parties int      `json:"parties"`
	Workers []Worker `json:"workers,omitempty"` // who may wait at it
}

// MeetingAt is how a member of a barrier is used.
func (p *Primitive) MeetingAt(member int) Meeting {
	if len(p.Meetings) == 0 {
		return Meeting{Parties: p.Parties}
	}
	return p.Meetings[member]
}

// barrierDef is what the planner needs of a barrier while it decodes the stages that wait at it.
type barrierDef struct {
	def   *spec.Barrier
	used  bool  // its action has been decoded for a stage
	waits []use // at it
}

// decodeMeeting gives a stage that waits at a barrier what the barrier says: its timeout, and its action, which each stage that waits has
// for itself, as chains that are used do.
func (c *compiler) decodeMeeting(n *spec.Node, st *stages.Stage) bool {
	if st.Op != "wait" || len(st.Operand.Places) != 1 || st.Operand.Places[0].Kind != "barrier" {
		return true
	}
	p := c.symbols[st.Operand.Places[0].Name].primitive
	if p == nil || p.barrier.def == nil {
		return true
	}
	b := p.barrier.def
	if c.acting != "" {
		c.errorAt(n.Get("wait").Value, CodeBarrierAction, "", "the action of the barrier %s waits at a barrier: all others wait for its end", c.acting)
		return false
	}
	if st.Timeout == nil && n.Get("timeout") == nil && b.Timeout.IsSet() {
		st.Timeout = literal(p.plan.Timeout, b.Timeout.Node)
	}
	if !b.Action.IsSet() {
		return true
	}
	var ok bool
	st.Operand.Stages, ok = c.decodeAction(p)
	return ok
}

// decodeAction decodes the action of a barrier once more.
func (c *compiler) decodeAction(p *primitive) ([]stages.Stage, bool) {
	p.barrier.used = true
	c.acting = p.plan.Name
	defer func() { c.acting = "" }()
	action := p.barrier.def.Action
	list, ok := c.decodeStages(action.Stages)
	return list, ok && len(action.Stages) == len(action.Node.Items)
}

// readUnusedActions decodes the actions of barriers at which nobody waits, so that what is wrong in them is found all the same.
func (c *compiler) readUnusedActions() {
	for _, p := range c.primitives {
		if p.plan.Kind != "barrier" || p.barrier.used || !p.barrier.def.Action.IsSet() {
			continue
		}
		loose := &process{def: &spec.Process{}, args: stages.AnyType, unknown: true}
		loose.plan.Stages, _ = c.decodeAction(p)
		c.loose = append(c.loose, loose)
	}
}

// meet notes who waits at each barrier, and how many must come.
func (c *compiler) meet() {
	uses := map[*primitive][]use{}
	for _, p := range c.processes {
		c.eachPlace(p, func(st *stages.Stage, place *stages.Place, inUsed bool) {
			prim := c.symbols[place.Name].primitive
			if st.Op != "wait" || place.Kind != "barrier" || prim == nil {
				return
			}
			members, ok := c.membersOf(p, place, false, false, inUsed)
			if !ok {
				p.unknown, c.partial = true, true
				return
			}
			uses[prim] = append(uses[prim], use{process: p, node: c.notes[st].key, members: members})
		})
	}
	for _, p := range c.primitives {
		if p.plan.Kind != "barrier" {
			continue
		}
		p.barrier.waits = uses[p]
		for member := range p.plan.Members() {
			m := Meeting{Parties: p.plan.Parties, Workers: slices.Concat(workersOf(uses[p], member)...)}
			if m.Parties == 0 {
				m.Parties = max(1, c.replicasOf(m.Workers))
			}
			p.plan.Meetings = append(p.plan.Meetings, m)
		}
	}
}

// replicasOf is how many replicas a list of workers is.
func (c *compiler) replicasOf(workers []Worker) int {
	n := 0
	for _, w := range workers {
		for _, p := range c.processes { // a name that is not one has no symbol
			switch {
			case p.plan.Name != w.Process:
			case w.Replica == AllReplicas:
				n += p.plan.Replicas
			default:
				n++
			}
		}
	}
	return n
}

// checkBarriers reports parties that can never meet.
func (c *compiler) checkBarriers() {
	for _, p := range c.primitives {
		if p.plan.Kind != "barrier" || p.plan.Parties == 0 {
			continue
		}
		for member, m := range p.plan.Meetings {
			first := firstUse(p.barrier.waits, member)
			have := c.replicasOf(m.Workers)
			if first == nil || have >= m.Parties {
				continue
			}
			c.at(spec.Error, first.node.At(), first.node.Path(), CodeBarrierParties, "leave parties out, and it is as many as wait there",
				fmt.Sprintf("%d must meet at %s, and only %d can wait there (%s): nobody ever goes on", m.Parties, p.plan.Member(member), have, workerNames(m.Workers)),
				spec.Related{Range: p.barrier.def.Parties.Node.At(), Message: "parties is here"})
			break
		}
	}
}

func workerNames(workers []Worker) string {
	names := make([]string, len(workers))
	for i, w := range workers {
		names[i] = w.String()
	}
	return andList(names)
}
