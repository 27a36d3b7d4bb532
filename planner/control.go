package planner

import (
	"slices"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// wireControl notes which processes each process may start, and looks for members of families that are not there.
func (c *compiler) wireControl() {
	for _, p := range c.processes {
		c.eachPlace(p, func(st *stages.Stage, place *stages.Place, inUsed bool) {
			if place.Kind == "process" || place.Kind == "event" || place.Kind == "barrier" && st.Op != "wait" {
				c.membersOf(p, place, false, st.When == nil && isOwn(p, st), inUsed)
			}
			other := c.symbols[place.Name].process
			if st.Op != string(stages.StartProcess) || other == nil {
				return
			}
			if !other.plan.Manual {
				c.startsItself(st, place, other)
				return
			}
			if other != p {
				p.plan.Starts = addName(p.plan.Starts, place.Name)
			}
		})
	}
}

// checkAction reports what is wrong with a stage that acts on processes, as far as it does not depend on the process that it is in.
func (c *compiler) checkAction(n *spec.Node, st *stages.Stage) bool {
	if until := n.Get("until"); st.Op == "wait" && until != nil && (len(st.Operand.Places) != 1 || st.Operand.Places[0].Kind != "condition") {
		c.errorIn(until.Key.At(), until.Value, CodeUnknownOption, "wait for a condition, or look by filter behind it", "until belongs to the wait for a condition")
		return false
	}
	switch stages.Action(st.Op) {
	case stages.StartProcess:
		for _, place := range st.Operand.Places {
			if len(place.Index) > 0 {
				c.errorAt(n.Get(st.Op).Value, CodeBadPlace, "start: "+place.Name, "a process starts with all its replicas")
				return false
			}
		}
	case stages.KillProcess:
		signal := st.Options["signal"].Source
		if signal == nil || slices.ContainsFunc(signal.Parts, func(p stages.TextPart) bool { return p.Expr }) {
			break
		}
		text := literalText(signal)
		if name, ok := stages.SignalName(text); !ok {
			c.errorAt(n.Get("signal").Value, spec.CodeBadValue, didYouMean(name, stages.Signals()), "there is no signal %q that could be sent", text)
			return false
		}
	}
	return true
}

// startsItself reports the start of a process that starts with the run.
func (c *compiler) startsItself(st *stages.Stage, place *stages.Place, other *process) {
	note := c.notes[st]
	c.at(spec.Error, note.key.At(), note.node.Path(), CodeStartsItself, "give it autostart: false",
		place.Name+" starts with the run, and a process runs once", spec.Related{Range: other.def.Key.At(), Message: place.Name + " is defined here"})
}

// checkControl warns of processes that nothing starts.
func (c *compiler) checkControl() {
	for _, p := range c.processes {
		if !p.plan.Manual || slices.ContainsFunc(c.processes, func(other *process) bool { return slices.Contains(other.plan.Starts, p.plan.Name) }) {
			continue
		}
		at := p.def.Autostart.Node
		c.warnAt(at, CodeNeverStarted, c.actorHint(string(stages.StartProcess), p.plan.Name), "%s does not start with the run, and nothing else starts it", p.plan.Name)
	}
}

// checkEvents reports events that are waited for and never set.
func (c *compiler) checkEvents() {
	waits, sets := map[string]*stageNote{}, map[string]bool{}
	for _, p := range c.processes {
		c.eachPlace(p, func(st *stages.Stage, place *stages.Place, _ bool) {
			switch {
			case place.Kind != "event":
			case st.Op == "set":
				sets[place.Name] = true
			case st.Op == "wait" && waits[place.Name] == nil:
				waits[place.Name] = c.notes[st]
			}
		})
	}
	for _, p := range c.primitives {
		note := waits[p.plan.Name]
		if p.plan.Kind != "event" || p.plan.Set || note == nil || sets[p.plan.Name] {
			continue
		}
		c.at(spec.Error, note.key.At(), note.node.Path(), CodeNeverSet, c.actorHint("set", p.plan.Name), "the event "+p.plan.Name+" is waited for here, but nothing ever sets it",
			spec.Related{Range: p.key.At(), Message: p.plan.Name + " is defined here"})
	}
}

// actorHint says how an operator, which no stage of this run has for a place of that name, could come to act on it.
func (c *compiler) actorHint(operator, name string) string {
	hint := operator + " it by a stage of another process, " + operator + ": " + name
	for _, p := range c.absent {
		c.eachPlace(p, func(st *stages.Stage, place *stages.Place, _ bool) {
			if st.Op == operator && place.Name == name {
				hint = p.plan.Name + " would, but its when is false in this run"
			}
		})
	}
	return hint
}
