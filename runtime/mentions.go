package runtime

import (
	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

// mentions is which replicas name something anywhere in their chains in order to act on it. Members of a family are not told apart: who may be
// meant is counted.
type mentions map[string][]*replica

// bringsAbout says whether a stage may bring about what others wait for at a primitive of a kind that it names.
func bringsAbout(op, kind string) bool {
	switch kind {
	case "event":
		return op == "set"
	case "condition":
		return op == "notify"
	case "semaphore":
		return op != "acquire" // who has taken it without a way to give it back holds it for good
	}
	return true // a lock is freed, a barrier opened or broken, by who takes it or comes to it
}

// whoBrings is who may bring about what others wait for at which primitive.
func (s *supervisor) whoBrings() mentions {
	m := mentions{}
	byName := map[string]*planner.Primitive{}
	for i := range s.plan.Primitives {
		byName[s.plan.Primitives[i].Name] = &s.plan.Primitives[i]
	}
	for _, p := range s.processes {
		seen := map[string]bool{}
		mention := func(st *stages.Stage, places []stages.Place) {
			for _, place := range places {
				if def := byName[place.Name]; def != nil && !seen[def.Name] && bringsAbout(st.Op, def.Kind) {
					seen[def.Name] = true
					m[def.Name] = append(m[def.Name], p.replicas...)
				}
			}
		}
		visit := func(st *stages.Stage) {
			mention(st, st.Operand.Places)
			for _, option := range st.Options {
				mention(st, option.Places)
			}
		}
		planner.Walk(p.plan.Stages, visit)
	}
	return m
}

// actorsOn is which replicas may stop, interrupt or kill which process.
func (s *supervisor) actorsOn() mentions {
	m := mentions{}
	for _, p := range s.processes {
		seen := map[string]bool{}
		planner.Walk(p.plan.Stages, func(st *stages.Stage) {
			switch stages.Action(st.Op) {
			case stages.StopProcess, stages.InterruptProcess, stages.KillProcess:
			default:
				return
			}
			for _, place := range st.Operand.Places {
				if !seen[place.Name] {
					seen[place.Name] = true
					m[place.Name] = append(m[place.Name], p.replicas...)
				}
			}
		})
	}
	return m
}

// stageNumbers numbers the stages that a worker may wait at, from 1, in the order in which both it and the supervisor come to them: those of its
// process. A position is the same however often its chain is used.
func stageNumbers(p *planner.Process, visit func(number int, st *stages.Stage)) {
	n := 0
	planner.Walk(p.Stages, func(st *stages.Stage) {
		n++
		visit(n, st)
	})
}

// stageNumber is the number of the stage that the chain is at, 0 if it has none.
func (h *host) stageNumber() int {
	if h.at == nil {
		return 0
	}
	if h.numbers == nil {
		h.numbers = map[stages.Pos]int{}
		stageNumbers(&h.handoff.Process, func(n int, st *stages.Stage) {
			if _, there := h.numbers[st.Pos]; !there && n < 1<<16 {
				h.numbers[st.Pos] = n
			}
		})
	}
	return h.numbers[h.at.Pos]
}

// stageAt is the stage of a number, nil if there is none.
func (s *supervisor) stageAt(p *planner.Process, number int) (at *stages.Stage) {
	if number > 0 {
		stageNumbers(p, func(n int, st *stages.Stage) {
			if n == number {
				at = st
			}
		})
	}
	return at
}
