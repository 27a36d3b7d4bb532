package stages

import (
	"errors"
	"math"
	"testing"
	"time"
)

// TestFailedHandlerLeavesNothing: a handler that fails itself, inside of a chain whose item is then left out, begins anew with the
// next failure.
func TestFailedHandlerLeavesNothing(t *testing.T) {
	failing := handled(mapStage("1 / item"), ThenSkip, putStage("seen"), stage("fail", Field{Source: srcText("no ${{ item }}")}))
	for name, outer := range map[string]Stage{
		"do":    doStage(itemsStage(0), failing),
		"tee":   teeStage([]Stage{mapStage("0"), failing}),
		"route": routeStage(when("", mapStage("0"), failing)),
	} {
		w := newWorld()
		if err := w.run([]Stage{itemsStage(1, 2, 3), handled(outer, ThenSkip)}, Options{}); err != nil {
			t.Fatal(err)
		}
		if got := string(AppendJSON(nil, w.queue("seen").put)); got != "[0, 0, 0]" {
			t.Errorf("%s: the handler saw %s of 3 failures", name, got)
		}
	}
}

// TestHandlerKeepsItsState: what a handler's stages know outlives the worker also between two failures. A CSV file has one header.
func TestHandlerKeepsItsState(t *testing.T) {
	stages := []Stage{
		itemsStage(0, 1, 0, 2, 0),
		handled(mapStage("1 / item"), ThenSkip, mapStage("{a: item}"), writeStage("bad.csv", "format", srcLiteral("csv"))),
		putStage("good"),
	}
	for death := range 60 {
		w := newWorld()
		calls := 0
		for {
			h, err := w.start(stages, Options{BlockItems: 1})
			if err != nil {
				t.Fatal(err)
			}
			h.die = func() bool { calls++; return calls == death }
			if err = h.finish(); err == nil {
				break
			}
			if !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
		}
		if got, want := w.written["bad.csv"], "a\n0\n0\n0\n"; got != want {
			t.Fatalf("death at call %d: %q, not %q", death, got, want)
		}
	}
}

// TestBackoffIsBounded: no number of tries makes a pause negative or shorter.
func TestBackoffIsBounded(t *testing.T) {
	for _, first := range []time.Duration{1, time.Second, 1000 * time.Hour, math.MaxInt64} {
		last := time.Duration(0)
		for failed := range 100 {
			pause := doubled(first, failed)
			if pause < last || pause <= 0 || pause+pause/10+1 <= 0 {
				t.Fatalf("%v after %d failures: %v behind %v", first, failed, pause, last)
			}
			last = pause
		}
	}
}
