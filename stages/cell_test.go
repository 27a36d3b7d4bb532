package stages

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var pointXY = StoreType{Name: "Point", Fields: []StoreField{{"x", StoreType{Name: "float64"}}, {"y", StoreType{Name: "float64"}}}}

// exampleCells is a worker with the values and arrays that README.md reads.
func exampleCells() *fakeHost {
	w := newWorld()
	for _, c := range []struct {
		name string
		typ  CellType
		init any
	}{
		{"total", CellType{Type: StoreType{Name: "int64"}}, 41},
		{"best", CellType{Type: pointXY}, []any{1.5, -2}},
		{"points", CellType{Type: pointXY, Shape: []int{2}}, []any{[]any{1, 2}, map[string]any{"x": 3, "y": 4}}},
		{"grid", CellType{Type: StoreType{Name: "int8"}, Shape: []int{2, 3}}, []any{[]any{1, 2, 3}, []any{4, 5, 6}}},
		{"title", CellType{Type: StoreType{Name: "char"}, Shape: []int{16}}, "hello"},
	} {
		w.newCell(c.name, c.typ)
		bytes, misfit := c.typ.EncodeCell(c.init)
		if misfit != nil {
			panic(misfit.String())
		}
		w.cells[c.name].bytes = bytes
	}
	return w.host()
}

// TestLayout holds that records lie as C has them.
func TestLayout(t *testing.T) {
	inner := StoreType{Name: "In", Fields: []StoreField{{"a", StoreType{Name: "int8"}}, {"b", StoreType{Name: "int32"}}}}
	typ := StoreType{Name: "Out", Fields: []StoreField{
		{"c", StoreType{Name: "bool"}}, {"in", inner}, {"d", StoreType{Name: "int16"}}, {"e", StoreType{Name: "float64"}}, {"f", StoreType{Name: "w"}},
	}}
	l := typ.Layout()
	var offs []int64
	l.Numbers(0, func(off int64, _ Scalar) { offs = append(offs, off) })
	if want := []int64{0, 4, 8, 12, 16, 24}; !slices.Equal(offs, want) || l.Size != 32 || l.Align != 8 {
		t.Errorf("numbers at %v, %d bytes, at multiples of %d", offs, l.Size, l.Align)
	}
}

// TestCellsKeepWhatTheyTake: what is stored is read again, for each type at its ends.
func TestCellsKeepWhatTheyTake(t *testing.T) {
	for _, row := range []struct {
		name  string
		items []any
	}{
		{"bool", []any{true, false}},
		{"int8", []any{-128, 127}},
		{"uint8", []any{0, 255}},
		{"int16", []any{-32768, 32767}},
		{"uint16", []any{65535}},
		{"int32", []any{-1 << 31, 1<<31 - 1}},
		{"uint32", []any{1<<32 - 1}},
		{"int64", []any{-1 << 63, 1<<63 - 1}},
		{"uint64", []any{1<<63 - 1}},
		{"float32", []any{0.25, -1.5}},
		{"float64", []any{0.1, 1e300}},
		{"char", []any{"a", "~"}},
		{"w", []any{"ü", "🙂"}},
	} {
		for _, item := range row.items {
			typ := CellType{Type: StoreType{Name: row.name}}
			bytes, misfit := typ.EncodeCell(item)
			if misfit != nil {
				t.Errorf("%s: %s", row.name, misfit)
				continue
			}
			if got := typ.part().decode(bytes); got != item {
				t.Errorf("%s: %v comes back as %v", row.name, item, got)
			}
		}
	}
}

// TestTextsInCells: characters up to the first NUL, whatever stood there before, and never more than there is room for.
func TestTextsInCells(t *testing.T) {
	for _, row := range []struct {
		scalar string
		length int
		text   any
		misfit string
	}{
		{"char", 5, "grün", ""},
		{"char", 5, "", ""},
		{"char", 4, "grün", "a text of at most 4 bytes is needed, not of 5"},
		{"w", 4, "grün", ""},
		{"w", 3, "grün", "a text of at most 3 characters is needed, not of 4"},
		{"char", 3, 7, "a text is needed, not an int"},
	} {
		typ := CellType{Type: StoreType{Name: row.scalar}, Shape: []int{row.length}}
		bytes, misfit := typ.EncodeCell(row.text)
		if got := ""; misfit != nil {
			if got = misfit.String(); got != row.misfit {
				t.Errorf("%v: %s", row.text, got)
			}
			continue
		}
		if got := typ.part().decode(bytes); row.misfit != "" || got != row.text {
			t.Errorf("%v comes back as %v", row.text, got)
		}
	}
}

