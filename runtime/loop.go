package runtime

import (
	"cmp"
	"context"
	"time"
)

// events is what loop waits for besides what comes from its own goroutines.
type events struct {
	timeout   <-chan time.Time
	cancelled <-chan struct{}
	cycles    *time.Ticker
	progress  *time.Ticker
	still     *time.Ticker
	stopped   *time.Ticker
	passedOn  <-chan struct{}  // the outlet is at its end
	patience  <-chan time.Time // with an outlet that does not move
}

// loop runs until every process has ended and what they wrote is passed on.
func (s *supervisor) loop(ctx context.Context) {
	in := &events{
		cancelled: ctx.Done(),
		cycles:    s.ticker(s.hasCycle() || s.hasIdle(), cycleEvery),
		progress:  s.ticker(s.opt.Progress != nil, s.opt.ProgressEvery),
		still:     s.ticker(s.arena.Slots() > 1, cmp.Or(s.opt.lookEvery, standstillEvery)),
	}
	in.stopped = s.ticker(true, cmp.Or(s.opt.lookStopped, stoppedEvery))
	defer in.stopped.Stop()
	defer in.cycles.Stop()
	defer in.progress.Stop()
	defer in.still.Stop()
	if s.opt.Timeout > 0 {
		timer := time.NewTimer(s.opt.Timeout)
		defer timer.Stop()
		in.timeout = timer.C
	}
	s.settle()
	if s.guardian == nil {
		defer s.later(folderAfter, s.openFolderLate).Stop()
	}
	for ; !s.over(); s.settle() {
		s.handle(in)
	}
	s.killLeftovers()
	s.endLogPipes()
	s.passOn(in)
	if !s.outlet.abandoned {
		s.logSkipped()
	}
	if s.opt.Progress != nil {
		p := s.progress()
		p.Over = true
		s.opt.Progress(p)
	}
}

// handle waits for the next event and deals with it.
func (s *supervisor) handle(in *events) {
	select {
	case e := <-s.exits:
		switch who := e.tag.(type) {
		case *replica:
			s.exited(who, e)
		case *carrier:
			s.carrierEnded(who, e)
		case *stopCommand:
			s.stopCommandEnded(who, e.code)
		}
	case call := <-s.calls:
		call()
	case sig := <-s.opt.Signals:
		s.signalled(sig)
	case <-in.timeout:
		s.patience = outletPatience
		s.end(StatusTimeout)
		s.limitFinally()
	case <-in.cancelled:
		in.cancelled = nil // it would come again at once
		s.patience = outletPatience
		s.end(StatusSignal + 15)
	case <-in.cycles.C:
		s.closeCycles()
		s.leaveOutIdle()
	case <-in.still.C:
		s.lookForDeadlock()
	case <-in.stopped.C:
		s.lookForStopped()
	case <-in.progress.C:
		s.opt.Progress(s.progress())
	case <-in.passedOn:
	case <-in.patience:
	}
}

// How long a run that is to end waits for somebody to take its output: after a timeout, and after having been killed.
const (
	outletPatience = 10 * time.Second
	killedPatience = time.Second
)

// passOn waits until the outlet has passed on what was written. Who reads it may take his time; but after a timeout or a kill, an outlet
// that does not move any more is abandoned.
func (s *supervisor) passOn(in *events) {
	s.outlet.queue.CloseWriters()
	in.passedOn = s.outlet.done
	var steps uint64
	moved := time.Now()
	for ; ; s.handle(in) {
		select {
		case <-s.outlet.done:
			if err := s.outlet.err; err != nil && s.status == StatusOK {
				s.outletFailed(err)
			}
			return
		default:
		}
		if now := s.outlet.steps(); now != steps {
			steps, moved = now, time.Now()
		}
		if s.patience == 0 {
			continue
		}
		left := s.patience - time.Since(moved)
		if left <= 0 {
			s.log.Warn("nobody takes the output of the run: what is left of it is dropped")
			s.outlet.abandoned = true
			return
		}
		in.patience = time.After(left)
	}
}

// ticker ticks only if on.
func (s *supervisor) ticker(on bool, every time.Duration) *time.Ticker {
	if every <= 0 {
		every = time.Second
	}
	t := time.NewTicker(every)
	if !on {
		t.Stop()
	}
	return t
}

func (s *supervisor) over() bool {
	for _, p := range s.processes {
		if !p.settled {
			return false
		}
	}
	return len(s.stopCommands) == 0 && len(s.carriers) == 0
}
