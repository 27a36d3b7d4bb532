package runtime

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A process that is handed the terminal is a process group of its own, so that a shell which has started mprun as a job knows nothing of
// it. What a terminal's keys and the shell do to jobs is passed on by the supervisor:
//
//	the process stops   by ^Z, or as it reads in the background: mprun takes the terminal back and stops itself by the same kind of
//	                    signal, so that the shell has its prompt again
//	mprun goes on       by fg, bg (SIGCONT): the process goes on, and has the terminal if mprun is in the foreground
//
// Where there is no shell that could have mprun go on, as when it is the program of a terminal's window, what has stopped goes on at
// once: the key does nothing. Other processes of the run are no part of this: they go on while mprun is stopped, as far as they need
// nothing of it.

// terminalWatch has the supervisor look at the process that has the terminal.
type terminalWatch struct {
	reader   *replica // that process
	children chan os.Signal
	going    chan os.Signal
	done     sync.WaitGroup
}

// prepareTerminal says whether a replica that is about to be started reads from the terminal, and whether it is mprun's to give.
func (s *supervisor) prepareTerminal(r *replica) {
	r.terminal = r.process.plan.Stdin.Kind == "inherit" && isTerminal(s.opt.Stdin)
	r.hasTerminal = r.terminal && inForeground(s.opt.Stdin)
	if r.terminal {
		s.watchTerminal(r)
	}
}

// watchTerminal watches a replica that is about to be started with the terminal.
func (s *supervisor) watchTerminal(r *replica) {
	if s.terminal == nil {
		t := &terminalWatch{children: make(chan os.Signal, 1), going: make(chan os.Signal, 1)}
		signal.Notify(t.children, syscall.SIGCHLD)
		signal.Notify(t.going, syscall.SIGCONT)
		t.done.Go(func() {
			for range t.children {
				s.call(s.readerMayHaveStopped)
			}
		})
		t.done.Go(func() {
			for range t.going {
				s.call(s.readerGoesOn)
			}
		})
		s.terminal = t
	}
	s.terminal.reader = r
}

// close ends the watch; the supervisor takes no calls any more.
func (t *terminalWatch) close() {
	signal.Stop(t.children)
	signal.Stop(t.going)
	close(t.children)
	close(t.going)
	t.done.Wait()
}

func (s *supervisor) readerMayHaveStopped() {
	if r := s.terminal.reader; r.state == replicaRunning && hasStopped(r.pid) {
		s.suspend(r)
	}
}

func (s *supervisor) readerGoesOn() {
	if r := s.terminal.reader; r.state == replicaRunning {
		s.resume(r)
	}
}

// hasStopped says once whether a child was stopped since it was asked last; see waitid(2). It does not reap it.
func hasStopped(pid int) bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, pid, &info, unix.WSTOPPED|unix.WNOHANG, nil)
	return err == nil && info.Signo == int32(unix.SIGCHLD)
}

// suspend stops mprun, as the process that reads from the terminal was. A shell that brings a running job into the foreground does not tell
// it: then that process stops although the terminal is mprun's to give.
func (s *supervisor) suspend(r *replica) {
	sig, given := syscall.SIGTTIN, inForeground(s.opt.Stdin)
	if r.hasTerminal {
		takeTerminal(s.opt.Stdin)
		r.hasTerminal, sig, given = false, syscall.SIGTSTP, isOrphan() || signal.Ignored(syscall.SIGTSTP)
	}
	if given || r.process.stopping {
		s.resume(r)
		return
	}
	_ = syscall.Kill(0, sig) // who stands in a pipeline with mprun is of the same job
}

// resume has the process go on, with the terminal if it is mprun's to give.
func (s *supervisor) resume(r *replica) {
	if inForeground(s.opt.Stdin) {
		handTerminal(s.opt.Stdin, r.pid)
		r.hasTerminal = true
	}
	_ = syscall.Kill(-r.pid, syscall.SIGCONT)
}

// isOrphan says whether no shell has this process's group as a job: nobody outside of it, but in its session, is the parent of one of it.
// The kernel does not stop such a group by a terminal's keys; see setpgid(2).
func isOrphan() bool {
	group, session := unix.Getpgrp(), sessionOf(0)
	pid := os.Getppid()
	for pid > 1 && groupOf(pid) == group {
		pid = parentOf(pid)
	}
	return pid < 1 || sessionOf(pid) != session
}

// groupOf is the group of a process, sessionOf its session; 0 if there is none.
func groupOf(pid int) int {
	group, err := unix.Getpgid(pid)
	if err != nil {
		return 0
	}
	return group
}

func sessionOf(pid int) int {
	session, err := unix.Getsid(pid)
	if err != nil {
		return 0
	}
	return session
}
