package stages

import (
	"compress/gzip"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// textList is a TextList field.
func textList(list ...string) Field {
	var f Field
	for _, s := range list {
		f.Sources = append(f.Sources, *srcText(s))
	}
	return f
}

// writeFiles makes a folder with these files and gives its path. Names that end in .gz are compressed.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".gz") {
			text = gzipOf(text)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func gzipOf(text string) string {
	var b strings.Builder
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

// outOf runs stages in a folder and gives what came out, as JSON, and the error.
func outOf(w *world, stages []Stage, block int) string {
	err := w.run(stages, Options{BlockItems: block})
	out := string(AppendJSON(nil, append([]any{}, w.queue("out").put...)))
	if err != nil {
		out += " " + err.Error()
	}
	return strings.ReplaceAll(out, w.dir+"/", "DIR/")
}

// TestSources is what sources give, whatever the size of a batch.
func TestSources(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"a.txt": "one\ntwo\n", "b.txt": "three", "empty.txt": "", "sub/c.txt": "four\n", "sub/.hidden.txt": "five\n", ".dot/d.txt": "six\n",
		"two.gz": "1\n2\n", "people.csv": "name,age\nAnn,30\nBob,4,5\n\"C,D\",7\n", "lines.jsonl": "{\"a\": 1}\n{\"a\":\n2.5\n",
		"bad.txt": "ok\n\xff\nok\n", "zero": "a\x00b\nc\x00", "note.gz.txt": "x\n", "[odd].txt": "odd\n",
		"frames": "\x00\x00\x00\x03one\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x03two", "frames.cut": "\x00\x00\x00\x03one\x00\x00\x00\x05tw",
	})
	if err := os.WriteFile(filepath.Join(dir, "members.gz"), []byte(gzipOf("1\n2")+gzipOf("3\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	cut := gzipOf(strings.Repeat("some line\n", 3) + fmt.Sprint(rand.New(rand.NewPCG(1, 1)).Perm(2000)))
	if err := os.WriteFile(filepath.Join(dir, "cut.gz"), []byte(cut[:len(cut)-200]), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "not.gz"), []byte("plain text\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("sub", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	skipped := func(s Stage) Stage { return handled(s, ThenSkip) }
	pass := func(s Stage) Stage { return handled(s, ThenPass) }
	message := func(s Stage) Stage { // the message, and the item that failed
		return handled(s, ThenSkip, putErrors())
	}
	read := func(paths ...string) Stage { return stage("read", textList(paths...)) }
	format := func(path, format string, options ...any) Stage {
		return stage("read", textList(path), append([]any{"format", srcLiteral(format)}, options...)...)
	}
	list := func(items ...any) *Source { return srcLiteral(append([]any{}, items...)) }
	for _, tt := range []struct {
		name   string
		stages []Stage
		want   string
		errs   string // what putErrors has put
	}{
		{"items", []Stage{itemsStage(1, "a", nil, 2.5)}, `[1, "a", null, 2.5]`, ""},
		{"no items", []Stage{itemsStage()}, `[]`, ""},
		{"items of null", []Stage{stage("items", Field{Source: srcLiteral(nil)})}, `[]`, ""},
		{"items of a number", []Stage{stage("items", Field{Source: srcLiteral(3)})}, `[] test.yaml:1:6: items: a list is needed, not an int (item null)`, ""},
		{"count", []Stage{stage("items", Field{Source: list(1, 2, 3)}, "count", srcLiteral(2))}, `[1, 2]`, ""},
		{"a count of none", []Stage{stage("items", Field{Source: list(1, 2, 3)}, "count", srcLiteral(0))}, `[]`, ""},
		{"items for items", []Stage{itemsStage(1, 2), stage("items", Field{Source: srcExpr("[item, item * 10]")}, "count", srcExpr("item"))}, `[1, 2, 20]`, ""},
		{"items as", []Stage{itemsStage(1, 2), named(stage("items", Field{Source: list("a", "b")}), "x"), mapStage(`x + string(item)`)}, `["a1", "b1", "a2", "b2"]`, ""},

		{"range", []Stage{stage("range", exprField("4"))}, `[0, 1, 2, 3]`, ""},
		{"range of floats", []Stage{stage("range", exprField("1.5"))}, `[] test.yaml:1:6: range: a whole number is needed, not 1.5 (item null)`, ""},
		{"range to below 0", []Stage{stage("range", exprField("-4"))}, `[]`, ""},
		{"range from to", []Stage{stage("range", bounds("2", "5"))}, `[2, 3, 4]`, ""},
		{"range by", []Stage{stage("range", bounds("10", "0", "-4"))}, `[10, 6, 2]`, ""},
		{"range by 0", []Stage{stage("range", bounds("10", "0", "0"))}, `[] test.yaml:1:6: range: the step of a range cannot be 0 (item null)`, ""},
		{"range over all", []Stage{stage("range", bounds("-9223372036854775807", "9223372036854775807", "9223372036854775807"))}, `[-9223372036854775807, 0]`, ""},
		{"ranges", []Stage{stage("range", exprField("3")), stage("range", exprField("item"))}, `[0, 0, 1]`, ""},

		{"files", []Stage{stage("files", textList("*.txt"))}, `["[odd].txt", "a.txt", "b.txt", "bad.txt", "empty.txt", "note.gz.txt"]`, ""},
		{"files below", []Stage{stage("files", textList("**/[a-d]*.txt"))}, `["a.txt", "b.txt", "bad.txt", "sub/c.txt"]`, ""},
		{"files of several globs, once", []Stage{stage("files", textList("sub/*.txt", "a.*", "*b/*", "./b.txt"))}, `["./b.txt", "a.txt", "sub/c.txt"]`, ""},
		{"hidden files", []Stage{stage("files", textList("sub/.*", ".dot/*"))}, `[".dot/d.txt", "sub/.hidden.txt"]`, ""},
		{"one file", []Stage{stage("files", textList("a.txt"))}, `["a.txt"]`, ""},
		{"a file with brackets", []Stage{stage("files", textList(`\[odd\].txt`))}, `["[odd].txt"]`, ""},
		{"files of full paths", []Stage{stage("files", textList(dir+"/sub/*"))}, `["DIR/sub/c.txt"]`, ""},
		{"no file", []Stage{stage("files", textList("*.none", "a.*"))}, `["a.txt"]`, ""},
		{"no glob", []Stage{stage("files", textList("a[.txt"))}, `[] test.yaml:1:6: files: "a[.txt" is not a glob: a bracket or brace is not closed (item null)`, ""},

		{"read", []Stage{read("a.txt")}, `["one", "two"]`, ""},
		{"read several", []Stage{read("a.txt", "empty.txt", "b.txt")}, `["one", "two", "three"]`, ""},
		{"read for each file", []Stage{stage("files", textList("?.txt")), named(read("${{ item }}"), "line"), mapStage("item + line")}, `["a.txtone", "a.txttwo", "b.txtthree"]`, ""},
		{"read a list in a text", []Stage{itemsStage([]any{"b.txt", "a.txt"}), read("${{ item }}")}, `["three", "one", "two"]`, ""},
		{"read at most", []Stage{stage("read", textList("a.txt", "b.txt"), "count", srcLiteral(1))}, `["one"]`, ""},
		{"read nothing", []Stage{read("${{ item }}")}, `[] test.yaml:1:5: read: a path is needed, not null (item null)`, ""},
		{"read gzip", []Stage{read("two.gz")}, `["1", "2"]`, ""},
		{"read gzip of several members", []Stage{read("members.gz")}, `["1", "23"]`, ""},
		{"read what is called gz", []Stage{read("note.gz.txt")}, `["x"]`, ""},
		{"read nul", []Stage{format("zero", "nul")}, `["a", "b\nc"]`, ""},
		{"read bytes", []Stage{format("bad.txt", "bytes"), mapStage("len(item)")}, `[8]`, ""},
		{"read csv", []Stage{skipped(format("people.csv", "csv"))}, `[{"age": "30", "name": "Ann"}, {"age": "7", "name": "C,D"}]`, ""},
		{"read csv without header", []Stage{skipped(format("people.csv", "csv", "header", srcLiteral(false)))}, `[["name", "age"], ["Ann", "30"], ["C,D", "7"]]`, ""},
		{"read csv with names", []Stage{skipped(format("people.csv", "csv", "header", list("n", "a"))), mapStage("item.a")}, `["age", "30", "7"]`, ""},

		{"a missing file", []Stage{read("none.txt")}, `[] test.yaml:1:5: read: none.txt: no such file or directory (item null)`, ""},
		{"a missing file, left out", []Stage{itemsStage("none.txt", "b.txt"), skipped(read("${{ item }}"))}, `["three"]`, ""},
		{"a missing file of several", []Stage{message(read("none.txt", "b.txt"))}, `["three"]`, `[["none.txt", "none.txt: no such file or directory"]]`},
		{"a missing file of several, passed", []Stage{pass(read("none.txt", "b.txt"))}, `["none.txt", "three"]`, ""},
		{"a folder", []Stage{read("sub")}, "[] test.yaml:1:5: read: sub: is a directory (`files` lists what is in one) (item null)", ""},
		{"a cut gzip file", []Stage{read("cut.gz")}, `["some line", "some line", "some line"] test.yaml:1:5: read: cut.gz: behind line 3: the gzip file is cut off (item null)`, ""},
		{"a cut gzip file, left out", []Stage{message(read("cut.gz", "b.txt"))}, `["some line", "some line", "some line", "three"]`, `[["cut.gz", "cut.gz: behind line 3: the gzip file is cut off"]]`},
		{"a file that is no gzip", []Stage{read("not.gz")}, `[] test.yaml:1:5: read: not.gz: not in the format of gzip, or something else follows its data (item null)`, ""},
		{"read frames", []Stage{format("frames", "frames"), mapStage("string(item)")}, `["one", "", "two"]`, ""},
		{"cut frames", []Stage{message(format("frames.cut", "frames")), mapStage("string(item)")}, `["one"]`, `[["AAAABXR3", "frames.cut:2: the last frame is cut off: 2 of its 5 bytes are there"]]`},
		{"no frames", []Stage{format("a.txt", "frames")}, `[] test.yaml:1:5: read: a.txt: frame 1 has 1869505802 bytes; the most are 64 MiB (item null)`, ""},
		{"not UTF-8", []Stage{read("bad.txt")}, "[\"ok\"] test.yaml:1:5: read: bad.txt:2: not UTF-8 (`format: bytes` reads any bytes) (item \"/w==\")", ""},
		{"not UTF-8, left out", []Stage{skipped(read("bad.txt"))}, `["ok", "ok"]`, ""},
		{"broken JSON", []Stage{message(format("lines.jsonl", "jsonl"))}, `[{"a": 1}, 2.5]`, `[["{\"a\":", "lines.jsonl:2:6: broken JSON: the text ends too early"]]`},
		{"a broken record", []Stage{message(format("people.csv", "csv"))}, `[{"age": "30", "name": "Ann"}, {"age": "7", "name": "C,D"}]`, `[["Bob,4,5", "people.csv:3: the header has 2 fields, this record 3"]]`},
		{"a broken record ends", []Stage{handled(format("people.csv", "csv"), ThenEnd)}, `[{"age": "30", "name": "Ann"}]`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, block := range []int{1, 2, 1024} {
				w := newWorld()
				w.dir = dir
				got := outOf(w, tt.stages, block)
				if got != tt.want {
					t.Errorf("batches of %d:\ngot  %s\nwant %s", block, got, tt.want)
				}
				if errs := string(AppendJSON(nil, append([]any{}, w.queue("errs").put...))); tt.errs != "" && errs != tt.errs {
					t.Errorf("batches of %d: errors\ngot  %s\nwant %s", block, errs, tt.errs)
				}
			}
		})
	}
}

func bounds(exprs ...string) Field {
	src := &Source{Kind: SourceList}
	for _, e := range exprs {
		src.Items = append(src.Items, *srcExpr(e))
	}
	return Field{Source: src}
}

// putErrors puts [item, error.message].
func putErrors() Stage {
	return stage("put", queueField("errs"), "value", srcExpr("[item, error.message]"))
}

// TestFilesWarns: a glob that matches nothing is a warning.
func TestFilesWarns(t *testing.T) {
	w := newWorld()
	w.dir = writeFiles(t, map[string]string{"a": ""})
	if err := w.run([]Stage{stage("files", textList("a", "*.none"))}, Options{}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(w.logged); got != "[warning: *.none: no file matches]" {
		t.Error(got)
	}
}

// TestFilesWarnsOnce: each warning is logged once, whatever waits and dies in between.
func TestFilesWarnsOnce(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 6))
		w := newWorld()
		w.dir = t.TempDir()
		dies := mortal{lives: 20, oneIn: 4, rng: rng, each: func(h *fakeHost) { h.empty = func() bool { return rng.IntN(2) == 0 } }}
		if _, err := dies.run(t, w, []Stage{stage("files", textList("*.a", "*.b", "*.c"))}); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(w.logged); got != "[warning: *.a: no file matches warning: *.b: no file matches warning: *.c: no file matches]" {
			t.Fatalf("seed %d: %s", seed, got)
		}
	}
}

func TestRangeLength(t *testing.T) {
	for _, tt := range []struct {
		start, stop, step int
		want              uint64
	}{
		{0, 10, 3, 4},
		{0, 9, 3, 3},
		{10, 0, -3, 4},
		{5, 5, 1, 0},
		{5, 4, 1, 0},
		{4, 5, -1, 0},
		{math.MinInt, math.MaxInt, 1, math.MaxUint64},
		{math.MaxInt, math.MinInt, -1, math.MaxUint64},
		{math.MaxInt, math.MinInt, math.MinInt, 2},
		{math.MinInt, math.MaxInt, math.MaxInt, 3},
	} {
		if got := rangeLength(tt.start, tt.stop, tt.step); got != tt.want {
			t.Errorf("%d to %d by %d: %d numbers, not %d", tt.start, tt.stop, tt.step, got, tt.want)
		}
	}
}

// TestSourcesResume: a worker that dies anywhere and is replaced gives what it gives in one go, each once.
func TestSourcesResume(t *testing.T) {
	var lines, records, objects strings.Builder
	for i := range 200 {
		fmt.Fprintf(&lines, "line %d\n", i)
		fmt.Fprintf(&records, "%d,\"x\n%d\"\n", i, i)
		fmt.Fprintf(&objects, "{\"n\": %d}\n", i)
	}
	dir := writeFiles(t, map[string]string{
		"a.txt": lines.String(), "b.txt": "last\nbroken \xff\nline", "c.gz": lines.String(), "d.csv": "n,text\n" + records.String(), "e.jsonl": objects.String(),
	})
	var frames []byte
	for i := range 200 {
		frames = appendFrame(frames, fmt.Sprint("frame\n", i))
	}
	for name, data := range map[string][]byte{
		"c.zst": packedAs(t, zstandard, lines.String()), "c.xz": packedAs(t, xzipped, lines.String()), "c.bz2": packedAs(t, bzipped, ""),
		"f.frames": frames, "n.nul": []byte(strings.ReplaceAll(lines.String(), "\n", "\x00")),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(format string, paths ...string) Stage {
		return stage("read", textList(paths...), "format", srcLiteral(format))
	}
	for _, tt := range []struct {
		name   string
		stages []Stage
		items  int
	}{
		{"items", []Stage{stage("items", Field{Source: srcExpr("0..150")}), stage("items", Field{Source: srcExpr("[item, -item]")}, "count", srcExpr("item % 3"))}, 150},
		{"range", []Stage{stage("range", bounds("1000", "0", "-5"))}, 200},
		{"files", []Stage{stage("range", exprField("20")), named(stage("files", textList("*")), "f"), mapStage("string(item) + f")}, 200},
		{"read", []Stage{handled(read("lines", "a.txt", "none", "b.txt", "c.gz"), ThenPass)}, 404},
		{"read csv", []Stage{read("csv", "d.csv")}, 200},
		{"read jsonl", []Stage{stage("range", exprField("3")), named(read("jsonl", "e.jsonl"), "o"), mapStage("[item, o]")}, 600},
		{"read nul", []Stage{read("nul", "n.nul")}, 200},
		{"read frames", []Stage{read("frames", "f.frames"), mapStage("string(item)")}, 200},
		{"read compressed", []Stage{read("lines", "c.zst", "c.xz", "c.bz2", "c.gz")}, 1000},
		{"read records", []Stage{read("jsonl", "e.jsonl"), filterStage("item.n % 3 != 0"), mapStage("item.n")}, 130},
		{"read bytes", []Stage{stage("files", textList("*.txt")), read("bytes", "${{ item }}"), mapStage("len(item)")}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			whole := newWorld()
			whole.dir = dir
			want := outOf(whole, tt.stages, 1)
			if n := len(whole.queue("out").put); n < tt.items-1 {
				t.Fatalf("only %d items: %s", n, want)
			}
			for seed := range uint64(8) {
				rng := rand.New(rand.NewPCG(seed, 9))
				w := newWorld()
				w.dir = dir
				dies := mortal{
					lives: 40, oneIn: 15, rng: rng,
					options: func() Options { return Options{BlockItems: 1 + rng.IntN(40)} },
					each:    func(h *fakeHost) { h.full = func() bool { return rng.IntN(4) == 0 } },
				}
				_, err := dies.run(t, w, tt.stages)
				got := string(AppendJSON(nil, append([]any{}, w.queue("out").put...)))
				if err != nil || got != want {
					t.Fatalf("seed %d: %v\ngot  %s\nwant %s", seed, err, got, want)
				}
			}
		})
	}
}

// TestReadChanged: a file that became shorter than what was read of it is an error, and so is one that went away.
func TestReadChanged(t *testing.T) {
	for _, tt := range []struct {
		change func(path string) error
		want   string
	}{
		{func(path string) error { return os.Truncate(path, 2) }, "a.txt: behind line 1: has 2 bytes, but 4 were read of it before: it was changed"},
		{os.Remove, "a.txt: behind line 1: no such file or directory"},
	} {
		w := newWorld()
		w.dir = writeFiles(t, map[string]string{"a.txt": "one\ntwo\nthree\n"})
		stages := []Stage{stage("read", textList("a.txt"))}
		h, err := w.start(stages, Options{BlockItems: 1})
		if err != nil {
			t.Fatal(err)
		}
		h.die = func() bool { return len(w.queue("out").put) == 1 && w.commits == 2 }
		if err := h.finish(); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		if err := tt.change(filepath.Join(w.dir, "a.txt")); err != nil {
			t.Fatal(err)
		}
		if err := w.run(stages, Options{BlockItems: 1}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v\nwant %s", err, tt.want)
		}
	}
}

// TestReadShrinking: a file that becomes shorter while it is read is an error behind what was read of it.
func TestReadShrinking(t *testing.T) {
	w := newWorld()
	w.dir = writeFiles(t, map[string]string{"a.txt": strings.Repeat("some text\n", 40000)})
	h, err := w.start([]Stage{stage("read", textList("a.txt"))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	commits := 0
	h.commitNow = func() bool {
		if commits++; commits == 2 {
			if err := os.Truncate(filepath.Join(w.dir, "a.txt"), 1000); err != nil {
				t.Fatal(err)
			}
		}
		return true
	}
	if err := h.finish(); err == nil || !strings.Contains(err.Error(), "has 1000 bytes, but ") {
		t.Errorf("got %v", err)
	}
	if n := len(w.queue("out").put); n < 1000 || n > 39999 {
		t.Errorf("%d lines were read", n)
	}
}

// TestReadNothing: what is empty by nature is an empty stream.
func TestReadNothing(t *testing.T) {
	for _, format := range []string{"lines", "nul", "jsonl", "csv", "frames"} {
		if got := outOf(newWorld(), []Stage{stage("read", textList("/dev/null"), "format", srcLiteral(format))}, 0); got != "[]" {
			t.Errorf("%s: %s", format, got)
		}
	}
}

// TestReadClosesFiles: no file is left open, however the stream ends.
func TestReadClosesFiles(t *testing.T) {
	w := newWorld()
	w.dir = writeFiles(t, map[string]string{"a.txt": "one\ntwo\nthree\n", "b.gz": "1\n2\n"})
	open := func() (names []string) {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if name, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(name, w.dir) {
				names = append(names, name)
			}
		}
		return names
	}
	read := stage("read", textList("a.txt", "b.gz", "none"))
	for _, stages := range [][]Stage{
		{handled(read, ThenSkip)},
		{read},
		{read, countStage("take", 1)},
		{stage("range", exprField("3")), doStage(read, countStage("take", 1))},
		{stage("range", exprField("3")), stage("read", textList("a.txt"), "count", srcLiteral(1))},
	} {
		h, err := w.start(stages, Options{})
		if err != nil {
			t.Fatal(err)
		}
		_ = h.finish()
		h.chain.Reset()
		w.state = nil
		if names := open(); len(names) > 0 {
			t.Errorf("left open: %s", names)
		}
	}
}

// setStdin makes file the standard input for a test.
func setStdin(t *testing.T, file *os.File) {
	t.Helper()
	old := os.Stdin
	os.Stdin = file
	t.Cleanup(func() { os.Stdin = old })
}

// TestReadPipe: standard input that is a pipe is read as it comes; the chain commits before it waits, and says that what it reads
// cannot be read again.
func TestReadPipe(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	setStdin(t, in)
	w := newWorld()
	stages := []Stage{stage("read", textList("-"))}
	h, err := w.start(stages, Options{})
	if err != nil {
		t.Fatal(err)
	}
	steps := []func(){
		func() { fmt.Fprint(out, "one\ntwo\nhal") },
		func() {
			if got := len(w.queue("out").put); got != 2 {
				t.Errorf("%d items are committed before the chain waits, not 2", got)
			}
			fmt.Fprint(out, "f\nlast")
		},
		func() { out.Close() },
	}
	h.onWait = func() {
		if len(steps) > 0 {
			steps[0]()
			steps = steps[1:]
		}
	}
	if err := h.finish(); err != nil {
		t.Fatal(err)
	}
	if got := string(AppendJSON(nil, w.queue("out").put)); got != `["one", "two", "half", "last"]` {
		t.Error(got)
	}
	if h.world.volatiles == 0 {
		t.Error("nobody was told that standard input cannot be read again")
	}
}

// TestReadPipeResume: what was taken from a pipe and committed is not lost with the worker, be it worked off or not.
func TestReadPipeResume(t *testing.T) {
	for seed := range uint64(10) {
		in, out, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		setStdin(t, in)
		var want []any
		for i := range 300 {
			want = append(want, fmt.Sprint("line ", i))
			fmt.Fprintln(out, want[i])
		}
		out.Close()
		rng := rand.New(rand.NewPCG(seed, 3))
		w := newWorld()
		for {
			h, err := w.start([]Stage{stage("read", textList("-"))}, Options{BlockItems: 1 + rng.IntN(20)})
			if err != nil {
				t.Fatal(err)
			}
			// It dies only when nothing has been read since the last commit: that would be lost, and the runtime's to report.
			h.die = func() bool { return h.volatile == Pos{} && rng.IntN(10) == 0 }
			err = h.finish()
			if err == nil {
				break
			}
			if !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
		}
		in.Close()
		if got := string(AppendJSON(nil, w.queue("out").put)); got != string(AppendJSON(nil, want)) {
			t.Fatalf("seed %d: %s", seed, got)
		}
	}
}

// TestReadStdinFile: standard input that is a file is read from where it stands, without moving that.
func TestReadStdinFile(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a.txt": "one\ntwo\nthree\n"})
	file, err := os.Open(filepath.Join(dir, "a.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	setStdin(t, file)
	if _, err := file.Seek(4, 0); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := outOf(newWorld(), []Stage{stage("read", textList("-"))}, 0); got != `["two", "three"]` {
			t.Error(got)
		}
	}
}

// TestReadFifo: a FIFO is opened without waiting for its writer, and cannot be opened in its middle.
func TestReadFifo(t *testing.T) {
	w := newWorld()
	w.dir = t.TempDir()
	path := filepath.Join(w.dir, "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	stages := []Stage{stage("read", textList("fifo"))}
	h, err := w.start(stages, Options{BlockItems: 1})
	if err != nil {
		t.Fatal(err)
	}
	var out *os.File
	h.onWait = func() {
		if out != nil {
			t.Error("it waits although there is something")
			return
		}
		if out, err = os.OpenFile(path, os.O_WRONLY, 0); err != nil {
			t.Error(err)
			return
		}
		fmt.Fprint(out, "one\ntwo\n")
		out.Close()
		h.die = func() bool { return len(w.queue("out").put) == 1 }
	}
	if err := h.finish(); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	got := outOf(w, stages, 1)
	if want := `["one"] test.yaml:1:5: read: fifo: behind line 1: cannot be read on after the death of the worker that had it open`; !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestGet: identities, single items, timeouts and waiting.
func TestGet(t *testing.T) {
	w := newWorld()
	q := w.queue("in")
	q.blocks = []Column{ColumnOf(1, 2, 3), ColumnOf("a")}
	get := stage("get", queueField("in"))
	if got := outOf(w, []Stage{get, mapStage("[item, delivery.id, delivery.attempt]")}, 2); got != `[[1, "in#999996", 1], [2, "in#999997", 1], [3, "in#999998", 1], ["a", "in#999999", 1]]` {
		t.Error(got)
	}
	w = newWorld()
	q = w.queue("in")
	q.blocks, q.single = []Column{ColumnOf(1, 2, 3)}, true
	if got := outOf(w, []Stage{get}, 100); got != `[1, 2, 3]` || w.commits < 3 {
		t.Errorf("%s in %d commits", got, w.commits)
	}
	w = newWorld()
	w.queue("in").blocks = []Column{ColumnOf(1, 2, 3)}
	if got := outOf(w, []Stage{itemsStage("x", "y"), named(stage("get", queueField("in"), "count", srcLiteral(2)), "n"), mapStage("[item, n]")}, 100); got != `[["x", 1], ["x", 2], ["y", 3]]` {
		t.Error(got)
	}
}
