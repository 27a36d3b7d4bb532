package runtime

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
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
	}
	if s.stopping {
		s.stopInOrder()
	} else if s.onlyDaemonsLeft() {
		for _, p := range s.processes {
			s.stop(p)
		}
	}
}

// settleProcess starts a process that may start, and completes one whose replicas have all ended.
func (s *supervisor) settleProcess(p *process) bool {
	if p.settled {
		return false
	}
	if p.ended() {
		if p.plan.Files && p.everStarted() && !p.filesDone {
			if !p.filesAsked {
				p.filesAsked = true
				s.outlet.processEnded(p, !p.failed() && !p.wasStopped(), func() { p.filesDone = true })
			}
			return false
		}
		p.settled = true
		return true
	}
	if p.replicas[0].state != replicaWaiting {
		return false
	}
	if s.stopping || p.plan.Manual {
		for _, r := range p.replicas {
			r.state = replicaEnded
		}
		return true
	}
	for _, d := range p.plan.DependsOn {
		yes, possible := s.byName[d.Process].came(d.Condition)
		if !possible {
			s.log.Warn(fmt.Sprintf("not started: %s can never be %s", d.Process, d.Condition), "process", p.plan.Name)
			for _, r := range p.replicas {
				r.state = replicaEnded
			}
			return true
		}
		if !yes {
			return false
		}
	}
	for _, r := range p.replicas {
		s.start(r)
	}
	return true
}

// wasStopped says whether a replica ended because it was asked to.
func (p *process) wasStopped() bool {
	for _, r := range p.replicas {
		if r.stopped {
			return true
		}
	}
	return false
}

// closeQueues closes each queue whose writers have all ended for good, and tells writers when all readers have.
func (s *supervisor) closeQueues() {
	for i := range s.plan.Queues {
		def := &s.plan.Queues[i]
		q := s.queues[def.Name]
		if !q.Closed() && s.allEnded(def.Writers) {
			q.CloseWriters()
		}
		if !q.ReadersGone() && len(def.Readers) > 0 && s.allEnded(def.Readers) {
			q.SetReadersGone()
		}
	}
}

func (s *supervisor) allEnded(names []string) bool {
	for _, name := range names {
		if !s.byName[name].ended() {
			return false
		}
	}
	return true
}

func (s *supervisor) onlyDaemonsLeft() bool {
	for _, p := range s.processes {
		if !p.plan.Daemon && !p.settled {
			return false
		}
	}
	return true
}

// stopInOrder stops the processes nobody who still runs depends on: dependents first.
func (s *supervisor) stopInOrder() {
	for _, p := range s.processes {
		free := true
		for _, d := range p.dependents {
			free = free && d.ended()
		}
		if free {
			s.stop(p)
		}
	}
}

// stop asks the replicas of a process to end: workers finish the item in hand, programs get their signal; who has not ended after
// the grace is killed.
func (s *supervisor) stop(p *process) {
	if p.stopping {
		return
	}
	p.stopping = true
	for _, r := range p.replicas {
		switch r.state {
		case replicaBackoff, replicaWaiting:
			r.stopped = r.starts > 0
			r.state = replicaEnded
		case replicaRunning:
			s.stopReplica(r)
		}
	}
}

func (s *supervisor) stopReplica(r *replica) {
	switch {
	case r.slot >= 0:
		s.arena.StopSlot(r.slot)
		r.control.stop()
	case len(r.process.plan.Stop.Command) > 0:
		s.runStopCommand(r)
	default:
		sig := unix.SignalNum(r.process.plan.Stop.Signal)
		if sig == 0 {
			sig = syscall.SIGTERM
		}
		_ = unix.Kill(-r.pid, sig)
	}
	pid := r.pid
	r.killTimer = s.later(r.process.grace, func() {
		if r.state == replicaRunning && r.pid == pid {
			s.log.Warn(fmt.Sprintf("still running %s after it was asked to end: killed", r.process.grace), "process", r.name)
			_ = unix.Kill(-pid, unix.SIGKILL)
		}
	})
}

// kill ends everything at once.
func (s *supervisor) kill() {
	if s.killed {
		return
	}
	s.killed = true
	for _, p := range s.processes {
		p.stopping = true
		for _, r := range p.replicas {
			if r.state == replicaRunning {
				_ = unix.Kill(-r.pid, unix.SIGKILL)
			} else {
				r.state = replicaEnded
			}
		}
	}
}