// TestCellErrors holds what is said of items that cannot be stored or added, and of places that are not there.
func TestCellErrors(t *testing.T) {
	for _, row := range []struct {
		stage Stage
		item  any
		want  string
	}{
		{changeStage("store", cellPlaceOf("grid", "2", "0"), ""), 1, "index: grid[2] is not there: grid has 2 elements, grid[0] to grid[1]"},
		{changeStage("store", cellPlaceOf("grid", "-1", "item"), ""), 3, "index: grid[-1][3] is not there: grid[-1] has 3 elements, grid[-1][0] to grid[-1][2]"},
		{changeStage("add", cellPlaceOf("grid", "1", `"x"`), ""), 1, `index: the index of grid[1] must be a whole number, not "x"`},
		{changeStage("add", cellPlaceOf("grid", "1", "1.5"), ""), 1, `index: the index of grid[1] must be a whole number, not 1.5`},
		{changeStage("store", cellPlaceOf("grid", "0", "0"), ""), 128, "item-type: grid[0][0]: int8 takes whole numbers from -128 to 127, not 128"},
		{changeStage("store", cellPlaceOf("grid", "0", "0"), ""), 1.5, "item-type: grid[0][0]: int8 takes a whole number, not 1.5"},
		{changeStage("store", cellPlaceOf("grid", "0"), ""), []any{1, 2}, "item-type: grid[0]: a list of 3 is needed, not one of 2"},
		{changeStage("store", cellPlaceOf("grid"), ""), []any{[]any{1, 2, 3}, []any{1, 2, 300}}, "item-type: grid: element [1][2]: int8 takes whole numbers from -128 to 127, not 300"},
		{changeStage("store", cellPlaceOf("points", "0"), ""), map[string]any{"x": 1, "z": 2}, "item-type: points[0]: Point needs the field y, which is missing"},
		{changeField("store", "best", "x", "item"), "a", "item-type: best.x: float64 takes a number, not a string"},
		{changeStage("add", cellPlaceOf("grid", "1", "2"), ""), 122, "range: grid[1][2]: 6 + 122 does not fit: int8 goes from -128 to 127"},
		{changeStage("add", cellPlaceOf("total"), ""), 0.5, "item-type: total: a whole number is needed, not 0.5"},
		{changeStage("add", cellPlaceOf("total"), ""), nil, "item-type: total: a number is needed, not null"},
		{changeStage("add", cellPlaceOf("total"), ""), 1<<63 - 1, "range: total: 41 + 9223372036854775807 does not fit: int64 goes from -9223372036854775808 to 9223372036854775807"},
		{changeField("add", "best", "x", "item"), 1 << 62, ""},
		{changeStage("apply", cellPlaceOf("grid"), "item * 30"), 1, "item-type: grid[1][1]: int8 takes whole numbers from -128 to 127, not 150"},
		{changeStage("apply", cellPlaceOf("points"), "item.x"), 1, "item-type: points[0]: Point takes a map, or a list of 2, not a float"},
		{changeStage("apply", cellPlaceOf("points"), "int(string(at) + (at > 0 ? \"x\" : \"\"))"), 1, "item-type: points[0]: Point takes a map, or a list of 2, not an int"},
	} {
		h := exampleCells()
		before := h.world.cellTexts()
		items := stage("items", Field{Source: srcLiteral([]any{row.item})})
		err := h.world.run([]Stage{items, row.stage}, Options{})
		var failed *StageError
		switch got := ""; {
		case errors.As(err, &failed):
			if got = failed.Type + ": " + failed.Text; got != row.want {
				t.Errorf("%v: %s\nin place of %s", row.item, got, row.want)
			}
			if h.world.cellTexts() != before {
				t.Errorf("%s: something has changed", row.want)
			}
		case err != nil || row.want != "":
			t.Errorf("%v: %v in place of %s", row.item, err, row.want)
		}
	}
}

