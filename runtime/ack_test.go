package runtime

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

// manual is a get whose items are acknowledged.
func manual(queues ...string) stages.Stage {
	var f stages.Field
	for _, q := range queues {
		f.Places = append(f.Places, place(q).Places...)
	}
	s := stage("get", f)
	s.Options = map[string]stages.Field{"ack": literal("manual")}
	return s
}

func ack() stages.Stage { return stage("ack", literal("item")) }

// when lets a stage see some items only.
func when(s stages.Stage, condition string) stages.Stage {
	s.When = &stages.Source{Kind: stages.SourceExpr, Text: condition}
	return s
}

// acknowledged is a plan in which every seventh item is never acknowledged, and goes to the queue dead, and every fifth at its second
// delivery. Each item has an effect before its ack and one behind it.
func acknowledged(t *testing.T, n int) *planner.Plan {
	plan := planOf(t, 64,
		numbers(n, "q"),
		chain("b", 2, manual("q"),
			put("seen", "[item, 1]"), stage("flat_map", expr("[item, item]")), stage("filter", expr("item % 7 != 0")),
			when(ack(), "item % 5 != 0 or delivery.attempt >= 2"), put("done", "item")),
		chain("c", 1, get("seen"), counted("item[0]", "acc + 1"), stage("flat_map", expr("item.key % 7 == 0 ? [item.value] : []")), summed(), stage("result", literal("seen"))),
		chain("d", 1, get("done"), counted("item", "acc + 1"), stage("flat_map", expr("item.key % 5 != 0 ? [item.value] : []")), summed(), stage("result", literal("done"))),
		chain("e", 1, get("dead"), stage("map", expr("item.item")), summed(), stage("result", literal("dead"))),
	)
	for i := range plan.Queues {
		switch q := &plan.Queues[i]; q.Name {
		case "q":
			q.MaxDeliveries, q.DeadLetter = 3, "dead"
		case "dead":
			q.Writers = []string{"b"}
		}
	}
	return plan
}

func TestAcknowledgement(t *testing.T) {
	const n = 70
	got := runPlan(t, acknowledged(t, n), Options{})
	got.ok(t)
	multiples, others := 0, 0
	for i := range n {
		if i%7 == 0 {
			multiples += i
		} else if i%5 != 0 {
			others++
		}
	}
	want := fmt.Sprintf("dead %d, done %d, seen %d", multiples, 2*others, 3*n/7)
	if text := fmt.Sprintf("dead %v, done %v, seen %v", got.report.Results["dead"], got.report.Results["done"], got.report.Results["seen"]); text != want {
		t.Errorf("%s, want %s", text, want)
	}
	if q := got.report.Queues["q"]; q.Finished != n || q.Left != 0 {
		t.Errorf("%d of %d items are finished, %d are left", q.Finished, n, q.Left)
	}
}

// TestUnacknowledgedFails has no dead-letter queue.
func TestUnacknowledgedFails(t *testing.T) {
	plan := planOf(t, 16, numbers(3, "q"), chain("b", 1, manual("q"), stage("print", expr("item")), when(ack(), "item < 1")))
	plan.Queues[0].MaxDeliveries = 2
	got := runPlan(t, plan, Options{})
	if got.report.Status != StatusFailed || !strings.Contains(got.failures(), "this item of queue q was delivered 2 times and not acknowledged [max-deliveries] (item 1)") {
		t.Errorf("status %d: %s", got.report.Status, got.failures())
	}
	if got.stdout != "0\n1\n1\n" {
		t.Errorf("printed %q", got.stdout)
	}
}

// TestUnacknowledgedStays: what the end of the stream leaves unacknowledged is in the queue still.
func TestUnacknowledgedStays(t *testing.T) {
	first := stage("take", literal(2))
	plan := planOf(t, 16, numbers(5, "q"), chain("b", 1, manual("q"), when(ack(), "item < 1"), first, stage("print", expr("item"))))
	got := runPlan(t, plan, Options{})
	got.ok(t)
	if q := got.report.Queues["q"]; q.Finished != 1 || got.stdout != "0\n1\n" {
		t.Errorf("finished %d, printed %q", q.Finished, got.stdout)
	}
}

// TestAcknowledgedOfSeveral reads two queues at once.
func TestAcknowledgedOfSeveral(t *testing.T) {
	a, b := numbers(5, "q"), numbers(4, "r")
	a.Name, b.Name = "x", "y"
	reader := chain("b", 1, manual("q", "r"), stage("print", expr("item")), when(ack(), "item != 3 or delivery.attempt >= 2"))
	got := runPlan(t, planOf(t, 16, a, b, reader), Options{})
	got.ok(t)
	lines := strings.Fields(got.stdout)
	slices.Sort(lines)
	if want := "0 0 1 1 2 2 3 3 3 3 4"; strings.Join(lines, " ") != want {
		t.Errorf("printed %v", lines)
	}
	for _, name := range []string{"q", "r"} {
		if q := got.report.Queues[name]; q.Finished != q.Put {
			t.Errorf("%d of %d of %s are finished", q.Finished, q.Put, name)
		}
	}
}

// TestGivenUpOfSeveral gives up the last item of one queue, which has ended then, and goes on with the other.
func TestGivenUpOfSeveral(t *testing.T) {
	a, b := numbers(1, "q"), numbers(4, "r")
	a.Name, b.Name = "x", "y"
	reader := chain("b", 1, manual("q", "r"), when(ack(), "item != 0 or delivery.id startsWith 'r'"), stage("print", expr("item")))
	reader.DependsOn = []planner.Dependency{{Process: "x", Condition: "completed"}, {Process: "y", Condition: "completed"}}
	plan := planOf(t, 16, a, b, reader, chain("e", 1, get("dead"), stage("result", literal("dead"))))
	for i := range plan.Queues {
		switch q := &plan.Queues[i]; q.Name {
		case "q":
			q.MaxDeliveries, q.DeadLetter = 2, "dead"
		case "dead":
			q.Writers = []string{"b"}
		}
	}
	got := runPlan(t, plan, Options{})
	got.ok(t)
	if want := "0\n0\n0\n1\n2\n3\n"; got.stdout != want {
		t.Errorf("printed %q, want %q", got.stdout, want)
	}
	if q := got.report.Queues["r"]; q.Finished != q.Put {
		t.Errorf("%d of %d of r are finished", q.Finished, q.Put)
	}
}
