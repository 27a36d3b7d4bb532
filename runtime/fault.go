package runtime

import (
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

// Faults of a plan are what goes wrong on purpose in the run of a test. The supervisor carries them out by signals, as anybody could:
//
//	at an item     the worker that has the item in hand says so and stands still (moment.go); the signal is sent, and if that did not end the
//	               worker, it is told to go on
//	every so often a random one of those that were ever started is shot at; a shot at one that has ended misses, so that the last worker of a
//	               run gets some peace, and so does one at a worker that was never left the time to get anywhere: where a start takes longer
//	               than the time between two shots, as on a busy machine, nobody would ever come to anything
//	else           when the process has started
//
// Whatever happened is counted, for the report. A run that is being stopped has no more faults.

// fault is a fault of the plan with what became of it. Owned by the supervisor's goroutine.
type fault struct {
	def    *planner.Fault
	index  int
	random *rand.Rand
	phase  phase         // of a fault at an item
	every  time.Duration // 0: once
	length time.Duration // of a pause

	armed    bool
	happened int
	missed   string      // why it did not happen when it should have
	tick     *time.Timer // of the next time
	resume   *time.Timer // the end of a pause that is under way
}

// FaultReport says how often a fault of the plan happened.
type FaultReport struct {
	Text     string     `json:"text"` // kill square[1] at item 50 of numbers
	Pos      stages.Pos `json:"pos"`
	Every    bool       `json:"every,omitempty"` // it is to happen again and again
	Happened int        `json:"happened"`
	Missed   string     `json:"missed,omitempty"` // why it did not happen, where that is known
}

// prepareFaults reads the faults of the plan.
func (s *supervisor) prepareFaults() error {
	items := map[planner.ItemRef]int{}
	for i := range s.plan.Faults {
		def := &s.plan.Faults[i]
		f := &fault{def: def, index: i, random: rand.New(rand.NewPCG(uint64(s.plan.Seed), uint64(i)))}
		if def.At != nil {
			if _, again := items[*def.At]; !again {
				items[*def.At] = len(items)
			}
			f.phase = phaseOf(s.plan.Seed, items[*def.At])
		}
		for _, d := range []struct {
			text string
			to   *time.Duration
		}{{def.Every, &f.every}, {def.For, &f.length}} {
			if d.text == "" {
				continue
			}
			var err error
			if *d.to, err = time.ParseDuration(d.text); err != nil {
				return fmt.Errorf("the plan's fault: %w", err)
			}
		}
		s.faults = append(s.faults, f)
	}
	return nil
}

// moments are the items at which a worker is to stand still and say so.
func (s *supervisor) moments() []moment {
	var list []moment
	for _, f := range s.faults {
		if at := f.def.At; at != nil && f.happened == 0 && !s.stopping {
			list = append(list, moment{Fault: f.index, Queue: at.Queue, Member: at.Member, Item: uint64(at.Item), Phase: f.phase})
		}
	}
	return list
}

// aims says whether a replica may be hit.
func (f *fault) aims(r *replica) bool {
	switch {
	case f.def.Process == "":
		return r.slot >= 0 && !r.process.plan.StandIn
	case f.def.Process != r.process.plan.Name:
		return false
	}
	return f.def.Replica == planner.AllReplicas || f.def.Replica == r.index
}

// armFaults has those faults happen, or begin to, that wait for a replica to start.
func (s *supervisor) armFaults(r *replica) {
	for _, f := range s.faults {
		if f.armed || f.def.At != nil || !f.aims(r) {
			continue
		}
		f.armed = true
		if f.every == 0 {
			s.strike(f, r)
			continue
		}
		f.tick = s.later(time.Duration(f.random.Int64N(int64(f.every))), func() { s.shoot(f) })
	}
}

// shoot is one time of a fault that happens again and again.
func (s *supervisor) shoot(f *fault) {
	if s.stopping {
		return
	}
	var targets []*replica
	for _, p := range s.processes {
		for _, r := range p.replicas {
			if f.aims(r) && r.starts > 0 {
				targets = append(targets, r)
			}
		}
	}
	r := targets[f.random.IntN(len(targets))] // it was armed by one of them
	if f.def.Kind != planner.KillFault || !s.spared(r) {
		s.strike(f, r)
	}
	f.tick.Reset(f.every)
}

// mostBarren is after how many deaths in a row that came before it got anywhere a worker is spared until it has.
const mostBarren = 3

// spared says whether no shot hits a worker, for it has died too often without getting anywhere, and has not got anywhere since.
func (s *supervisor) spared(r *replica) bool {
	return r.slot >= 0 && r.barren >= mostBarren && !r.gotAnywhere(s.arena.SlotStats(r.slot).Commits)
}

// reached deals with a worker that has the item of a fault in hand and stands still.
func (s *supervisor) reached(holder *replica, pid, fault int) {
	if holder.pid != pid || holder.state != replicaRunning || fault < 0 || fault >= len(s.faults) {
		return // it has died meanwhile
	}
	if f := s.faults[fault]; f.happened == 0 && !s.stopping {
		target := s.targetOf(f, holder)
		switch {
		case target == nil || !s.strike(f, target):
			f.missed = "when the item was there, " + targetText(f) + " was not running"
		case target == holder && f.def.Kind == planner.KillFault:
			return
		}
	}
	holder.control.goOn()
}

// targetOf is who a fault hits when holder has its item: holder, if it may be him, or else one of those who run.
func (s *supervisor) targetOf(f *fault, holder *replica) *replica {
	if f.aims(holder) {
		return holder
	}
	var targets []*replica
	for _, p := range s.processes {
		for _, r := range p.replicas {
			if f.aims(r) && r.state == replicaRunning {
				targets = append(targets, r)
			}
		}
	}
	if len(targets) == 0 {
		return nil
	}
	return targets[f.random.IntN(len(targets))]
}

func targetText(f *fault) string {
	switch {
	case f.def.Process == "":
		return "any worker"
	case f.def.Replica == planner.AllReplicas:
		return f.def.Process
	}
	return planner.Worker{Process: f.def.Process, Replica: f.def.Replica}.String()
}

// strike has a fault happen to a replica, if that is running. Who has been asked to end is not kept from it, and a fault pauses one at a time.
func (s *supervisor) strike(f *fault, r *replica) bool {
	if r.state != replicaRunning || r.pid == 0 || f.resume != nil || r.asked && f.def.Kind == planner.PauseFault {
		return false
	}
	f.happened++
	f.missed = ""
	s.log.Debug("fault: "+f.def.Text, "process", r.name)
	if f.def.Kind == planner.KillFault {
		s.reaper.signal(r.pid, unix.SIGKILL)
		return true
	}
	pid := r.pid
	s.reaper.signal(pid, unix.SIGSTOP)
	f.resume = s.later(f.length, func() {
		f.resume = nil
		s.reaper.signal(pid, unix.SIGCONT)
	})
	return true
}

// unpause lets a replica go on that is to be stopped, and could not hear of it.
func (s *supervisor) unpause(r *replica) {
	if len(s.faults) > 0 {
		s.reaper.signal(r.pid, unix.SIGCONT)
	}
}

// endFaults ends the timers of faults.
func (s *supervisor) endFaults() {
	for _, f := range s.faults {
		for _, timer := range []*time.Timer{f.tick, f.resume} {
			if timer != nil {
				timer.Stop()
			}
		}
	}
}

// faultReports says what became of the faults.
func (s *supervisor) faultReports() []FaultReport {
	var list []FaultReport
	for _, f := range s.faults {
		list = append(list, FaultReport{Text: f.def.Text, Pos: f.def.Pos, Every: f.every > 0, Happened: f.happened, Missed: f.missed})
	}
	return list
}
