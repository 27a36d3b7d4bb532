package stages

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

// wallRuns is how many random chains a test runs.
const wallRuns = 1500

// secondOfThree is `self` of a replica: sources that are split give it a third.
func secondOfThree() map[string]any { return map[string]any{"index": 1, "replicas": 3} }

// reference is the outcome of a wall item by item, in one go.
func reference(w wall, seed uint64) string { return outcomeOf(w, seed, 1) }

func outcomeOf(w wall, seed uint64, blockItems int) string {
	world := newWorld()
	world.fill(rand.New(rand.NewPCG(seed, 1)))
	err := world.run(w.stages, Options{BlockItems: blockItems, Self: secondOfThree()})
	return fmt.Sprintf("%serror: %v\n", world.outcome(), err)
}

// TestBatchesAreInvisible holds that results, order and effects are those of item after item, whatever the size of a batch.
func TestBatchesAreInvisible(t *testing.T) {
	for seed := range uint64(wallRuns) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		w := randomWall(rnd)
		want := reference(w, seed)
		for _, size := range []int{2, 7, 1024} {
			if got := outcomeOf(w, seed, size); got != want {
				t.Fatalf("seed %d: %s\nbatches of %d give\n%sitem by item\n%s", seed, w.names, size, got, want)
			}
		}
	}
}

// TestDeathIsInvisible holds that a chain which dies anywhere, any number of times, and goes on from what it had written down at
// the last commit, gives what it gives in one go.
func TestDeathIsInvisible(t *testing.T) {
	deaths := 0
	for seed := range uint64(wallRuns) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		w := randomWall(rnd)
		want := reference(w, seed)
		world := newWorld()
		world.fill(rand.New(rand.NewPCG(seed, 1)))
		size := 1 + rnd.IntN(10)
		oneIn := 2 + rnd.IntN(12)
		var err error
		for lives := 0; ; lives++ {
			var h *fakeHost
			if h, err = world.start(w.stages, Options{BlockItems: size, Self: secondOfThree()}); err != nil {
				t.Fatalf("seed %d: %s: starting again: %v", seed, w.names, err)
			}
			h.die = func() bool { return lives < 60 && rnd.IntN(oneIn) == 0 }
			h.commitNow = func() bool { return rnd.IntN(2) == 0 }
			h.empty = func() bool { return rnd.IntN(4) == 0 }
			h.busy = func() bool { return rnd.IntN(4) == 0 }
			h.careful = rnd.IntN(3) == 0
			h.cellFull = func() bool { return rnd.IntN(3) == 0 }
			h.full = func() bool { return rnd.IntN(5) == 0 }
			if err = h.finish(); !errors.Is(err, errKilled) {
				break
			}
			deaths++
		}
		if got := fmt.Sprintf("%serror: %v\n", world.outcome(), err); got != want {
			t.Fatalf("seed %d: %s\nbatches of %d, with deaths, give\n%sin one go\n%s", seed, w.names, size, got, want)
		}
	}
	if deaths < wallRuns {
		t.Errorf("%d runs died only %d times", wallRuns, deaths)
	}
}
