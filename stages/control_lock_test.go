package stages

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// TestItemsTakenInsideOfALockComeBack: what a `get` inside of a `lock` that fails has taken is not lost: it comes again, wherever the worker
// dies.
func TestItemsTakenInsideOfALockComeBack(t *testing.T) {
	rows := stage("range", exprField("4"))
	rows.As = "n"
	get := stage("get", queueField("jobs"), "count", srcLiteral(2))
	failing := stage("map", exprField(`n == 0 or n == 2 ? int("x") : item`))
	locked := handled(lockStage([]string{"l"}, get, failing), ThenSkip)
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 9))
		w := newWorld()
		for _, block := range [][]any{{1, 2, 3, 4, 5}, {6, 7, 8}} {
			var c Column
			for _, item := range block {
				c.Append(item)
			}
			w.queue("jobs").blocks = append(w.queue("jobs").blocks, c)
		}
		for lives := 0; ; lives++ {
			h, err := w.start([]Stage{rows, locked}, Options{BlockItems: 1 + rng.IntN(4)})
			if err != nil {
				t.Fatal(err)
			}
			h.die = func() bool { return seed > 0 && lives < 20 && rng.IntN(5) == 0 }
			if err = h.finish(); !errors.Is(err, errKilled) {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
		}
		if got := string(AppendJSON(nil, w.queue("out").put)); got != "[1, 2, 3, 4]" {
			t.Fatalf("seed %d: %s came of the rows that do not fail, want [1, 2, 3, 4]", seed, got)
		}
	}
}

// TestLockGivesUpAtOnce: of two locks, the first is given back before anything deals with the failure to have the second.
func TestLockGivesUpAtOnce(t *testing.T) {
	w := newWorld()
	h, err := w.start([]Stage{lockStage([]string{"a", "b"}, putStage("q"))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := h.lockEnd("a")                                     // which is the first, then
	if ok, err := h.lockEnd("b").Try(); !ok || err != nil { // so that the chain would wait for itself
		t.Fatal(ok, err)
	}
	l := h.chain.links[0]
	var failed *ItemError
	if err := l.node.Step(&Run{Host: h, Limit: 1}, l.in, h.chain.out); !errors.As(err, &failed) || failed.Type != "deadlock" {
		t.Fatalf("the stage gives %v", err)
	}
	if a.change != 0 || a.pending != 0 || a.lock.held != 0 || len(a.lock.log) != 1 {
		t.Errorf("the first lock is not given back: %+v %+v", a, a.lock)
	}
}
