package planner_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

const testedSpec = `
vars: {n: 3, replicas: 2}
types: {Point: {x: float64, y: float64}}
queues: {a: {}, b: {key: item}, c: {broadcast: true}, f: {count: 2}, round: {}, points: {type: Point}, done: {}}
processes:
  make: {stages: [{range: vars.n}, {put: a}]}
  ab: {replicas: '${{ vars.replicas }}', stages: [{get: a}, {put: b}]}
  bc: {stages: [{get: b}, {put: c}]}
  c1: {stages: [{get: c}, {put: 'f[0]'}]}
  c2: {stages: [{get: c}, {put: 'f[1]'}]}
  ff: {replicas: 2, stages: [{get: 'f[self.index]'}, {print: }]}
  start: {stages: [{items: [3]}, {put: round}]}
  rounds: {stages: [{get: round}, {filter: item > 0}, {put: round, value: item - 1}, {put: done}]}
  show: {depends_on: [start], stages: [{get: done}, {print: }]}
  dots: {stages: [{items: [[1, 2]]}, {put: points}]}
  draw: {stages: [{get: points}, {print: '${{ item.x }}'}]}
  alone: {command: cat}
finally: [{print: }]
tests:
  - {name: as it is, vars: {n: 5}}
  - {name: the middle, input: {b: [1, 2]}, expect: {queue: {c: [2, 1]}, unordered: true}}
  - {name: a member, input: {'f[1]': [x]}}
  - {name: a member out, expect: {queue: {'f[0]': [1]}}}
  - {name: a cycle, input: {round: [7]}, expect: {queue: {done: [7, 6]}}}
  - {name: of a type, input: {points: [[1, 2]]}, timeout: 5s}
  - {name: what is left of it, expect: {queue: {points: [[1, 2], {x: 3, y: 4}]}}}
  - {name: nothing, input: {a: []}}
  - name: faults
    vars: {replicas: 3}
    faults:
      - {kill: 'ab[vars.replicas - 1]', at: {queue: 'f[1]', item: 2}}
      - {pause: any, every: 10ms, for: 1.5s}
      - {kill: ab, every: '${{ string(vars.n) + "s" }}'}
`

// TestStandIns: who takes part in a test is what its items do not take the place of, without those who have nothing left to do.
func TestStandIns(t *testing.T) {
	tests, found := compileTests(t, "t.yaml", []byte(testedSpec), planner.Options{Seed: 4})
	if found.HasErrors() {
		t.Fatal(found)
	}
	all := []string{"make", "ab", "bc", "c1", "c2", "ff", "start", "rounds", "show", "dots", "draw", "alone", "finally"}
	for i, row := range []struct {
		name         string
		absent, more []string
	}{
		{name: "as it is"},
		{"the middle", []string{"make", "ab", "c1", "c2", "ff"}, []string{"input.b", "expect.c"}},
		{"a member", []string{"c2"}, []string{"input.f.1"}},
		{"a member out", []string{"c2", "ff"}, []string{"expect.f.0"}},
		{"a cycle", []string{"start", "show"}, []string{"input.round", "expect.done"}},
		{"of a type", []string{"dots"}, []string{"input.points"}},
		{"what is left of it", []string{"draw"}, []string{"expect.points"}},
		{"nothing", []string{"make"}, []string{"input.a"}},
		{name: "faults"},
	} {
		plan := tests[i].Plan
		want := slices.DeleteFunc(slices.Concat(all, row.more), func(name string) bool { return slices.Contains(row.absent, name) })
		var got, standIns []string
		for _, p := range plan.Processes {
			if got = append(got, p.Name); p.StandIn {
				standIns = append(standIns, p.Name)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" || tests[i].Name != row.name || plan.Seed != 4 {
			t.Errorf("%s: %s", row.name, diff)
		}
		if diff := cmp.Diff(row.more, standIns); diff != "" {
			t.Errorf("%s: stand-ins: %s", row.name, diff)
		}
		if diff := cmp.Diff(row.absent, plan.Absent); diff != "" {
			t.Errorf("%s: absent: %s", row.name, diff)
		}
	}
	if d := tests[5].Timeout; d != 5*time.Second || tests[0].Timeout != time.Minute {
		t.Errorf("timeouts %v, %v", d, tests[0].Timeout)
	}
}

// TestFaultsAndExpectations: what a test says, resolved for its run.
func TestFaultsAndExpectations(t *testing.T) {
	tests, found := compileTests(t, "t.yaml", []byte(testedSpec), planner.Options{})
	if found.HasErrors() {
		t.Fatal(found)
	}
	pos := func(line, col int) stages.Pos { return stages.Pos{File: "t.yaml", Line: line, Col: col} }
	last := tests[len(tests)-1]
	want := []planner.Fault{
		{Kind: "kill", Process: "ab", Replica: 2, At: &planner.ItemRef{Queue: "f", Member: 1, Item: 2}, Text: "kill ab[vars.replicas - 1] at item 2 of f[1]", Pos: pos(31, 9)},
		{Kind: "pause", Replica: planner.AllReplicas, Every: "10ms", For: "1.5s", Text: "pause any every 10ms for 1.5s", Pos: pos(32, 9)},
		{Kind: "kill", Process: "ab", Replica: planner.AllReplicas, Every: "3s", Text: "kill ab every 3s", Pos: pos(33, 9)},
	}
	if diff := cmp.Diff(want, last.Plan.Faults); diff != "" {
		t.Error(diff)
	}
	for _, q := range last.Plan.Queues {
		if q.MaxDeliveries != 1000 || !last.Patient {
			t.Errorf("random kills: max_deliveries of %s is %d", q.Name, q.MaxDeliveries)
		}
	}
	if q := tests[0].Plan.Queues[0]; q.MaxDeliveries != 3 || tests[0].Patient {
		t.Errorf("no kills: max_deliveries of %s is %d", q.Name, q.MaxDeliveries)
	}
	expected := []planner.ExpectedItems{{Queue: "points", Result: "expect.points", Pos: pos(26, 49), Items: []any{
		map[string]any{"x": 1.0, "y": 2.0}, map[string]any{"x": 3.0, "y": 4.0},
	}}}
	if diff := cmp.Diff(expected, tests[6].Expect.Queues); diff != "" {
		t.Error(diff)
	}
}
