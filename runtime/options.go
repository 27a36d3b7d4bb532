package runtime

import (
	"log/slog"
	"os"
	"time"
)

// Options is what a run is given besides its plan.
type Options struct {
	// Stdin, Stdout and Stderr are the run's standard streams. Nothing but what the spec prints goes to Stdout.
	Stdin, Stdout, Stderr *os.File
	// Signals asks for the end of the run: the first stops it gracefully, the second kills. May be nil.
	Signals <-chan os.Signal
	// Timeout ends the run with StatusTimeout; 0: none.
	Timeout time.Duration
	// KeepGoing lets the other processes go on when one has failed.
	KeepGoing bool
	// Log gets the run's own messages and the lines of programs whose output goes to the log. The attribute "process" names who
	// speaks.
	Log *slog.Logger
	// Progress is called from one goroutine, about every ProgressEvery and at the end. May be nil.
	Progress      func(Progress)
	ProgressEvery time.Duration
	// Executable is the mprun binary that workers are started from; "" is this process's own.
	Executable string
	// KeepArena is the file in which the run's shared memory is kept after its end, for ExamineKept; of a folder, mprun-ID.arena in it. "": nothing
	// outlives the run.
	KeepArena string

	lookEvery time.Duration // for a deadlock; 0: standstillEvery. Tests look more often
}

// Progress is how far a run has come.
type Progress struct {
	Elapsed   time.Duration     `json:"-"`
	Seconds   float64           `json:"seconds"`
	Processes []ProcessProgress `json:"processes"`
	Queues    []QueueProgress   `json:"queues"`
}

// ProcessProgress is one process of a run.
type ProcessProgress struct {
	Name     string `json:"name"`
	State    string `json:"state"` // of the replica that is furthest behind
	Running  int    `json:"running"`
	Ended    int    `json:"ended"`
	Replicas int    `json:"replicas"`
	Replaced int    `json:"replaced"` // workers replaced after a death
}

// QueueProgress is one queue of a run. Items are counted.
type QueueProgress struct {
	Name     string `json:"name"`
	Waiting  int    `json:"waiting"`
	Put      uint64 `json:"put"`
	Finished uint64 `json:"finished"`
	Closed   bool   `json:"closed"`
}
