package runtime

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The specs of pools that are shot at: of every kind of body, used by several, in replicas, in chains inside of stages and of each other.
const (
	squarePool = `
processes:
  a: {stages: [{range: 30000}, {pool: {workers: 3}, do: [{map: item * item}]}, {print: }]}
`
	// sharedPool is used by two processes, one of which is two, with names that go with the rows.
	sharedPool = `
pools: {p: {workers: 3}}
queues: {jobs: {capacity: 50}, done: {}}
processes:
  feed: {stages: [{range: 4000}, {put: jobs}]}
  a:
    replicas: 2
    stages:
      - {get: jobs}
      - {map: item * 2, as: double}
      - {pool: p, as: parts, chunk_size: 7, ordered: false, do: [{flat_map: '[item, double, item + 1]'}, {filter: item % 2 == 1}, {reduce: acc + item, init: 0}]}
      - {put: done, value: 'item + double + parts'}
  b: {args: {k: 5}, stages: [{range: 3000}, {pool: p, do: [{map: 'item * args.k'}, {put: done}]}, {filter: item < 0}, {put: done}]}
  sum: {stages: [{get: done}, {reduce: '{n: acc.n + 1, s: acc.s + item}', init: {n: 0, s: 0}}, {print: }]}
`
	// nestedPools has a pool in the task of another, and one in a chain that ends early.
	nestedPools = `
pools: {inner: {workers: 2}}
processes:
  a:
    stages:
      - range: 300
      - pool: {workers: 2}
        do:
          - range: item % 5
          - pool: inner
            do: [{map: item + 1}]
          - reduce: acc + item
            init: 0
      - reduce: acc + item
        init: 0
      - print: ${{ item }}
  b:
    stages:
      - range: 60
      - pool: {workers: 1}
        do: [{range: 50}, {pool: inner, do: [{map: item * 10}]}, {take: 3}]
      - reduce: acc + item
        init: 0
      - print: b ${{ item }}
`
	// forsakenTasks leaves tasks at work that would not end, and goes on with others.
	forsakenTasks = `
processes:
  a:
    stages:
      - range: 20
      - do:
          - range: 30
          - {pool: {workers: 2}, chunk_size: 1, do: [{exec: 'sleep 1000', when: item > 2}, {map: item}]}
          - take: 3
          - print: ${{ item }}
`
	// failingTasks has tasks that fail, with every kind of handler, and programs.
	failingTasks = `
processes:
  a:
    stages:
      - range: 200
      - pool: {workers: 2}
        do:
          - map: 'item % 10 == 3 ? int("x") : item'
          - exec: [sh, -c, 'test $(($1 % 10)) != 7 || exit 1; echo $1', sh, '${{ item }}']
        on_error: {do: [{map: '"bad " + string(item)'}, {print: }], then: skip}
      - print: ${{ item }}
`
)

// poolPlans has functions for what is wanted: a worker of a test is this binary too, and should not work that out at each start.
var poolPlans = []struct {
	name, spec string
	want       func() []string
	ordered    bool
}{
	{"squares", squarePool, squareLines, true},
	{"shared", sharedPool, sharedLines, false},
	{"failing", failingTasks, failingLines, true},
	{"forsaken", forsakenTasks, func() []string { return slices.Repeat([]string{"0", "1", "2"}, 20) }, true},
	{"nested", nestedPools, func() []string { return []string{fmt.Sprint(60 * (1 + 3 + 6 + 10)), fmt.Sprint("b ", 60*30)} }, false},
}

func squareLines() []string {
	lines := make([]string, 30000)
	for i := range lines {
		lines[i] = fmt.Sprint(i * i)
	}
	return lines
}

func failingLines() []string {
	var lines []string
	for i := range 200 {
		if line := fmt.Sprint(i); i%10 == 3 || i%10 == 7 {
			lines = append(lines, "bad "+line)
		} else {
			lines = append(lines, line)
		}
	}
	return lines
}

func sharedLines() []string {
	n, sum := 0, 0
	for i := range 4000 {
		odd := 0
		for _, v := range []int{i, 2 * i, i + 1} {
			if v%2 == 1 {
				odd += v
			}
		}
		n, sum = n+1, sum+i+2*i+odd
	}
	for i := range 3000 {
		n, sum = n+1, sum+5*i
	}
	return []string{fmt.Sprintf(`{"n": %d, "s": %d}`, n, sum)}
}

// TestPools holds what the plans print in peace, with the usual blocks and with blocks of one item.
func TestPools(t *testing.T) {
	for _, test := range poolPlans {
		inPeace(t, test.name, test.spec, func(t *testing.T, stdout string) { samePool(t, stdout, test.want(), test.ordered) })
	}
}

// samePool compares what was printed, in its order where results come in order.
func samePool(t *testing.T, got string, want []string, ordered bool) {
	t.Helper()
	if !ordered {
		sameLines(t, got, want)
		return
	}
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	for i, line := range lines {
		if i >= len(want) || line != want[i] {
			t.Fatalf("line %d of %d is %s", i+1, len(lines), line)
		}
	}
	if len(lines) != len(want) {
		t.Fatalf("%d lines instead of %d", len(lines), len(want))
	}
}

// TestPoolsUnderFire holds the same with callers and workers that are killed at random.
func TestPoolsUnderFire(t *testing.T) {
	for _, test := range poolPlans {
		t.Run(test.name, func(t *testing.T) {
			start, kills, rounds := time.Now(), 0, 0
			for ; kills < fewKills || time.Since(start) < *long; rounds++ {
				got := underFire(t, planned(t, test.spec))
				got.ok(t)
				samePool(t, got.stdout, test.want(), test.ordered)
				if t.Failed() {
					t.Fatalf("in round %d, after %d kills", rounds, kills)
				}
				for _, p := range got.report.Processes {
					kills += p.Replaced
				}
			}
			t.Logf("%d kills in %d rounds, %v", kills, rounds, time.Since(start).Round(time.Millisecond))
		})
	}
}

// TestSlowProgram: a program that takes long holds up neither those behind it in order, far more than the reorder window, nor those that
// would have stood in its chunk: it waits for what the last of them does.
func TestSlowProgram(t *testing.T) {
	last := filepath.Join(t.TempDir(), "last")
	text := fmt.Sprintf(`
processes:
  a:
    stages:
      - range: 100
      - pool: {workers: 2}
        do: [{exec: [sh, -c, 'case $1 in 99) : > %[1]s;; 1) until [ -e %[1]s ]; do sleep 0.01; done;; esac; echo $1', sh, '${{ item }}']}]
      - print: ${{ item }}
`, last)
	got := runPlan(t, planned(t, text), Options{})
	got.ok(t)
	want := make([]string, 100)
	for i := range want {
		want[i] = fmt.Sprint(i)
	}
	samePool(t, got.stdout, want, true)
}

// TestKilledPool: who uses a pool that somebody kills ends as if nobody wanted its items, with what had been done by then; the worker that
// asks for it by a queue has its outcome handed over first.
func TestKilledPool(t *testing.T) {
	got := runPlan(t, planned(t, `
pools: {p: {workers: 2}}
queues: {enough: {}}
processes:
  a:
    stages:
      - {range: 1000000}
      - pool: p
        ordered: false
        do:
          - {when: item == 0, exec: 'sleep 1000'}
          - {when: item == 7, put: enough}
          - {when: item > 7, exec: 'sleep 1000'}
      - print: ${{ item }}
  b: {stages: [{get: enough}, {kill: p}]}
`), Options{})
	got.ok(t)
	samePool(t, got.stdout, []string{"1", "2", "3", "4", "5", "6", "7"}, true)
}
