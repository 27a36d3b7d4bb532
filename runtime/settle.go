package runtime

import (
	"fmt"
	"time"
)

// settle draws the consequences of what has happened until nothing changes any more: processes start whose dependencies have come,
// queues close whose writers have ended, processes stop whose dependents have.
func (s *supervisor) settle() {
	for changed := true; changed; {
		changed = false
		for _, p := range s.processes {
			changed = s.settleProcess(p) || changed
		}
		s.closeQueues()
		for _, p := range s.processes {
			changed = s.dismissUnwanted(p) || changed
		}
		switch {
		case s.stopping:
			changed = s.stopInOrder() || changed
		case s.onlyDaemonsLeft():
			for _, p := range s.processes {
				changed = !p.plan.Finally && s.stop(p) || changed
			}
		}
	}
}

// settleProcess starts a process that may start, and completes one whose replicas have all ended.
func (s *supervisor) settleProcess(p *process) bool {
	if p.stopping || p.ended() {
		s.endReserve(p)
		s.dismissIdle(p)
	}
	if p.settled {
		return false
	}
	if p.ended() {
		if (p.plan.Files || len(p.plan.Starts) > 0) && p.everStarted() && !p.filesAsked {
			p.filesAsked = true
			s.outlet.processEnded(p, p.endedWell(), func() { p.filesDone = true })
		}
		// Nothing that is still to start depends on the files of a run that is being stopped: they may wait for its end.
		if p.settled = !p.filesAsked || p.filesDone || s.stopping; p.settled {
			for _, r := range p.replicas {
				s.become(r, replicaEnded) // for those who wait for that
			}
		}
		return p.settled
	}
	if p.begun || p.replicas[0].state != replicaWaiting {
		return false
	}
	if p.plan.Finally {
		return s.startFinally(p)
	}
	if s.stopping || p.isIdle() && !s.mayBeStarted(p) {
		s.leaveOut(p)
		return true
	}
	if p.isIdle() {
		return false
	}
	for _, d := range p.plan.DependsOn {
		yes, possible := s.byName[d.Process].came(d.Condition)
		if !possible {
			s.log.Warn(fmt.Sprintf("not started: %s can never be %s", d.Process, d.Condition), "process", p.plan.Name)
			s.leaveOut(p)
			return true
		}
		if !yes {
			return false
		}
	}
	p.begun = true
	for _, r := range p.replicas {
		if r.state == replicaWaiting { // and was not stopped before
			s.start(r)
		}
	}
	return true
}

// leaveOut ends a process that was not started.
func (s *supervisor) leaveOut(p *process) {
	for _, r := range p.replicas {
		s.conclude(r)
	}
}

// conclude ends a replica for good: what its slot keeps for a replacement goes back to the queues.
func (s *supervisor) conclude(r *replica) {
	s.become(r, replicaEnded)
	for _, timer := range []*time.Timer{r.killTimer, r.limitTimer, r.againTimer} {
		if timer != nil {
			timer.Stop()
		}
	}
	r.closePipes()
	if r.slot >= 0 {
		_ = s.arena.Abandon(r.slot) // what could not be recovered has been reported
	}
	s.partyGone(r)
}

// closeQueues closes each queue whose writers have all ended for good, and tells writers when all readers have.
func (s *supervisor) closeQueues() {
	for _, p := range s.parts {
		if !p.queue.Closed() && allEnded(p.writers) {
			p.queue.CloseWriters()
		}
		if !p.queue.ReadersGone() && len(p.readers) > 0 && allEnded(p.readers) {
			p.queue.SetReadersGone()
		}
	}
}

func allEnded(replicas []*replica) bool {
	for _, r := range replicas {
		if r.state != replicaEnded {
			return false
		}
	}
	return true
}

func (s *supervisor) onlyDaemonsLeft() bool {
	for _, p := range s.processes {
		if !p.plan.Daemon && !p.plan.Finally && !p.settled && !p.isIdle() {
			return false
		}
	}
	return true
}
