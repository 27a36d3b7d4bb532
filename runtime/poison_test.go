package runtime

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mprun/mprun/planner"
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
	if got.report.Status != StatusFailed || !strings.Contains(got.failures(), "exec: 3 workers died at work on this item of queue q [max-deliveries] (item 1)") {
		t.Errorf("status %d: %s", got.report.Status, got.failures())
	}
	if replaced := got.report.Processes[1].Replaced; replaced != 3 {
		t.Errorf("replaced %d times", replaced)
	}
}

// deadlyFor is a stage whose program kills the worker that runs it if the item is n, and else answers with the item.
func deadlyFor(n string) stages.Stage {
	s := stage("exec", stages.Field{})
	for _, word := range []string{"sh", "-c", `[ "$1" != ` + n + ` ] || { kill -9 $PPID; sleep 1000; }; echo "$1"`, "sh"} {
		s.Operand.Sources = append(s.Operand.Sources, stages.Source{Kind: stages.SourceLiteral, Value: word})
	}
	s.Operand.Sources = append(s.Operand.Sources, stages.Source{Kind: stages.SourceExpr, Text: "string(item)"})
	return s
}

// TestPoisonInTheMiddle has each item become two rows, one of which kills its workers. Everything else comes out once, whatever stands
// around the program, and however often an item may be delivered.
func TestPoisonInTheMiddle(t *testing.T) {
	around := map[string]func(s stages.Stage) []stages.Stage{
		"in the chain": func(s stages.Stage) []stages.Stage { return []stages.Stage{s} },
		"in do": func(s stages.Stage) []stages.Stage {
			return []stages.Stage{stage("do", stages.Field{Stages: []stages.Stage{s}})}
		},
		"in route": func(s stages.Stage) []stages.Stage {
			return []stages.Stage{stage("route", stages.Field{Branches: []stages.Branch{branch("item > 0", s)}})}
		},
		"in a handler": func(s stages.Stage) []stages.Stage {
			fail := stage("fail", stages.Field{Source: &stages.Source{Kind: stages.SourceLiteral, Value: "no"}})
			fail.OnError = &stages.Handler{Do: []stages.Stage{s}, Then: stages.ThenPass}
			return []stages.Stage{fail}
		},
	}
	for name, wrap := range around {
		for _, deliveries := range []int{1, 2, 3} {
			t.Run(fmt.Sprintf("%s, %d", name, deliveries), func(t *testing.T) {
				middle := append([]stages.Stage{stage("get", place("q")), stage("flat_map", expr("[item, item * 10]"))}, wrap(deadlyFor("30"))...)
				plan := planOf(t, 16,
					chain("a", 1, stage("items", literal([]any{1, 2, 3, 4})), stage("put", place("q"))),
					chain("b", 1, append(middle, stage("print", expr("int(item)")))...),
					chain("c", 1, stage("get", place("dead")), stage("result", stages.Field{Source: &stages.Source{Kind: stages.SourceLiteral, Value: "dead"}})),
				)
				for i := range plan.Queues {
					if q := &plan.Queues[i]; q.Name == "q" {
						q.MaxDeliveries, q.DeadLetter = deliveries, "dead"
					} else {
						q.Writers = []string{"b"}
					}
				}
				plan.Processes[1].Programs = true
				got := runPlan(t, plan, Options{})
				got.ok(t)
				lines := strings.Fields(got.stdout)
				slices.Sort(lines)
				if want := []string{"1", "10", "2", "20", "3", "4", "40"}; !slices.Equal(lines, want) {
					t.Errorf("printed %v, want %v", lines, want)
				}
				text := string(stages.AppendJSON(nil, got.report.Results["dead"]))
				for _, want := range []string{`"item": 30`, `"type": "max-deliveries"`, `"stage": "test.yaml:1:1"`, "died at work on this item of queue q"} {
					if !strings.Contains(text, want) {
						t.Errorf("the dead letter is %s, without %s", text, want)
					}
				}
				if starts := got.report.Processes[1].Replaced; starts > deliveries+1 {
					t.Errorf("%d workers died", starts)
				}
			})
		}
	}
}

// TestDeadLettersThatDoNotArrive gives items up where nobody reads the dead letters any more, which changes nothing else, and where they are
// refused, which fails the run with the item.
func TestDeadLettersThatDoNotArrive(t *testing.T) {
	const spec = `queues:
  q: {%s, max_deliveries: 2, dead_letter: dead}
  dead: {%s}
processes:
  a: {stages: [{range: 4}, {map: '{n: item, s: repeat("x", 300)}'}, {put: q}]}
  b: {stages: [{get: q}, %s, {print: '${{ item.n }}'}]}
  c: {stages: [%s]}
`
	for _, how := range []struct{ name, queue, stage, want string }{
		{"dying", "ack: auto", `{exec: [sh, -c, 'test "$1" = 3 || kill -9 $PPID', sh, '${{ item.n }}'], as: answer}`, "2 workers died at work on this item of queue q [max-deliveries]"},
		{"not acknowledged", "ack: manual", "{ack: item, when: item.n == 3}, {filter: item.n == 3}", "this item of queue q was delivered 2 times and not acknowledged [max-deliveries]"},
	} {
		t.Run("nobody, "+how.name, func(t *testing.T) {
			first := "{get: dead}, {take: 1}, {print: 'letter ${{ item.item.n }}'}"
			got := runPlan(t, planned(t, fmt.Sprintf(spec, how.queue, "capacity: 1", how.stage, first)), Options{})
			got.ok(t)
			sameLines(t, got.stdout, []string{"letter 0", "3"})
		})
		t.Run("too large, "+how.name, func(t *testing.T) {
			got := runPlan(t, planned(t, fmt.Sprintf(spec, how.queue, "max_item: 200B", how.stage, "{get: dead}, {print: item}")), Options{})
			want := how.want + "; its dead letter: an item of "
			if got.report.Status != StatusFailed || !strings.Contains(got.failures(), want) || !strings.Contains(got.failures(), `(item {"n": 0`) {
				t.Errorf("status %d: %s", got.report.Status, got.failures())
			}
		})
	}
}

// TestDeadlyInWords: one worker is told of as one.
func TestDeadlyInWords(t *testing.T) {
	in := &inbox{host: &host{handoff: &handoff{}}, def: &planner.Queue{Pool: "p"}}
	for deaths, want := range map[int]string{1: "a worker of pool p died at work", 2: "2 workers of pool p died at work"} {
		if got := in.deadly(deaths); !strings.HasPrefix(got, want) {
			t.Errorf("%d: %s", deaths, got)
		}
	}
}
