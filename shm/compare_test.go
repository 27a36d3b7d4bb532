//go:build linux

package shm

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	compare       = flag.Bool("compare", false, "measure the primitives beside multiprocessing's and print the table; without it, only that this can be done is tested")
	compareRounds = flag.Int("rounds", 5, "rounds of -compare")
	compareWrite  = flag.String("write", "", "a file, from the package's folder, whose marked section becomes the table of -compare")
)

// A comparison is a row of the table: two costs in ns, measured in turn in each round.
type comparison struct {
	name  string
	peer  string  // the name of its row in testdata/primitives.py, or what it is
	ours  measure // of one operation
	other measure // nil: Python
	least float64 // goal: so many times cheaper than the peer
	most  float64 // goal, or else 0: at most so many times the peer's cost
}

// measure gives the ns of one operation, doing about n.
type measure func(t testing.TB, n int) float64

// pair measures a pairing, of which n are so many operations each.
func pair(name string, each int) measure {
	return func(t testing.TB, n int) float64 { return runPair(t, name, n) / float64(n*each) }
}

// once measures n times what is prepared first.
func once(prepare func(t testing.TB) (do func())) measure {
	return func(t testing.TB, n int) float64 {
		do := prepare(t)
		do() // the memory is touched, the handles are made
		begin := time.Now()
		for range n {
			do()
		}
		return float64(time.Since(begin)) / float64(n)
	}
}

// fewer does one operation for each so many asked for: those that are long.
func fewer(each int, m measure) measure {
	return func(t testing.TB, n int) float64 { return m(t, max(2, n/each)) }
}

const compareBlock = 256 // numbers in a block

var comparisons = []comparison{
	{name: "lock and unlock, nobody else wants it", peer: "lock", least: 5, ours: once(func(t testing.TB) func() {
		a, s := newPrimitives(t, 1, PrimitiveConfig{Kind: KindLock, Name: "l"})
		return func() {
			if _, err := a.Lock(0).Acquire(s[0], Wait{}); err != nil {
				t.Fatal(err)
			}
			if err := a.Lock(0).Release(s[0]); err != nil {
				t.Fatal(err)
			}
		}
	})},
	{name: "lock and unlock, two processes want it", peer: "lock of two", least: 1, ours: pair("lock", 2)},
	{name: "barrier of two processes", peer: "barrier of two", least: 5, ours: pair("barrier", 1)},
	{name: "queue round trip between two processes", peer: "round trip", least: 10, ours: pair("queue", 1)},
	{name: "add to a counter by two processes, 1000 in a commit", peer: "add of two", least: 50, ours: fewer(100, pair("adds", 2*addsEach))},
	{name: "add to a counter by two processes, a commit each", peer: "add of two", ours: pair("add", 2)},
	{name: "`item * 2` over an array of float64", peer: "copy of as many bytes", most: 2, ours: fewer(2000, once(func(t testing.TB) func() {
		a, s := newPrimitives(t, 1, PrimitiveConfig{Kind: KindArray, Name: "a", Value: *rewriteBytes})
		double(t, a.Array(0), s[0]) // both sides are touched before the clock runs
		return func() { double(t, a.Array(0), s[0]) }
	})), other: fewer(2000, once(func(testing.TB) func() {
		from, to := make([]byte, *rewriteBytes), make([]byte, *rewriteBytes)
		for i := range from {
			from[i] = byte(i)
		}
		return func() { copy(to, from) }
	}))},
	{name: "queue, a block of 256 numbers in one process", peer: "plain ring", ours: once(func(t testing.TB) func() {
		a := newArena(t, 2, QueueConfig{Name: "q", Capacity: 1024})
		w, r, data := attach(t, a, 0), attach(t, a, 1), make([]byte, 8*compareBlock)
		return func() { roundTrip(t, a.Queue(0), w, r, data, nil) }
	}), other: once(func(testing.TB) func() {
		r := newPlainRing(make([]byte, plainBytes(8*compareBlock)), 8*compareBlock)
		data := make([]byte, 8*compareBlock)
		return func() {
			r.put(makeTag(0, 1), data)
			r.get(makeTag(1, 1), func([]byte) {})
		}
	})},
	{name: "queue round trip between two processes", peer: "plain ring", ours: pair("queue", 1), other: pair("ring", 1)},
}

