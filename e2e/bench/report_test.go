package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSpread(t *testing.T) {
	for _, row := range []struct {
		values []float64
		want   spread
	}{
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{4, 1, 2}, spread{2, 1, 4}},
		{[]float64{4, 1, 2, 9}, spread{3, 1, 9}},
	} {
		if got := spreadOf(row.values); got != row.want {
			t.Errorf("spreadOf(%v) = %v, want %v", row.values, got, row.want)
		}
	}
}

func TestCost(t *testing.T) {
	for _, row := range []struct {
		value      float64
		unit, want string
	}{
		{1.5, "s/run", "1.50 s a run"},
		{0.0125, "s/run", "12.5 ms a run"},
		{375e-9, "s/item", "375 ns a item"},
		{2e-10, "s/item", "0.20 ns a item"},
		{2.5e-6, "s/line", "2.50 µs a line"},
		{9.25, "MiB", "9.25 MiB"},
	} {
		want := strings.ReplaceAll(row.want, " a item", " an item")
		if got := cost(row.value, row.unit); got != want {
			t.Errorf("cost(%v, %q) = %q, want %q", row.value, row.unit, got, want)
		}
	}
}

func TestMarkdown(t *testing.T) {
	r := &report{Date: "2026-01-02", Machine: "a machine", Rounds: 3, Rows: []outcome{
		{
			Name: "ints", Unit: "s/item", Goal: 20,
			Mprun: figures{Name: "mprun", Rounds: []float64{1e-7, 2e-7, 1e-7}},
			Peers: []figures{{Name: "a | b", Rounds: []float64{2e-6, 2e-6, 3e-6}}, {Name: "c", Rounds: []float64{1e-6, 1e-6, 1e-6}}},
			Limit: figures{Name: "copying", How: "bytes", Rounds: []float64{1e-8, 1e-8, 1e-8}},
		},
		{
			Name: "memory", Unit: "MiB", Most: 15, Mprun: figures{Rounds: []float64{10, 10, 10}},
			Peers: []figures{{Name: "e", Rounds: []float64{30, 30, 30}}}, Limit: figures{Name: "l", How: "h", Rounds: []float64{5, 5, 5}},
		},
	}}
	got := r.markdown()
	for _, line := range []string{
		`| ints | 100 ns an item | a \| b: 2.00 µs an item | 20.0× (10.0× to 30.0×) | 20.0× | 10.0 ns an item | 10.0× |`,
		`|  |  | c: 1.00 µs an item | 10.0× (5.00× to 10.0×) |  |  |  |`,
		`| memory | 10.0 MiB | e: 30.0 MiB | 3.00× (3.00× to 3.00×) | at most 15.0 MiB | 5.00 MiB | 2.00× |`,
		`- ints: copying, bytes.`,
	} {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("a line is missing: %s\n%s", line, got)
		}
	}
}

func TestPaste(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	r := &report{Date: "2026-01-02", Machine: "m", Rounds: 1}
	if err := os.WriteFile(path, []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.pasteTo(path); err == nil {
		t.Error("a file without the section is accepted")
	}
	if err := os.WriteFile(path, []byte("before\n"+sectionBegin+"old\n"+sectionEnd+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.pasteTo(path); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "before\n" + sectionBegin + r.markdown() + sectionEnd + "after\n"; string(text) != want {
		t.Errorf("the file is\n%s\nwant\n%s", text, want)
	}
}

// TestRows: every row can be rendered, and its goal says something.
func TestRows(t *testing.T) {
	names := map[string]bool{}
	for _, r := range rows() {
		if names[r.name] || r.mprun == nil || len(r.peers) == 0 || r.limit.measure == nil || r.limit.how == "" {
			t.Errorf("row %q is not whole", r.name)
		}
		if names[r.name] = true; (r.goal > 0) == (r.most > 0) {
			t.Errorf("row %q has not exactly one goal", r.name)
		}
		if s := cost(1, r.unit); strings.Contains(s, "/") || math.IsNaN(r.goal) {
			t.Errorf("row %q: a cost is %q", r.name, s)
		}
	}
}
