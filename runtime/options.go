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
	// Around is called for each text that the supervisor passes on to Stdout or Stderr, and writes it by calling write, once. It may be called
	// concurrently. nil: nobody else writes there.
	Around func(to *os.File, text []byte, write func() error) error
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

	lookEvery   time.Duration // for a deadlock; 0: standstillEvery. Tests look more often
	lookStopped time.Duration // for processes that are stopped; 0: stoppedEvery
}