// TestApplyByColumns holds arithmetic over an array, which runs as loops, against the same element by element.
func TestApplyByColumns(t *testing.T) {
	exprs := []string{
		"item * 2", "item + at", "item - 1", "-item", "item > 3 ? item : 0", "at * 2 + index", "item / 2", "item % 7 + at", "float(item)", "int(item)", "item * item * item", "1e30",
	}
	for _, scalar := range ScalarNames() {
		s := scalarOf(scalar)
		if s.lane() == Mixed {
			continue
		}
		random := rand.New(rand.NewPCG(uint64(s), 7))
		for _, text := range exprs {
			const n = 64
			old := make([]byte, n*s.Size())
			for i := range n {
				item := any(random.IntN(100))
				if s.IsFloat() {
					item = float64(random.IntN(1000)-500) / 8
				}
				s.put(old[i*s.Size():], s.number(item))
			}
			results := map[string]bool{}
			for _, columns := range []bool{true, false} {
				results[applied(t, s, text, old, columns)] = true
			}
			if len(results) != 1 {
				t.Errorf("%s of %s: %v", text, scalar, results)
			}
		}
	}
}

// applied is what becomes of numbers, or why nothing does.
func applied(t *testing.T, s Scalar, text string, old []byte, columns bool) string {
	t.Helper()
	w := newWorld()
	w.newCell("a", CellType{Type: StoreType{Name: s.String()}, Shape: []int{len(old) / s.Size()}})
	st := changeStage("apply", cellPlaceOf("a"), text)
	b := &Builder{building: &building{opts: Options{Host: w.host()}}, frame: &frame{row: -1}, stage: &st}
	node, err := buildApply(b, &st)
	if err != nil {
		t.Fatal(err)
	}
	a := node.(*applying)
	cell := a.place.cells[0]
	at := located{cell: cell, part: cell.Type().part()}
	fresh := make([]byte, len(old))
	if columns {
		err = a.part(at, fresh, old, 5)
	} else {
		err = a.oneByOne(at, fresh, old, 5)
	}
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(fresh)
}

// TestMentions: a name counts where it may be read, not as a field or as part of another name.
func TestMentions(t *testing.T) {
	for _, row := range []struct {
		text string
		want bool
	}{
		{"total", true},
		{"item + total", true},
		{"hist[total]", true},
		{"1..total", true},
		{"total.x", true},
		{"item.total", false},
		{"item . total", false},
		{"totals + subtotal + total_2", false},
		{"item", false},
	} {
		if got := srcExpr(row.text).mentions([]string{"total"}); got != row.want {
			t.Errorf("%s: %v", row.text, got)
		}
	}
	if !Narrow([]Stage{changeStage("add", cellPlaceOf("total"), ""), mapStage("total")}) {
		t.Error("a chain that reads what it adds is not narrow")
	}
	for _, alone := range [][]Stage{
		{mapStage("item.total"), changeStage("add", cellPlaceOf("total"), "item.total")},
		{mapStage("total"), changeStage("add", cellPlaceOf("hist", "item % 5"), "1")},
	} {
		if Narrow(alone) {
			t.Errorf("a chain that reads nothing of what it adds is narrow: %s", strings.TrimSpace(fmt.Sprint(alone[0].Operand.Source.Text)))
		}
	}
}

// TestNumbersInPlace: results that are put where they belong are those that are not.
func TestNumbersInPlace(t *testing.T) {
	in := Column{Kind: Floats}
	for i := range 37 {
		in.Floats = append(in.Floats, float64(i)/4-3)
	}
	for _, text := range []string{"item", "item * 2", "item + 0.5", "item - 3", "item * item", "item > 0 ? item : 1.5", "-item", "item / 3", "7.5", "item * 1e308", "int(item)"} {
		e, err := CompileExpr(text, testScope())
		if err != nil {
			t.Fatal(err)
		}
		var results []string
		for _, room := range [][]float64{nil, make([]float64, 37), make([]float64, 5)} {
			loop, ok := e.elementLoop(Floats)
			if !ok {
				results = append(results, "no loop")
				continue
			}
			env := testEnv()
			c, ok := loop.numbers(env, &in, room)
			first := fmt.Sprint(ok, c.Ints, c.Floats)
			again, _ := loop.numbers(env, &Column{Kind: Floats, Floats: []float64{1}}, nil)
			results = append(results, first+fmt.Sprint(again.Floats, again.Ints))
		}
		if results[0] != results[1] || results[0] != results[2] {
			t.Errorf("%s: %q", text, results)
		}
	}
}
