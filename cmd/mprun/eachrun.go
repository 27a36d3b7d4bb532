//go:build linux

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/mprun/mprun/cmd/mprun/each"
	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/runtime"
	"github.com/mprun/mprun/spec"
)

// eachPlan compiles the spec. What is wrong with it is wrong with the command line.
func (c *console) eachPlan(text string) (*planner.Plan, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	doc, found := spec.Load([]byte(text), planner.SpecOptions("each"))
	plan, more := planner.Compile(doc, newHost(), planner.Options{Dir: dir, Partial: found.HasErrors()})
	found = append(found, more...).Sorted()
	for _, d := range found {
		if d.Code == planner.CodeScriptData {
			fmt.Fprintf(c.err, "mprun each: %s: %s\n", strings.ReplaceAll(d.Summary, "what item holds", "what the items hold"), safeScript)
			if strings.HasPrefix(d.Summary, "ssh ") { // as a name of a host, it is none
				continue
			}
			return nil, exitError{exitEach}
		}
		if d.Severity != spec.Error {
			continue
		}
		if d.Code == planner.CodeUnknownProgram {
			fmt.Fprintf(c.err, "mprun each: %s (what only a shell knows needs --shell)\n", d.Summary)
			return nil, exitError{exitNoProgram}
		}
		fmt.Fprintf(c.err, "mprun each: %s\n", d.Summary)
		return nil, exitError{exitEach}
	}
	return plan, nil
}

// safeScript is how items come to a program that reads a script.
const safeScript = "--shell takes a script that has them as parameters; of other programs, hand them over behind the script"

// runEach carries out the plan and gives the exit code as an error.
func (c *console) runEach(plan *planner.Plan, f *eachFlags) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // a closed standard output is an error to act on, not the end
	wait := patience
	if f.bar {
		wait = 0
	}
	progress := c.newProgress(f.progress, plan, wait)
	log := newRunLog(progress.log(c.err), plan.Log, runFlags{})
	report, err := runtime.Run(context.Background(), plan, runtime.Options{
		Stdin: c.in, Stdout: c.out, Stderr: c.err, Signals: signals, Log: slog.New(withoutFinally{log}),
		Progress: progress.tell, ProgressEvery: progress.every, Around: progress.around(),
	})
	progress.end()
	if err != nil {
		return err
	}
	return c.eachEnd(report)
}

// lastWord is the name of the process that runs `finally`.
const lastWord = "finally"

// withoutFinally is a log without what the spec's last word says: each says it itself.
type withoutFinally struct{ slog.Handler }

// Handle implements slog.Handler.
func (h withoutFinally) Handle(ctx context.Context, r slog.Record) error {
	last := false
	r.Attrs(func(a slog.Attr) bool {
		last = last || a.Key == "process" && a.Value.String() == lastWord
		return !last
	})
	if last {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// eachEnd is the exit code of a run as an error.
func (c *console) eachEnd(report *runtime.Report) error {
	failed, _ := report.Results[each.ResultFailed].(int)
	code, halted := report.Results[each.ResultCode].(int)
	switch {
	case failed == 1:
		fmt.Fprintln(c.err, "mprun each: 1 job failed")
	case failed > 1:
		fmt.Fprintf(c.err, "mprun each: %d jobs failed\n", failed)
	}
	broken := slices.ContainsFunc(report.Failures, func(f runtime.Failure) bool { return f.Process != lastWord })
	switch {
	case broken || report.Status == runtime.StatusFault || report.Status == runtime.StatusDeadlock:
		return exitError{exitEach}
	case report.Status != runtime.StatusOK && report.Status != runtime.StatusFailed:
		return exitError{int(report.Status)}
	case halted:
		return exitError{code}
	case failed > 0:
		return exitError{min(failed, maxCounted+1)}
	}
	return nil
}
