//go:build linux

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/runtime"
)

// runFlags are the flags of `run`.
type runFlags struct {
	plan      planner.Options
	files     []string
	timeout   time.Duration
	keepGoing bool
	progress  string
	exitFrom  string
	report    string
	logLevel  string
	logFormat string
	keep      string
}

func (c *console) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [spec.yaml] [name=value ...]",
		Short: "Run a spec; also without the word",
		Long: "Runs a spec. What it prints goes to standard output; logs, progress and findings go to standard error.\n" +
			"The first interrupt stops the run gracefully, the second kills it.",
		Example:           "  mprun run examples/wordcount.yaml\n  mprun run examples/squares.yaml n=1000 --timeout 1m --report report.json",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: specFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			plan, err := c.compile(cmd, args, f.files, f.plan)
			if err != nil {
				return err
			}
			if err := checkExitFrom(plan, f.exitFrom); err != nil {
				return err
			}
			return c.run(plan, f)
		},
	}
	planFlags(cmd, &f.plan, &f.files)
	flags := cmd.Flags()
	flags.DurationVar(&f.timeout, "timeout", 0, "stop the run after so long, with exit code 124")
	flags.BoolVar(&f.keepGoing, "keep-going", false, "let the other processes go on when one has failed")
	flags.StringVar(&f.exitFrom, "exit-code-from", "", "end with the exit code of this process")
	flags.StringVar(&f.progress, "progress", "auto", "progress on standard error: auto (a bar on a terminal, if the run takes longer than a second), plain (lines now and then), json (a line each second) or none")
	flags.StringVar(&f.report, "report", "", "write the run's report to this file, as JSON; - is standard output, after all that the spec prints")
	flags.StringVar(&f.keep, "keep-arena", "", "keep the run's shared memory in this `file` after its end, for mprun doctor (mprun-ID.arena in a folder; --keep-arena alone: in this one)")
	flags.Lookup("keep-arena").NoOptDefVal = "."
	flags.StringVar(&f.logLevel, "log-level", "", "least level that is logged: debug, info, warn, error or off (default info)")
	flags.StringVar(&f.logFormat, "log-format", "", "how log lines are written: text or json (default text)")
	completeWords(cmd, "progress", progressWords()...)
	completeWords(cmd, "log-level", logLevels()...)
	completeWords(cmd, "log-format", textOrJSON()...)
	return cmd
}

// progressWords are the words of --progress.
func progressWords() []string { return []string{"auto", "plain", "json", "none"} }

// logLevels are the words of --log-level, each with less in the log than the one before.
func logLevels() []string { return []string{"debug", "info", "warn", "error", "off"} }

func (f *runFlags) check() error {
	if err := oneOf("progress", f.progress, progressWords()...); err != nil {
		return err
	}
	if f.logLevel != "" {
		if err := oneOf("log-level", f.logLevel, logLevels()...); err != nil {
			return err
		}
	}
	if f.logFormat != "" {
		if err := oneOf("log-format", f.logFormat, textOrJSON()...); err != nil {
			return err
		}
	}
	if f.timeout < 0 {
		return usageError{text: fmt.Sprintf("--timeout is 0 or more, not %s", f.timeout)}
	}
	return nil
}

// run carries out a plan and gives the run's exit code as an error.
func (c *console) run(plan *planner.Plan, f runFlags) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // a closed standard output is an error to act on, not the end
	progress := c.newProgress(f.progress, plan, patience)
	log := newRunLog(progress.log(c.err), plan.Log, f)
	if f.report != "" {
		if err := checkReport(f.report); err != nil {
			return usageError{text: err.Error()}
		}
	}
	if f.keep != "" {
		if err := checkKept(f.keep); err != nil {
			return usageError{text: err.Error()}
		}
	}
	report, err := runtime.Run(context.Background(), plan, runtime.Options{
		Stdin: c.in, Stdout: c.out, Stderr: c.err, Signals: signals,
		Timeout: f.timeout, KeepGoing: f.keepGoing, Log: slog.New(log),
		Progress: progress.tell, ProgressEvery: progress.every, Around: progress.around(), KeepArena: f.keep,
	})
	progress.end()
	if report == nil {
		return fmt.Errorf("running %s: %w", plan.Name, err)
	}
	c.conclude(plan, report, f, log)
	if err != nil {
		fmt.Fprintf(c.err, "mprun: %s\n", err)
		if report.Status == runtime.StatusOK {
			report.Status = runtime.StatusFault
		}
	}
	if report.Kept != "" {
		slog.New(log).Info(fmt.Sprintf("the shared memory of the run is kept in %s: mprun doctor %s looks it over", report.Kept, report.Kept))
	}
	if f.report != "" {
		if err := c.writeReport(f.report, report); err != nil {
			fmt.Fprintf(c.err, "mprun: %s\n", err)
			if report.Status == runtime.StatusOK {
				return exitError{exitFault}
			}
		}
	}
	if code := exitFrom(report, plan, f.exitFrom); code != exitOK {
		return exitError{code}
	}
	return nil
}

// conclude says how the run ended, if it did not simply succeed.
func (c *console) conclude(plan *planner.Plan, report *runtime.Report, f runFlags, log *runLog) {
	logger := slog.New(log)
	switch report.Status {
	case runtime.StatusOK:
	case runtime.StatusStdoutClosed:
		return
	case runtime.StatusTimeout:
		logger.Error(fmt.Sprintf("the run was stopped: it did not end within %s", f.timeout))
	case runtime.StatusDeadlock:
		logger.Error("the run ended in a deadlock")
	case runtime.StatusFailed:
		if len(report.Failures) > 0 && report.Failures[0].Process != "" {
			logger.Error("the run failed: process " + report.Failures[0].Process)
		} else {
			logger.Error("the run failed")
		}
	case runtime.StatusFault:
		logger.Error("the run ended by a fault of mprun's own")
	default:
		logger.Error(fmt.Sprintf("the run was interrupted (%s)", syscall.Signal(report.Status-runtime.StatusSignal)))
	}
	if names := loggedOutput(plan, log); len(names) > 0 && report.Status == runtime.StatusOK {
		logger.Info(fmt.Sprintf("the output of %s went to the log; stdout: inherit sends it to standard output", listed(names)))
	}
}

// loggedOutput names the commands whose output went to the log while nothing of the spec goes to standard output, which is easily not
// what was meant.
func loggedOutput(plan *planner.Plan, log *runLog) []string {
	var names []string
	for i := range plan.Processes {
		p := &plan.Processes[i]
		if p.Stdout.Kind == "inherit" || printsStages(p.Stages) {
			return nil
		}
		if len(p.Command) > 0 && p.Stdout.Kind == "log" && log.spoke(p.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

func listed(names []string) string {
	text := names[0]
	for i, name := range names[1:] {
		if i == len(names)-2 {
			text += " and " + name
		} else {
			text += ", " + name
		}
	}
	return text
}
