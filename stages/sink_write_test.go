package stages

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func writeStage(path string, options ...any) Stage {
	return stage("write", Field{Source: srcText(path)}, options...)
}

// files is what has been written, by name.
func (w *world) files(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(w.written)) {
		text := w.written[path]
		fmt.Fprintf(&b, "%s=%q ", strings.TrimPrefix(path, w.dir+"/"), text)
	}
	return strings.TrimSpace(b.String())
}

// TestWrite is what is in the files, whatever the size of a batch.
func TestWrite(t *testing.T) {
	record := func(a, b any) map[string]any { return map[string]any{"a": a, "b": b} }
	for _, tt := range []struct {
		name   string
		stages []Stage
		want   string
		err    string
	}{
		{"lines", []Stage{itemsStage("a", 1, 2.0, []any{1}, []byte("b")), writeStage("x")}, `x="a\n1\n2.0\n[1]\nb\n"`, ""},
		{"by item", []Stage{itemsStage("a", "b", "a"), writeStage("${{ item }}.txt")}, `a.txt="a\na\n" b.txt="b\n"`, ""},
		{"nul", []Stage{itemsStage("a", "b"), writeStage("x", "format", srcLiteral("nul"))}, `x="a\x00b\x00"`, ""},
		{"jsonl", []Stage{itemsStage("a", nil), writeStage("x", "format", srcLiteral("jsonl"))}, `x="\"a\"\nnull\n"`, ""},
		{"bytes", []Stage{itemsStage("a", []byte{0xff}), writeStage("x", "format", srcLiteral("bytes"))}, `x="a\xff"`, ""},
		{"csv", []Stage{itemsStage(record(1, "x"), record("y,", nil)), writeStage("x", "format", srcLiteral("csv"))}, `x="a,b\n1,x\n\"y,\",\n"`, ""},
		{"csv by item", []Stage{itemsStage(record(1, "x"), record(2, "y"), record(3, "x")), writeStage("${{ item.b }}", "format", srcLiteral("csv"))}, `x="a,b\n1,x\n3,x\n" y="a,b\n2,y\n"`, ""},
		{"csv with names", []Stage{itemsStage(record(1, "x")), writeStage("x", "format", srcLiteral("csv"), "header", srcLiteral([]any{"b", "a"}))}, `x="b,a\nx,1\n"`, ""},
		{"csv without header", []Stage{itemsStage(record(1, "x")), writeStage("x", "format", srcLiteral("csv"), "header", srcLiteral(false))}, `x="1,x\n"`, ""},
		{"csv that does not fit", []Stage{itemsStage(record(1, "x"), map[string]any{"c": 1}), writeStage("x", "format", srcLiteral("csv"))}, `x="a,b\n1,x\n"`, `the field "c" is not in the CSV header (a, b)`},
		{"csv of lists", []Stage{itemsStage([]any{1, "x"}, []any{nil, "y"}), writeStage("x", "format", srcLiteral("csv"))}, `x="1,x\n,y\n"`, ""},
		{"csv of single fields", []Stage{itemsStage(1, "", "z"), writeStage("x", "format", srcLiteral("csv"), "header", srcLiteral([]any{"n"}))}, `x="n\n1\n\"\"\nz\n"`, ""},
		{"csv of lists of two lengths", []Stage{itemsStage([]any{1, "x"}, []any{1}), writeStage("x", "format", srcLiteral("csv"))}, `x="1,x\n"`, `1 field, where the first record of the CSV has 2`},
		{"csv of a list that does not fit the header", []Stage{itemsStage([]any{1}), writeStage("x", "format", srcLiteral("csv"), "header", srcLiteral([]any{"a", "b"}))}, ``, `1 field for a CSV header of 2 (a, b)`},
		{"csv of a map behind a list", []Stage{itemsStage([]any{1}, record(1, 2)), writeStage("x", "format", srcLiteral("csv"))}, `x="1\n"`, `a map in a CSV whose first item was none`},
		{"csv of a field that is missing", []Stage{itemsStage(record(1, 2), map[string]any{"b": 3}), writeStage("x", "format", srcLiteral("csv"))}, `x="a,b\n1,2\n,3\n"`, ``},
		{"csv of nothing", []Stage{itemsStage([]any{1}, []any{}), writeStage("x", "format", srcLiteral("csv"))}, `x="1\n"`, `a CSV record needs a field at least`},
		{"csv of nested items", []Stage{itemsStage(map[string]any{"l": []any{1, 2}, "m": map[string]any{"k": nil}}), writeStage("x", "format", srcLiteral("csv"))}, `x="l,m\n\"[1, 2]\",\"{\"\"k\"\": null}\"\n"`, ``},
		{"csv added to a new file", []Stage{itemsStage(record(1, "x")), writeStage("new.csv", "format", srcLiteral("csv"), "append", srcLiteral(true))}, `new.csv="a,b\n1,x\n"`, ""},
		{"gzip", []Stage{itemsStage("a", "b", "c"), writeStage("x.gz")}, `x.gz="a\nb\nc\n"`, ""},
		{"the item goes on", []Stage{itemsStage("a", "b"), writeStage("x"), writeStage("y")}, `x="a\nb\n" y="a\nb\n"`, ""},
		{"no path", []Stage{itemsStage("a", ""), writeStage("${{ item }}")}, `a="a\n"`, `a path is needed, not ""`},
		{"bzip2", []Stage{itemsStage("a", "b.bz2"), writeStage("${{ item }}")}, `a="a\n"`, `b.bz2: bzip2 is read, not written: name it .zst, .gz or .xz`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, block := range []int{1, 2, 100} {
				w := newWorld()
				w.dir = t.TempDir()
				err := w.run(tt.stages, Options{BlockItems: block})
				if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
					t.Errorf("batches of %d: %v, want %s", block, err, tt.err)
				}
				if got := w.files(t); got != tt.want {
					t.Errorf("batches of %d:\ngot  %s\nwant %s", block, got, tt.want)
				}
			}
		})
	}
}

