package stages

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func listOfInts(n int) []any {
	items := make([]any, n)
	for i := range items {
		items[i] = i
	}
	return items
}

// TestOperators gives each operator items and looks at what comes out, as JSON, and at the error.
func TestOperators(t *testing.T) {
	var (
		sum   = stage("reduce", exprField("acc + item"))
		words = []any{"GET /a 200 1.5", "GET /b 007 x"}
	)
	for _, test := range []struct {
		name  string
		stage Stage
		in    []any
		out   string
		err   string // a part of it
	}{
		{"map", mapStage("item * 2"), []any{1, 2.5}, `[2, 5.0]`, ""},
		{"map to a composite", stage("map", Field{Source: &Source{Kind: SourceMap, Keys: []string{"a", "b"}, Items: []Source{*srcExpr("item"), *srcLiteral("x")}}}), []any{1}, `[{"a": 1, "b": "x"}]`, ""},
		{"map of what fails", mapStage("item + 1"), []any{1, "x", 2}, `[2]`, `test.yaml:1:4: map: `},
		{"map that overflows", mapStage("item + 1"), append(listOfInts(20), 1<<63-1), ``, `integer overflow`},
		{"filter", filterStage("item > 1"), []any{1, 2, 3}, `[2, 3]`, ""},
		{"filter by no condition", filterStage("item"), []any{true, 1}, `[true]`, "a condition must be true or false, not"},
		{"flat_map", stage("flat_map", exprField("item")), []any{[]any{1, "a"}, nil, []any{}, []any{2}}, `[1, "a", 2]`, ""},
		{"flat_map of no list", stage("flat_map", exprField("item")), []any{[]any{1}, 5}, `[1]`, "flat_map needs a list, not"},
		{"take_while", stage("take_while", exprField("item < 3")), []any{1, 2, 3, 1}, `[1, 2]`, ""},
		{"extract", stage("extract", Field{Source: srcLiteral(`(?<path>/\S+) (?<status>\d+) (?<took>\S+)`)}), words, `[{"path": "/a", "status": 200, "took": 1.5}, {"path": "/b", "status": "007", "took": "x"}]`, ""},
		{"extract groups that may be missing", stage("extract", Field{Source: srcLiteral(`^(?<a>a)?(?<b>b)?$`)}), []any{"a", "b"}, `[{"a": "a", "b": null}, {"a": null, "b": "b"}]`, ""},
		{"extract without a match", stage("extract", Field{Source: srcLiteral(`(?<n>\d)`)}), []any{"5", "x"}, `[{"n": 5}]`, `the regular expression does not match (item "x")`},
		{"extract from no text", stage("extract", Field{Source: srcLiteral(`(?<n>\d)`)}), []any{5}, `[]`, "extract needs text, not"},
		{"reduce", sum, []any{1, 2, 3.5}, `[6.5]`, ""},
		{"reduce of nothing", sum, nil, `[]`, ""},
		{"reduce of nothing with init", stage("reduce", exprField("acc + item"), "init", srcLiteral(5)), nil, `[5]`, ""},
		{"reduce that overflows", sum, []any{1<<63 - 1, 1}, ``, "does not fit into 64 bits (item 1)"},
		{"reduce that counts over", stage("reduce", exprField("acc + 1"), "init", srcLiteral(1<<63-3)), []any{"a", "b", "c"}, ``, `does not fit into 64 bits (item "c")`},
		{"reduce by", stage("reduce", exprField("acc + 1"), "init", srcLiteral(0), "by", srcExpr("item")), []any{"b", "a", "b"}, `[{"key": "a", "value": 1}, {"key": "b", "value": 2}]`, ""},
		{"reduce by keys of all kinds", stage("reduce", exprField("acc + 1"), "init", srcLiteral(0), "by", srcExpr("item")), []any{"1", 1, 1.0, nil, true, 1.5, []any{1}, []any{1.0}}, `[{"key": null, "value": 1}, {"key": true, "value": 1}, {"key": 1, "value": 2}, {"key": 1.5, "value": 1}, {"key": "1", "value": 1}, {"key": [1], "value": 2}]`, ""},
		{"reduce by of nothing", stage("reduce", exprField("acc + 1"), "init", srcLiteral(0), "by", srcExpr("item")), nil, `[]`, ""},
		{"reduce by that overflows", stage("reduce", exprField("acc + item.n"), "init", srcLiteral(0), "by", srcExpr("item.k")), []any{map[string]any{"k": 1, "n": 1<<63 - 1}, map[string]any{"k": 2, "n": 1}, map[string]any{"k": 1, "n": 1}}, ``, "integer overflow"},
		{"batch", countStage("batch", 2), []any{1, 2, 3}, `[[1, 2], [3]]`, ""},
		{"batch of nothing", countStage("batch", 2), nil, `[]`, ""},
		{"batch of 0", countStage("batch", 0), []any{1}, `[]`, "a batch of 0 items is never full"},
		{"collect", stage("collect", Field{Source: srcLiteral("all")}), []any{1, "a"}, `[[1, "a"]]`, ""},
		{"collect nothing", stage("collect", Field{Source: srcLiteral("all")}), nil, `[[]]`, ""},
		{"take", countStage("take", 2), []any{1, 2, 3}, `[1, 2]`, ""},
		{"take more than there is", countStage("take", 9), []any{1, 2}, `[1, 2]`, ""},
		{"take a negative count", stage("take", Field{Source: srcText("${{ -1 }}")}), []any{1}, `[]`, "a count cannot be negative: -1"},
		{"take no number", stage("take", Field{Source: srcText("${{ item }}")}), []any{"x"}, `[]`, `a whole number is needed, not "x"`},
		{"skip", countStage("skip", 2), []any{1, 2, 3}, `[3]`, ""},
		{"distinct", stage("distinct", Field{}), []any{1, "1", 1.0, []any{2}, []any{2.0}, nil, nil}, `[1, "1", [2], null]`, ""},
		{"distinct by key", stage("distinct", exprField("item.k")), []any{map[string]any{"k": 1, "n": 1}, map[string]any{"k": 1, "n": 2}}, `[{"k": 1, "n": 1}]`, ""},
		{"sort", stage("sort", Field{}), []any{3, 1.5, 2}, `[1.5, 2, 3]`, ""},
		{"sort kinds", stage("sort", Field{}), []any{"b", map[string]any{}, 3, []any{}, nil, true, 2.5}, `[null, true, 2.5, 3, "b", [], {}]`, ""},
		{"sort is stable", stage("sort", exprField("item[0]")), []any{[]any{1, "a"}, []any{0, "b"}, []any{1, "c"}}, `[[0, "b"], [1, "a"], [1, "c"]]`, ""},
		{"sort desc is stable", stage("sort", exprField("item[0]"), "desc", srcLiteral(true)), []any{[]any{0, "b"}, []any{1, "a"}, []any{1, "c"}}, `[[1, "a"], [1, "c"], [0, "b"]]`, ""},
		{"top", countStage("top", 2), []any{3, 9, 1, 9.5, 9}, `[9.5, 9]`, ""},
		{"top is stable", countStage("top", 2, "by", srcExpr("item[0]")), []any{[]any{1, "a"}, []any{2, "b"}, []any{1, "c"}, []any{2, "d"}}, `[[2, "b"], [2, "d"]]`, ""},
		{"top 0", countStage("top", 0), []any{3}, `[]`, ""},
		{"sleep", stage("sleep", Field{Source: srcLiteral("1us")}), []any{1, 2}, `[1, 2]`, ""},
		{"sleep no duration", stage("sleep", Field{Source: srcText("${{ item }}")}), []any{5}, `[]`, "a duration such as 250ms, 1.5s or 2m is needed, not 5"},
		{"fail", stage("fail", Field{Source: srcText("no ${{ item }}")}, "code", srcLiteral(4)), []any{1}, `[]`, "test.yaml:1:5: fail: no 1 (item 1)"},
		{"fail with a code that is none", stage("fail", Field{}, "code", srcLiteral(400)), []any{1}, `[]`, "an exit code is a number from 0 to 255, not 400"},
		{"do", doStage(mapStage("item * 2"), countStage("take", 1)), []any{1, 2}, `[1, 2]`, ""},
		{"do that fails", doStage(mapStage("item * 2")), []any{1, "x"}, `[1]`, `test.yaml:1:4: map: `},
		{"route without a match", routeStage(when("item > 1", mapStage("-item"))), []any{1, 2}, `[1, -2]`, ""},
		{"route through nothing", routeStage(when("item > 1")), []any{1, 2}, `[1, 2]`, ""},
		{"route drops what a branch no longer wants", routeStage(when("item > 1", countStage("take", 1))), []any{2, 1, 3}, `[2, 1]`, ""},
		{"when", only(mapStage("-item"), "item > 1"), []any{1, 2}, `[1, -2]`, ""},
		{"when that fails", only(mapStage("-item"), "item + 1"), []any{1}, `[]`, "a condition must be true or false"},
		{"a condition that fails and is skipped", handled(only(mapStage("-item"), `item == 1 or item < "a"`), ThenSkip), []any{1, 2, 1}, `[-1, -1]`, ""},
		{"skip what fails", handled(mapStage("item + 1"), ThenSkip), []any{1, "x", 2}, `[2, 3]`, ""},
		{"pass what fails", handled(mapStage("item + 1"), ThenPass), []any{1, "x", 2}, `[2, "x", 3]`, ""},
		{"end at what fails", handled(mapStage("item + 1"), ThenEnd), []any{1, "x", 2}, `[2]`, ""},
		{"fail after the handler", handled(mapStage("item + 1"), ThenFail, stage("log", Field{})), []any{"x"}, `[]`, "map: "},
	} {
		for _, size := range []int{1, 3, 1024} {
			out, err := runOut(t, []Stage{itemsStage(test.in...), test.stage}, size)
			if got := string(AppendJSON(nil, append([]any{}, out...))); test.out != "" && got != test.out {
				t.Errorf("%s, batches of %d: %s, want %s", test.name, size, got, test.out)
			}
			switch {
			case test.err == "" && err != nil:
				t.Errorf("%s, batches of %d: %v", test.name, size, err)
			case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Errorf("%s, batches of %d: error %v, want %q in it", test.name, size, err, test.err)
			}
		}
	}
}

