package runtime

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

const (
	// fireEvery is the mean time between two shots.
	fireEvery = 10 * time.Millisecond
	// fewKills is how many workers must have died for it before a test under fire is over.
	fewKills = 12
)

// underFire runs a plan while workers are killed at random.
func underFire(t *testing.T, plan *planner.Plan) outcome {
	t.Helper()
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		var shots volleys
		for {
			select {
			case <-stop:
				return
			case <-time.After(shots.next(fireEvery)):
				if workers := workersOf(os.Getpid()); len(workers) > 0 {
					_ = syscall.Kill(workers[rand.IntN(len(workers))], syscall.SIGKILL)
				}
			}
		}
	}()
	got := runPlan(t, plan, Options{})
	close(stop)
	<-done
	return got
}

// volleys paces shots. A worker that is killed maxBarren times before it has got anywhere is rightly given up, and on a busy machine a start
// takes longer than the time between shots. So after each volley of a quarter as many there is a pause, from 50 ms to 1.6 s, each
// twice as long as the one before: workers get somewhere in one of them, and are hit at all moments in between.
type volleys struct{ shots int }

const volley = maxBarren / 4

// next is how long to wait before the next shot, where the mean time between two of a volley is that.
func (v *volleys) next(mean time.Duration) time.Duration {
	pause := rand.N(2 * mean)
	if v.shots > 0 && v.shots%volley == 0 {
		pause += 25 * time.Millisecond << min(v.shots/volley, 6)
	}
	v.shots++
	return pause
}

// workersOf is the workers of a supervisor.
func workersOf(pid int) []int {
	return slices.DeleteFunc(childrenOf(pid), func(pid int) bool {
		cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		return err != nil || !strings.HasPrefix(string(cmdline), "mprun\x00worker\x00")
	})
}

// remains is all that a run leaves: lines of standard output and of its files, in any order where several write, and results.
type remains struct {
	Stdout  []string
	Files   map[string][]string
	Results map[string]any
	Left    int // items in queues; how many were put depends on how replicas shared the work
}

func (o outcome) remains(t *testing.T, dir string) remains {
	t.Helper()
	lines := func(text string) []string { return slices.Sorted(strings.Lines(text)) }
	r := remains{Stdout: lines(o.stdout), Files: map[string][]string{}, Results: o.report.Results}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		r.Files[e.Name()] = lines(content(t, dir, e.Name()))
	}
	for _, q := range o.report.Queues {
		r.Left += q.Left
	}
	return r
}

// put is a stage that puts the value of an expression.
func put(queue, value string) stages.Stage {
	s := stage("put", place(queue))
	if value != "" {
		s.Options = withOption("value", expr(value))
	}
	return s
}

func get(queue string) stages.Stage { return stage("get", place(queue)) }

// counted is a reduction by a key.
func counted(by, acc string) stages.Stage {
	s := stage("reduce", expr(acc))
	s.Options = map[string]stages.Field{"by": expr(by), "init": expr("0")}
	return s
}

func summed() stages.Stage {
	s := stage("reduce", expr("acc + item"))
	s.Options = withOption("init", expr("0"))
	return s
}

func branch(when string, s ...stages.Stage) stages.Branch {
	b := stages.Branch{Stages: s}
	if when != "" {
		b.When = &stages.Source{Kind: stages.SourceExpr, Text: when}
	}
	return b
}

func numbers(n int, queue string) planner.Process {
	return chain("numbers", 1, stage("range", expr(fmt.Sprint(n))), put(queue, ""))
}

