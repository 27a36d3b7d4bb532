package runtime

import (
	"time"

	"github.com/mprun/mprun/planner"
)

// The chain of `finally` is a process like others, but for when it runs: once all others have ended, whatever became of them. Being
// stopped by the first interrupt, a failure or the run's timeout is about the others; only a kill ends it.

// finallyPatience is how long the chain of finally may take when the time of the run is over.
const finallyPatience = 10 * time.Second

// startFinally starts the chain of finally when everything else is over, and says whether it has.
func (s *supervisor) startFinally(p *process) bool {
	if len(s.stopCommands) > 0 {
		return false
	}
	for _, other := range s.processes {
		if other != p && !other.settled {
			return false
		}
	}
	s.outcome = planner.Values{
		"status":   s.status.String(),
		"failed":   s.status != StatusOK,
		"duration": time.Since(s.began).Seconds(),
	}
	if s.status == StatusTimeout {
		p.limit = finallyPatience.String()
	}
	s.start(p.replicas[0])
	return true
}

// limitFinally ends the chain of finally, if it is running, when the time of the run has been over for a while.
func (s *supervisor) limitFinally() {
	for _, p := range s.processes {
		if r := p.replicas[0]; p.plan.Finally && r.state == replicaRunning {
			p.limit = finallyPatience.String()
			s.limitTime(r)
		}
	}
}
