package planner

import (
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// checkSections warns of stages inside of a lock that wait when something has been changed before: what a lock does becomes visible at once
// at its end, but what waits makes visible what came before.
func (c *compiler) checkSections(list []stages.Stage) {
	Walk(list, func(st *stages.Stage) {
		if st.Op == "lock" {
			s := &lockSection{compiler: c}
			do := st.Options["do"].Stages
			s.changed = s.repeats(do)
			s.chain(do)
		}
	})
}

// lockSection is the stages of one lock, gone through in their order.
type lockSection struct {
	*compiler
	changed bool       // something has been changed since the lock was taken or waited
	nested  *stageNote // a lock inside that has changed something
}

func (s *lockSection) chain(list []stages.Stage) {
	for i := range list {
		s.stage(&list[i])
	}
}

func (s *lockSection) stage(st *stages.Stage) {
	note := s.notes[st]
	if note == nil || note.op == nil {
		return
	}
	switch {
	case st.Op == "wait" && len(st.Operand.Places) == 1 && st.Operand.Places[0].Kind == "condition":
		s.changed, s.nested = false, nil // that is what it is there for
		return
	case st.Op == "lock":
		if s.changed {
			s.warn(note)
		}
		if s.changes(st.Options["do"].Stages) {
			s.nested = note
		}
		return
	case s.waits(st, note.op) && s.changed:
		s.warn(note)
	}
	if changes(note.op) {
		if s.changed = true; s.nested != nil {
			s.warn(s.nested)
			s.nested = nil
		}
	}
	for _, inner := range chainsInside(st) {
		s.chain(inner)
	}
}

func (s *lockSection) warn(note *stageNote) {
	hint := "do it before or behind the lock: what comes out of do goes on when the lock has been released"
	if note.op.Name == "lock" {
		hint = "take both at once, as in lock: [a, b]"
	}
	s.at(spec.Warning, note.key.At(), note.node.Path(), CodeLockSplit, hint,
		note.op.Name+" inside of lock parts what the lock does in two: what is changed before can be seen while it waits, and stays if what follows fails")
}

// changes says whether a chain changes something that others see.
func (s *lockSection) changes(list []stages.Stage) bool {
	found := false
	Walk(list, func(st *stages.Stage) {
		op := stages.Lookup(st.Op)
		found = found || op != nil && changes(op)
	})
	return found
}

// repeats says whether a chain goes through its stages several times, and changes something then.
func (s *lockSection) repeats(list []stages.Stage) bool {
	several := false
	for i := range list {
		op := stages.Lookup(list[i].Op)
		count := list[i].Options["count"].Source
		several = several || op != nil && op.Source && (count == nil || count.Value != 1)
	}
	return several && s.changes(list)
}

// changes says whether an operator changes something that is part of a commit.
func changes(op *stages.Operator) bool {
	switch op.Name {
	case "log", "fail", "ack":
		return false
	case "set", "clear", "notify", "release", "abort", "reset":
		return true
	}
	return op.Group == stages.Sinks
}

// waits says whether a stage waits in a way that makes visible what came before.
func (s *lockSection) waits(st *stages.Stage, op *stages.Operator) bool {
	switch op.Name {
	case "get", "recv", "sleep", "throttle", "every", "acquire", "wait", "through", pythonName, "accept", "connect", "send":
		return true
	case "read":
		return st.Options["follow"].Source != nil
	case "put":
		for _, place := range st.Operand.Places {
			if q := s.symbols[place.Name].queue; q != nil && q.plan.Capacity > 0 {
				return true
			}
		}
	}
	return false
}
