package runtime

import "slices"

// A process with autostart: false waits for a stage that starts it. As long as that may come it counts as one that will run: the queues that it
// writes stay open, who waits for its end goes on waiting. It is left out, as if it had ended, when
//
//   - all processes whose stages may start it have ended, or
//   - those that are left wait, for items that only it and others like it could put, or for its end, which nobody else could bring about by
//     stopping it: then nobody will ever start it, or
//   - only daemons are left beside it: it does not keep the run alive.

// isIdle says whether a process waits for a stage to start it.
func (p *process) isIdle() bool {
	return p.plan.Manual && !p.wanted && !p.begun && !p.ended()
}

// mayBeStarted says whether a process may still start p, or start one that may: one that has not ended, or whose last words, a request perhaps,
// have not been taken.
func (s *supervisor) mayBeStarted(p *process) bool {
	reached := []*process{p}
	for i := 0; i < len(reached); i++ {
		for _, other := range s.processes {
			if other.settled || slices.Contains(reached, other) || !slices.Contains(other.plan.Starts, reached[i].plan.Name) {
				continue
			}
			if !other.isIdle() {
				return true
			}
			reached = append(reached, other)
		}
	}
	return false
}

// hasIdle says whether a process waits for a stage to start it.
func (s *supervisor) hasIdle() bool { return slices.ContainsFunc(s.processes, (*process).isIdle) }

// leaveOutIdle leaves the idle processes out if all that could start them wait for what only they could bring.
func (s *supervisor) leaveOutIdle() {
	if !s.hasIdle() || !s.idleForEver() {
		return
	}
	for _, p := range s.processes {
		if p.isIdle() {
			s.leaveOut(p)
		}
	}
}

// idleForEver says whether all that could start the idle processes wait for what only these could bring. Those that could are followed to all
// who could put what they wait for; who could stop one of them could bring its end, which others wait for.
func (s *supervisor) idleForEver() bool {
	var waiting []*process
	var queues, slots, words []int
	for _, p := range s.processes {
		switch {
		case p.isIdle():
			for _, r := range p.replicas {
				words = append(words, r.line)
			}
			for _, actor := range s.actors[p.plan.Name] {
				if actor.state != replicaEnded && !actor.process.isIdle() && !slices.Contains(waiting, actor.process) {
					waiting = append(waiting, actor.process)
				}
			}
		case slices.Contains(waiting, p):
		case !p.settled && slices.ContainsFunc(p.plan.Starts, func(name string) bool { return s.byName[name].isIdle() }):
			waiting = append(waiting, p)
		}
	}
	for i := 0; i < len(waiting); i++ {
		p := waiting[i]
		if p.ended() && !p.settled { // what it has asked for last has not been taken
			return false
		}
		for _, r := range p.replicas {
			words = append(words, r.line)
			switch {
			case r.state == replicaEnded:
				continue
			case r.state != replicaRunning || r.slot < 0:
				return false
			}
			slots = append(slots, r.slot)
		}
		for _, part := range s.parts {
			if part.queue.ReadersGone() || slices.Contains(queues, part.index) || !slices.ContainsFunc(part.readers, func(r *replica) bool { return r.process == p }) {
				continue
			}
			queues = append(queues, part.index)
			for _, w := range part.writers {
				if w.state != replicaEnded && !w.process.isIdle() && !slices.Contains(waiting, w.process) {
					waiting = append(waiting, w.process)
				}
			}
		}
	}
	return len(slots) > 0 && s.arena.CycleQuiet(queues, slots, words...)
}
