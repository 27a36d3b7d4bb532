package runtime

import (
	"slices"
	"strings"
	"time"
)

// cycleEvery is how often the supervisor looks whether a cycle of queues has come to rest.
const cycleEvery = 5 * time.Millisecond

func (s *supervisor) hasCycle() bool {
	for i := range s.plan.Queues {
		if len(s.plan.Queues[i].Cycle) > 0 {
			return true
		}
	}
	return false
}

// closeCycles closes the queues of each cycle on which nothing can move any more: all writers outside have ended, and those inside
// wait for items of the cycle that nobody can put. See shm.Arena.CycleQuiet.
func (s *supervisor) closeCycles() {
	seen := map[string]bool{}
	for i := range s.plan.Queues {
		q := &s.plan.Queues[i]
		key := strings.Join(q.Cycle, " ")
		if len(q.Cycle) == 0 || seen[key] || s.queues[q.Name].Closed() {
			continue
		}
		seen[key] = true
		if s.cycleQuiet(q.Cycle) {
			for _, name := range q.Cycle {
				s.queues[name].CloseWriters()
			}
		}
	}
}

func (s *supervisor) cycleQuiet(cycle []string) bool {
	var queues, slots []int
	readers := map[string]bool{}
	for i := range s.plan.Queues {
		if q := &s.plan.Queues[i]; slices.Contains(cycle, q.Name) {
			queues = append(queues, i)
			for _, name := range q.Readers {
				readers[name] = true
			}
		}
	}
	for i := range s.plan.Queues {
		q := &s.plan.Queues[i]
		if !slices.Contains(cycle, q.Name) {
			continue
		}
		for _, name := range q.Writers {
			p := s.byName[name]
			if p.ended() {
				continue
			}
			if !readers[name] {
				return false // a writer from outside may still put
			}
			for _, r := range p.replicas {
				switch r.state {
				case replicaEnded:
				case replicaRunning:
					if r.slot < 0 {
						return false // what a program may still do is not known
					}
					slots = append(slots, r.slot)
				default:
					return false // to be started: it may put
				}
			}
		}
	}
	return s.arena.CycleQuiet(queues, slots)
}
