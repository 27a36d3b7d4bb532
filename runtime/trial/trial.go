package trial

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/runtime"
	"github.com/mprun/mprun/stages"
)

// Options is what runs are given besides their tests.
type Options struct {
	// Signals asks for the end of the run, as in runtime.Options. May be nil.
	Signals <-chan os.Signal
	// NewLog makes the log of a run, which is kept with its Outcome. It may be nil: then there is none.
	NewLog func(io.Writer, *planner.Plan) *slog.Logger
	// Executable is the mprun binary that workers are started from; "" is this process's own.
	Executable string
}

// Outcome is what came of one run of a test.
type Outcome struct {
	Seed        int64
	Seconds     float64
	ExitCode    int
	Interrupted bool // by a signal: nothing was compared
	Problems    []Problem
	Faults      []runtime.FaultReport
	Log         string // the end of it, and of standard error
}

// Problem is a difference between what was expected and what came, or a fault that did not happen.
type Problem struct {
	Pos  stages.Pos // of the expectation or the fault
	Text string     // one line
	Path string     // of a value in data: results.total, queue.done[3].x
	Want string     // of data, as JSON; "" where nothing was expected
	Got  string     // of data, as JSON; "" where nothing came
	Diff []string   // of texts: lines that begin with " ", "-" for what was expected, "+" for what came, or "@"
}

// Verdict is what came of all runs of a test.
type Verdict struct {
	Name string
	Pos  stages.Pos
	Runs []Outcome
	// Missed are the faults that were to happen every so often and did in none of the runs.
	Missed []Problem
	// Patient says that the queues delivered items more often than the spec says.
	Patient bool
}

// Failed says whether anything is wrong.
func (v *Verdict) Failed() bool {
	return len(v.Missed) > 0 || slices.ContainsFunc(v.Runs, func(o Outcome) bool { return len(o.Problems) > 0 })
}

// Interrupted says whether a run was.
func (v *Verdict) Interrupted() bool {
	return slices.ContainsFunc(v.Runs, func(o Outcome) bool { return o.Interrupted })
}

// Seconds is the sum of all runs.
func (v *Verdict) Seconds() float64 {
	sum := 0.0
	for i := range v.Runs {
		sum += v.Runs[i].Seconds
	}
	return sum
}

// Conclude looks at all runs of a test together. Call it when the last has ended.
func (v *Verdict) Conclude() {
	if v.Interrupted() || len(v.Runs) == 0 {
		return
	}
	for i, f := range v.Runs[0].Faults {
		happened := slices.ContainsFunc(v.Runs, func(o Outcome) bool { return o.Faults[i].Happened > 0 })
		if f.Every && !happened {
			v.Missed = append(v.Missed, Problem{Pos: f.Pos, Text: notHappened(f, "the runs were over before")})
		}
	}
}

func notHappened(f runtime.FaultReport, why string) string {
	return "the fault did not happen: " + f.Text + ": " + cmp.Or(f.Missed, why)
}

// Run runs a test. An error is a fault of mprun's own or of the machine.
func Run(ctx context.Context, test *planner.Test, opt Options) (Outcome, error) {
	o := Outcome{Seed: test.Plan.Seed}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return o, fmt.Errorf("opening an empty standard input: %w", err)
	}
	defer null.Close()
	log := &tail{}
	stdout, err := startCapture(&head{})
	if err != nil {
		return o, err
	}
	defer stdout.close()
	stderr, err := startCapture(log)
	if err != nil {
		return o, err
	}
	defer stderr.close()
	logger := slog.New(slog.DiscardHandler)
	if opt.NewLog != nil {
		logger = opt.NewLog(log, test.Plan)
	}
	start := time.Now()
	report, err := runtime.Run(ctx, test.Plan, runtime.Options{
		Stdin: null, Stdout: stdout.in, Stderr: stderr.in, Signals: opt.Signals, Timeout: test.Timeout, Log: logger, Executable: opt.Executable,
	})
	if err != nil {
		return o, fmt.Errorf("running the test %s: %w", test.Name, err)
	}
	o.Seconds = time.Since(start).Seconds()
	stderr.close()
	printed := stdout.close().(*head)
	o.ExitCode, o.Faults = int(report.Status), report.Faults
	o.Log = test.Plan.Secrets.Mask(log.String())
	if report.Status > runtime.StatusSignal {
		o.Interrupted = true
		return o, nil
	}
	o.Problems = compare(test, report, printed)
	for i := range o.Problems {
		o.Problems[i].mask(test.Plan.Secrets)
	}
	return o, nil
}

// mask hides what is not to be shown.
func (p *Problem) mask(secrets planner.Secrets) {
	p.Text, p.Want, p.Got = secrets.Mask(p.Text), secrets.Mask(p.Want), secrets.Mask(p.Got)
	for i := range p.Diff {
		p.Diff[i] = p.Diff[i][:1] + secrets.Mask(p.Diff[i][1:])
	}
}
