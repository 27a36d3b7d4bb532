package stages

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// splitFiles makes files whose items are all different, and says how many records they have that are none.
func splitFiles(t *testing.T, rng *rand.Rand, format string) (dir string, paths []string) {
	t.Helper()
	files := map[string]string{}
	n := 0
	for i := range 1 + rng.IntN(3) {
		var b strings.Builder
		if format == "csv" {
			b.WriteString("n,text\n")
		}
		for range rng.IntN(60) {
			n++
			pad := strings.Repeat("x", rng.IntN(12)*rng.IntN(6))
			switch {
			case format == "nul":
				fmt.Fprintf(&b, "%d\n%s\x00", n, pad)
			case format == "jsonl" && rng.IntN(10) == 0:
				fmt.Fprintf(&b, "{%d\n", n)
			case format == "jsonl":
				fmt.Fprintf(&b, "{\"n\": %d, \"s\": \"%s\"}\n%s", n, pad, strings.Repeat("\n", rng.IntN(2)))
			case format == "csv" && i == 2:
				fmt.Fprintf(&b, "%d,\"%s\n\"\n", n, pad)
			case format == "csv" && rng.IntN(10) == 0:
				fmt.Fprintf(&b, "%d\r\n", n)
			case format == "csv":
				fmt.Fprintf(&b, "%d,%s\r\n", n, pad)
			default:
				fmt.Fprintf(&b, "%d %s\n", n, pad)
			}
		}
		if rng.IntN(3) == 0 {
			b.WriteString("0")
		}
		files[fmt.Sprintf("f%d", i)] = b.String()
	}
	files["z.gz"] = files["f0"]
	dir = writeFiles(t, files)
	for i := range len(files) - 1 {
		paths = append(paths, fmt.Sprintf("f%d", i))
	}
	return dir, append(paths, "z.gz")
}

// splitRun is what a replica gives, with deaths, and the messages of what failed.
func splitRun(t *testing.T, rng *rand.Rand, dir string, stages []Stage, index, replicas int, piece int64) (items, errs []string) {
	t.Helper()
	w := newWorld()
	w.dir = dir
	dies := mortal{
		lives: 20, oneIn: 15, rng: rng,
		options: func() Options {
			return Options{BlockItems: 1 + rng.IntN(20), Self: map[string]any{"index": index, "replicas": replicas}}
		},
		each: func(h *fakeHost) {
			for _, l := range h.chain.links {
				if read, ok := l.node.(*readNode); ok && read.shares != nil {
					read.shares.piece = piece
				}
			}
			h.full = func() bool { return rng.IntN(4) == 0 }
		},
	}
	if replicas == 1 {
		dies.lives = 0
	}
	if _, err := dies.run(t, w, stages); err != nil {
		t.Fatal(err)
	}
	for _, item := range w.queue("out").put {
		items = append(items, string(AppendJSON(nil, item)))
	}
	for _, item := range w.queue("errs").put {
		errs = append(errs, string(AppendJSON(nil, item)))
	}
	return items, errs
}

// TestSplit: replicas that share files have every record once between them, each in the order of the file, and name the same places,
// whatever dies.
func TestSplit(t *testing.T) {
	for seed := range uint64(80) {
		rng := rand.New(rand.NewPCG(seed, 4))
		format := []string{"lines", "nul", "jsonl", "csv"}[seed%4]
		dir, paths := splitFiles(t, rng, format)
		read := func(split bool) []Stage {
			s := handled(stage("read", textList(paths...), "format", srcLiteral(format), "split", srcLiteral(split)), ThenSkip, putErrors())
			if seed%3 == 0 {
				s.Operand = textList("${{ item }}")
				return []Stage{stage("files", textList("*")), s}
			}
			return []Stage{s}
		}
		want, wantErrs := splitRun(t, rng, dir, read(false), 0, 1, splitPiece)
		var got, gotErrs []string
		replicas := 2 + rng.IntN(3)
		piece := 1 + rng.Int64N(200)
		for index := range replicas {
			items, errs := splitRun(t, rng, dir, read(true), index, replicas, piece)
			if !isSubsequence(items, want) {
				t.Fatalf("seed %d, %s: replica %d gives out of order\n%s", seed, format, index, items)
			}
			got, gotErrs = append(got, items...), append(gotErrs, errs...)
		}
		for _, list := range [][]string{got, want, gotErrs, wantErrs} {
			slices.Sort(list)
		}
		if !slices.Equal(got, want) || !slices.Equal(gotErrs, wantErrs) {
			t.Fatalf("seed %d: %d replicas, pieces of %d, %s:\ngot  %q\n     %q\nwant %q\n     %q", seed, replicas, piece, format, got, gotErrs, want, wantErrs)
		}
	}
}

