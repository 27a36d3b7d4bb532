package runtime

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

func expr(text string) stages.Field {
	return stages.Field{Source: &stages.Source{Kind: stages.SourceExpr, Text: text}}
}

func literal(value any) stages.Field {
	return stages.Field{Source: &stages.Source{Kind: stages.SourceLiteral, Value: value}}
}

func place(queue string) stages.Field {
	return stages.Field{Places: []stages.Place{{Name: queue, Kind: "queue"}}}
}

func stage(op string, operand stages.Field) stages.Stage {
	return stages.Stage{Op: op, Operand: operand, Pos: stages.Pos{File: "test.yaml", Line: 1, Col: 1}}
}

func chain(name string, replicas int, s ...stages.Stage) planner.Process {
	p := planner.Process{
		Name: name, Replicas: replicas, Stages: s, Restart: planner.Restart{When: "death"},
		Stop: planner.Stop{Signal: "SIGTERM", Grace: "10s"},
	}
	planner.Walk(p.Stages, func(s *stages.Stage) {
		switch s.Op {
		case "put":
			p.Puts = append(p.Puts, s.Operand.Places[0].Name)
		case "get":
			p.Gets = append(p.Gets, s.Operand.Places[0].Name)
		}
	})
	return p
}

// planOf wires queues to the processes that name them.
func planOf(t testing.TB, capacity int, processes ...planner.Process) *planner.Plan {
	plan := &planner.Plan{Version: 1, Name: "test", Dir: t.TempDir(), Processes: processes}
	seen := map[string]int{}
	queue := func(name string) *planner.Queue {
		i, ok := seen[name]
		if !ok {
			i = len(plan.Queues)
			seen[name] = i
			plan.Queues = append(plan.Queues, planner.Queue{
				Name: name, Capacity: capacity, MaxItem: 16 << 20, MaxBytes: 256 << 20, MaxDeliveries: 1000,
			})
		}
		return &plan.Queues[i]
	}
	for _, p := range processes {
		for _, name := range p.Gets {
			q := queue(name)
			q.Readers = append(q.Readers, p.Name)
		}
		for _, name := range p.Puts {
			q := queue(name)
			q.Writers = append(q.Writers, p.Name)
		}
	}
	return plan
}

// outcome is what a run printed and reported.
type outcome struct {
	stdout string
	report *Report
}

func runPlan(t testing.TB, plan *planner.Plan, opt Options) outcome {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		defer r.Close()
		b, _ := io.ReadAll(r)
		read <- string(b)
	}()
	opt.Stdout = w
	report, err := Run(context.Background(), plan, opt)
	w.Close()
	stdout := <-read
	if err != nil {
		t.Fatal(err)
	}
	return outcome{stdout: stdout, report: report}
}

func (o outcome) failures() string {
	var texts []string
	for _, f := range o.report.Failures {
		texts = append(texts, f.Error())
	}
	return strings.Join(texts, "\n")
}

func (o outcome) ok(t *testing.T) {
	t.Helper()
	if o.report.Status != StatusOK {
		t.Fatalf("status %d (%s): %s", o.report.Status, o.report.Outcome, o.failures())
	}
}

func TestOneProcessPrints(t *testing.T) {
	got := runPlan(t, planOf(t, 0, chain("hello", 1, stage("items", literal([]any{"a", 1, 2.5, nil})), stage("print", stages.Field{}))), Options{})
	got.ok(t)
	if want := "a\n1\n2.5\nnull\n"; got.stdout != want {
		t.Errorf("got %q, want %q", got.stdout, want)
	}
}

// squares is a pipeline in which four replicas square the numbers below n, and one process adds them up.
func squares(t testing.TB, n, capacity int) *planner.Plan {
	sum := stage("reduce", expr("acc + item"))
	sum.Options = map[string]stages.Field{"init": expr("0")}
	return planOf(t, capacity,
		chain("numbers", 1, stage("range", stages.Field{Source: &stages.Source{Kind: stages.SourceExpr, Text: strconv.Itoa(n)}}), stage("put", place("in"))),
		chain("square", 4, stage("get", place("in")), stage("map", expr("item * item % 7")), stage("put", place("out"))),
		chain("sum", 1, stage("get", place("out")), sum, stage("print", stages.Field{})),
	)
}

