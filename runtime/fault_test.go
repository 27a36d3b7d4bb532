package runtime

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mprun/mprun/planner"
)

// faultyPlan sums up numbers, with faults.
func faultyPlan(t *testing.T, seed int64, faults ...planner.Fault) *planner.Plan {
	plan := planOf(t, 64,
		chain("count", 1, stage("range", expr("200")), stage("put", place("numbers"))),
		chain("square", 2, stage("get", place("numbers")), stage("map", expr("item * item")), stage("put", place("squares"))),
		chain("sum", 1, stage("get", place("squares")), stage("reduce", expr("acc + item")), stage("print", expr("item"))))
	plan.Seed, plan.Faults = seed, faults
	for i := range plan.Faults {
		plan.Faults[i].Text = "fault " + strconv.Itoa(i)
	}
	return plan
}

const sumOfSquares = "2646700\n"

func itemOf(queue string, item int) *planner.ItemRef {
	return &planner.ItemRef{Queue: queue, Item: item}
}

// TestFaultsAtItems: in every phase the item's worker, or whoever is meant, is hit, once for each fault.
func TestFaultsAtItems(t *testing.T) {
	kill := func(process string, replica int, at *planner.ItemRef) planner.Fault {
		return planner.Fault{Kind: planner.KillFault, Process: process, Replica: replica, At: at}
	}
	for _, row := range []struct {
		name   string
		faults []planner.Fault
		deaths int
		missed string
	}{
		{"who has it", []planner.Fault{kill("square", planner.AllReplicas, itemOf("numbers", 70))}, 1, ""},
		{"twice", []planner.Fault{kill("square", planner.AllReplicas, itemOf("numbers", 0)), kill("square", planner.AllReplicas, itemOf("numbers", 0))}, 2, ""},
		{"any", []planner.Fault{kill("", planner.AllReplicas, itemOf("squares", 199))}, 1, ""},
		{"another", []planner.Fault{kill("sum", 0, itemOf("numbers", 3))}, 1, ""},
		{"a pause", []planner.Fault{{Kind: planner.PauseFault, Process: "sum", Replica: 0, At: itemOf("squares", 5), For: "5ms"}}, 0, ""},
		{"nobody", []planner.Fault{kill("sum", 0, itemOf("numbers", 200))}, 0, "nothing"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for seed := range int64(phases) {
				got := runPlan(t, faultyPlan(t, seed, row.faults...), Options{})
				if got.stdout != sumOfSquares || got.report.Status != StatusOK {
					t.Fatalf("seed %d: status %d, %q", seed, got.report.Status, got.stdout)
				}
				deaths := 0
				for _, p := range got.report.Processes {
					deaths += p.Replaced
				}
				for _, f := range got.report.Faults {
					if want := row.missed == ""; (f.Happened == 1) != want {
						t.Errorf("seed %d: %+v", seed, f)
					}
				}
				if deaths != row.deaths {
					t.Errorf("seed %d: %d deaths", seed, deaths)
				}
			}
		})
	}
}

// TestFaultOfWhoIsNotRunning: the fault does not happen, and the report says why.
func TestFaultOfWhoIsNotRunning(t *testing.T) {
	plan := faultyPlan(t, 1, planner.Fault{Kind: planner.KillFault, Process: "late", Replica: 0, At: itemOf("squares", 7)})
	late := chain("late", 1, stage("items", literal([]any{1})))
	late.DependsOn = []planner.Dependency{{Process: "sum", Condition: "completed"}}
	plan.Processes = append(plan.Processes, late)
	got := runPlan(t, plan, Options{})
	want := []FaultReport{{Text: "fault 0", Missed: "when the item was there, late[0] was not running"}}
	if diff := cmp.Diff(want, got.report.Faults); diff != "" || got.stdout != sumOfSquares {
		t.Errorf("%s%s", diff, got.stdout)
	}
}

// TestFaultsAtTheStartAndEverySoOften: workers are replaced, and stand-ins are left alone.
func TestFaultsAtTheStartAndEverySoOften(t *testing.T) {
	plan := faultyPlan(t, 1,
		planner.Fault{Kind: planner.KillFault, Process: "sum", Replica: 0},
		planner.Fault{Kind: planner.PauseFault, Process: "square", Replica: 1, For: "3ms"},
		planner.Fault{Kind: planner.KillFault, Replica: planner.AllReplicas, Every: "1ms"})
	plan.Processes[0].StandIn = true
	for i := range plan.Queues {
		plan.Queues[i].MaxDeliveries = 1000
	}
	got := runPlan(t, plan, Options{})
	if got.stdout != sumOfSquares {
		t.Errorf("%q: %s", got.stdout, got.failures())
	}
	for i, f := range got.report.Faults {
		if f.Happened == 0 || i < 2 && f.Happened != 1 {
			t.Errorf("%+v", f)
		}
	}
	for _, p := range got.report.Processes {
		if p.Name == "count" && p.Replaced > 0 {
			t.Error("the stand-in was killed")
		}
	}
}

// TestShotsFasterThanWork: as on a busy machine, shots leave a worker no time to get anywhere. The run comes to its end all the same.
func TestShotsFasterThanWork(t *testing.T) {
	plan := planOf(t, 1, withPrograms(chain("slow", 1, stage("items", literal([]any{1})), execs("sleep", "0.1"), stage("print", expr(`"done"`)))))
	plan.Faults = []planner.Fault{{Kind: planner.KillFault, Replica: planner.AllReplicas, Every: "1ms"}}
	got := runPlan(t, plan, Options{Timeout: time.Minute})
	if got.stdout != "done\n" || got.report.Faults[0].Happened < mostBarren {
		t.Errorf("%q, %d shots: %s", got.stdout, got.report.Faults[0].Happened, got.failures())
	}
}
