package runtime

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/spec"
)

// machine is what plans of tests depend on: it implements planner.Host.
type machine struct{}

func (machine) Environ() map[string]string { return nil }
func (machine) CPUs() int                  { return 2 }
func (machine) Started() time.Time         { return time.Time{} }
func (machine) Programs(string) []string   { return nil }

func (machine) ReadFile(string, int) ([]byte, error)   { return nil, fs.ErrNotExist }
func (machine) OpenFile(string) (io.ReadCloser, error) { return nil, fs.ErrNotExist }

func (machine) LookPath(program, _, _ string) error {
	_, err := exec.LookPath(program)
	return err
}

// planned is the plan of a spec. Random kills can make an innocent item look poisonous, so that queues deliver often.
func planned(t *testing.T, text string) *planner.Plan {
	t.Helper()
	doc, found := spec.Load([]byte(text), planner.SpecOptions("test.yaml"))
	plan, more := planner.Compile(doc, machine{}, planner.Options{Dir: t.TempDir(), Partial: found.HasErrors()})
	if found.HasErrors() || plan == nil {
		t.Fatal(errors.Join(found, more))
	}
	for i := range plan.Queues {
		if plan.Queues[i].MaxDeliveries == 3 {
			plan.Queues[i].MaxDeliveries = 1000
		}
	}
	return plan
}

// The specs that are shot at: what is shared by key, broadcast to several, put into members of families and got from several.
const (
	// keyedSpec holds the order of each key of each writer, and that a key stays with its replica: else it would be printed twice.
	keyedSpec = `
queues: {words: {key: item.k, capacity: 20}}
processes:
  write:
    replicas: 2
    stages: [{range: 20000}, {put: words, value: '{k: item % 7, n: item, w: self.index}'}]
  read:
    replicas: 3
    stages:
      - get: words
      - reduce: '{last: item.n, n: acc.n + 1, ok: acc.ok && item.n > acc.last}'
        by: '{k: item.k, w: item.w}'
        init: {last: -1, n: 0, ok: true}
      - print: ${{ item.key }} ${{ item.value.n }} ${{ item.value.ok }}
`
	// broadcastSpec counts what each of three processes has got; the first shares by key.
	broadcastSpec = `
queues: {news: {broadcast: true, key: item % 11, capacity: 30}, sums: {}}
processes:
  tell: {replicas: 2, stages: [{range: 15000}, {put: news}]}
  a: {replicas: 3, stages: [{get: news}, {reduce: acc + item, init: 0}, {put: sums, value: '{p: "a", s: item}'}]}
  b: {replicas: 2, stages: [{get: news}, {reduce: acc + item * item, init: 0}, {put: sums, value: '{p: "b", s: item}'}]}
  c: {stages: [{get: news}, {reduce: acc + 1, init: 0}, {put: sums, value: '{p: "c", s: item}'}]}
  sum: {stages: [{get: sums}, {reduce: acc + item.s, by: item.p, init: 0}, print: ]}
`
	// plainBroadcastSpec has no key: blocks go to both processes as a whole. The second wants only some of it.
	plainBroadcastSpec = `
queues: {news: {broadcast: true, capacity: 50}}
processes:
  tell: {stages: [{range: 40000}, {put: news}]}
  all: {stages: [{get: news}, {reduce: acc + item, init: 0}, print: ]}
  some: {stages: [{get: news, count: 100}, {reduce: acc + item}, print: ]}
`
	// ringSpec hands tokens round a ring until they are worn out; nobody tells anybody when that is.
	ringSpec = `
queues: {ring: {count: 4}, done: {}}
processes:
  start: {stages: [{range: 30}, {put: 'ring[item % len(ring)]', value: '{n: item, left: 100 + item, sum: 0}'}]}
  node:
    replicas: 4
    stages:
      - get: ring[self.index]
      - route:
          - when: item.left > 0
            do: [{put: 'ring[self.index + 1 - len(ring)]', value: '{n: item.n, left: item.left - 1, sum: item.sum + self.index}'}]
          - do: [{put: done, value: '{n: item.n, sum: item.sum}'}]
  show: {stages: [{get: done}, print: ]}
`
	// sieveSpec is a row of processes, each of which begins to put when what it reads has ended.
	sieveSpec = `
queues: {row: {count: 7}, primes: {}}
processes:
  feed: {stages: [{range: [2, 3000]}, {put: 'row[0]'}]}
  sieve:
    replicas: 6
    stages:
      - get: row[self.index]
      - collect: all
      - put: primes
        value: item[0]
      - flat_map: filter(item, it % item[0] != 0)
      - put: row[self.index + 1]
  rest: {stages: [{get: 'row[-1]'}, {reduce: acc + item, init: 0}, {print: 'rest ${{ item }}'}]}
  show: {stages: [{get: primes}, print: ]}
`
	// severalSpec gets from queues of every kind, one of them on a cycle with it.
	severalSpec = `
queues:
  start: {capacity: 10}
  todo: {}
  keyed: {key: item.n % 5, capacity: 10}
  jobs: {count: 3, capacity: 10}
  news: {broadcast: true, capacity: 10}
  done: {}
  total: {}
processes:
  a: {stages: [{range: 3000}, {put: start, value: '{n: item, left: item % 3}'}]}
  b: {stages: [{range: 3000}, {put: [keyed, news, 'jobs[item % 3]'], value: '{n: item, left: 0}'}]}
  work:
    replicas: 3
    stages:
      - get: [start, todo, keyed, 'jobs[self.index]', news]
      - route:
          - when: item.left > 0
            do: [{put: todo, value: '{n: item.n, left: item.left - 1}'}]
          - do: [{put: done, value: item.n}]
  listen: {stages: [{get: news}, {put: total, value: item.n}]}
  sum: {stages: [{get: [done, total]}, {reduce: '{n: acc.n + 1, sum: acc.sum + item}', init: {n: 0, sum: 0}}, print: ]}
`
)