func TestSinks(t *testing.T) {
	in := []any{1, 2.0, "a", []any{1}, map[string]any{"k": "v"}, nil}
	for _, test := range []struct {
		name  string
		stage Stage
		want  string // a part of the outcome
	}{
		{"print", stage("print", Field{}), `stdout: "1\n2.0\na\n[1]\n{\"k\": \"v\"}\nnull\n"`},
		{"print text", stage("print", Field{Source: srcText("<${{ item }}>")}), `stdout: "<1>\n<2.0>\n<a>\n<[1]>\n<{\"k\": \"v\"}>\n<null>\n"`},
		{"print end", stage("print", Field{}, "end", srcLiteral(",")), `stdout: "1,2.0,a,[1],{\"k\": \"v\"},null,"`},
		{"print to stderr", stage("print", Field{}, "to", srcLiteral("stderr")), `stderr: "1\n2.0\na\n`},
		{"put", putStage("q"), `q: [1, 2.0, "a", [1], {"k": "v"}, null]`},
		{"put value", stage("put", queueField("q"), "value", srcExpr("index")), `q: [0, 1, 2, 3, 4, 5]`},
		{"put to several", putStage("p", "q"), "p: [1, 2.0, \"a\", [1], {\"k\": \"v\"}, null]\nq: [1, 2.0, \"a\", [1], {\"k\": \"v\"}, null]"},
		{"result", stage("result", Field{Source: srcLiteral("n")}, "value", srcExpr("index")), `results: ["n=0" "n=1" "n=2" "n=3" "n=4" "n=5"]`},
		{"log", stage("log", Field{Source: srcText("i ${{ index }}")}, "level", srcLiteral("error")), `logged: ["error: i 0" "error: i 1"`},
		{"tee", teeStage([]Stage{putStage("p")}, []Stage{countStage("take", 1), putStage("q")}), "p: [1, 2.0, \"a\", [1], {\"k\": \"v\"}, null]\nq: [1]"},
	} {
		for _, size := range []int{1, 1024} {
			w := newWorld()
			if err := w.run([]Stage{itemsStage(in...), test.stage}, Options{BlockItems: size}); err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			if got := w.outcome(); !strings.Contains(got, test.want) {
				t.Errorf("%s: %s\nwant %s in it", test.name, got, test.want)
			}
			if got := len(w.queue("out").put); got != len(in) {
				t.Errorf("%s: %d of %d items went on", test.name, got, len(in))
			}
		}
	}
}

