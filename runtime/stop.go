package runtime

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/planner"
)

// stopInOrder stops the processes nobody who still runs depends on: dependents first. It says whether there were any.
func (s *supervisor) stopInOrder() bool {
	changed := false
	for _, p := range s.processes {
		free := !p.plan.Finally
		for _, d := range p.dependents {
			free = free && d.ended()
		}
		if free {
			changed = s.stop(p) || changed
		}
	}
	return changed
}

// stop asks the replicas of a process to end, unless it has done so before: workers finish the item in hand, programs get their signal;
// who has not ended after the grace is killed.
func (s *supervisor) stop(p *process) bool {
	if p.stopping {
		return false
	}
	p.stopping = true
	p.dismissed = (p.plan.Daemon || p.plan.Pool) && !s.stopping
	for _, r := range p.replicas {
		switch r.state {
		case replicaBackoff, replicaWaiting:
			r.stopped = r.starts > 0
			s.conclude(r)
		case replicaRunning:
			s.stopReplica(r)
		}
	}
	return true
}

// stopReplica asks a running replica to end, once.
func (s *supervisor) stopReplica(r *replica) {
	if r.asked {
		return
	}
	r.asked = true
	s.unpause(r)
	switch {
	case r.slot >= 0:
		s.arena.StopSlot(r.slot)
		r.control.stop(r.process.plan.Pool)
	case len(r.process.plan.Stop.Command) > 0:
		s.runStopCommand(r)
	default:
		sig := unix.SignalNum(r.process.plan.Stop.Signal)
		if sig == 0 {
			sig = syscall.SIGTERM
		}
		s.reaper.signal(r.pid, sig)
	}
	pid := r.pid
	r.killTimer = s.later(r.process.grace, func() {
		if r.state == replicaRunning && r.pid == pid {
			s.log.Warn(fmt.Sprintf("still running %s after it was asked to end: killed", r.process.grace), "process", r.name)
			s.reaper.signal(pid, unix.SIGKILL)
		}
	})
}

// kill ends everything at once.
func (s *supervisor) kill() {
	if s.killed {
		return
	}
	s.killed, s.patience = true, killedPatience
	for _, p := range s.processes {
		p.stopping = true
		for _, r := range p.replicas {
			switch r.state {
			case replicaRunning:
				s.reaper.signal(r.pid, unix.SIGKILL)
			case replicaBackoff, replicaWaiting:
				r.stopped = r.starts > 0
				s.conclude(r)
			}
		}
	}
	for c := range s.stopCommands {
		s.reaper.signal(c.pid, unix.SIGKILL)
	}
}

// stopCommand is a running command that asks a program to end.
type stopCommand struct {
	replica *replica
	pid     int
}

// runStopCommand runs the command by which a program is asked to end. It gets the program's process number in $MPRUN_PID, and as much
// time as the program has.
func (s *supervisor) runStopCommand(r *replica) {
	p := *r.process.plan
	p.Command = p.Stop.Command
	c := &stopCommand{replica: r}
	if err := s.startStopCommand(c, &p); err != nil {
		s.log.Warn("the command that stops it did not start: "+s.plan.Secrets.Mask(err.Error()), "process", r.name)
		s.reaper.signal(r.pid, unix.SIGTERM)
		return
	}
	s.stopCommands[c] = true
	s.later(r.process.grace, func() {
		if s.stopCommands[c] {
			s.reaper.signal(c.pid, unix.SIGKILL)
		}
	})
}

func (s *supervisor) startStopCommand(c *stopCommand, p *planner.Process) error {
	path, err := s.lookPath(p)
	if err != nil {
		return err
	}
	env := append(s.environment(p), fmt.Sprintf("MPRUN_PID=%d", c.replica.pid))
	var pidfd int
	if c.pid, pidfd, err = s.spawner.start(path, p.Command, env, s.dir(p), []*os.File{s.null, s.null, s.null}, false); err != nil {
		return err
	}
	return s.reaper.watch(pidfd, c.pid, c, false)
}

// stopCommandEnded deals with the end of a stop command.
func (s *supervisor) stopCommandEnded(c *stopCommand, code int) {
	delete(s.stopCommands, c)
	if code != 0 && !s.killed {
		s.log.Warn("the command that stops it "+exitText(code), "process", c.replica.name)
	}
}
