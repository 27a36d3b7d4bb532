package runtime

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// sharedReader is a process that reads: where, in how many replicas, and how many items it takes where it ends before the queue.
type sharedReader struct {
	get      string
	replicas int
	count    string
}

// sharedQueues are the ways to share a queue: the queues, where their writer puts its items, and who reads them.
var sharedQueues = []struct {
	name, queues, put string
	readers           []sharedReader
	copies            int // how often an item is read in all
}{
	{"key", "q: {key: item.n % 5, LIMITS}", "q", []sharedReader{{"q", 3, "5"}}, 1},
	{"broadcast", "q: {broadcast: true, LIMITS}", "q", []sharedReader{{"q", 2, "5"}, {"q", 1, "70"}}, 2},
	{"key and broadcast", "q: {key: item.n, broadcast: true, LIMITS}", "q", []sharedReader{{"q", 2, "5"}, {"q", 2, "70"}}, 2},
	{"a family", "q: {count: 3, LIMITS}", "'q[item.n % 3]'", []sharedReader{{"'q[self.index]'", 3, "${{ 5 * self.index }}"}}, 1},
	{"a family by key", "q: {count: 2, key: item.n, LIMITS}", "'q[item.n % 2]'", []sharedReader{{"'q[0]'", 3, "5"}, {"'q[1]'", 2, "7"}}, 1},
	{"a list", "q: {LIMITS}\n  p: {broadcast: true, LIMITS}", "[q, p]", []sharedReader{{"q", 1, "5"}, {"p", 2, "7"}}, 2},
	{"several", "q: {LIMITS}\n  p: {LIMITS}", "[q, p]", []sharedReader{{"[q, p]", 2, "50"}}, 2},
}

// sharedSpec is a spec of one of them. What its writer puts are records whose n is a number and whose s a text.
func sharedSpec(queues, limits, write string, readers []sharedReader, ends bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "queues:\n  got: {}\n  %s\nprocesses:\n  write:\n    stages:\n%s", strings.ReplaceAll(queues, "LIMITS", limits), write)
	for i, r := range readers {
		fmt.Fprintf(&b, "  r%d:\n    replicas: %d\n    stages:\n      - get: %s\n", i, r.replicas, r.get)
		if ends {
			fmt.Fprintf(&b, "        count: %s\n", r.count)
		}
		b.WriteString("      - put: got\n")
	}
	b.WriteString("  sum:\n    stages: [{get: got}, {reduce: acc + 1, init: 0}, {print: 'got ${{ item }}'}]\n")
	return b.String()
}

// TestWritersEndWithTheirReaders holds that a writer without end ends when all have ended who read what it puts, and not before.
func TestWritersEndWithTheirReaders(t *testing.T) {
	for _, q := range sharedQueues {
		t.Run(q.name, func(t *testing.T) {
			write := "      - range: 1000000000000\n      - map: '{n: item}'\n      - put: " + q.put + "\n      - reduce: item\n      - print: ended\n"
			got := runPlan(t, planned(t, sharedSpec(q.queues, "capacity: 6", write, q.readers, true)), Options{})
			got.ok(t)
			want := 0
			for _, r := range q.readers {
				for i := range r.replicas {
					switch r.count {
					case "${{ 5 * self.index }}":
						want += 5 * i
					default:
						var n int
						fmt.Sscan(r.count, &n)
						want += n
					}
				}
			}
			sameLines(t, got.stdout, []string{"ended", fmt.Sprint("got ", want)})
		})
	}
}

// TestLimitsOfSharedQueues holds that an item larger than max_item is refused with the queue's name, that the rest goes on, and that
// max_bytes makes writers wait and nothing else.
func TestLimitsOfSharedQueues(t *testing.T) {
	const items, fit = 400, 300 // each fourth is too large
	for _, q := range sharedQueues {
		for _, block := range []int{0, 1} {
			t.Run(fmt.Sprint(q.name, " ", block), func(t *testing.T) {
				write := fmt.Sprintf("      - range: %d\n      - map: '{n: item, s: repeat(\"x\", item %% 4 == 0 ? 600 : item %% 90)}'\n      - put: %s\n"+
					"        on_error: {do: [{log: '${{ error.message }}'}], then: skip}\n      - reduce: acc + 1\n        init: 0\n      - print: put ${{ item }}\n", items, q.put)
				plan := planned(t, sharedSpec(q.queues, "max_bytes: 1KiB, max_item: 300B", write, q.readers, false))
				plan.BlockItems = block
				var log strings.Builder
				got := runPlan(t, plan, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
				got.ok(t)
				sameLines(t, got.stdout, []string{fmt.Sprint("put ", fit), fmt.Sprint("got ", fit*q.copies)})
				if n := strings.Count(log.String(), "larger than max_item of queue q"); n != items-fit {
					t.Errorf("%d items were refused", n)
				}
			})
		}
	}
}

// TestPoisonInSharedQueues holds that an item that kills its workers goes to the dead-letter queue, once for each who gets it, named with
// the queue that it is from; all others arrive.
func TestPoisonInSharedQueues(t *testing.T) {
	const items = 12
	for _, q := range sharedQueues {
		t.Run(q.name, func(t *testing.T) {
			write := fmt.Sprintf("      - range: %d\n      - map: '{n: item}'\n      - put: %s\n", items, q.put)
			spec := sharedSpec(q.queues, "max_deliveries: 2, dead_letter: dead", write, q.readers, false)
			spec = strings.Replace(spec, "queues:\n", "queues:\n  dead: {}\n", 1)
			spec = strings.ReplaceAll(spec, "      - put: got\n", "      - exec: [sh, -c, 'test \"$1\" != 7 || kill -9 $PPID', sh, '${{ item.n }}']\n      - put: got\n")
			spec += "  bury:\n    stages: [{get: dead}, {print: '${{ item.item.n }} ${{ item.error.type }}'}]\n"
			got := runPlan(t, planned(t, spec), Options{})
			got.ok(t)
			want := []string{fmt.Sprint("got ", (items-1)*q.copies)}
			for range q.copies {
				want = append(want, "7 max-deliveries")
			}
			sameLines(t, got.stdout, want)
		})
	}
}
