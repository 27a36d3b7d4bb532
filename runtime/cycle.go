package runtime

import "time"

// cycleEvery is how often the supervisor looks whether a cycle of queues has come to rest.
const cycleEvery = 5 * time.Millisecond

func (s *supervisor) hasCycle() bool { return len(s.cycles) > 0 }

// closeCycles closes the queues of each cycle on which nothing can move any more: all writers outside have ended, and those inside
// wait for items of the cycle that nobody can put. See shm.Arena.CycleQuiet.
func (s *supervisor) closeCycles() {
	for _, cycle := range s.cycles {
		if isClosed(cycle) || !s.cycleQuiet(cycle) {
			continue
		}
		for _, p := range cycle {
			p.queue.CloseWriters()
		}
	}
}

func isClosed(cycle []*livePart) bool {
	for _, p := range cycle {
		if !p.queue.Closed() {
			return false
		}
	}
	return true
}

func (s *supervisor) cycleQuiet(cycle []*livePart) bool {
	var queues []int
	readers := map[*replica]bool{}
	for _, p := range cycle {
		if p.queue.ReadersGone() {
			continue // what lies there is nobody's any more
		}
		queues = append(queues, p.index)
		for _, r := range p.readers {
			readers[r] = true
		}
	}
	var slots []int
	asked := map[*replica]bool{}
	for _, p := range cycle {
		for _, r := range p.writers {
			switch {
			case r.state == replicaEnded || asked[r]:
				continue
			case !readers[r]:
				return false // a writer from outside may still put
			case r.state != replicaRunning || r.slot < 0:
				return false // it is to be started, and may put then; or it is a program, of which nothing is known
			}
			asked[r] = true
			slots = append(slots, r.slot)
		}
	}
	return s.arena.CycleQuiet(queues, slots)
}
