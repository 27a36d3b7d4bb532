package runtime

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/planner"
)

// A carrier is an OS process of this binary that is started without a post, and is handed replicas over its socket: all of a process whose
// start method is thread, or, in the reserve of one whose method is forkserver, the one that it is to replace. With each comes a control
// socket of its own, so that to the supervisor a replica in a carrier is as any other.
//
//	         start                hand over            the last one has ended
//	(none) --------> empty ----------------> carrying ------------------------> leaving
//	                   |                        |  ^                               |
//	                   |                        +--+ hand over, one of several     |
//	                   |                        |    has ended (threads)           |
//	                   +----- it dies, or is to end: its socket is closed ---------+--> reaped
//
//	it dies                       then
//	empty                         nothing is lost: the reserve is filled again, a thread that waited for it is handed to another
//	in the middle of a hand-over  the replica is its own, whether it knew already or not: it has died
//	carrying                      all that it carries have died, but those that had said their last before
//	leaving                       the last one had said its last before
//
// A thread says its last (message.Ended) when its goroutine is through with its slot. What is killed of the carrier, or paused, is all of it.
type carrier struct {
	process *process
	pid     int
	base    *control // posts go to it, and what it says of itself before it has one
	output  *logPipe // of its standard error
	riders  []*replica
	reserve bool // it was started for the reserve
	leaving bool
}

// carries is how many replicas a worker carries that gets its posts over the socket.
type carries uint8

const (
	carriesNothing carries = iota // its post is in its handoff
	carriesOne                    // as its own: its exit code is the replica's
	carriesAll                    // of its process, as threads
)

// startCarrier starts a carrier for replicas of a process.
func (s *supervisor) startCarrier(p *process, name string, foreground bool, how carries) (*carrier, error) {
	h := handoff{surroundings: s.surroundings(p.plan)}
	h.Carries = how
	w, err := s.startBinary(p.plan, name, foreground, h)
	if err != nil {
		return nil, err
	}
	c := &carrier{process: p, pid: w.pid, output: w.output}
	c.base = newControl(w.socket, s.guardian, s.folders, func(message) {})
	s.guardian.group(c.pid)
	if err := s.reaper.watch(w.pidfd, c.pid, c, false); err != nil {
		s.guardian.groupGone(c.pid)
		c.base.final()
		return nil, err
	}
	s.carriers[c] = true
	return c, nil
}

// errCarrierGone says that a carrier has ended, of which the reaper will tell.
var errCarrierGone = errors.New("the process that was to run it has ended")

// handOver gives a replica to a carrier. With errCarrierGone nothing has happened; but a replica that goes down with the ship counts as dead.
func (s *supervisor) handOver(c *carrier, r *replica, withTheShip bool) error {
	post, err := memoryFile(s.post(r))
	if err != nil {
		return err
	}
	ours, theirs, err := socketPair()
	if err != nil {
		post.Close()
		return err
	}
	_, programsEnd, err := s.openLogPipe(s.log.With("process", r.name), slog.LevelInfo)
	if err != nil {
		closeAll(post, ours, theirs)
		return err
	}
	err = sendFiles(c.base.socket, post, theirs, programsEnd)
	gone := errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET)
	switch {
	case gone && withTheShip:
	case gone:
		ours.Close()
		return errCarrierGone
	case err != nil:
		ours.Close()
		return fmt.Errorf("handing %s over: %w", r.name, err)
	}
	pid := c.pid
	var line *control
	line = newControl(ours, s.guardian, s.folders, func(m message) {
		s.later(0, func() {
			if m.Ended != nil {
				s.riderEnded(c, r, line, *m.Ended)
			} else {
				s.said(r, pid, m)
			}
		})
	})
	r.control, r.output, r.pid = line, c.output, pid
	c.riders = append(c.riders, r)
	return nil
}

// startThread starts a replica as a thread of its process's carrier.
func (s *supervisor) startThread(r *replica) error {
	p := r.process
	if c := p.carrier; c != nil {
		err := s.handOver(c, r, false)
		if !errors.Is(err, errCarrierGone) {
			return err
		}
		p.carrier = nil
	}
	c, err := s.startCarrier(p, p.plan.Name, r.hasTerminal, carriesAll)
	if err != nil {
		return err
	}
	p.carrier = c
	return s.handOver(c, r, true)
}

// isApart says that a replica of a process of threads is started in an OS process of its own for once. All threads die together, and each death
// counts against the items of each: what came to no more than that since the last death must not be given up for what another has done.
// Where the second death would be the last, that is after the first.
func (s *supervisor) isApart(r *replica) bool {
	return r.stalled || r.deaths > 0 && slices.ContainsFunc(s.plan.Queues, func(q planner.Queue) bool {
		return q.MaxDeliveries == 2 && slices.Contains(r.process.plan.Gets, q.Name)
	})
}

// riderEnded deals with a thread that has said its last over line. The last of all ends with the carrier: what its programs have left of the
// group is gone then.
func (s *supervisor) riderEnded(c *carrier, r *replica, line *control, code int) {
	if r.control != line || c.leaving || !slices.Contains(c.riders, r) {
		return // the carrier has died meanwhile
	}
	if len(c.riders) == 1 {
		s.dismiss(c)
		return
	}
	c.riders = slices.DeleteFunc(c.riders, func(other *replica) bool { return other == r })
	line.hangUp()
	s.riderGone(r, exit{pid: c.pid, tag: r, code: code})
}

// riderGone deals with the end of a replica that a carrier has carried.
func (s *supervisor) riderGone(r *replica, e exit) {
	if r.killTimer != nil {
		r.killTimer.Stop()
	}
	s.ended(r, e, time.Now(), nil)
}

// dismissIdle dismisses the carrier of a process that starts nobody any more, if it has come to carry nobody: a hand-over went wrong.
func (s *supervisor) dismissIdle(p *process) {
	if c := p.carrier; c != nil && len(c.riders) == 0 {
		s.dismiss(c)
	}
}

// dismiss tells a carrier that nobody comes any more: it ends when it has read that.
func (s *supervisor) dismiss(c *carrier) {
	c.leaving = true
	if c.process.carrier == c {
		c.process.carrier = nil
	}
	c.base.hangUp()
}

// carrierEnded deals with the end of a carrier, and so of all that it carried.
func (s *supervisor) carrierEnded(c *carrier, e exit) {
	s.guardian.groupGone(e.pid)
	delete(s.carriers, c)
	if c.process.carrier == c {
		c.process.carrier = nil
	}
	said := c.base.final()
	riders := c.riders
	c.riders = nil
	if c.reserve {
		s.reserveEnded(c, e, said, riders)
	}
	for _, r := range riders {
		last, code := r.control.final(), e.code
		switch {
		case last.Ended != nil && code <= 0: // what else it ends with is a fault, as the race detector tells
			code = *last.Ended
		case last.Failed == nil && last.Fault+last.Lacks == "":
			r.control.last = said // of itself, before it knew of any replica
		}
		s.riderGone(r, exit{pid: e.pid, tag: r, code: code})
	}
}
