package trial

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/runtime"
	"github.com/mprun/mprun/spec"
)

// The test binary is also the worker and the guardian, as mprun is.
func asProcessOfARun() {
	if len(os.Args) < 2 {
		return
	}
	switch os.Args[1] {
	case "worker":
		os.Exit(runtime.WorkerMain(os.Args[2:]))
	case "guardian":
		os.Exit(runtime.GuardianMain(os.Args[2:]))
	case "limited":
		os.Exit(runtime.LimitedMain(os.Args[2:]))
	}
}

// bare is a machine with nothing but the programs that are asked for: it implements planner.Host.
type bare struct{}

func (bare) Environ() map[string]string           { return map[string]string{"PATH": os.Getenv("PATH")} }
func (bare) CPUs() int                            { return 2 }
func (bare) Started() time.Time                   { return time.Time{} }
func (bare) ReadFile(string, int) ([]byte, error) { return nil, errors.New("there is no such file") }

func (bare) OpenFile(string) (io.ReadCloser, error) { return nil, errors.New("there is no such file") }

func (bare) LookPath(string, string, string) error {
	return nil
}
func (bare) Programs(string) []string { return nil }

// testOf compiles the first test of a spec.
func testOf(t *testing.T, text string) *planner.Test {
	t.Helper()
	doc, found := spec.Load([]byte(text), planner.SpecOptions("t.yaml"))
	if found.HasErrors() {
		t.Fatal(found)
	}
	test, found := planner.CompileTest(doc, bare{}, planner.Options{Dir: t.TempDir(), Seed: 1}, 0)
	if test == nil {
		t.Fatal(found)
	}
	return test
}

// openFiles counts the descriptors of this process.
func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// TestRunsLeaveNothing: several runs in one process, with workers that die and a program that has standard output, leave no descriptor open.
func TestRunsLeaveNothing(t *testing.T) {
	test := testOf(t, `
queues: {q: {}, r: {}}
processes:
  double: {replicas: 2, stages: [{get: q}, {map: item * 2}, {put: r}]}
  read: {stages: [{get: r}, {print: }]}
  make: {stages: [{range: 9}, {put: q}]}
  speak: {command: [echo, hello], stdout: inherit}
tests:
  - name: t
    input: {q: [1, 2, 3]}
    faults: [{kill: double, at: {queue: q, item: 1}}, {pause: double, at: {queue: q, item: 2}, for: 1ms}]
    expect: {queue: {r: [6, 4, 2]}, stdout: hello, unordered: true}
`)
	before := 0
	for i := range 4 {
		o, err := Run(context.Background(), test, Options{NewLog: func(out io.Writer, _ *planner.Plan) *slog.Logger {
			return slog.New(slog.NewTextHandler(out, nil))
		}})
		if err != nil || len(o.Problems) > 0 || o.ExitCode != 0 || !strings.Contains(o.Log, "SIGKILL") {
			t.Fatalf("%v %+v", err, o)
		}
		if i == 0 {
			before = openFiles(t) // the first opens what the Go runtime keeps
		}
	}
	if now := openFiles(t); now != before {
		t.Errorf("%d descriptors are open, there were %d", now, before)
	}
}

// TestInterruptedRun: a signal ends the run, and nothing is compared.
func TestInterruptedRun(t *testing.T) {
	test := testOf(t, `
processes: {wait: {stages: [{items: [1]}, {sleep: 1h}]}}
tests: [{name: t, timeout: 1h, expect: {stdout: never}}]
`)
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGINT
	o, err := Run(context.Background(), test, Options{Signals: signals})
	if err != nil || !o.Interrupted || o.ExitCode != 130 || len(o.Problems) > 0 {
		t.Errorf("%v %+v", err, o)
	}
}

// TestRunThatTakesTooLong: the problem is its time.
func TestRunThatTakesTooLong(t *testing.T) {
	test := testOf(t, `
processes: {wait: {stages: [{items: [1]}, {sleep: 1h}]}}
tests: [{name: t, timeout: 50ms}]
`)
	o, err := Run(context.Background(), test, Options{})
	if diff := cmp.Diff([]string{"the run did not end within 50ms"}, texts(o.Problems)); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
