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

// TestEndFailsIntoItsHandler: what fails at the end of a stream goes to on_error, with a null item; what the failing branch still had
// to say is left out, and the others say theirs.
func TestEndFailsIntoItsHandler(t *testing.T) {
	sorted := func(queue string) []Stage {
		return []Stage{stage("sort", Field{}), mapStage("10 / (item - 2)"), putStage(queue)}
	}
	for _, test := range []struct {
		name  string
		stage Stage
		want  string
	}{
		{"route", routeStage(when("item < 4", sorted("out1")...), when("", sorted("out2")...)), "[-10.0] [5.0, 2.5] [null]"},
		{"tee", teeStage(sorted("out1"), []Stage{stage("collect", Field{}), putStage("out2")}), "[-10.0] [[3, 2, 6, 1, 4]] [null]"},
		{"use", useStage(nil, sorted("out1")...), "[-10.0] [] [null]"},
	} {
		for _, then := range []HandlerThen{ThenSkip, ThenPass, ThenEnd} {
			w := newWorld()
			err := w.run([]Stage{itemsStage(3, 2, 6, 1, 4), handled(test.stage, then, putStage("seen"))}, Options{})
			got := ""
			for _, queue := range []string{"out1", "out2", "seen"} {
				got += " " + ShortJSON(append([]any{}, w.queue(queue).put...))
			}
			if err != nil || got != " "+test.want {
				t.Errorf("%s, %s:%s, %v; want %s", test.name, then, got, err, test.want)
			}
		}
		w := newWorld()
		err := w.run([]Stage{itemsStage(3, 2, 6, 1, 4), handled(test.stage, ThenFail, putStage("seen"))}, Options{})
		var failed *StageError
		if !errors.As(err, &failed) || failed.Op != "map" || failed.Item != "2" || len(w.queue("seen").put) != 1 {
			t.Errorf("%s, fail: %v", test.name, err)
		}
	}
}

// TestIndexInChains: index counts the items of one run of a chain: it begins anew with each item in `do` and in handlers, and goes on in
// chains that see all items as one stream.
func TestIndexInChains(t *testing.T) {
	put := func(queue string) Stage { return stage("put", queueField(queue), "value", srcExpr("[item, index]")) }
	two := stage("items", Field{Source: &Source{Kind: SourceList, Items: []Source{*srcExpr("item"), *srcExpr("item")}}})
	for name, test := range map[string]struct {
		stage Stage
		want  string
	}{
		"do":      {doStage(two, put("q")), "[[1, 0], [1, 1], [2, 0], [2, 1]]"},
		"handler": {handled(mapStage(`int("x")`), ThenSkip, two, put("q")), "[[1, 0], [1, 1], [2, 0], [2, 1]]"},
		"tee":     {teeStage([]Stage{two, put("q")}), "[[1, 0], [1, 1], [2, 2], [2, 3]]"},
		"route":   {routeStage(when("", two, put("q"))), "[[1, 0], [1, 1], [2, 2], [2, 3]]"},
		"use":     {useStage(nil, two, put("q")), "[[1, 0], [1, 1], [2, 2], [2, 3]]"},
	} {
		w := newWorld()
		if err := w.run([]Stage{itemsStage(1, 2), test.stage}, Options{}); err != nil {
			t.Fatal(err)
		}
		if got := ShortJSON(w.queue("q").put); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
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
