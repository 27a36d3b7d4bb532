package stages

import "testing"

// TestLargeResultsEndAStep: what a step makes of many rows at once is bounded in bytes, where it comes of few, and not where it is small.
func TestLargeResultsEndAStep(t *testing.T) {
	tests := []struct {
		name        string
		stage       Stage
		least, most int // rows in one step
	}{
		{"small texts", mapStage(`"text " + string(item)`), 1024, 1024},
		{"numbers", mapStage(`item + 1`), 1024, 1024},
		{"small maps", mapStage(`{n: item, text: "text"}`), 1024, 1024},
		{"texts of 10 kB", mapStage(`repeat("x", 10000)`), 100, 110},
		{"texts of 3 MB", mapStage(`repeat("x", 3000000)`), 1, 1},
		{"lists of 3 MB", mapStage(`[item, repeat("x", 3000000)]`), 1, 1},
		{"maps of maps of 3 MB, after small ones", mapStage(`{a: {b: item < 8 ? "" : repeat("x", 3000000)}}`), 9, 16},
		{"lists of parts of 1 MB", stage("flat_map", exprField(`[repeat("x", 1000000), repeat("y", 1000000)]`)), 2, 2},
		{"lists of small parts", stage("flat_map", exprField(`[item, "y"]`)), 1024, 1024},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newWorld().host()
			chain, err := Build([]Stage{test.stage}, Options{Host: h})
			if err != nil {
				t.Fatal(err)
			}
			rows := ColumnOf(listOfInts(1024)...)
			chain.first().item.AppendRange(&rows, 0, rows.Len())
			if _, err := chain.Advance(&Run{Host: h}); err != nil {
				t.Fatal(err)
			}
			if n := chain.Out().Len(); n < test.least || n > test.most {
				t.Errorf("a step made %d rows, not %d to %d", n, test.least, test.most)
			}
		})
	}
}
