package runtime

import (
	"strings"
	"time"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

// Status says how a run ended. Its value is the exit code of the command line.
type Status int

// The ways a run ends, as the exit codes that the command line documents. StatusSignal + N is the end by signal N.
const (
	StatusOK           Status = 0
	StatusFailed       Status = 1
	StatusDeadlock     Status = 4
	StatusFault        Status = 70
	StatusTimeout      Status = 124
	StatusSignal       Status = 128
	StatusStdoutClosed Status = 141
)

// String is the word for the status in reports.
func (s Status) String() string {
	switch {
	case s == StatusOK:
		return "succeeded"
	case s == StatusFailed:
		return "failed"
	case s == StatusDeadlock:
		return "deadlock"
	case s == StatusFault:
		return "fault"
	case s == StatusTimeout:
		return "timeout"
	case s == StatusStdoutClosed:
		return "stdout-closed"
	case s > StatusSignal:
		return "interrupted"
	default:
		return "unknown"
	}
}

// Report is what a run leaves behind.
type Report struct {
	Name      string                 `json:"name"`
	Status    Status                 `json:"exit_code"`
	Outcome   string                 `json:"status"` // Status as a word
	Started   time.Time              `json:"started"`
	Seconds   float64                `json:"seconds"`
	Processes []ProcessReport        `json:"processes"`
	Results   map[string]any         `json:"results,omitempty"`  // of `result` stages: the last value, or the list of all
	Failures  []Failure              `json:"failures,omitempty"` // the first is the one that ended the run
	Queues    map[string]QueueReport `json:"queues,omitempty"`
	Deadlock  *Deadlock              `json:"deadlock,omitempty"`   // in which the run ended
	Kept      string                 `json:"kept_arena,omitempty"` // the file in which the shared memory was kept
	Faults    []FaultReport          `json:"faults,omitempty"`     // of the plan, in its order
}

// ProcessReport is one replica of a process.
type ProcessReport struct {
	Name     string  `json:"name"`      // square, or square[2]
	Outcome  string  `json:"status"`    // succeeded, failed, stopped, not-started, or skipped: what its program creates is up to date
	ExitCode int     `json:"exit_code"` // -N after signal N
	Starts   int     `json:"starts"`
	Replaced int     `json:"replaced"` // starts that took the place of one that had died
	Seconds  float64 `json:"seconds"`
	Skipped  int     `json:"skipped,omitempty"` // items whose programs did not run: what they create is up to date
}

// QueueReport is one queue at the end of the run, in items.
type QueueReport struct {
	Put      uint64 `json:"put"`
	Finished uint64 `json:"finished"`
	Left     int    `json:"left"`
}

// Failure is why a process failed.
type Failure struct {
	Process  string             `json:"process"`
	PID      int                `json:"pid,omitempty"`
	ExitCode int                `json:"exit_code"`
	Pos      stages.Pos         `json:"pos"` // of the stage, or of the process
	Stage    *stages.StageError `json:"stage,omitempty"`
	Text     string             `json:"text"`
}

// masked is the failure without what is not to be shown.
func (f Failure) masked(secrets planner.Secrets) Failure {
	f.Text = secrets.Mask(f.Text)
	if f.Stage != nil {
		stage := *f.Stage
		stage.Text, stage.Item, stage.Traceback = secrets.Mask(stage.Text), secrets.Mask(stage.Item), secrets.Mask(stage.Traceback)
		f.Stage = &stage
	}
	return f
}

// Error is one line: where in the spec, which process, what happened.
func (f *Failure) Error() string {
	if f.Stage != nil {
		return f.Stage.Pos.String() + ": process " + f.Process + ": " + f.Stage.What()
	}
	if f.Process == "" {
		return f.Pos.String() + ": " + f.Text
	}
	return f.Pos.String() + ": process " + f.Process + ": " + f.Text
}

// traceback is what follows Error in the log where the failure came from a function of another language: lines that say where, indented.
func (f *Failure) traceback() string {
	if f.Stage == nil || f.Stage.Traceback == "" {
		return ""
	}
	return "\n  " + strings.ReplaceAll(f.Stage.Traceback, "\n", "\n  ")
}