// firePlans are the plans that are shot at, each with another kind of state, effect or wait.
var firePlans = []struct {
	name string
	plan func(t *testing.T) *planner.Plan
}{
	{"arithmetic", func(t *testing.T) *planner.Plan { return squares(t, 100_000, 64) }},
	{"a reduction by key, put at its end", func(t *testing.T) *planner.Plan {
		return planOf(t, 256,
			numbers(60_000, "in"),
			chain("count", 3, get("in"), counted("item % 1000", "acc + item"), put("counts", "")),
			chain("merge", 1, get("counts"), counted("item.key", "acc + item.value"), printed()),
		)
	}},
	{"do, tee and route", func(t *testing.T) *planner.Plan {
		return planOf(t, 64,
			numbers(20_000, "in"),
			chain("split", 2, get("in"),
				stage("do", stages.Field{Stages: []stages.Stage{stage("filter", expr("item % 3 == 0")), put("thirds", "")}}),
				stage("tee", stages.Field{Branches: []stages.Branch{
					branch("", stage("map", expr("item + 1")), put("all", "")),
					branch("", stage("flat_map", expr("[item, -item]")), put("all", "")),
				}}),
				stage("route", stages.Field{Branches: []stages.Branch{
					branch("item % 2 == 0", put("even", "")),
					branch("item % 5 == 0", stage("map", expr("item * 2"))),
					branch("", stage("filter", expr("false"))),
				}}),
				stage("map", expr("item + 7")), put("all", ""),
			),
			chain("thirds", 1, get("thirds"), summed(), printed()),
			chain("even", 1, get("even"), summed(), printed()),
			chain("all", 2, get("all"), summed(), put("sums", "")),
			chain("sums", 1, get("sums"), summed(), printed()),
		)
	}},
	{"programs", func(t *testing.T) *planner.Plan {
		word := stage("exec", stages.Field{Sources: []stages.Source{text("echo"), text("x", "item")}})
		through := stage("through", stages.Field{Sources: []stages.Source{text("cat")}})
		through.Options = withOption("per", literal("item"))
		return planOf(t, 16,
			numbers(60, "in"),
			withPrograms(chain("each", 2, get("in"), word, put("out", ""))),
			withPrograms(chain("show", 1, get("out"), through, printed())),
		)
	}},
	{"files and results", func(t *testing.T) *planner.Plan {
		parts := stage("write", stages.Field{Source: new(text("part-", "item % 2"))})
		return planOf(t, 64,
			numbers(20_000, "in"),
			withFiles(chain("write", 3, get("in"), parts, printed(), summed(), put("sums", ""))),
			chain("sum", 1, get("sums"), summed(), stage("result", literal("sum"))),
		)
	}},
	{"acknowledgement, of most items", func(t *testing.T) *planner.Plan {
		plan := planOf(t, 64,
			numbers(3_000, "in"),
			chain("late", 2, manual("in"), put("all", ""), stage("filter", expr("item % 97 != 0")), stage("flat_map", expr("[item, item * 2]")), put("done", ""), ack()),
			chain("early", 2, manual("all"), ack(), stage("distinct", expr("item")), put("once", "")),
			chain("sum", 1, get("done"), summed(), printed()),
			chain("once", 1, get("once"), stage("distinct", expr("item")), summed(), printed()),
			chain("dead", 1, get("dead"), stage("map", expr("item.item")), summed(), printed()),
		)
		for i := range plan.Queues {
			switch q := &plan.Queues[i]; q.Name {
			case "in":
				q.MaxDeliveries, q.DeadLetter = 30, "dead"
			case "dead":
				q.Writers = []string{"late"}
			}
		}
		return plan
	}},
	{"a cycle", func(t *testing.T) *planner.Plan {
		plan := planOf(t, 0,
			chain("start", 1, stage("range", expr("500")), stage("map", expr("{n: item + 1, steps: 0}")), put("todo", "")),
			chain("step", 3, get("todo"), stage("route", stages.Field{Branches: []stages.Branch{
				branch("item.n == 1", stage("map", expr("item.steps")), put("done", "")),
				branch("", put("todo", "{n: item.n % 2 == 0 ? div(item.n, 2) : item.n * 3 + 1, steps: item.steps + 1}")),
			}})),
			chain("sum", 1, get("done"), summed(), printed()),
		)
		for i := range plan.Queues {
			if plan.Queues[i].Name == "todo" {
				plan.Queues[i].Cycle = []string{"todo"}
			}
		}
		return plan
	}},
}