// sharingPlans are more plans that are shot at, and what they print in peace.
var sharingPlans = []struct {
	name, spec string
	want       []string // lines, in any order
}{
	{"keys", keyedSpec, keyLines()},
	{"broadcast by key", broadcastSpec, []string{
		`{"key": "a", "value": 224985000}`, `{"key": "b", "value": 2249775005000}`, `{"key": "c", "value": 30000}`,
	}},
	{"broadcast", plainBroadcastSpec, []string{"799980000", "4950"}},
	{"a ring", ringSpec, ringLines()},
	{"a row", sieveSpec, []string{"2", "3", "5", "7", "11", "13", "rest 862758"}},
	{"several queues", severalSpec, []string{fmt.Sprintf(`{"n": 15000, "sum": %d}`, 5*3000*2999/2)}},
}

func keyLines() []string {
	var lines []string
	for k := range 7 {
		n := 0
		for i := range 20000 {
			if i%7 == k {
				n++
			}
		}
		for w := range 2 {
			lines = append(lines, fmt.Sprintf(`{"k": %d, "w": %d} %d true`, k, w, n))
		}
	}
	return lines
}

func ringLines() []string {
	var lines []string
	for n := range 30 {
		sum, at := 0, n%4
		for range 100 + n {
			sum += at
			at = (at + 1) % 4
		}
		lines = append(lines, fmt.Sprintf(`{"n": %d, "sum": %d}`, n, sum))
	}
	return lines
}

// TestSharing holds what the plans print in peace, with the usual blocks and with blocks of one item.
func TestSharing(t *testing.T) {
	for _, test := range sharingPlans {
		inPeace(t, test.name, test.spec, func(t *testing.T, stdout string) { sameLines(t, stdout, test.want) })
	}
}

// inPeace runs a spec with the usual blocks and with blocks of one item, and gives what it prints to check.
func inPeace(t *testing.T, name, spec string, check func(t *testing.T, stdout string)) {
	t.Helper()
	for _, items := range []int{0, 1} {
		t.Run(fmt.Sprint(name, " ", items), func(t *testing.T) {
			plan := planned(t, spec)
			plan.BlockItems = items
			got := runPlan(t, plan, Options{})
			got.ok(t)
			check(t, got.stdout)
		})
	}
}

// TestSharingUnderFire holds the same with workers that are killed at random.
func TestSharingUnderFire(t *testing.T) {
	for _, test := range sharingPlans {
		t.Run(test.name, func(t *testing.T) {
			start, kills, rounds := time.Now(), 0, 0
			for ; kills < fewKills || time.Since(start) < *long; rounds++ {
				got := underFire(t, planned(t, test.spec))
				got.ok(t)
				sameLines(t, got.stdout, test.want)
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

// sameLines compares lines in any order.
func sameLines(t *testing.T, got string, want []string) {
	t.Helper()
	left := map[string]int{}
	for _, line := range want {
		left[line]++
	}
	for line := range strings.Lines(got) {
		left[strings.TrimSuffix(line, "\n")]--
	}
	for line, n := range left {
		switch {
		case n > 0:
			t.Errorf("missing: %s", line)
		case n < 0:
			t.Errorf("too much: %s", line)
		}
	}
}
