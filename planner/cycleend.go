package planner

import (
	"slices"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// checkCycleEnds refuses results that come at the end of a stream and feed the cycle that the stream is part of: the end would wait
// for them, and they for the end.
func (c *compiler) checkCycleEnds() {
	for _, p := range c.processes {
		s := streamEnd{compiler: c}
		s.chain(p.plan.Stages, true)
	}
}

// streamEnd is where a chain stands between a queue of a cycle and what is put back into the cycle.
type streamEnd struct {
	*compiler
	gets  []use         // of queues on a cycle, that are read
	cycle []string      // of one of them; nil: there is none
	atEnd *stages.Stage // the first stage since that gives its results at the end
}

// chain follows a chain; sameStream says that its stream is that of the process, and not one for each item.
func (s *streamEnd) chain(list []stages.Stage, sameStream bool) {
	for i := range list {
		st := &list[i]
		note := s.notes[st]
		if note == nil || note.op == nil {
			continue
		}
		switch {
		case readsQueue(note.op):
			s.get(st)
		case s.cycle != nil && s.atEnd == nil && sameStream && givesAtEnd(note.op):
			s.atEnd = st
		case s.atEnd != nil && writesQueue(note.op):
			s.put(st, note)
		}
		s.chain(st.Operand.Stages, sameStream && st.Op == useOperator)
		s.branches(st, note.op, sameStream)
	}
}

// branches follows the ways through a stage. What comes out of those of `route` goes on behind it, what comes out of `tee` does not.
func (s *streamEnd) branches(st *stages.Stage, op *stages.Operator, sameStream bool) {
	before := s.atEnd
	behind := before
	for j := range st.Operand.Branches {
		s.atEnd = before
		s.chain(st.Operand.Branches[j].Stages, sameStream)
		if behind == nil && op.Operand.Kind == stages.BranchesField {
			behind = s.atEnd
		}
	}
	s.atEnd = behind
}

// givesAtEnd says whether an operator has results when its stream has ended.
func givesAtEnd(op *stages.Operator) bool {
	return op.Aggregate || op.Name == "sort" || op.Name == "top"
}

func (s *streamEnd) get(st *stages.Stage) {
	s.gets, s.cycle, s.atEnd = nil, nil, nil
	for _, u := range s.notes[st].uses {
		if cycle := u.cycle(); cycle != nil {
			s.gets, s.cycle = append(s.gets, u), cycle
		}
	}
}

func (s *streamEnd) put(st *stages.Stage, note *stageNote) {
	for _, to := range note.uses {
		if !slices.ContainsFunc(s.gets, func(from use) bool { return sameCycle(from, to) }) {
			continue
		}
		s.at(spec.Error, note.key.At(), note.node.Path(), CodeCycleEnd, "put what comes at the end into a queue that is not part of the cycle",
			s.atEnd.Op+" gives its results when the items of "+andList(s.cycle)+" have come to their end, but here they would feed "+to.queue.plan.Name+" again",
			spec.Related{Range: s.notes[s.atEnd].key.At(), Message: s.atEnd.Op + " is here"})
	}
}
