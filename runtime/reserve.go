package runtime

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// The reserve of a process whose start method is forkserver is one carrier: started, its arena mapped, its chain built once for practice, with what
// that can start ahead (stages.Chain.Prepare). A replica
// that is started again, or late, goes to it if it is there, ready or not; else it is spawned. The first replicas are spawned, as they would
// wait for a reserve as long.
//
//	none ----- refillAfter -----> filled ---- a replica takes it ---> none
//	  ^                             |
//	  +---- refillAfter, doubled ---+ it dies; after maxReserveDeaths in a row: no more
//
// The pause keeps its start out of the way of the replacement's first commit, and costs a run nothing that is over before. The reserve is
// killed when its process is to stop or has ended: it has nothing in hand.
type reserve struct {
	carrier *carrier // nil: there is none
	timer   *time.Timer
	deaths  int // in a row, before anybody took it
}

const (
	refillAfter      = 20 * time.Millisecond
	mostDoubled      = 3
	maxReserveDeaths = 10
)

// startFromReserve hands a replica to the reserve of its process, if that is there, and sees to the next one. It says whether it could.
func (s *supervisor) startFromReserve(r *replica) bool {
	v := &r.process.reserve
	c := v.carrier
	defer s.refillLater(r.process)
	if c == nil || r.terminal {
		return false
	}
	v.carrier = nil
	err := s.handOver(c, r, false)
	if err != nil && !errors.Is(err, errCarrierGone) {
		s.endReserveCarrier(c)
	}
	if err != nil {
		return false
	}
	v.deaths = 0
	return true
}

// refillLater fills the reserve of a process in a while, unless it is filled, or will be.
func (s *supervisor) refillLater(p *process) {
	v := &p.reserve
	if v.carrier != nil || v.timer != nil || v.deaths >= maxReserveDeaths || p.plan.Stdin.Kind == "inherit" {
		return
	}
	v.timer = s.later(refillAfter<<min(v.deaths, mostDoubled), func() {
		v.timer = nil
		s.refill(p)
	})
}

// refill starts the reserve of a process.
func (s *supervisor) refill(p *process) {
	v := &p.reserve
	if v.carrier != nil || p.stopping || s.stopping || p.ended() {
		return
	}
	c, err := s.startCarrier(p, p.plan.Name+" (reserve)", false, carriesOne)
	if err != nil {
		s.reserveDied(p, err.Error())
		return
	}
	c.reserve, v.carrier = true, c
}

// reserveEnded deals with the end of a carrier that was started for the reserve. If a replica has taken it, that is the replica's.
func (s *supervisor) reserveEnded(c *carrier, e exit, said message, riders []*replica) {
	v := &c.process.reserve
	if len(riders) > 0 || v.carrier != c {
		return
	}
	v.carrier = nil
	if !c.leaving {
		s.reserveDied(c.process, exitText(e.code)+tellingOf(said))
	}
}

// tellingOf is what a worker has said of its end, as an addition to that.
func tellingOf(said message) string {
	if said.Fault+said.Lacks == "" {
		return ""
	}
	return ": " + said.Fault + said.Lacks
}

// reserveDied notes that a reserve has died before anybody took it, or did not start.
func (s *supervisor) reserveDied(p *process, how string) {
	v := &p.reserve
	v.deaths++
	s.log.Debug("the worker in reserve "+how, "process", p.plan.Name)
	if v.deaths == maxReserveDeaths {
		s.log.Warn(fmt.Sprintf("no more workers in reserve: %d in a row have died before they were needed, the last one %s", v.deaths, how), "process", p.plan.Name)
	}
	s.refillLater(p)
}

// endReserve ends the reserve of a process that starts nobody any more.
func (s *supervisor) endReserve(p *process) {
	v := &p.reserve
	if v.timer != nil {
		v.timer.Stop()
		v.timer = nil
	}
	if v.carrier != nil && !v.carrier.leaving {
		s.endReserveCarrier(v.carrier)
	}
}

// endReserveCarrier kills a carrier that carries nobody.
func (s *supervisor) endReserveCarrier(c *carrier) {
	c.leaving = true
	s.reaper.signal(c.pid, unix.SIGKILL)
}
