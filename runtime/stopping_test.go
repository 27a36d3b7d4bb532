package runtime

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

func withOption(name string, f stages.Field) map[string]stages.Field {
	return map[string]stages.Field{name: f}
}

// stuckRun runs a plan whose process "print" writes more to standard output than anybody reads, beside "sleep"; when "print" has ended,
// react is called. It gives the status, or fails if the run does not end.
func stuckRun(t *testing.T, opt Options, react func()) Status {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	plan := planOf(t, 0,
		chain("print", 1, stage("range", expr("20000")), printed()),
		command("sleep", "sleep", "1000"),
	)
	opt.Stdout = w
	opt.ProgressEvery = time.Millisecond
	reacted := false
	opt.Progress = func(p Progress) {
		if !reacted && p.Processes[0].Ended == 1 {
			reacted = true
			react()
		}
	}
	ended := make(chan Status, 1)
	go func() {
		report, err := Run(context.Background(), plan, opt)
		if err != nil {
			t.Error(err)
			ended <- 0
			return
		}
		ended <- report.Status
	}()
	select {
	case status := <-ended:
		return status
	case <-time.After(20 * time.Second):
		r.Close()
		<-ended
		t.Fatal("the run did not end")
		return 0
	}
}

// TestTheSecondSignalEndsARunThatNobodyReads, although what was printed before cannot be passed on.
func TestTheSecondSignalEndsARunThatNobodyReads(t *testing.T) {
	signals := make(chan os.Signal, 2)
	status := stuckRun(t, Options{Signals: signals}, func() {
		signals <- syscall.SIGINT
		signals <- syscall.SIGINT
	})
	if status != StatusSignal+2 {
		t.Errorf("status %d", status)
	}
}

func TestTheEndOfTheContextStopsARun(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	plan := planOf(t, 0, command("sleep", "sleep", "1000"))
	report, err := Run(ctx, plan, Options{Progress: func(Progress) { cancel() }, ProgressEvery: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if report.Status != StatusSignal+15 {
		t.Errorf("status %d", report.Status)
	}
}

// TestAStopCommandMayEndAfterWhatItStops.
func TestAStopCommandMayEndAfterWhatItStops(t *testing.T) {
	d := command("daemon", "sleep", "1000")
	d.Daemon = true
	d.Stop.Command = []string{"sh", "-c", "kill $MPRUN_PID; while kill -0 $MPRUN_PID 2>&-; do :; done; echo done > done"}
	plan := planOf(t, 0, d, command("short", "true"))
	var log bytes.Buffer
	runPlan(t, plan, Options{Log: slog.New(slog.NewTextHandler(&log, nil))}).ok(t)
	if _, err := os.Stat(filepath.Join(plan.Dir, "done")); err != nil {
		t.Error(err)
	}
	if log.Len() > 0 {
		t.Errorf("logged:\n%s", &log)
	}
}

// TestTheLastLinesOfAProgramAreLogged: a run is not over before what its programs said has been passed on.
func TestTheLastLinesOfAProgramAreLogged(t *testing.T) {
	const n = 5000
	for range 10 {
		p := command("a", "seq", strconv.Itoa(n))
		p.Stdout = planner.Stdio{Kind: "log"}
		var log bytes.Buffer
		runPlan(t, planOf(t, 0, p), Options{Log: slog.New(slog.NewTextHandler(&log, nil))}).ok(t)
		if got := strings.Count(log.String(), "\n"); got != n {
			t.Fatalf("%d lines of %d were logged", got, n)
		}
	}
}

// TestALongFailureIsTold: a message from a worker has a limit, what failed does not.
func TestALongFailureIsTold(t *testing.T) {
	long := strings.Repeat("\x01ä", 100_000)
	got := runPlan(t, planOf(t, 0, chain("a", 1, one("x"), stage("fail", literal("because "+long)))), Options{})
	if got.report.Status != StatusFailed || !strings.Contains(got.failures(), "because") {
		t.Errorf("status %d: %.200s", got.report.Status, got.failures())
	}
}

// TestACommandOnACycle puts and gets by itself; the cycle cannot be told to be at rest before it has ended.
func TestACommandOnACycle(t *testing.T) {
	program := command("program", "sh", "-c", "sleep 0.05")
	program.Gets, program.Puts = []string{"todo"}, []string{"todo"}
	plan := planOf(t, 0, program,
		chain("seed", 1, one(2), stage("put", place("todo"))),
		chain("count", 1, stage("get", place("todo")), printed(), stage("filter", expr("item > 0")), stage("map", expr("item - 1")), stage("put", place("todo"))),
	)
	plan.Queues[0].Cycle = []string{"todo"}
	got := runPlan(t, plan, Options{Timeout: 20 * time.Second})
	got.ok(t)
	if want := "2\n1\n0\n"; got.stdout != want {
		t.Errorf("stdout %q, want %q", got.stdout, want)
	}
}

// TestAnEnvironmentHasEachNameOnce: getenv(3) finds the first, other programs the last.
func TestAnEnvironmentHasEachNameOnce(t *testing.T) {
	t.Setenv("MPRUN_TEST", "outer")
	t.Setenv(runMark, "another run")
	p := command("a", "env")
	p.Env = map[string]string{"MPRUN_TEST": "inner"}
	got := runPlan(t, planOf(t, 0, p), Options{})
	got.ok(t)
	if !strings.Contains(got.stdout, "MPRUN_TEST=inner\n") || strings.Contains(got.stdout, "=outer") || strings.Count(got.stdout, runMark+"=") != 1 {
		t.Errorf("the environment is\n%s", got.stdout)
	}
}

// TestSIGQUITKillsAtOnce: no first interrupt is needed, and no grace is given.
func TestSIGQUITKillsAtOnce(t *testing.T) {
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGQUIT
	plan := planOf(t, 0, command("stubborn", "sh", "-c", "trap '' TERM; sleep 60"), chain("endless", 1, stage("range", expr("1000000000000")), printed()))
	got := runPlan(t, plan, Options{Signals: signals, Timeout: 20 * time.Second})
	if got.report.Status != StatusSignal+3 {
		t.Errorf("status %d: %s", got.report.Status, got.failures())
	}
}
