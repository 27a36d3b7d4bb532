//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/runtime"
	"github.com/mprun/mprun/runtime/trial"
	"github.com/mprun/mprun/spec"
)

// testFlags are the flags of `test`.
type testFlags struct {
	plan     planner.Options
	files    []string
	run      string
	seeds    int
	format   string
	failFast bool
	verbose  bool
}

// defaultSeeds is how often each test is run.
const defaultSeeds = 3

func (c *console) testCommand() *cobra.Command {
	var f testFlags
	cmd := &cobra.Command{
		Use:   "test [spec.yaml ...] [name=value ...]",
		Short: "Run the tests of specs",
		Long: "Runs the tests of specs, each several times with another seed: real runs with real processes, with the faults that the tests ask for.\n" +
			"What came of them is held against what the tests expect; the report on standard output shows the differences. Files are written where\n" +
			"the spec says; a test can set a var to write them elsewhere, as below ${{ spec.scratch }}, a folder that each run of the test has to itself.\n" +
			"The exit code is 1 if a test fails, 3 if a spec is wrong or has no tests.",
		Example:           "  mprun test examples/squares.yaml\n  mprun test examples/squares.yaml --run fire --seeds 20 --fail-fast\n  mprun test examples/squares.yaml --format junit > report.xml",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: specFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.test(cmd, args, f)
		},
	}
	fileFlag(cmd, &f.files)
	flags := cmd.Flags()
	flags.StringVar(&f.run, "run", "", "only the tests whose name matches this regular expression")
	flags.IntVar(&f.seeds, "seeds", defaultSeeds, "run each test so often, with the seeds from 1 on")
	flags.Int64Var(&f.plan.Seed, "seed", 0, "run each test once, with this seed")
	flags.IntVar(&f.plan.BlockItems, "block-items", 0, "most items of a batch; 0 leaves it to mprun")
	flags.StringVar(&f.format, "format", "text", "how the report is written: text, json or junit")
	completeWords(cmd, "format", testFormats()...)
	flags.BoolVar(&f.failFast, "fail-fast", false, "stop at the first run that fails")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "show the log of every run, not only of those that failed")
	return cmd
}

// testFormats are the words of `test --format`.
func testFormats() []string { return []string{"text", "json", "junit"} }

// testedSpec is a spec with what came of its tests.
type testedSpec struct {
	path     string
	verdicts []*trial.Verdict
}

// testRun is one call of `test`.
type testRun struct {
	*console
	flags   testFlags
	inv     invocation
	match   *regexp.Regexp
	signals chan os.Signal
	out     *testText // nil where the report is written at the end
	stopped syscall.Signal
	failed  bool
	matched bool
}