// killLeftovers kills what the run's programs left behind in other groups, and names it.
func (s *supervisor) killLeftovers() {
	if s.guardian == nil {
		return
	}
	for _, pid := range markedProcesses(s.id) {
		s.log.Warn(fmt.Sprintf("left behind by the run, killed: process %d (%s)", pid, commandName(pid)))
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	killMarked(s.id)
	for { // the ones that this process has inherited as their subreaper
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		if err != nil || pid <= 0 || pid == s.guardian.pid {
			return
		}
	}
}

// exited deals with the end of a replica's process.
func (s *supervisor) exited(r *replica, e exit) {
	now := time.Now()
	if r.killTimer != nil {
		r.killTimer.Stop()
	}
	s.guardian.groupGone(e.pid)
	r.code, r.ended = e.code, now
	r.stopped = r.process.stopping
	var said message
	var lost *volatileInput
	if r.slot >= 0 {
		said = r.control.final()
		lost = s.recover(r, said)
	}
	switch {
	case r.timedOut:
		r.state, r.failed = replicaEnded, true
		s.fail(r.failure(nil, "timed out after "+r.process.plan.Timeout))
	case e.code == workerReplay && r.slot >= 0:
		r.starts--
		s.restartReplay(r)
	case said.Failed != nil:
		r.state, r.failed = replicaEnded, true
		if said.Failed.Code != 0 {
			r.code = said.Failed.Code
		}
		s.fail(r.failure(said.Failed, ""))
	case said.Lacks != "":
		r.state, r.failed = replicaEnded, true
		s.fail(r.failure(nil, said.Lacks))
	case said.Fault != "" || (r.slot >= 0 && e.code > 0):
		r.state, r.failed = replicaEnded, true
		s.fault(r.failure(nil, faultText(said.Fault, e.code)))
	case r.process.stopping:
		r.state = replicaEnded
	case lost != nil:
		r.state, r.failed = replicaEnded, true
		s.fail(r.failure(lost.stageError(), ""))
	default:
		s.restartOrEnd(r, e.code, now)
	}
	if r.state == replicaEnded && r.slot >= 0 {
		s.arena.Abandon(r.slot)
	}
}

// restartReplay starts a worker again that wants to go through its block item by item.
func (s *supervisor) restartReplay(r *replica) {
	if s.killed {
		r.state = replicaEnded
		return
	}
	s.start(r)
}

func faultText(said string, code int) string {
	if said == "" {
		said = exitText(code)
	}
	return "a fault of mprun's own: " + said
}

// restartOrEnd does what the restart policy says of a replica that ended by itself.
func (s *supervisor) restartOrEnd(r *replica, code int, now time.Time) {
	pause, again := r.process.policy.next(r, code, now)
	if !again && code < 0 && r.slot >= 0 && r.barren < maxBarren && s.arena.MustReplace(r.slot) {
		pause, again = 0, true // it stood in the middle of a chain: only a replacement can go on from there
	}
	switch {
	case again && pause == 0:
		s.log.Debug("replaced: "+exitText(code), "process", r.name)
		r.deaths++
		s.start(r)
	case again:
		s.log.Info(fmt.Sprintf("%s; started again in %s", exitText(code), pause), "process", r.name)
		r.state = replicaBackoff
		s.later(pause, func() {
			if r.state == replicaBackoff {
				s.start(r)
			}
		})
	case code == 0 || r.process.succeeded(code):
		r.state = replicaEnded
	default:
		r.state, r.failed = replicaEnded, true
		text := exitText(code)
		if r.slot >= 0 && r.barren >= maxBarren {
			text += fmt.Sprintf(", %d times in a row without getting anywhere", r.barren)
		}
		if r.output != nil {
			text += r.output.tail()
		}
		s.fail(r.failure(nil, text))
	}
}

// recover brings the shared memory of a worker that has ended in order, and says what input was lost with it.
func (s *supervisor) recover(r *replica, said message) *volatileInput {
	commits := s.arena.SlotStats(r.slot).Commits
	if err := s.arena.Recover(r.slot); err != nil {
		s.fault(r.failure(nil, "recovering the memory of a worker: "+err.Error()))
	}
	// A commit that the worker had decided on counts, whoever completed it.
	after := s.arena.SlotStats(r.slot).Commits
	if r.code < 0 && commits == r.commitsSince {
		r.barren++
	} else {
		r.barren = 0
	}
	r.commitsSince = after
	lost := r.control.volatile
	if lost == nil || after > lost.Commits || said.Failed != nil {
		return nil
	}
	return lost
}
