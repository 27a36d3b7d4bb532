package stages

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestSplitIsAPartition: the replicas of a source that is split give its items once between them, each with the identity that it has
// when one replica gives all; `count` is about all of them.
func TestSplitIsAPartition(t *testing.T) {
	dir := t.TempDir()
	for i := range 7 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%d", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list := []any{"a", "b", "c", "d", "e", "f", "g"}
	for _, src := range []struct {
		name  string
		stage Stage
		items int
	}{
		{"items", stage("items", Field{Source: srcLiteral(list)}), 7},
		{"range", stage("range", Field{Sources: []Source{*srcLiteral(10), *srcLiteral(-11), *srcLiteral(-3)}}), 7},
		{"range to the edges", stage("range", Field{Sources: []Source{*srcLiteral(math.MinInt), *srcLiteral(math.MaxInt), *srcLiteral(math.MaxInt / 3)}}), 7},
		{"matrix", stage("matrix", Field{Source: &Source{Kind: SourceMap, Keys: []string{"z", "a"}, Items: []Source{*srcLiteral([]any{1, 2, 3}), *srcLiteral([]any{"x", "y"})}}}), 6},
		{"files", stage("files", Field{Sources: []Source{*srcText("f*")}}), 7},
		{"nothing", stage("items", Field{Source: srcLiteral([]any{})}), 0},
	} {
		for _, count := range []int{-1, 0, 1, 4, 5, 100} {
			whole := shareRun(t, src.stage, dir, count, 0, 1)
			want := src.items
			if count >= 0 {
				want = min(want, count)
			}
			if len(whole) != want {
				t.Errorf("%s, count %d: %d items, want %d", src.name, count, len(whole), want)
			}
			for _, replicas := range []int{1, 2, 3, 8} {
				all := make([]string, len(whole))
				for index := range replicas {
					for i, item := range shareRun(t, src.stage, dir, count, index, replicas) {
						all[index+i*replicas] = item
					}
				}
				if !slices.Equal(all, whole) {
					t.Errorf("%s, count %d: %d replicas give %v, want %v", src.name, count, replicas, all, whole)
				}
			}
		}
	}
}

// shareRun is what one replica gives, with identities.
func shareRun(t *testing.T, source Stage, dir string, count, index, replicas int) []string {
	t.Helper()
	source.Options = map[string]Field{"split": {Source: srcLiteral(true)}}
	if count >= 0 {
		source.Options["count"] = Field{Source: srcLiteral(count)}
	}
	world := newWorld()
	chain := []Stage{source, stage("put", queueField("ids"), "value", srcExpr("[delivery.id, item]"))}
	if err := world.run(chain, Options{Dir: dir, BlockItems: 2, Self: map[string]any{"index": index, "replicas": replicas}}); err != nil {
		t.Fatal(err)
	}
	var items []string
	for _, item := range world.queue("ids").put {
		items = append(items, ShortJSON(item))
	}
	return items
}

// TestMatrixOrder: combinations come in the order of the lists, the last of which varies fastest; a list without elements gives none.
func TestMatrixOrder(t *testing.T) {
	matrix := func(lists ...[]any) Stage {
		src := &Source{Kind: SourceMap}
		for i, list := range lists {
			src.Keys, src.Items = append(src.Keys, string(rune('z'-i))), append(src.Items, *srcLiteral(list))
		}
		return stage("matrix", Field{Source: src})
	}
	for _, test := range []struct {
		stage Stage
		want  string
	}{
		{matrix([]any{1, 2}, []any{"a", "b"}), `[{"y": "a", "z": 1}, {"y": "b", "z": 1}, {"y": "a", "z": 2}, {"y": "b", "z": 2}]`},
		{matrix([]any{1}), `[{"z": 1}]`},
		{matrix([]any{1, 2}, []any{}), `[]`},
	} {
		got, err := runOut(t, []Stage{test.stage}, 3)
		if text := ShortJSON(append([]any{}, got...)); err != nil || text != test.want {
			t.Errorf("got %s, %v; want %s", text, err, test.want)
		}
	}
	huge := make([]any, 1<<11)
	if _, err := runOut(t, []Stage{matrix(huge, huge, huge, huge, huge, huge)}, 3); err == nil {
		t.Error("2^66 combinations are not refused")
	}
}
