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
		dies := mortal{lives: 20 * int(min(seed, 1)), oneIn: 5, rng: rng, options: func() Options { return Options{BlockItems: 1 + rng.IntN(4)} }}
		if _, err := dies.run(t, w, []Stage{rows, locked}); err != nil {
			t.Fatal(err)
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

// TestSectionIsBounded: what goes beyond the bound of a section is an item error, behind which nothing of the section is there, wherever the
// worker dies. The items before and behind it are.
func TestSectionIsBounded(t *testing.T) {
	small := CellType{Type: StoreType{Name: "uint8"}, Shape: []int{8}}
	many := stage("range", exprField("item"))
	for _, row := range []struct {
		name  string
		items []any // the second is too much for five bytes
		do    []Stage
		cell  string
		want  string
	}{
		{"store", []any{4, 6, 2}, []Stage{many, changeStage("store", cellPlaceOf("small", "item"), "1")}, "small", "[1, 1, 1, 1, 0, 0, 0, 0]"},
		{"store rows", []any{1, 2, 1}, []Stage{many, changeStage("store", cellPlaceOf("rows", "item"), "[1, 1, 1, 1]")}, "rows", "[[1, 1, 1, 1], [0, 0, 0, 0]]"},
		{"add", []any{4, 6, 2}, []Stage{many, changeStage("add", cellPlaceOf("small", "item"), "1")}, "small", "[2, 2, 1, 1, 0, 0, 0, 0]"},
		{"apply", []any{2, 3, 1}, []Stage{many, changeStage("add", cellPlaceOf("total"), "1"), stage("reduce", exprField("acc + 1"), "init", srcLiteral(0)), changeStage("apply", cellPlaceOf("rest"), "item + 1")}, "rest", "[2, 2, 2]"},
	} {
		for seed := range uint64(100) {
			rng := rand.New(rand.NewPCG(seed, 10))
			w := newWorld()
			w.room = 5
			w.newCell("small", small)
			w.newCell("rows", CellType{Type: StoreType{Name: "uint8"}, Shape: []int{2, 4}})
			w.newCell("rest", CellType{Type: StoreType{Name: "uint8"}, Shape: []int{3}})
			w.newCell("total", CellType{Type: StoreType{Name: "uint8"}})
			locked := handled(lockStage([]string{"l"}, row.do...), ThenSkip)
			dies := mortal{
				lives: 20 * int(min(seed, 1)), oneIn: 5, rng: rng,
				options: func() Options { return Options{BlockItems: 1 + rng.IntN(4)} },
				each:    func(h *fakeHost) { h.cellFull = func() bool { return seed > 0 && rng.IntN(3) == 0 } },
			}
			if _, err := dies.run(t, w, []Stage{stage("items", Field{Source: srcLiteral(row.items)}), locked}); err != nil {
				t.Fatal(err)
			}
			c := w.cells[row.cell]
			if got := string(AppendJSON(nil, c.typ.part().decode(c.bytes))); got != row.want {
				t.Fatalf("%s, seed %d: %s in place of %s", row.name, seed, got, row.want)
			}
			if row.name == "apply" && w.cells["total"].bytes[0] != 3 {
				t.Fatalf("seed %d: %d adds are there in place of those of the two items that fit, 3", seed, w.cells["total"].bytes[0])
			}
		}
	}
}

// TestTooLargeSectionNamesThePlace: the error says where and how much.
func TestTooLargeSectionNamesThePlace(t *testing.T) {
	for _, row := range []struct{ op, want string }{
		{"store", "grid[1][2]: what is changed inside of `lock` takes effect at once, and may be 256 MiB at most: 1 bytes more are too much; change it in parts, each in a `lock` of its own"},
		{"apply", "grid: what is changed inside of `lock` takes effect at once, and may be 256 MiB at most: 6 bytes more are too much; change it in parts, each in a `lock` of its own"},
	} {
		h := exampleCells()
		h.world.room = 3
		fill := []Stage{stage("range", exprField("4")), changeStage("store", cellPlaceOf("grid", "item < 3 ? 0 : 1", "item < 3 ? item : 2"), "")}
		if row.op == "apply" {
			fill = []Stage{changeStage("apply", cellPlaceOf("grid"), "item")}
		}
		before := h.world.cellTexts()
		err := h.world.run([]Stage{stage("items", Field{Source: srcLiteral([]any{1})}), lockStage([]string{"l"}, fill...)}, Options{})
		var failed *StageError
		if !errors.As(err, &failed) || failed.Type != "too-large" || failed.Text != row.want {
			t.Errorf("%s: %v\nin place of %s", row.op, err, row.want)
		}
		if h.world.cellTexts() != before {
			t.Errorf("%s: something has changed", row.op)
		}
	}
}
