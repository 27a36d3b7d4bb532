package runtime

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/stages"
)

// exited deals with the end of a replica's process.
func (s *supervisor) exited(r *replica, e exit) {
	now := time.Now()
	if r.killTimer != nil {
		r.killTimer.Stop()
	}
	s.guardian.groupGone(e.pid)
	if r.creation != nil {
		s.created(r, e, func(err error) { s.ended(r, e, now, err) })
		return
	}
	s.ended(r, e, now, nil)
}

// ended deals with the end of a replica's process once what it has created is in place, or could not be put there.
func (s *supervisor) ended(r *replica, e exit, now time.Time, created error) {
	r.code, r.ended, r.died = e.code, now, s.overMemory(r, e)
	r.told = r.isTold(e.code)
	r.stopped = r.process.stopping || r.told
	var said message
	var lost *volatileInput
	if r.slot >= 0 {
		said = r.control.final()
		r.control.discard(s.guardian)
		lost = s.recover(r, said)
	}
	if r.hasTerminal {
		takeTerminal(s.opt.Stdin)
		r.hasTerminal = false
		if e.code == -int(syscall.SIGINT) && !r.process.stopping { // it came from the terminal, and is meant for the run
			s.signalled(syscall.SIGINT)
		}
	}
	switch {
	case r.timedOut:
		s.timeOver(r)
	case created != nil:
		s.failReplica(r, r.failure(nil, "creates: "+created.Error()))
	case (e.code == workerReplay || e.code == workerRetired) && r.slot >= 0:
		s.replay(r)
	case said.Failed != nil:
		if said.Failed.Code > 0 {
			r.code = said.Failed.Code
		}
		s.restartOrEnd(r, now, r.failure(said.Failed, ""))
	case said.Lacks != "":
		s.restartOrFail(r, now, r.failure(nil, said.Lacks))
	case said.Fault != "" || (r.slot >= 0 && e.code > 0):
		s.conclude(r)
		r.failed = true
		s.fault(r.failure(nil, faultText(said.Fault, e.code)))
	case r.process.stopping || r.told:
		s.conclude(r)
	case lost != nil:
		s.failReplica(r, r.failure(lost.stageError(r.died), ""))
	default:
		s.restartOrEnd(r, now, s.endText(r))
	}
}

// failReplica ends a replica for good, in failure.
func (s *supervisor) failReplica(r *replica, f Failure) {
	s.conclude(r)
	r.failed = true
	s.fail(f)
}

// timeOver ends a replica whose process may not run any longer.
func (s *supervisor) timeOver(r *replica) {
	s.failReplica(r, r.failure(nil, "timed out after "+r.process.limit))
}

