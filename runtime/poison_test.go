package runtime

import (
	"strings"
	"testing"

	"github.com/mprun/mprun/stages"
)

// deadly is a stage whose program kills the worker that runs it.
func deadly() stages.Stage {
	s := stage("exec", stages.Field{})
	for _, word := range []string{"sh", "-c", "kill -9 $PPID; sleep 1000"} {
		s.Operand.Sources = append(s.Operand.Sources, stages.Source{Kind: stages.SourceLiteral, Value: word})
	}
	return s
}

func TestAProgramThatKillsItsWorkerEndsTheRun(t *testing.T) {
	plan := planOf(t, 0, chain("a", 1, stage("items", literal([]any{1})), deadly()))
	plan.Processes[0].Programs = true
	got := runPlan(t, plan, Options{})
	if got.report.Status != StatusFailed || !strings.Contains(got.failures(), "100 times in a row without getting anywhere") {
		t.Errorf("status %d: %s", got.report.Status, got.failures())
	}
}

func TestAnItemThatKillsItsWorkersInTheMiddleOfTheChain(t *testing.T) {
	plan := planOf(t, 16,
		chain("a", 1, stage("items", literal([]any{1, 2})), stage("put", place("q"))),
		chain("b", 1, stage("get", place("q")), deadly()),
	)
	plan.Queues[0].MaxDeliveries = 3
	plan.Processes[1].Programs = true
	got := runPlan(t, plan, Options{})
	if got.report.Status != StatusFailed || !strings.Contains(got.failures(), "3 workers died at the same place of an item of queue q") {
		t.Errorf("status %d: %s", got.report.Status, got.failures())
	}
	if replaced := got.report.Processes[1].Replaced; replaced != 3 {
		t.Errorf("replaced %d times", replaced)
	}
}
