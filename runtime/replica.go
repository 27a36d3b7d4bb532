package runtime

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

// replicaState is where a replica of a process is in its life.
//
//	           start                  end
//	waiting ----------> running ----------------> ended
//	   |                 ^   |                      ^
//	   |           timer |   | end, to be restarted |
//	   |                 |   v                      |
//	   |                backoff --------------------+
//	   +-------------------- stop ------------------+
type replicaState uint8

const (
	replicaInvalid replicaState = iota
	replicaWaiting              // for what it depends on
	replicaRunning
	replicaBackoff // ended, and waits to be started again
	replicaEnded   // for good
)

// String is the state's word in reports.
func (s replicaState) String() string {
	switch s {
	case replicaWaiting:
		return "waiting"
	case replicaRunning:
		return "running"
	case replicaBackoff:
		return "restarting"
	case replicaEnded:
		return "ended"
	default:
		return "invalid"
	}
}

// process is a process of the plan as the supervisor knows it. Owned by the supervisor's goroutine.
type process struct {
	plan     *planner.Process
	replicas []*replica
	policy   restartPolicy
	grace    time.Duration
	limit    string // of its time, as Go writes it; "": none

	carrier *carrier // of its threads; nil: none that may be handed any more
	reserve reserve

	dependents []*process
	wanted     bool // a stage has started it: it need not wait for one
	begun      bool // its replicas were started, or are about to be
	stopping   bool // asked to end
	dismissed  bool // asked because nobody needs it any more: a daemon, or a pool
	settled    bool // all replicas have ended and what follows from that is done
	filesAsked bool // the outlet has been asked to put in place what it wrote, and has yet to take what it asked to be started
	filesDone  bool // that has been done
}

// replica is one replica of a process, over all its starts. Owned by the supervisor's goroutine.
type replica struct {
	process *process
	index   int
	slot    int // in the arena; -1 for a command
	line    int // its word on the arena's board
	name    string
	cpus    []int // that it is to run on; nil: any

	state   replicaState
	pid     int
	control *control  // of a worker
	output  *logPipe  // of its standard error, and output
	started time.Time // first start
	ended   time.Time
	starts  int
	deaths  int // starts that took the place of one that died

	code        int    // exit code of the last end
	died        string // what it died of then, if its signal does not say it all
	failed      bool
	stopped     bool             // it ended because it was asked to
	timedOut    bool             // it was asked to because its process's time is over
	asked       bool             // the running process was asked to end
	told        bool             // it was asked by a stage
	sent        []syscall.Signal // by stages, to the running process
	terminal    bool             // its standard input is the terminal that is mprun's
	hasTerminal bool             // that terminal is its, and its keys' signals
	skipped     bool             // it was not started, since what it creates is up to date

	creation *stages.Creation // what its running program creates
	pipes    [3]*os.File      // named pipes that have been opened for its next start, by descriptor

	stops int // looks in a row that have found its process stopped by a signal

	killTimer  *time.Timer // ends the grace
	limitTimer *time.Timer // ends its process's time
	againTimer *time.Timer // starts it again

	fresh      bool   // it is to begin anew: its state is of a chain that came to its end
	freshSince uint64 // commits at that end

	restarts     []time.Time // the latest ones, for the policy's window
	barren       int         // deaths in a row, not asleep, with at most one commit between
	stalled      bool        // the last death came with at most one commit since the one before, asleep or not
	commitsSince uint64      // commits at the last death
}

// displayName is square, or square[2] where there are several.
func displayName(p *planner.Process, index int) string {
	if p.Replicas == 1 {
		return p.Name
	}
	return p.Name + "[" + strconv.Itoa(index) + "]"
}

// ended says whether all replicas have ended for good.
func (p *process) ended() bool {
	for _, r := range p.replicas {
		if r.state != replicaEnded {
			return false
		}
	}
	return true
}

// failed says whether a replica ended in failure.
func (p *process) failed() bool {
	for _, r := range p.replicas {
		if r.failed {
			return true
		}
	}
	return false
}

// everStarted says whether all replicas were started at least once, or need not be.
func (p *process) everStarted() bool {
	for _, r := range p.replicas {
		if r.starts == 0 && !r.skipped {
			return false
		}
	}
	return true
}

// endedWell says whether no replica failed or was asked to end in the middle of the run.
func (p *process) endedWell() bool {
	for _, r := range p.replicas {
		if r.failed || (r.stopped && !p.dismissed) {
			return false
		}
	}
	return true
}

// never says whether no replica was started, and none will be.
func (p *process) never() bool { return p.ended() && !p.everStarted() }

// came says whether the process has come to the condition of a dependency; possible is false if it never will.
func (p *process) came(condition string) (yes, possible bool) {
	switch condition {
	case "completed":
		return p.settled && !p.failed() && p.everStarted(), !p.settled || (!p.failed() && p.everStarted())
	case "failed":
		return p.settled && p.failed(), !p.settled || p.failed()
	case "exited":
		return p.settled && p.everStarted(), !p.never()
	default: // started, and ready without a probe
		return p.everStarted(), !p.never()
	}
}

// succeeded says whether an exit code counts as success.
func (p *process) succeeded(code int) bool {
	if code == 0 {
		return true
	}
	for _, c := range p.plan.SuccessCodes {
		if c == code {
			return true
		}
	}
	return false
}

// failure describes the end of a replica that failed.
func (r *replica) failure(stage *stages.StageError, text string) Failure {
	f := Failure{Process: r.name, PID: r.pid, ExitCode: r.code, Pos: r.process.plan.Pos, Stage: stage, Text: text}
	if r.died != "" {
		f.Pos = r.process.plan.Limits.Pos
	}
	if stage != nil {
		f.Pos, f.Text = stage.Pos, stage.Text
	}
	return f
}

// exitText says how a replica ended.
func exitText(code int) string {
	if code < 0 {
		return fmt.Sprintf("ended by signal %d (%s)", -code, signalName(-code))
	}
	return fmt.Sprintf("ended with exit code %d", code)
}

// howEnded says how a replica ended the last time.
func (r *replica) howEnded() string {
	if r.died != "" {
		return r.died
	}
	return exitText(r.code)
}

// closeAll closes files that are there.
func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
}
