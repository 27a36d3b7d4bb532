package stages

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestShortTexts holds it against a map.
func TestShortTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x shortTexts
		numbers := map[string]int32{}
		var order []string
		for range rapid.IntRange(0, 300).Draw(t, "operations") {
			text := rapid.StringOfN(rapid.SampledFrom([]rune("a\x00b")), 0, longestShort, longestShort).Draw(t, "text")
			next := int32(len(order))
			number, isNew := x.number(text, next)
			want, there := numbers[text]
			switch {
			case isNew == there || there && number != want || isNew && number != next:
				t.Fatalf("%q is %d, new: %v; expected %d, %v", text, number, isNew, want, !there)
			case isNew && rapid.IntRange(0, 3).Draw(t, "remove") == 0:
				x.removeLast(text)
			case isNew:
				numbers[text] = next
				order = append(order, text)
			}
		}
		got := x.all()
		slices.Sort(got)
		slices.Sort(order)
		if !slices.Equal(got, order) {
			t.Fatalf("%q, expected %q", got, order)
		}
	})
}

// TestShortTextsOfManyKinds: texts that differ in a few bits, as numbers and dates do, do not fall together: looking for one ends soon.
func TestShortTextsOfManyKinds(t *testing.T) {
	for name, text := range map[string]func(i int) string{
		"numbers":       func(i int) string { return fmt.Sprint(i) },
		"with zeros":    func(i int) string { return fmt.Sprintf("%016d", i) },
		"behind a name": func(i int) string { return fmt.Sprintf("host-%d", i) },
		"before a name": func(i int) string { return fmt.Sprintf("%d.example", i) },
		"bytes in front": func(i int) string {
			return string([]byte{byte(i), byte(i >> 8), byte(i >> 16)}) + strings.Repeat("x", 12)
		},
		"bits": func(i int) string { return string([]byte{byte(i & 1), byte(i >> 1 & 1), byte(i >> 2), byte(i >> 10)}) },
	} {
		var x shortTexts
		const n = 100_000
		for i := range int32(n) {
			x.number(text(int(i)), i)
		}
		longest, run := 0, 0
		for i := range x.cells {
			if run++; x.cells[i].length == 0 {
				run = 0
			}
			longest = max(longest, run)
		}
		if longest > 1000 {
			t.Errorf("%s: %d texts in a row", name, longest)
		}
	}
}