func squaresSum(n int) string {
	sum := 0
	for i := range n {
		sum += i * i % 7
	}
	return strconv.Itoa(sum) + "\n"
}

func TestPipelineWithReplicas(t *testing.T) {
	for _, capacity := range []int{1, 3, 1024} {
		got := runPlan(t, squares(t, 3000, capacity), Options{})
		got.ok(t)
		if want := squaresSum(3000); got.stdout != want {
			t.Errorf("capacity %d: got %q, want %q", capacity, got.stdout, want)
		}
		if q := got.report.Queues["out"]; q.Put != 3000 || q.Finished != 3000 || q.Left != 0 {
			t.Errorf("capacity %d: queue %+v", capacity, q)
		}
	}
}

func TestAFailureNamesProcessStageAndItem(t *testing.T) {
	got := runPlan(t, planOf(t, 16,
		chain("numbers", 1, stage("range", expr("10")), stage("put", place("q"))),
		chain("divide", 1, stage("get", place("q")), stage("map", expr("10 % (item - 4)")), stage("print", stages.Field{})),
	), Options{})
	if got.report.Status != StatusFailed {
		t.Fatalf("status %d", got.report.Status)
	}
	if want := "-2\n-1\n0\n0\n"; strings.ReplaceAll(got.stdout, "-", "") != strings.ReplaceAll("2\n1\n0\n0\n", "-", "") {
		t.Errorf("the items before the failure gave %q, not %q", got.stdout, want)
	}
	f := got.report.Failures[0]
	if f.Process != "divide" || f.Stage == nil || f.Stage.Op != "map" || f.Stage.Item != "4" {
		b, _ := json.Marshal(f)
		t.Errorf("failure %s", b)
	}
}

func TestACycleEndsByItself(t *testing.T) {
	plan := planOf(t, 0,
		chain("seed", 1, stage("items", literal([]any{5})), stage("put", place("todo"))),
		chain("count", 2, stage("get", place("todo")), stage("print", stages.Field{}), stage("filter", expr("item > 0")), stage("map", expr("item - 1")), stage("put", place("todo"))),
	)
	plan.Queues[0].Cycle = []string{"todo"}
	got := runPlan(t, plan, Options{})
	got.ok(t)
	if want := "5\n4\n3\n2\n1\n0\n"; got.stdout != want {
		t.Errorf("got %q, want %q", got.stdout, want)
	}
}

func TestResultsAreInTheReport(t *testing.T) {
	got := runPlan(t, planOf(t, 0,
		chain("a", 1, stage("range", expr("3")), stage("result", literal("n"))),
		chain("b", 1, stage("items", literal([]any{[]any{1, 2}})), stage("result", literal("list"))),
	), Options{})
	got.ok(t)
	want := map[string]any{"n": []any{0, 1, 2}, "list": []any{1, 2}}
	if diff := cmp.Diff(want, got.report.Results); diff != "" {
		t.Error(diff)
	}
}

func TestInterruptStopsGracefully(t *testing.T) {
	signals := make(chan os.Signal, 2)
	plan := planOf(t, 16,
		chain("endless", 1, stage("range", expr("1000000000000")), stage("put", place("q"))),
		chain("sink", 1, stage("get", place("q")), stage("filter", expr("item < 0"))),
	)
	opt := Options{Signals: signals, ProgressEvery: time.Millisecond}
	sent := false
	opt.Progress = func(p Progress) {
		if !sent && p.Queues[0].Finished > 1000 {
			sent = true
			signals <- syscall.SIGINT
		}
	}
	got := runPlan(t, plan, opt)
	if got.report.Status != StatusSignal+2 {
		t.Errorf("status %d: %s", got.report.Status, got.failures())
	}
	for _, p := range got.report.Processes {
		if p.Outcome != "stopped" || p.ExitCode != 0 {
			t.Errorf("process %+v", p)
		}
	}
}

