package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestMaterial: what an input's maker says of it is so, and wrong outputs are seen.
func TestMaterial(t *testing.T) {
	l := &lab{dir: t.TempDir(), scale: 1, inputs: map[string]*input{}}
	words, err := l.words(20_000)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(words.path)
	if err != nil || words.bytes != len(text) {
		t.Fatalf("%d bytes, %d are said to be there, %v", len(text), words.bytes, err)
	}
	counts := map[string]int{}
	for _, word := range strings.Fields(string(text)) {
		counts[word]++
	}
	var lines strings.Builder
	for word, n := range counts {
		fmt.Fprintln(&lines, n, word)
	}
	if err := words.counted(strings.NewReader(lines.String())); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"", lines.String() + "1 x\n", strings.Replace(lines.String(), "1 ", "2 ", 1)} {
		if words.counted(strings.NewReader(wrong)) == nil {
			t.Errorf("accepted: %.40q", wrong)
		}
	}
	requests, err := l.requests(20_000)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(requests.path); err != nil || requests.lines != strings.Count(string(text), `"status": 5`) {
		t.Errorf("%d lines, %v", requests.lines, err)
	}
	if requests.listed(strings.NewReader("one\n")) == nil || is(5)(strings.NewReader("5\n")) != nil || is(5)(strings.NewReader("6\n")) == nil {
		t.Error("outputs are not told apart")
	}
	if again, err := l.requests(20_000); err != nil || again != requests {
		t.Errorf("made twice: %v", err)
	}
}
