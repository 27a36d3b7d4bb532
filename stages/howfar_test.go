package stages

import (
	"errors"
	"testing"
)

// TestHowFar: a source counts what has been worked off, never less than before, also over deaths; at the end that is all there was.
func TestHowFar(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a.txt": "one\ntwo\nthree\n", "b.txt": "four\n"})
	for _, tt := range []struct {
		name  string
		first Stage
		total int // known from the start; -1: only at the end
		items int
	}{
		{"range", stage("range", exprField("50")), 50, 50},
		{"count", stage("range", exprField("50"), "count", srcLiteral(20)), 20, 20},
		{"items", itemsStage(1, 2, 3), 3, 3},
		{"files", stage("files", textList("*.txt")), 2, 2},
		{"matrix", matrixStage(), 6, 6},
		{"read", stage("read", textList("a.txt", "b.txt")), -1, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			w.dir = dir
			last, lives := 0, 0
			for {
				h, err := w.start([]Stage{tt.first, stage("flat_map", exprField("[item, item]")), putStage("q")}, Options{BlockItems: 4})
				if err != nil {
					t.Fatal(err)
				}
				commits := 0
				h.die = func() bool {
					done, total, ok := h.chain.HowFar()
					if !ok || done > tt.items || done*2 > len(w.queue("q").put)+len(h.staged)*8 {
						t.Fatalf("%d of %d are done (%t) where %d were put", done, total, ok, len(w.queue("q").put))
					}
					if total != tt.total && total != tt.items && total != -1 {
						t.Fatalf("a total of %d", total)
					}
					commits++
					return lives < 5 && commits == 3
				}
				if err = h.finish(); err == nil {
					last, _, _ = h.chain.HowFar()
					break
				}
				if !errors.Is(err, errKilled) {
					t.Fatal(err)
				}
				lives++
			}
			if last != tt.items {
				t.Errorf("%d are done at the end, of %d", last, tt.items)
			}
		})
	}
	w := newWorld()
	h, err := w.start([]Stage{stage("get", queueField("q"))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if done, _, ok := h.chain.HowFar(); ok {
		t.Errorf("a queue counts for itself, and here it says %d", done)
	}
}

func matrixStage() Stage {
	return stage("matrix", Field{Source: &Source{Kind: SourceMap, Keys: []string{"a", "b"}, Items: []Source{*srcLiteral([]any{1, 2}), *srcLiteral([]any{1, 2, 3})}}})
}