func TestTimeout(t *testing.T) {
	got := runPlan(t, planOf(t, 16,
		chain("endless", 1, stage("range", expr("1000000000000")), stage("put", place("q"))),
		chain("sink", 1, stage("get", place("q")), stage("filter", expr("item < 0"))),
	), Options{Timeout: 20 * time.Millisecond})
	if got.report.Status != StatusTimeout {
		t.Errorf("status %d: %s", got.report.Status, got.failures())
	}
}

func command(name string, words ...string) planner.Process {
	return planner.Process{
		Name: name, Replicas: 1, Command: words, Restart: planner.Restart{When: "never"},
		Stop: planner.Stop{Signal: "SIGTERM", Grace: "10s"}, Stdout: planner.Stdio{Kind: "inherit"}, Stderr: planner.Stdio{Kind: "log"},
	}
}

func TestCommandsInOrder(t *testing.T) {
	first, second := command("first", "sh", "-c", "echo first"), command("second", "sh", "-c", "echo second")
	second.DependsOn = []planner.Dependency{{Process: "first", Condition: "completed"}}
	got := runPlan(t, planOf(t, 0, first, second), Options{})
	got.ok(t)
	if want := "first\nsecond\n"; got.stdout != want {
		t.Errorf("got %q, want %q", got.stdout, want)
	}
}

func TestAFailedCommandStopsTheOthers(t *testing.T) {
	got := runPlan(t, planOf(t, 0, command("bad", "sh", "-c", "echo because >&2; exit 3"), command("other", "sleep", "1000")), Options{})
	if got.report.Status != StatusFailed || len(got.report.Failures) != 1 {
		t.Fatalf("status %d, failures %s", got.report.Status, got.failures())
	}
	if f := got.report.Failures[0]; f.Process != "bad" || f.ExitCode != 3 || !strings.Contains(f.Text, "because") {
		t.Errorf("failure %+v", f)
	}
}

func TestAProcessHasItsTime(t *testing.T) {
	slow := command("slow", "sleep", "1000")
	slow.Timeout = "20ms"
	got := runPlan(t, planOf(t, 0, slow), Options{})
	if got.report.Status != StatusFailed || !strings.Contains(got.failures(), "timed out after 20ms") {
		t.Errorf("status %d: %s", got.report.Status, got.failures())
	}
}

// TestAStopCommandStops has a program that ignores SIGTERM and ends when a file appears.
func TestAStopCommandStops(t *testing.T) {
	stubborn := command("stubborn", "sh", "-c", "trap '' TERM; while ! test -e stop; do read -t 0.01 line || :; done; echo stopped")
	stubborn.Command[0] = "bash"
	stubborn.Stdin = planner.Stdio{Kind: "none"}
	stubborn.Stop.Command = []string{"touch", "stop"}
	stubborn.Daemon = true
	got := runPlan(t, planOf(t, 0, stubborn, command("short", "true")), Options{})
	got.ok(t)
	if got.stdout != "stopped\n" {
		t.Errorf("stdout %q", got.stdout)
	}
}

func TestACommandEndsWithItsGroup(t *testing.T) {
	got := runPlan(t, planOf(t, 0, command("shell", "sh", "-c", "(while ! test -e go; do sleep 0.01; done; echo background) & touch go; echo shell")), Options{})
	got.ok(t)
	if want := "background\nshell\n"; got.stdout != want && got.stdout != "shell\nbackground\n" {
		t.Errorf("stdout %q", got.stdout)
	}
}

func TestWhatLeavesItsGroupIsKilledAtTheEnd(t *testing.T) {
	plan := planOf(t, 0, command("shell", "sh", "-c", "setsid sh -c 'echo $$ > pid; exec sleep 1000' & while ! test -s pid; do sleep 0.01; done"))
	plan.Processes[0].Stdout = planner.Stdio{Kind: "none"}
	got := runPlan(t, plan, Options{})
	got.ok(t)
	data, err := os.ReadFile(filepath.Join(plan.Dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("process %d: %v", pid, err)
	}
}