func (c *console) test(cmd *cobra.Command, args []string, f testFlags) error {
	t := &testRun{console: c, flags: f, signals: make(chan os.Signal, 2)}
	if err := t.check(cmd, args); err != nil {
		return err
	}
	signal.Notify(t.signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(t.signals)
	specs := make([]*readSpec, 0, len(t.inv.specs))
	wrong := false
	for _, path := range t.inv.specs { // all that is wrong is said before anything runs
		s, err := t.readTests(path)
		if err != nil {
			return err
		}
		wrong = wrong || s == nil
		specs = append(specs, s)
	}
	switch {
	case wrong:
		return exitError{exitSpec}
	case !t.matched:
		return usageError{text: fmt.Sprintf("--run %s: there is no test of such a name", f.run)}
	}
	if f.format == "text" {
		t.out = &testText{console: c, verbose: f.verbose, several: len(specs) > 1}
	}
	var tested []*testedSpec
	for _, s := range specs {
		done, err := t.runSpec(s)
		if err != nil {
			return err
		}
		if tested = append(tested, done); t.over() {
			break
		}
	}
	return t.report(tested)
}

func (t *testRun) check(cmd *cobra.Command, args []string) (err error) {
	f := &t.flags
	if t.inv, err = parseArgs(args, f.files); err != nil {
		return err
	}
	if err := oneOf("format", f.format, testFormats()...); err != nil {
		return err
	}
	if f.seeds < 1 {
		return usageError{text: fmt.Sprintf("--seeds is 1 or more, not %d", f.seeds)}
	}
	if cmd.Flags().Changed("seed") {
		if cmd.Flags().Changed("seeds") {
			return usageError{text: "--seed runs a test once, --seeds so often: only one of them can be there"}
		}
		f.seeds = 1
	} else {
		f.plan.Seed = 1
	}
	if f.plan.BlockItems < 0 {
		return usageError{text: fmt.Sprintf("--block-items is 0 or more, not %d", f.plan.BlockItems)}
	}
	if t.match, err = regexp.Compile(f.run); err != nil {
		return usageError{text: fmt.Sprintf("--run %s: %s", f.run, err)}
	}
	return nil
}

// readSpec is a spec that was read, and the tests of it that are to be run.
type readSpec struct {
	path  string
	doc   *spec.Pipeline
	opts  planner.Options
	tests []int
}

// readTests reads a spec and checks those of its tests that are to be run; nil after errors, which have been shown.
func (t *testRun) readTests(path string) (*readSpec, error) {
	l, err := t.load(path, t.inv, t.flags.plan)
	if err != nil {
		return nil, err
	}
	if l.plan == nil {
		newFindingsWriter(t.err, l.sources).write(l.found)
		return nil, nil
	}
	doc := l.doc
	if len(doc.Tests) == 0 {
		fmt.Fprintf(t.err, "%s: the spec has no tests\n", path)
		return nil, nil
	}
	s := &readSpec{path: path, doc: doc, opts: l.opts}
	found := l.found
	for i, name := range planner.TestNames(doc, newHost(), s.opts) {
		if !t.match.MatchString(name) {
			continue
		}
		t.matched = true
		s.tests = append(s.tests, i)
		found = append(found, testErrors(doc, s.opts, i)...)
	}
	if found = found.Sorted(); len(found) > 0 {
		newFindingsWriter(t.err, l.sources).write(found)
	}
	if found.HasErrors() {
		return nil, nil
	}
	return s, nil
}

// testErrors are the errors that a spec has in a test. What it warns of there it does anyway.
func testErrors(doc *spec.Pipeline, opts planner.Options, i int) spec.Diagnostics {
	_, found := planner.CompileTest(doc, newHost(), opts, i)
	return slices.DeleteFunc(found, func(d spec.Diagnostic) bool { return d.Severity != spec.Error })
}

// runSpec runs the tests of a spec.
func (t *testRun) runSpec(s *readSpec) (*testedSpec, error) {
	done := &testedSpec{path: s.path}
	for _, i := range s.tests {
		v := &trial.Verdict{}
		done.verdicts = append(done.verdicts, v)
		for n := range t.flags.seeds {
			opts := s.opts
			opts.Seed += int64(n)
			if err := t.runOnce(s, opts, i, v); err != nil {
				return nil, err
			}
			if t.over() {
				break
			}
		}
		if v.Conclude(); v.Failed() {
			t.failed = true
		}
		if t.out != nil {
			if err := t.out.verdict(s.path, t.inv, v); err != nil {
				return nil, err
			}
		}
		if t.over() {
			break
		}
	}
	return done, nil
}

func (t *testRun) runOnce(s *readSpec, opts planner.Options, i int, v *trial.Verdict) error {
	var err error
	if opts.Scratch, err = scratchPath(); err != nil {
		return err
	}
	test, found := planner.CompileTest(s.doc, newHost(), opts, i)
	if test == nil {
		return fmt.Errorf("compiling a test: %w", found) // it was compiled before
	}
	v.Name, v.Pos, v.Patient = test.Name, test.Pos, test.Patient
	o, err := trial.Run(context.Background(), test, trial.Options{
		Signals: t.signals,
		NewLog: func(out io.Writer, plan *planner.Plan) *slog.Logger {
			return slog.New(newRunLog(out, plan.Log, runFlags{logFormat: "text"}))
		},
	})
	if err != nil {
		return err
	}
	v.Runs = append(v.Runs, o)
	if o.Interrupted {
		t.stopped = syscall.Signal(o.ExitCode - int(runtime.StatusSignal))
	}
	t.failed = t.failed || len(o.Problems) > 0
	return nil
}

// scratchPath is where the next run of a test may have its folder.
func scratchPath() (string, error) {
	name := make([]byte, 8)
	_, _ = rand.Read(name) // never fails
	path, err := filepath.Abs(filepath.Join(os.TempDir(), "mprun-test-"+hex.EncodeToString(name)))
	if err != nil {
		return "", fmt.Errorf("finding a folder for the tests: %w", err)
	}
	return path, nil
}

// over says that no more tests are to be run.
func (t *testRun) over() bool { return t.stopped != 0 || t.failed && t.flags.failFast }

// report writes what is left to say, and gives the exit code.
func (t *testRun) report(tested []*testedSpec) error {
	var err error
	switch t.flags.format {
	case "json":
		err = t.reportJSON(tested)
	case "junit":
		err = t.reportJUnit(tested)
	default:
		err = t.out.end(tested)
	}
	switch {
	case err != nil:
		return err
	case t.stopped != 0:
		fmt.Fprintf(t.err, "mprun: the tests were interrupted (%s)\n", t.stopped)
		return exitError{int(runtime.StatusSignal) + int(t.stopped)}
	case t.failed:
		return exitError{exitFailed}
	}
	return nil
}
