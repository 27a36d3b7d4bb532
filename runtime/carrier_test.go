package runtime

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

// startedBy has all workers of a plan start by a method.
func startedBy(method planner.StartMethod, plan *planner.Plan) *planner.Plan {
	for i := range plan.Processes {
		if p := &plan.Processes[i]; len(p.Stages) > 0 {
			p.StartMethod = method
		}
	}
	return plan
}

// TestStartMethodsGiveTheSame runs the plans that are shot at elsewhere in peace, by each method. Under the race detector it sees what threads
// share.
func TestStartMethodsGiveTheSame(t *testing.T) {
	for _, test := range firePlans {
		if test.name == "do, tee and route" || test.name == "a cycle" {
			continue // they take longest, and have nothing that the others have not
		}
		t.Run(test.name, func(t *testing.T) {
			var want remains
			for _, method := range []planner.StartMethod{planner.SpawnMethod, planner.ForkserverMethod, planner.ThreadMethod} {
				plan := startedBy(method, test.plan(t))
				got := runPlan(t, plan, Options{})
				got.ok(t)
				if method == planner.SpawnMethod {
					want = got.remains(t, plan.Dir)
				} else if diff := cmp.Diff(want, got.remains(t, plan.Dir)); diff != "" {
					t.Errorf("%s: %s", method, diff)
				}
			}
		})
	}
}

func TestThreadsAreOneProcess(t *testing.T) {
	plan := startedBy(planner.ThreadMethod, planOf(t, 0,
		chain("a", 4, stage("items", literal([]any{1})), stage("print", expr(`self.start_method + " " + string(self.pid) + " " + string(self.index)`))),
	))
	got := runPlan(t, plan, Options{})
	got.ok(t)
	lines := got.remains(t, plan.Dir).Stdout
	pid := strings.Fields(lines[0])[1]
	want := make([]string, 4)
	for i := range want {
		want[i] = fmt.Sprintf("thread %s %d\n", pid, i)
	}
	if diff := cmp.Diff(want, lines); diff != "" || pid == fmt.Sprint(os.Getpid()) {
		t.Error(diff)
	}
}

// TestAThreadThatFailsAlone leaves the other threads at work, in the same process.
func TestAThreadThatFailsAlone(t *testing.T) {
	fail := stage("fail", stages.Field{Source: new(text("no"))})
	fail.When = new(stages.Source{Kind: stages.SourceExpr, Text: "self.index == 1"})
	plan := planOf(t, 1,
		chain("a", 3, stage("items", literal([]any{1})), fail, put("q", "{pid: self.pid, index: self.index}")),
		chain("b", 1, get("q"), stage("print", expr("string(item.pid)"))),
	)
	got := runPlan(t, startedBy(planner.ThreadMethod, plan), Options{KeepGoing: true})
	lines := got.remains(t, plan.Dir).Stdout
	if got.report.Status != StatusFailed || len(got.report.Failures) != 1 || got.report.Failures[0].Process != "a[1]" {
		t.Errorf("status %d: %s", got.report.Status, got.failures())
	}
	if len(lines) != 2 || lines[0] != lines[1] {
		t.Errorf("the others gave %q", lines)
	}
}

// TestAFailedThreadIsStartedAgain beside others, and goes on from its last commit.
func TestAFailedThreadIsStartedAgain(t *testing.T) {
	p := withPrograms(chain("a", 2, get("q"), stage("exec", stages.Field{Sources: []stages.Source{
		text("sh"), text("-c"), text("test -e ok$1 -o $(($1 % 10)) != 9 || { touch ok$1; exit 1; }; echo $1"), text("sh"), text("", "item"),
	}}), printed()))
	p.Restart = again("on-failure", 10)
	plan := planOf(t, 0, chain("n", 1, stage("range", expr("40")), put("q", "")), p)
	got := runPlan(t, startedBy(planner.ThreadMethod, plan), Options{})
	got.ok(t)
	var want []string
	for i := range 40 {
		want = append(want, fmt.Sprintf("%d\n", i))
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(strings.Lines(got.stdout))); diff != "" {
		t.Error(diff)
	}
	if a0, a1 := got.report.Processes[1], got.report.Processes[2]; a0.Starts+a1.Starts != 2+4 {
		t.Errorf("started %d and %d times", a0.Starts, a1.Starts)
	}
}

// TestThreadsDoNotCondemnEachOther has one item kill the process of all threads while others take their time, at work or asleep: only the first is
// given up, with each number of deliveries that allows to tell them apart.
func TestThreadsDoNotCondemnEachOther(t *testing.T) {
	kill := execs("sh", "-c", "kill -9 $PPID; sleep 1000")
	kill.When = new(stages.Source{Kind: stages.SourceExpr, Text: "item == 0"})
	for what, slow := range map[string]stages.Stage{"at work": execs("sleep", "0.1"), "asleep": stage("sleep", literal("100ms"))} {
		slow.As = "slow" // its result; item stays
		for _, deliveries := range []int{2, 3, 5} {
			plan := planOf(t, 1,
				chain("n", 1, stage("range", expr("6")), put("q", "")),
				withPrograms(chain("work", 3, get("q"), kill, slow, stage("print", expr("string(item)")))),
				chain("dead", 1, get("dead"), stage("print", expr(`"given up: " + string(item.item)`))),
			)
			for i := range plan.Queues {
				switch q := &plan.Queues[i]; q.Name {
				case "q":
					q.MaxDeliveries, q.DeadLetter = deliveries, "dead"
				case "dead":
					q.Writers = []string{"work"}
				}
			}
			got := runPlan(t, startedBy(planner.ThreadMethod, plan), Options{})
			got.ok(t)
			want := []string{"1\n", "2\n", "3\n", "4\n", "5\n", "given up: 0\n"}
			if diff := cmp.Diff(want, got.remains(t, plan.Dir).Stdout); diff != "" {
				t.Errorf("%s, with %d deliveries: %s", what, deliveries, diff)
			}
		}
	}
}

// TestProgramsEndWithTheirChain, also where its process goes on.
func TestProgramsEndWithTheirChain(t *testing.T) {
	p := newPrograms(nil)
	program, err := p.Start(stages.Program{Words: []string{"sleep", "1000"}})
	if err != nil {
		t.Fatal(err)
	}
	p.close()
	var exit *stages.ExitError
	if err := program.Wait(); !errors.As(err, &exit) || exit.Code != -int(syscall.SIGKILL) {
		t.Errorf("it ended with %v", err)
	}
	if _, err := p.Start(stages.Program{Words: []string{"true"}}); err == nil {
		t.Error("a program was started for a chain that has ended")
	}
}

// TestProgramsThatHaveEndedAreForgotten: their process IDs may be others' when the chain ends.
func TestProgramsThatHaveEndedAreForgotten(t *testing.T) {
	for _, isAside := range []bool{false, true} {
		p := newPrograms(nil)
		program, err := p.Start(stages.Program{Words: []string{"true"}, Aside: isAside})
		if err != nil {
			t.Fatal(err)
		}
		if err := program.Wait(); err != nil {
			t.Errorf("aside %t: it ended with %v", isAside, err)
		}
		_ = program.Stdin().Close()
		p.mu.Lock()
		if len(p.running) > 0 {
			t.Errorf("aside %t: it is still known as one that runs", isAside)
		}
		p.mu.Unlock()
		p.close()
	}
}