func TestHandlersSeeTheError(t *testing.T) {
	w := newWorld()
	failing := retried(handled(mapStage(`item > 1 ? int("x") : item`), ThenSkip,
		stage("put", queueField("errs"), "value", srcExpr("[item, x, error.type, error.stage, error.attempt]"))), 2)
	err := w.run([]Stage{itemsStage(1, 2), named(mapStage("item * 10"), "x"), failing}, Options{})
	if got := string(AppendJSON(nil, w.queue("errs").put)); err != nil || got != `[[2, 20, "expression", "test.yaml:1:4", 3]]` {
		t.Error(got, err)
	}
}

func TestTimeoutHasItsHandler(t *testing.T) {
	slow := stage("read", Field{})
	slow.Timeout = srcLiteral("1ms")
	slow.OnTimeout = &Handler{Then: ThenSkip, Do: []Stage{stage("put", queueField("late"), "value", srcExpr("error.type"))}}
	slow.OnError = &Handler{Then: ThenFail}
	l := &link{stage: &slow, node: timingOut{}, limit: 1}
	b := &Builder{building: &building{opts: Options{BlockItems: 1}}, frame: &frame{row: -1}}
	w := newWorld()
	h := w.host()
	b.opts.Host = h
	l.in = b.NewBatch()
	if err := b.around(l); err != nil {
		t.Fatal(err)
	}
	chain := &Chain{links: []*link{l}, out: b.NewBatch()}
	chain.Seed("s")
	chain.End()
	state, err := chain.Advance(&Run{Host: h})
	if err != nil || state != Done {
		t.Fatal(state, err)
	}
	if err := h.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := string(AppendJSON(nil, w.queue("late").put)); got != `["timeout"]` {
		t.Error(got)
	}
}

