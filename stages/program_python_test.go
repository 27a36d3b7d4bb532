package stages

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// pythonProgram is the interpreter itself, not a script that chooses one.
var pythonProgram = sync.OnceValue(func() string {
	out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
})

// pythonWorld is a world with a module "functions".
func pythonWorld(t *testing.T) *world {
	t.Helper()
	if pythonProgram() == "" {
		if os.Getenv("MPRUN_CI") != "" {
			t.Fatal("python3 is not installed")
		}
		t.Skip("python3 is not installed")
	}
	w := programWorld(t)
	text, err := os.ReadFile("testdata/functions.py")
	if err == nil {
		err = os.WriteFile(filepath.Join(w.dir, "functions.py"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func pythonStage(w *world, function string, options ...any) Stage {
	s := stage("python", Field{Source: srcLiteral(function)}, append([]any{"interpreter", srcLiteral(pythonProgram())}, options...)...)
	s.Options["path"] = textList(w.dir)
	return s
}

// outAndLetGo is what comes out of stages, and how they end; no interpreter is left.
func (w *world) outAndLetGo(stages []Stage, block int) string {
	h, err := w.start(stages, Options{BlockItems: block})
	if err != nil {
		return err.Error()
	}
	err = h.finish()
	if end := h.chain.LetGo(); err == nil {
		err = end
	}
	out := string(AppendJSON(nil, append([]any{}, w.queue("out").put...)))
	if err != nil {
		out += " " + err.Error()
	}
	return strings.ReplaceAll(out, pythonProgram(), "PYTHON")
}

// TestPython is what functions give, and what becomes of those that misbehave, every other one in batches and item by item.
func TestPython(t *testing.T) {
	failed := func(item, what string) string { return `test.yaml:1:7: python: ` + what + ` (item ` + item + `)` }
	for number, tt := range []struct {
		name  string
		items []any
		call  string
		opts  []any
		want  string // what comes out, and the error
		part  bool   // want is only how that begins
		skips bool   // with on_error: skip
	}{
		{name: "numbers", items: []any{1, -2, 1 << 40}, call: "square", want: `[1, 4]`, skips: true}, // the last is too large
		{name: "as they are", items: []any{nil, true, 1, 1.5, "ä\U0001F600", []byte{0, 255}, []any{1, []any{}}, map[string]any{"a": map[string]any{}}}, call: "same", want: `[null, true, 1, 1.5, "ä😀", "AP8=", [1, []], {"a": {}}]`},
		{name: "the standard library", items: []any{[]any{1, 2, 4}, []any{2.5}}, call: "statistics:median", want: `[2, 2.5]`},
		{name: "a method", items: []any{" a "}, call: "functions:Text.strip", want: `["a"]`},
		{name: "no items", call: "square", want: `[]`},
		{name: "a generator", items: []any{0, 3, 1}, call: "count", want: `[0, 1, 2, 0]`},
		{name: "long generators", items: []any{5000, 5000}, call: "few", want: `[0, 1000, 2000, 3000, 4000, 0, 1000, 2000, 3000, 4000]`},
		{name: "a generator that fails", items: []any{4, 2}, call: "fails_at_3", want: `[0, 1, 2] ` + failed("4", "ValueError: three")},
		{name: "a generator that fails, skipped", items: []any{4, 2, 4}, call: "fails_at_3", want: `[0, 1, 2, 0, 1, 0, 1, 2]`, skips: true},
		{name: "a generator with a set", items: []any{3, 0}, call: "sets_at_2", want: `[0, 1]`, skips: true},
		{name: "a generator with what cannot be sent", items: []any{3, 0}, call: "objects_at_2", want: `[0, 1]`, skips: true},
		{name: "tuples and the like", items: []any{0}, call: "lists", want: `[[[1, 2], [3, 4], [1], [1, 2]]]`},
		{name: "maps", items: []any{0}, call: "maps", want: `[[{"a": 1}, {"a": 2}, {"a": [1]}, {"x": 1, "y": {"x": 2, "y": 3}}]]`},
		{name: "texts", items: []any{0}, call: "texts", want: `[["2026-01-02T03:04:05", "2026-01-02", "/tmp/x", "00000000-0000-0000-0000-000000000007", "red", 2, "sub"]]`},
		{name: "bytes", items: []any{0}, call: "bytes_of", want: `[["AQ==", "Ag=="]]`},
		{name: "floats", items: []any{0}, call: "floats", want: `[[NaN, Infinity, -0.0]]`},
		{name: "spread", items: []any{[]any{1, 2}, map[string]any{"a": 1, "b": 2, "c": 3}}, call: "add", opts: []any{"spread", srcLiteral(true)}, want: `[3, 6]`},
		{name: "spread what cannot be", items: []any{[]any{1}, []any{1, 2}, 5}, call: "add", opts: []any{"spread", srcLiteral(true)}, want: `[3]`, skips: true},
		{name: "init", items: []any{1, 2}, call: "prepared", opts: []any{"init", srcLiteral("functions:prepare")}, want: `["1 once", "2 once"]`},
		{name: "prints and reads", items: []any{1}, call: "talks", want: `["EOFError"]`},
		{name: "threads and children", items: []any{1, 2}, call: "forks", want: `[1, 2]`},
		{name: "a child that starts anew", items: []any{1}, call: "spawns", want: `[0]`},
		{name: "signals", items: []any{1, 2}, call: "signals", want: `[[1], [2]]`},
		{name: "an object that can be called", items: []any{1}, call: "called_object", want: `[[1]]`},
		{name: "a child that comes back", items: []any{1, 2, 3}, call: "forks_and_returns", want: `[1, 2, 3]`},
		{name: "a child that is left", items: []any{1, 2}, call: "leaves_a_child", want: `[1, 2]`},
		{name: "large results", items: []any{1, 2, 3}, call: "large", want: `[3000000, 3000000, 3000000]`},

		{name: "raises", items: []any{1, 0, 2}, call: "inverse", want: `[1.0] ` + failed("0", "ZeroDivisionError: division by zero")},
		{name: "raises, skipped", items: []any{0, 1, 0, 2, 0}, call: "inverse", want: `[1.0, 0.5]`, skips: true},
		{name: "raises what ends a loop", items: []any{1, 5, 2}, call: "stops_at_5", want: `[1] ` + failed("5", "StopIteration")},
		{name: "raises what ends a loop, skipped", items: []any{5, 1, 5, 5, 2, 5}, call: "stops_at_5", want: `[1, 2]`, skips: true},
		{name: "raises something odd", items: []any{1}, call: "raises_odd", want: failed("1", "Odd: (its text cannot be had)"), part: true},
		{name: "exits", items: []any{1, 2}, call: "exits", want: `[] ` + failed("1", "SystemExit: the function ended its program: 3")},
		{name: "exits with a word", items: []any{1}, call: "exits_saying", want: `[] ` + failed("1", "SystemExit: the function ended its program: enough")},
		{name: "ends at once", items: []any{1, 2, 5, 6}, call: "ends_at_5", want: `[1, 2] ` + failed("5", "PYTHON ended with exit code 7: at five")},
		{name: "ends at once, skipped", items: []any{1, 5, 6, 5, 7}, call: "ends_at_5", want: `[1, 6, 7]`, skips: true},
		{name: "ends well at once", items: []any{1}, call: "ends_well", want: `[] ` + failed("1", "PYTHON ended without an answer")},
		{name: "is killed", items: []any{1, 5, 6}, call: "killed_at_5", want: `[1] ` + failed("5", "3 interpreters were killed while they worked on the item: PYTHON was ended by signal 9")},
		{name: "is killed, skipped", items: []any{5, 1, 5, 6}, call: "killed_at_5", want: `[1, 6]`, skips: true},
		{name: "crashes", items: []any{1}, call: "crashes", want: `[] ` + failed("1", "3 interpreters were killed while they worked on the item: PYTHON was ended by signal 11"), part: true},
		{name: "writes to the way out", items: []any{1, 5, 6}, call: "scribbles_at_5", want: `[1, 6]`, skips: true},
		{name: "half an answer", items: []any{1, 5, 6}, call: "half_at_5", want: `[1, 6]`, skips: true},
		{name: "closes all files", items: []any{1, 5, 6}, call: "closes_at_5", want: `[1, 6]`, skips: true},
		{name: "closes the way out", items: []any{1, 5, 6}, call: "closes_at_5", want: `[1] ` + failed("5", "PYTHON ended with exit code 1: descriptor 4 has been closed, which is mprun's: it talks to the function by 3 and 4")},
		{name: "closes the way in", items: []any{5}, call: "closes_input_at_5", want: `[5] test.yaml:1:7: python: PYTHON ended with exit code 1: descriptor 3 has been closed, which is mprun's: it talks to the function by 3 and 4`},
		{name: "takes the way out", items: []any{1, 5, 6}, call: "takes_at_5", want: `[1] ` + failed("5", "PYTHON: it has closed descriptor 4, which is mprun's")},
		{name: "floods standard output", items: []any{1}, call: "floods", want: `[1]`},
		{name: "a set", items: []any{1}, call: "a_set", want: `[] ` + failed("1", "TypeError: a set is no item: sorted() makes a list of it")},
		{name: "too large an int", items: []any{1, 0}, call: "huge", want: `[] ` + failed("1", "TypeError: an int beyond 64 bits is no item: str() makes a text of it, float() a number that is about the same")},
		{name: "a key", items: []any{1}, call: "keys", want: `[] ` + failed("1", "TypeError: a dict with a key that is no str is no item: the key is 1")},
		{name: "a surrogate", items: []any{1}, call: "surrogate", want: `[] ` + failed("1", "TypeError: a text with a surrogate in it is no item: it is not UTF-8")},
		{name: "an object", items: []any{0, 1}, call: "an_object", want: `[0] ` + failed("1", "TypeError: a value of type functions.Object is no item")},
		{name: "an iterator", items: []any{1}, call: "iterator", want: `[] ` + failed("1", "TypeError: a value of type map is no item: list() or a generator makes results of it")},
		{name: "a coroutine", items: []any{1}, call: "coroutine", want: `[] ` + failed("1", "TypeError: the result is of type coroutine: the function has to run it, as by asyncio.run")},
		{name: "what stands in itself", items: []any{1}, call: "circle", want: `[] ` + failed("1", "ValueError: a result that contains itself is no item")},
		{name: "too deep", items: []any{0, 1}, call: "deep", want: `[0] ` + failed("1", "ValueError: a result that nests too deep, or contains itself, is no item")},
		{name: "no such function", items: []any{1}, call: "sqare", want: `[] test.yaml:1:7: python: AttributeError: functions (DIR/functions.py) has no sqare; did you mean square? (item 1)`},
		{name: "no such module", items: []any{1}, call: "nowhere:f", want: `[] ` + failed("1", "ModuleNotFoundError: No module named 'nowhere'")},
		{name: "not a function", items: []any{1}, call: "NUMBER", want: `[] ` + failed("1", "TypeError: functions:NUMBER is of type int, which cannot be called")},
		{name: "init fails, again and again", items: []any{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, call: "same", opts: []any{"init", srcLiteral("functions:an_object")}, want: `[]`, skips: true},
		{name: "init is a generator", items: []any{1}, call: "same", opts: []any{"init", srcLiteral("functions:empty")}, want: `[] ` + failed("1", "TypeError: functions:empty gives a generator, of which nothing has been run")},
		{name: "init ends", items: []any{1}, call: "same", opts: []any{"init", srcLiteral("functions:ends_well")}, want: `[] ` + failed("1", "PYTHON ended without an answer")},
		{name: "no interpreter", items: []any{1}, call: "same", opts: []any{"interpreter", srcLiteral("/nowhere/python")}, want: `[] `, part: true},
		{name: "no Python", items: []any{1}, call: "same", opts: []any{"interpreter", srcLiteral("false")}, want: `[] ` + failed("1", "false ended with exit code 1")},
		{name: "text that is not UTF-8", items: []any{"a", "\xff", "b"}, call: "same", want: `["a", "b"]`, skips: true},
		{name: "a thread at the end", items: []any{1}, call: "leaves_a_daemon", want: `[1]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, block := range [][]int{{1, 7}, {7}, {1}, {7}}[number%4] {
				w := pythonWorld(t)
				call := tt.call
				if !strings.Contains(call, ":") {
					call = "functions:" + call
				}
				python := pythonStage(w, call, tt.opts...)
				if tt.skips {
					python = handled(python, ThenSkip)
				}
				got := w.outAndLetGo([]Stage{itemsStage(tt.items...), python}, block)
				want := strings.ReplaceAll(tt.want, "DIR", w.dir)
				if got != want && (!tt.part || !strings.Contains(got, strings.TrimSuffix(want, ")"))) {
					t.Errorf("in blocks of %d it gives\n%s, not\n%s", block, got, want)
				}
			}
		})
	}
}

// TestPythonTraceback: where an exception came from is told without what is not the function's.
func TestPythonTraceback(t *testing.T) {
	for _, tt := range []struct {
		function string
		item     any
		parts    []string
	}{
		{"calls_inverse", 0, []string{"Traceback", "in calls_inverse", "return inverse(item)", "in inverse", "division by zero|ZeroDivisionError"}},
		{"stops_at_5", 5, []string{"Traceback", "in stops_at_5", "next(iter([]))", "StopIteration|StopIteration"}},
	} {
		w := pythonWorld(t)
		out := mapStage("error.traceback + '|' + error.type")
		python := handled(pythonStage(w, "functions:"+tt.function), ThenSkip, out, stage("put", queueField("errors")))
		if got := w.outAndLetGo([]Stage{itemsStage(tt.item), python}, 7); got != "[]" {
			t.Fatal(got)
		}
		got, _ := w.queue("errors").put[0].(string)
		for _, part := range tt.parts {
			if !strings.Contains(got, part) {
				t.Errorf("the traceback of %s lacks %q:\n%s", tt.function, part, got)
			}
		}
		if strings.Contains(got, "<mprun>") {
			t.Errorf("the traceback of %s begins before the function:\n%s", tt.function, got)
		}
	}
}

// TestPythonRetry: what is tried again is asked again, and what stands behind it is not.
func TestPythonRetry(t *testing.T) {
	w := pythonWorld(t)
	calls := filepath.Join(w.dir, "calls")
	t.Setenv("CALLS", calls)
	python := pythonStage(w, "functions:third_time")
	python.Retry = &Retry{Times: srcLiteral(5)}
	if got := w.outAndLetGo([]Stage{itemsStage("a", "b", "c", "d"), python}, 7); got != `["a", "b", "c", "d"]` {
		t.Error(got)
	}
	text, err := os.ReadFile(calls)
	if n := strings.Count(string(text), "\n"); err != nil || n != 12 {
		t.Errorf("%d calls, %v\n%s", n, err, text)
	}
}

// TestPythonTimeout: an item that takes too long is ended with its interpreter, the others are not, though that starts anew for them.
func TestPythonTimeout(t *testing.T) {
	w := pythonWorld(t)
	python := timed(handled(pythonStage(w, "functions:sleeps_at_5"), ThenSkip), "100ms")
	if got := w.outAndLetGo([]Stage{itemsStage(1, 5, 2), python}, 7); got != `[1, 2]` {
		t.Error(got)
	}
}

// TestPythonStays: the interpreter lives over the streams of a nested chain, ends with a word, and takes what it was asked for in vain.
func TestPythonStays(t *testing.T) {
	w := pythonWorld(t)
	t.Setenv("CALLS", filepath.Join(w.dir, "ends"))
	same := []Stage{
		stage("range", exprField("5")), pythonStage(w, "functions:pid"),
		stage("take", Field{Source: srcLiteral(2)}), stage("put", queueField("pids")),
	}
	if got := w.outAndLetGo([]Stage{itemsStage(1, 2, 3), stage("do", Field{Stages: same})}, 7); got != "[1, 2, 3]" {
		t.Fatal(got)
	}
	pids := w.queue("pids").put
	for _, pid := range pids {
		if pid != pids[0] {
			t.Errorf("several interpreters: %v", pids)
		}
	}
	if text, err := os.ReadFile(filepath.Join(w.dir, "ends")); len(pids) != 6 || string(text) != "end\n" || err != nil {
		t.Errorf("%d calls, ended with %q, %v", len(pids), text, err)
	}
}

// TestPythonEnd: an interpreter that ends in failure fails its process.
func TestPythonEnd(t *testing.T) {
	w := pythonWorld(t)
	if got := w.outAndLetGo([]Stage{itemsStage(1), pythonStage(w, "functions:ends_badly")}, 7); got != `[1] test.yaml:1:7: python: PYTHON ended with exit code 5` {
		t.Error(got)
	}
}

// TestPythonDeaths: whatever dies, the worker anywhere and the interpreter, what comes out is the same.
func TestPythonDeaths(t *testing.T) {
	for _, function := range []string{"dies_at_random", "count_dying", "sometimes_many"} {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			source := stage("range", exprField("12"))
			calm := pythonWorld(t)
			want := calm.outAndLetGo([]Stage{source, pythonStage(calm, "functions:"+strings.TrimSuffix(function, "_dying")+"_calm")}, 7)
			for seed := range uint64(3) {
				w, rng := pythonWorld(t), rand.New(rand.NewPCG(seed, 6))
				python := pythonStage(w, "functions:"+function)
				var err error
				for lives := 0; ; lives++ {
					h, startErr := w.start([]Stage{source, python}, Options{BlockItems: 7})
					if startErr != nil {
						t.Fatal(startErr)
					}
					h.die = func() bool { return lives < 6 && rng.IntN(10) == 0 }
					h.careful = rng.IntN(3) == 0
					err = h.finish()
					for _, k := range h.chain.kept {
						k.keeper.(*pythonNode).stop() // with its worker
					}
					if !errors.Is(err, errKilled) {
						break
					}
				}
				if got := string(AppendJSON(nil, w.queue("out").put)); err != nil || got != want {
					t.Fatalf("seed %d: %v\ngot  %s\nwant %s", seed, err, got, want)
				}
			}
		})
	}
}

// TestPythonInputLost: a generator that gives something else when it is asked again cannot be gone on with.
func TestPythonInputLost(t *testing.T) {
	w := pythonWorld(t)
	stages := []Stage{itemsStage(50), pythonStage(w, "functions:count_pid")}
	h, err := w.start(stages, Options{BlockItems: 7})
	if err != nil {
		t.Fatal(err)
	}
	h.die = func() bool { return len(w.queue("out").put) > 0 }
	err = h.finish()
	h.chain.kept[0].keeper.(*pythonNode).stop()
	if !errors.Is(err, errKilled) {
		t.Fatalf("it ended before it was killed: %v", err)
	}
	if got := w.outAndLetGo(stages, 7); !strings.Contains(got, "[input-lost]") {
		t.Error(got)
	}
}
