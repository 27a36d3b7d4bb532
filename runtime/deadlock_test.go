package runtime

import (
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

// at is a stage in a line of the spec.
func at(line int, s stages.Stage) stages.Stage {
	s.Pos = stages.Pos{File: "test.yaml", Line: line, Col: 9}
	return s
}

// doubling puts two items for each that it gets, so that a queue of a bounded cycle must come to its end.
func doubling(name, from, to string, line int) planner.Process {
	return chain(name, 1, at(line, get(from)), at(line+1, stage("flat_map", expr("[item, item]"))), at(line+2, put(to, "")))
}

func TestDeadlocksEndTheRun(t *testing.T) {
	tests := []struct {
		name  string
		plan  *planner.Plan
		cycle []string
		stuck []string // process, stage, line, what it waits for
	}{
		{
			"a process that feeds itself",
			planOf(t, 1, chain("seed", 1, stage("items", literal([]any{1})), put("todo", "")), doubling("grow", "todo", "todo", 4)),
			[]string{"grow"},
			[]string{"grow put test.yaml:6:9 put todo by [grow]"},
		},
		{
			"two processes that feed each other",
			planOf(t, 1, chain("seed", 1, stage("items", literal([]any{1})), put("a", "")), doubling("left", "a", "b", 4), doubling("right", "b", "a", 8)),
			[]string{"left", "right"},
			[]string{"left put test.yaml:6:9 put b by [right]", "right put test.yaml:10:9 put a by [left]"},
		},
		{
			"a daemon works on",
			withDaemon(planOf(t, 1,
				chain("seed", 1, stage("items", literal([]any{1})), put("todo", "")), doubling("grow", "todo", "todo", 4),
				chain("tick", 1, stage("every", expr(`"1ms"`))),
			), "tick"),
			[]string{"grow"},
			[]string{"grow put test.yaml:6:9 put todo by [grow]"},
		},
		{
			"another process is to start behind it",
			func() *planner.Plan {
				behind := chain("behind", 1, stage("items", literal([]any{1})))
				behind.DependsOn = []planner.Dependency{{Process: "grow", Condition: "completed", Pos: stages.Pos{File: "test.yaml", Line: 20, Col: 3}}}
				return planOf(t, 1, chain("seed", 1, stage("items", literal([]any{1})), put("todo", "")), doubling("grow", "todo", "todo", 4), behind)
			}(),
			[]string{"grow"},
			[]string{"grow put test.yaml:6:9 put todo by [grow]", "behind  test.yaml:20:3 process grow by [grow]"},
		},
	}
	for _, test := range tests {
		got := runPlan(t, test.plan, Options{lookEvery: 10 * time.Millisecond, Timeout: 30 * time.Second})
		if got.report.Status != StatusDeadlock || got.report.Deadlock == nil {
			t.Errorf("%s: %s: %s", test.name, got.report.Outcome, got.failures())
			continue
		}
		if diff := cmp.Diff(test.cycle, got.report.Deadlock.Cycle); diff != "" {
			t.Errorf("%s: cycle: %s", test.name, diff)
		}
		var stuck []string
		for _, st := range got.report.Deadlock.Processes {
			text := st.Process + " " + st.Stage + " " + st.Pos.String()
			for _, w := range st.Waits {
				text += " " + w.Kind + " " + w.Name + " by [" + strings.Join(w.By, " ") + "]"
			}
			stuck = append(stuck, text)
		}
		if diff := cmp.Diff(test.stuck, stuck); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if len(got.report.Failures) == 0 || got.report.Failures[0].Process != test.cycle[0] {
			t.Errorf("%s: failures %s", test.name, got.failures())
		}
	}
}

// withDaemon makes one process of a plan a daemon.
func withDaemon(plan *planner.Plan, name string) *planner.Plan {
	for i := range plan.Processes {
		plan.Processes[i].Daemon = plan.Processes[i].Daemon || plan.Processes[i].Name == name
	}
	return plan
}

// TestWhoMayGoOnIsNoDeadlock runs plans in which everybody waits for a while for one who moves, and looks at them all the time.
func TestWhoMayGoOnIsNoDeadlock(t *testing.T) {
	waiting := func() planner.Process { return chain("wait", 2, get("in"), put("out", "")) }
	last := func() planner.Process { return chain("last", 1, get("out"), summed(), stage("print", stages.Field{})) }
	const long = "300ms"
	tests := []struct {
		name string
		head planner.Process
	}{
		{"sleeps", chain("head", 1, stage("items", literal([]any{1, 2})), stage("sleep", expr(`"`+long+`"`)), put("in", ""))},
		{"runs a program", withPrograms(chain("head", 1, stage("items", literal([]any{1})), execs("sleep", "0.3"), stage("map", expr("2")), put("in", "")))},
		{"waits for a tick", chain("head", 1, counting(stage("every", expr(`"`+long+`"`)), "2"), put("in", ""))},
		{"is throttled", chain("head", 1, stage("items", literal([]any{1, 2})), limited(stage("throttle", literal("4/s"))), put("in", ""))},
	}
	for _, test := range tests {
		plan := planOf(t, 4, test.head, waiting(), last())
		plan.Limits = 1
		got := runPlan(t, plan, Options{lookEvery: time.Millisecond, Timeout: 30 * time.Second})
		if got.report.Status != StatusOK {
			t.Errorf("%s: %s: %s", test.name, got.report.Outcome, got.failures())
		}
	}
}

// TestWhoMayBeStoppedIsNotStuck: what an interrupted wait waits for need not come from anybody.
func TestWhoMayBeStoppedIsNotStuck(t *testing.T) {
	on := func(kind, name string) stages.Field {
		return stages.Field{Places: []stages.Place{{Name: name, Kind: kind}}}
	}
	for _, action := range []string{"stop", "interrupt", "kill"} {
		plan := withDaemon(planOf(t, 4,
			chain("server", 1, stage("items", literal([]any{1})), stage("wait", on("event", "go"))),
			chain("behind", 1, stage("items", literal([]any{1})), stage("wait", on("process", "server"))),
			chain("dog", 1, stage("items", literal([]any{1})), stage("sleep", expr(`"150ms"`)), stage(action, on("process", "server"))),
		), "dog")
		plan.Primitives = []planner.Primitive{{Name: "go", Kind: "event"}}
		plan.Processes[0].Restart.When = "never"
		got := runPlan(t, plan, Options{lookEvery: time.Millisecond, Timeout: 30 * time.Second})
		if got.report.Status != StatusOK || got.report.Deadlock != nil {
			t.Errorf("%s: %s: %s", action, got.report.Outcome, got.failures())
		}
	}
}

func counting(s stages.Stage, n string) stages.Stage {
	s.Options = withOption("count", expr(n))
	return s
}

func limited(s stages.Stage) stages.Stage {
	s.Limit = 1
	return s
}

// TestTortureIsNoDeadlock kills and stops the workers of healthy plans at random while the supervisor looks for deadlocks all the time. The long
// form has the plans that are shot at elsewhere, too.
func TestTortureIsNoDeadlock(t *testing.T) {
	type healthy struct {
		name string
		plan func(t *testing.T) *planner.Plan
	}
	plans := []healthy{
		{"a pipeline", func(t *testing.T) *planner.Plan { return squares(t, 20_000, 4) }},
		{"a cycle", func(t *testing.T) *planner.Plan {
			plan := planOf(t, 0,
				chain("seed", 1, stage("range", expr("40")), put("todo", "")),
				chain("count", 3, get("todo"), stage("filter", expr("item > 0")), stage("map", expr("item - 1")), put("todo", "")),
			)
			plan.Queues[0].Cycle = []string{"todo"}
			return plan
		}},
	}
	if *long > 0 {
		for _, p := range firePlans {
			plans = append(plans, healthy{p.name, p.plan})
		}
	}
	for _, test := range plans {
		until := time.Now().Add(max(*long, time.Second))
		for ok := true; ok && time.Now().Before(until); {
			stop := make(chan struct{})
			done := make(chan struct{})
			go func() {
				defer close(done)
				tortureWorkers(stop)
			}()
			got := runPlan(t, test.plan(t), Options{lookEvery: time.Millisecond, Timeout: 2 * time.Minute})
			close(stop)
			<-done
			if ok = got.report.Status == StatusOK; !ok {
				t.Errorf("%s: %s: %s", test.name, got.report.Outcome, got.failures())
			}
		}
	}
}

// tortureWorkers kills and stops workers at random; who is stopped goes on after a while.
func tortureWorkers(stop <-chan struct{}) {
	stopped := map[int]bool{}
	var shots volleys
	for {
		pause := shots.next(2 * time.Millisecond)
		for pid := range stopped {
			if pause > fireEvery { // between two volleys nobody is at a standstill
				_ = syscall.Kill(pid, syscall.SIGCONT)
				delete(stopped, pid)
			}
		}
		select {
		case <-stop:
			return
		case <-time.After(pause):
		}
		for pid := range stopped {
			if rand.IntN(3) == 0 {
				_ = syscall.Kill(pid, syscall.SIGCONT)
				delete(stopped, pid)
			}
		}
		workers := workersOf(os.Getpid())
		if len(workers) == 0 {
			continue
		}
		pid := workers[rand.IntN(len(workers))]
		if rand.IntN(4) == 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			continue
		}
		if syscall.Kill(pid, syscall.SIGSTOP) == nil {
			stopped[pid] = true
		}
	}
}