// isSubsequence says whether the items of part are in all, in that order.
func isSubsequence(part, all []string) bool {
	for _, item := range all {
		if len(part) > 0 && part[0] == item {
			part = part[1:]
		}
	}
	return len(part) == 0
}

// TestSplitOfAFileThatGrows: what one replica reads of a file that was small when it looked no other one reads that finds it large.
func TestSplitOfAFileThatGrows(t *testing.T) {
	for _, format := range []string{"lines", "csv"} {
		path := filepath.Join(writeFiles(t, map[string]string{"f": "name\n1\n"}), "f")
		seen := map[string]bool{}
		for index := range 2 {
			w := newWorld()
			w.dir = filepath.Dir(path)
			h, err := w.start([]Stage{stage("read", textList("f"), "format", srcLiteral(format), "split", srcLiteral(true))},
				Options{BlockItems: 1, Self: map[string]any{"index": index, "replicas": 2}})
			if err != nil {
				t.Fatal(err)
			}
			read := h.chain.links[0].node.(*readNode)
			read.shares.piece = 100
			grown := index > 0
			h.die = func() bool {
				if !grown && read.from != nil { // it has looked
					grown = true
					followed{t, path}.add("23\n" + strings.Repeat("a line\n", 14) + "4\n5\n6\n7\n8\n9\n")
				}
				return false
			}
			if err := h.finish(); err != nil {
				t.Fatal(err)
			}
			for _, item := range w.queue("out").put {
				text := string(AppendJSON(nil, item))
				if seen[text] && !strings.Contains(text, "a line") {
					t.Errorf("%s: %s is there twice", format, text)
				}
				seen[text] = true
			}
		}
	}
}

// TestSplitSpreads: the pieces of a large file come to all replicas alike.
func TestSplitSpreads(t *testing.T) {
	dir := t.TempDir()
	const lines = 40000
	var b strings.Builder
	for i := range lines {
		fmt.Fprintf(&b, "line %6d\n", i)
	}
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for index := range 4 {
		items, _ := splitRun(t, rand.New(rand.NewPCG(1, 1)), dir, []Stage{stage("read", textList("f"), "split", srcLiteral(true))}, index, 4, 4096)
		if len(items) < lines/5 || len(items) > lines/3 {
			t.Errorf("replica %d has %d of %d lines", index, len(items), lines)
		}
	}
}

// TestReadRefuses: options that make no sense together.
func TestReadRefuses(t *testing.T) {
	for _, tt := range []struct {
		stage Stage
		want  string
	}{
		{stage("read", textList("f"), "split", srcLiteral(true), "follow", srcLiteral(true)), "`follow` and `split` cannot be had together"},
		{stage("read", textList("f"), "follow", srcLiteral(true), "format", srcLiteral("bytes")), "`follow` needs a format with records"},
		{stage("read", textList("f", "g"), "follow", srcLiteral(true)), "`follow` reads one file, not 2"},
		{stage("read", textList("f.gz"), "follow", srcLiteral(true)), "f.gz is compressed, and such a file is not followed"},
		{stage("read", textList("-"), "follow", srcLiteral(true)), "standard input is not followed"},
		{stage("read", textList("."), "follow", srcLiteral(true)), "is no regular file, and only those are followed"},
	} {
		w := newWorld()
		w.dir = t.TempDir()
		if err := w.run([]Stage{tt.stage}, Options{}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v\nwant %s", err, tt.want)
		}
	}
}