// TestKilledWorkersChangeNothing holds runs whose workers are killed at random against one in peace.
func TestKilledWorkersChangeNothing(t *testing.T) {
	for _, test := range firePlans {
		t.Run(test.name, func(t *testing.T) { changesNothing(t, test.plan) })
	}
}

// TestKilledWorkersChangeNothingByStartMethod is the same with the other start methods: carriers of threads, and workers in reserve and out of it.
func TestKilledWorkersChangeNothingByStartMethod(t *testing.T) {
	for _, method := range []planner.StartMethod{planner.ForkserverMethod, planner.ThreadMethod} {
		for _, test := range firePlans {
			if *long == 0 && test.name != "arithmetic" && test.name != "programs" && test.name != "files and results" {
				continue
			}
			t.Run(test.name+", "+string(method), func(t *testing.T) {
				changesNothing(t, func(t *testing.T) *planner.Plan { return startedBy(method, test.plan(t)) })
			})
		}
	}
}

// changesNothing shoots at workers of a plan.
func changesNothing(t *testing.T, planOf func(t *testing.T) *planner.Plan) {
	calmPlan := planOf(t)
	calm := runPlan(t, calmPlan, Options{})
	calm.ok(t)
	want := calm.remains(t, calmPlan.Dir)
	if want.Left != 0 || len(want.Stdout)+len(want.Results) == 0 {
		t.Fatalf("in peace: %+v", want)
	}
	start, kills, rounds := time.Now(), 0, 0
	for ; kills < fewKills || time.Since(start) < *long; rounds++ {
		plan := planOf(t)
		got := underFire(t, plan)
		got.ok(t)
		if diff := cmp.Diff(want, got.remains(t, plan.Dir)); diff != "" {
			t.Fatalf("in round %d, after %d kills: %s\nreport: %+v", rounds, kills, diff, got.report)
		}
		for _, p := range got.report.Processes {
			kills += p.Replaced
		}
	}
	t.Logf("%d kills in %d rounds, %v", kills, rounds, time.Since(start).Round(time.Millisecond))
}

// supervisorPlan has workers, programs in and beside chains, one of them in a session of its own, and a file that is half written.
func supervisorPlan(t *testing.T) *planner.Plan {
	beside := command("beside", "sh", "-c", "sleep 1000 & setsid sleep 1000 & trap '' TERM HUP INT; touch beside; wait")
	beside.Stdout = planner.Stdio{Kind: "none"}
	return planOf(t, 64,
		numbers(1_000_000_000_000, "in"),
		withFiles(chain("write", 2, get("in"), writes("out"))),
		withPrograms(chain("programs", 2, one(1), execs("sh", "-c", "touch exec; sleep 1000 & sleep 1000"))),
		beside,
	)
}

// TestAKilledSupervisorLeavesNothing kills the supervisor of a run in full flow.
func TestAKilledSupervisorLeavesNothing(t *testing.T) {
	if err := becomeSubreaper(); err != nil {
		t.Fatal(err)
	}
	plan := supervisorPlan(t)
	supervisor := startSupervisor(t, plan)
	temporary := func() []string {
		names, err := filepath.Glob(filepath.Join(plan.Dir, ".out.mprun-*"))
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	eventually(t, "everything to run", func() bool {
		_, beside := os.Stat(filepath.Join(plan.Dir, "beside"))
		_, exec := os.Stat(filepath.Join(plan.Dir, "exec"))
		return beside == nil && exec == nil && len(temporary()) == 1
	})
	if err := supervisor.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = supervisor.Wait() // by SIGKILL
	// This process is a subreaper: all that the run leaves, its guardian included, become its children.
	for {
		if _, err := unix.Wait4(-1, nil, 0, nil); errors.Is(err, unix.ECHILD) {
			break
		}
	}
	if left := temporary(); len(left) > 0 { // the guardian has removed it before it has ended
		t.Errorf("half-written files are left: %v", left)
	}
	if _, err := os.Stat(filepath.Join(plan.Dir, "out")); err == nil {
		t.Error("the half-written file was put in place")
	}
}
