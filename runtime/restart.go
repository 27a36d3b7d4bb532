package runtime

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/planner"
)

// restartPolicy decides whether a replica that has ended is started again.
type restartPolicy struct {
	when                   string
	max                    int
	window                 time.Duration
	backoff, backoffAtMost time.Duration
}

// maxBarren is how many deaths in a row, with no commit between them and not asleep, show that a worker dies of what it does and not of chance. It is
// high because a start takes milliseconds: somebody who kills at random on a busy machine hits the same start several times.
const maxBarren = 100

// mostStarved is the same of deaths by a limit, which are no chance, of a worker that has no queue: nobody counts how often its item was delivered.
const mostStarved = 3

// hopeless says whether a worker has died so often without getting anywhere that it is not started again.
func (r *replica) hopeless() bool {
	if r.died != "" && len(r.process.plan.Gets) == 0 {
		return r.barren >= mostStarved
	}
	return r.barren >= maxBarren
}

// gotAnywhere says whether a worker that has come to a number of commits has got anywhere since it was started. One commit may do no more than
// note that a program was about to be run.
func (r *replica) gotAnywhere(commits uint64) bool { return commits > r.commitsSince+1 }

func newRestartPolicy(r planner.Restart) (restartPolicy, error) {
	p := restartPolicy{when: r.When, max: r.Max}
	for _, d := range []struct {
		text string
		to   *time.Duration
	}{{r.Window, &p.window}, {r.Backoff, &p.backoff}, {r.MaxBackoff, &p.backoffAtMost}} {
		if d.text == "" {
			continue
		}
		v, err := time.ParseDuration(d.text)
		if err != nil {
			return p, fmt.Errorf("the plan's restart policy: %w", err)
		}
		*d.to = v
	}
	return p, nil
}

// next says whether a replica that ended with code, without being asked to, is started again, and after what pause. A worker that
// was killed is replaced at once, unless it has died too often without getting anywhere.
func (p restartPolicy) next(r *replica, code int, now time.Time) (pause time.Duration, again bool) {
	died := code < 0
	switch p.when {
	case "death":
		return 0, died && r.slot >= 0 && !r.hopeless()
	case "always":
	case "on-failure":
		if r.process.succeeded(code) {
			return 0, false
		}
	default:
		return 0, false
	}
	var recent []time.Time
	for _, t := range r.restarts {
		if p.window == 0 || now.Sub(t) < p.window {
			recent = append(recent, t)
		}
	}
	r.restarts = append(recent, now)
	if p.max > 0 && len(recent) >= p.max {
		return 0, false
	}
	pause = p.backoff << min(len(recent), 20)
	if p.backoffAtMost > 0 {
		pause = min(pause, p.backoffAtMost)
	}
	return pause, true
}

// signalName is SIGTERM for 15, and so on.
func signalName(n int) string {
	if name := unix.SignalName(unix.Signal(n)); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", n)
}