// TestWriteStdout: - is standard output.
func TestWriteStdout(t *testing.T) {
	w := newWorld()
	err := w.run([]Stage{itemsStage(1, "a"), writeStage("-", "format", srcLiteral("jsonl"))}, Options{})
	if err != nil || w.stdout.String() != "1\n\"a\"\n" || len(w.written) > 0 {
		t.Errorf("%v %q %v", err, w.stdout.String(), w.written)
	}
}

// TestWriteResumes: headers are written once, whoever dies.
func TestWriteResumes(t *testing.T) {
	stages := []Stage{
		stage("range", exprField("60")), mapStage(`{"n": item, "file": string(item % 7)}`),
		writeStage("${{ item.file }}.csv", "format", srcLiteral("csv")), writeStage("all.gz"),
	}
	want := newWorld()
	if err := want.run(stages, Options{}); err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 6))
		w := newWorld()
		var err error
		for {
			h, startErr := w.start(stages, Options{})
			if startErr != nil {
				t.Fatal(startErr)
			}
			h.die = func() bool { return rng.IntN(20) == 0 }
			h.full = func() bool { return rng.IntN(5) == 0 }
			if err = h.finish(); !errors.Is(err, errKilled) {
				break
			}
		}
		if err != nil || w.files(t) != want.files(t) {
			t.Fatalf("seed %d: %v\ngot  %s\nwant %s", seed, err, w.files(t), want.files(t))
		}
	}
}

// TestStdinToStdout is the whole way of lines: that they go in and come out again.
func TestStdinToStdout(t *testing.T) {
	in := manyLines(t, 20000)
	setStdin(t, in)
	w := newWorld()
	if err := w.run([]Stage{stage("read", textList("-")), mapStage("int(item) * 2"), stage("print", Field{})}, Options{}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(w.stdout.String(), "\n"), "\n")
	if len(lines) != 20000 || lines[0] != "0" || lines[19999] != "39998" {
		t.Errorf("%d lines, the last is %s", len(lines), lines[len(lines)-1])
	}
}

// manyLines is the reading end of a pipe that gives numbers.
func manyLines(t testing.TB, n int) *os.File {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer out.Close()
		var b []byte
		for i := range n {
			b = fmt.Appendf(b, "%d\n", i)
			if len(b) > 1<<16 || i == n-1 {
				if _, err := out.Write(b); err != nil {
					return
				}
				b = b[:0]
			}
		}
	}()
	t.Cleanup(func() {
		in.Close()
		<-done
	})
	return in
}

// discard is a host that throws away what is printed, and commits cost nothing.
type discard struct{ *fakeHost }

func (discard) Outlet() Outlet                         { return nowhere{} }
func (discard) Checkpoint() error                      { return nil }
func (discard) Commit() error                          { return nil }
func (d discard) Wait(w Waiter, _ time.Duration) error { return w.Wait(context.Background()) }

// BenchmarkStdinToStdout is the whole way of lines through a chain, with standard input a file or a pipe.
func BenchmarkStdinToStdout(b *testing.B) {
	const lines = 1_000_000
	path := filepath.Join(b.TempDir(), "lines")
	var text []byte
	for i := range lines {
		text = fmt.Appendf(text, "%d\n", i)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
	for _, kind := range []string{"file", "pipe"} {
		b.Run(kind, func(b *testing.B) {
			old := os.Stdin
			defer func() { os.Stdin = old }()
			for b.Loop() {
				b.StopTimer()
				if kind == "file" {
					os.Stdin, _ = os.Open(path)
				} else {
					in, out, _ := os.Pipe()
					go func() { _, _ = out.Write(text); out.Close() }()
					os.Stdin = in
				}
				chain, err := Build([]Stage{stage("read", textList("-")), mapStage("int(item) * 2"), stage("print", Field{})}, Options{Host: discard{newWorld().host()}})
				if err != nil {
					b.Fatal(err)
				}
				chain.Seed("seed")
				chain.End()
				r := &Run{Host: discard{newWorld().host()}}
				b.StartTimer()
				for {
					state, err := chain.Advance(r)
					if err != nil {
						b.Fatal(err)
					}
					if state == Done {
						break
					}
					chain.Out().Truncate()
				}
				os.Stdin.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*lines), "ns/line")
		})
	}
}

// nowhere is an Outlet without end.
type nowhere struct{}

func (nowhere) Wait(context.Context) error             { return nil }
func (nowhere) Print(Stream, []byte) (bool, error)     { return true, nil }
func (nowhere) PrintFile(Stream, string) (bool, error) { return true, nil }
func (nowhere) Write(File, []byte) (bool, error)       { return true, nil }
func (nowhere) Result(string, any) (bool, error)       { return true, nil }
func (nowhere) Log(string, string) (bool, error)       { return true, nil }
func (nowhere) Skipped() (bool, error)                 { return true, nil }