// TestTimeoutCountsFromTheFirstWait: a stage that is woken again and again, because others are quicker, times out nevertheless.
func TestTimeoutCountsFromTheFirstWait(t *testing.T) {
	slow := stage("read", Field{})
	slow.Timeout = srcLiteral("20ms")
	l := &link{stage: &slow, node: unlucky{}, limit: 1}
	h := newWorld().host()
	b := &Builder{building: &building{opts: Options{BlockItems: 1, Host: h}}, frame: &frame{row: -1}}
	l.in = b.NewBatch()
	if err := b.around(l); err != nil {
		t.Fatal(err)
	}
	chain := &Chain{links: []*link{l}, out: b.NewBatch()}
	chain.Seed("s")
	start := h.Now()
	h.onWait = func() {
		if h.world.now += time.Millisecond; h.Now() > start+5*time.Second {
			t.Fatal("it waits for ever")
		}
	}
	_, err := chain.Advance(&Run{Host: h})
	var failure *StageError
	if !errors.As(err, &failure) || failure.Type != "timeout" || h.Now()-start != 20*time.Millisecond {
		t.Error(err, h.Now()-start)
	}
}

// unlucky is a Node for which there is never anything when it comes to look.
type unlucky struct{}

func (unlucky) Step(r *Run, _, _ *Batch) error {
	return r.Await(WaitFunc(func(context.Context) error { return nil }))
}

// timingOut is a Node that waits for what never comes.
type timingOut struct{}

func (timingOut) Step(r *Run, _, _ *Batch) error {
	return r.Await(WaitFunc(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }))
}

func TestErrorsAreOfTheirStage(t *testing.T) {
	_, err := runOut(t, []Stage{itemsStage("x"), doStage(stage("fail", Field{Source: srcText("no")}, "code", srcLiteral(9)))}, 0)
	var failure *StageError
	if !errors.As(err, &failure) || failure.Op != "fail" || failure.Code != 9 || failure.Type != "fail" || failure.Item != `"x"` {
		t.Errorf("%#v", err)
	}
	_, err = runOut(t, []Stage{itemsStage(strings.Repeat("é", 500)), mapStage("item + 1")}, 0)
	if !errors.As(err, &failure) || len(failure.Item) > shownItem+3 || !strings.HasSuffix(failure.Item, "é...") {
		t.Errorf("%v", err)
	}
}

func TestTakeLeavesTheRestInTheQueue(t *testing.T) {
	w := newWorld()
	w.queue("in").blocks = []Column{ColumnOf(listOfInts(10)...)}
	if err := w.run([]Stage{stage("get", queueField("in")), mapStage("item"), countStage("take", 3)}, Options{}); err != nil {
		t.Fatal(err)
	}
	if got := w.queue("in").cursor; got != 3 {
		t.Errorf("%d items were taken from the queue", got)
	}
}