// pythonCosts is what testdata/primitives.py prints, in ns by row.
func pythonCosts(t testing.TB, n int) map[string]float64 {
	out, err := exec.Command("python3", "testdata/primitives.py", strconv.Itoa(n)).Output()
	if err != nil {
		t.Fatal(err)
	}
	costs := make(map[string]float64)
	for line := range strings.Lines(string(out)) {
		name, ns, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if costs[name], err = strconv.ParseFloat(ns, 64); err != nil {
			t.Fatal(err)
		}
	}
	return costs
}

// compared is a row's figures, one a round.
type compared struct{ ours, other []float64 }

// TestCompare measures in rounds, in each of which everything is run once, so that a change of the machine's speed meets both sides of a ratio.
func TestCompare(t *testing.T) {
	need(t, "python3")
	rounds, n, pythons := *compareRounds, 100_000, 20_000
	if !*compare {
		rounds, n, pythons = 1, 100, 100
		defer func(bytes int64) { *rewriteBytes = bytes }(*rewriteBytes)
		*rewriteBytes = 1 << 20
	}
	rows := make([]compared, len(comparisons))
	for range rounds {
		python := pythonCosts(t, pythons)
		for i, c := range comparisons {
			other := python[c.peer]
			if c.other != nil {
				other = c.other(t, n)
			}
			ours := c.ours(t, n)
			if ours <= 0 || other <= 0 {
				t.Fatalf("%s: %f and %f ns", c.name, ours, other)
			}
			rows[i].ours, rows[i].other = append(rows[i].ours, ours), append(rows[i].other, other)
		}
	}
	table := compareTable(rows, rounds)
	if !*compare {
		return
	}
	fmt.Print(table)
	if *compareWrite != "" {
		if err := writeSection(*compareWrite, table); err != nil {
			t.Fatal(err)
		}
	}
}

// compareTable is the rows in Markdown.
func compareTable(rows []compared, rounds int) string {
	var b strings.Builder
	python, _ := exec.Command("python3", "--version").Output()
	fmt.Fprintf(&b, "Measured on %s (%d cores, %s, %s), rounds: %d; medians, in brackets the least and the greatest ratio of a round.\n\n",
		time.Now().UTC().Format(time.DateOnly), goruntime.NumCPU(), goruntime.Version(), strings.TrimSpace(string(python)), rounds)
	b.WriteString("| what | shm | the other | ratio | goal |\n| --- | --- | --- | --- | --- |\n")
	for i, c := range comparisons {
		r, peer, said, goal := rows[i], "multiprocessing", "%s times cheaper (%s to %s)", ""
		ratios := make([]float64, len(r.ours))
		for k := range ratios {
			ratios[k] = r.other[k] / r.ours[k]
		}
		if c.least > 0 {
			goal = fmt.Sprintf("%s times", figure(c.least))
		}
		if c.other != nil {
			peer, said = c.peer, "costs %s times as much (%s to %s)"
			for k := range ratios {
				ratios[k] = 1 / ratios[k]
			}
			if c.most > 0 {
				goal = fmt.Sprintf("at most %s times", figure(c.most))
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s: %s | "+said+" | %s |\n", c.name, nanoseconds(median(r.ours)), peer, nanoseconds(median(r.other)),
			figure(median(ratios)), figure(slices.Min(ratios)), figure(slices.Max(ratios)), goal)
	}
	return b.String()
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// figure is a number with about two digits.
func figure(f float64) string {
	if f < 10 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0")
	}
	return fmt.Sprintf("%.0f", f)
}

func nanoseconds(ns float64) string {
	for _, unit := range []struct {
		of   float64
		name string
	}{{1e6, "ms"}, {1e3, "us"}} {
		if ns >= unit.of {
			return figure(ns/unit.of) + " " + unit.name
		}
	}
	return figure(ns) + " ns"
}

const (
	compareBegin = "<!-- compare:begin -->\n"
	compareEnd   = "<!-- compare:end -->\n"
)

// writeSection puts the table between the marks of a file.
func writeSection(name, table string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(text), compareBegin)
	_, after, ends := strings.Cut(rest, compareEnd)
	if !begins || !ends {
		return fmt.Errorf("%s has no section between %q and %q", name, compareBegin, compareEnd)
	}
	return os.WriteFile(name, []byte(before+compareBegin+table+compareEnd+after), 0o644)
}