// replay starts a worker again that wants to go through its block item by item.
func (s *supervisor) replay(r *replica) {
	r.starts--
	if s.killed {
		s.conclude(r)
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

// endText is the end of a replica as a failure, if it is one.
func (s *supervisor) endText(r *replica) Failure {
	if r.process.succeeded(r.code) {
		return Failure{}
	}
	text := r.howEnded()
	if r.slot >= 0 && r.hopeless() {
		text += fmt.Sprintf(", %d times in a row without getting anywhere", r.barren)
	}
	if r.output != nil {
		text += r.output.tail()
	}
	return r.failure(nil, text)
}

// restartOrEnd does what the restart policy says of a replica that ended by itself, or else ends it, with failure unless its code means
// success.
func (s *supervisor) restartOrEnd(r *replica, now time.Time, failure Failure) {
	text := r.howEnded()
	if failure.Stage != nil {
		text = failure.Error()
	}
	switch {
	case s.restarted(r, now, text):
	case r.process.succeeded(r.code):
		s.conclude(r)
	case r.code == -int(unix.SIGPIPE) && r.process.plan.Stdout.Kind == "inherit" && readerGone(s.opt.Stdout):
		s.conclude(r)
		s.end(StatusStdoutClosed)
	default:
		s.failReplica(r, failure)
	}
}

// restartOrFail does what the restart policy says of a replica that has failed, whatever its exit code.
func (s *supervisor) restartOrFail(r *replica, now time.Time, failure Failure) {
	if !s.restarted(r, now, failure.Text) {
		s.failReplica(r, failure)
	}
}

// restarted starts a replica again, now or later, if its policy says so. text tells how it ended.
func (s *supervisor) restarted(r *replica, now time.Time, text string) bool {
	pause, again := s.restarts(r, now)
	if !again {
		return false
	}
	if r.code < 0 {
		s.partyDied(r)
	}
	switch {
	case pause == 0:
		r.deaths++
		s.logReplaced(r)
		s.start(r)
	default:
		s.log.Info(fmt.Sprintf("%s; started again in %s", text, pause), "process", r.name)
		s.become(r, replicaBackoff)
		r.againTimer = s.later(pause, func() {
			if r.state == replicaBackoff {
				s.start(r)
			}
		})
	}
	return true
}

// loudReplacements is how many replacements of a replica are logged each; after that every so many are.
const (
	loudReplacements  = 3
	quietReplacements = 100
)

// logReplaced tells of a worker that has died and is replaced.
func (s *supervisor) logReplaced(r *replica) {
	level := slog.LevelDebug
	if r.deaths <= loudReplacements || r.deaths%quietReplacements == 0 {
		level = slog.LevelInfo
	}
	s.log.Log(context.Background(), level, r.howEnded()+"; replaced, for the "+ordinal(r.deaths)+" time", "process", r.name)
}

// ordinal is 1st, 2nd, 3rd, 4th, ...
func ordinal(n int) string {
	suffix := "th"
	switch {
	case n%100 >= 11 && n%100 <= 13:
	case n%10 == 1:
		suffix = "st"
	case n%10 == 2:
		suffix = "nd"
	case n%10 == 3:
		suffix = "rd"
	}
	return strconv.Itoa(n) + suffix
}

// readerGone says whether a pipe or socket has lost its reader. See POLLERR in poll(2).
func readerGone(f *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLOUT}}
	_, err := unix.Poll(fds, 0)
	return err == nil && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
}

// restarts says whether a replica that ended by itself is started again, and after what pause.
func (s *supervisor) restarts(r *replica, now time.Time) (pause time.Duration, again bool) {
	if r.process.stopping || r.told {
		return 0, false
	}
	if pause, again = r.process.policy.next(r, r.code, now); again {
		if r.slot >= 0 && r.code == 0 { // it had come to its end: it begins anew, not where it stood
			s.forget(r)
			r.fresh, r.freshSince = true, r.commitsSince
		}
		return pause, true
	}
	// It stood in the middle of a chain: only a replacement can go on from there.
	return 0, r.code < 0 && r.slot >= 0 && !r.hopeless() && s.arena.MustReplace(r.slot)
}

// forget gives back what a worker that came to its end had in its hands: a lock that it never released.
func (s *supervisor) forget(r *replica) {
	if !s.arena.MustReplace(r.slot) {
		return
	}
	if err := s.arena.Abandon(r.slot); err != nil {
		s.fault(r.failure(nil, "giving back what a worker held: "+err.Error()))
	}
	r.commitsSince = s.arena.SlotStats(r.slot).Commits
}

// rested says whether a worker that has died, and is not recovered, lay asleep: in a wait in the arena, in a pause, or for input. Then it has not
// died of what it does. A program that it waits for is something that it does.
func (s *supervisor) rested(r *replica) bool {
	w, ok := s.arena.Waits(r.slot)
	return ok && w.Asleep && (w.Outside == 0 && !w.Other || w.Outside != 0 && w.Outside != int(stages.OutsideProgram))
}

// recover brings the shared memory of a worker that has ended in order, and says what input was lost with it.
func (s *supervisor) recover(r *replica, said message) *volatileInput {
	commits := s.arena.SlotStats(r.slot).Commits
	chance := r.died == "" && s.rested(r)
	if err := s.arena.Recover(r.slot); err != nil {
		s.fault(r.failure(nil, "recovering the memory of a worker: "+err.Error()))
	}
	// A commit that the worker had decided on counts, whoever completed it.
	after := s.arena.SlotStats(r.slot).Commits
	switch r.stalled = r.code < 0 && !r.gotAnywhere(commits); {
	case !r.stalled:
		r.barren = 0
	case !chance:
		r.barren++
	}
	r.commitsSince = after
	r.fresh = r.fresh && after == r.freshSince
	lost := r.control.volatile
	if lost == nil || after > lost.Commits || said.Failed != nil {
		return nil
	}
	return lost
}
