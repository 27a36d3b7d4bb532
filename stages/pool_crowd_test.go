package stages

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// oddPython is a function that behaves by the last digit of a number.
func oddPython(item any) (results []any, generator bool, failure string) {
	switch i := item.(int); i % 10 {
	case 3:
		return nil, false, "a three"
	case 4:
		return []any{i, i, i}, true, ""
	case 5:
		return []any{i, i}, true, "after two"
	case 6:
		return []any{i, -1}, true, ""
	case 8:
		return nil, true, ""
	default:
		return []any{2 * i}, false, ""
	}
}

// oddResults is what a task of it and of crowdTask gives: the item itself where it has failed.
func oddResults(i int) []any {
	switch i % 10 {
	case 3, 5, 6:
		return []any{i}
	case 4:
		return []any{i, i, i}
	case 8:
		return nil
	default:
		return []any{2 * i}
	}
}

// crowdTask calls the function, and then fails for what is below zero.
func crowdTask() []Stage {
	return []Stage{stage("python", Field{Source: srcLiteral("odd:function")}), stage("map", exprField("item < 0 ? int('x') : item")), stage("filter", exprField("item >= 0"))}
}

// crowdOf runs items through a pool with that task, in chunks of some size.
func crowdOf(t *testing.T, seed uint64, items, size int, python *fakePython, retry *Retry, immortal bool) (*poolWorld, string) {
	t.Helper()
	call := Stage{Op: "pool", Call: &PoolCall{Tasks: "p.tasks", Results: "p.results", Workers: 2}, Options: map[string]Field{"chunk_size": {Source: srcLiteral(size)}}}
	call.OnError = &Handler{Then: ThenPass, Do: []Stage{stage("map", exprField("error.message")), stage("put", queueField("errors"))}}
	w := newPoolWorld(t, seed, []Stage{stage("range", exprField(fmt.Sprint(items))), call}, PoolSite{Do: crowdTask(), Retry: retry}, 0)
	w.worker.programs, w.immortal = python, immortal
	w.ended = python.kill
	out, err := w.run()
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	return w, string(AppendJSON(nil, out))
}

// oddWant is what comes of the numbers below items.
func oddWant(items int) string {
	var want []any
	for i := range items {
		want = append(want, oddResults(i)...)
	}
	return string(AppendJSON(nil, want))
}

// TestCrowdCallsOnce holds that a function is called once for each task of a crowd, whatever becomes of others, and that failures are
// those of their tasks.
func TestCrowdCallsOnce(t *testing.T) {
	const items = 100
	python := &fakePython{call: oddPython, endless: never, dies: never}
	w, got := crowdOf(t, 1, items, items, python, nil, true)
	if want := oddWant(items); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for i := range items {
		if python.calls[i] != 1 {
			t.Errorf("%d was called %d times", i, python.calls[i])
		}
	}
	for _, message := range w.caller.queue("errors").put {
		if s := fmt.Sprint(message); !strings.HasSuffix(s, ", in p[0]") || !strings.Contains(s, "ValueError: a") && !strings.Contains(s, "map: ") {
			t.Errorf("a failure is %q", s)
		}
	}
	if n := len(w.caller.queue("errors").put); n != 30 {
		t.Errorf("%d failures", n)
	}
}

func never(any) bool { return false }

// TestCrowdEndless holds that a generator without an end, of a task that has failed behind it, is ended, and that the others are done.
func TestCrowdEndless(t *testing.T) {
	const items = 40
	python := &fakePython{call: oddPython, endless: func(item any) bool { return item == 16 }, dies: never}
	if _, got := crowdOf(t, 1, items, items, python, nil, true); got != oddWant(items) {
		t.Errorf("got  %s\nwant %s", got, oddWant(items))
	}
}

// TestTooManyResults holds that a generator without an end is ended when its results are more than a task may have, that this is the failure of
// its task, and that the others are done: in a crowd, and by itself.
func TestTooManyResults(t *testing.T) {
	const items = 40
	for _, retry := range []*Retry{nil, {Times: srcLiteral(0)}} {
		python := &fakePython{endless: func(item any) bool { return item == 24 }, dies: never}
		python.call = func(item any) ([]any, bool, string) {
			if item == 24 {
				return []any{strings.Repeat("x", 24<<20)}, true, ""
			}
			return []any{item, item}, true, ""
		}
		call := Stage{Op: "pool", Call: &PoolCall{Tasks: "p.tasks", Results: "p.results", Workers: 1}, Options: map[string]Field{"chunk_size": {Source: srcLiteral(items)}}}
		call.OnError = &Handler{Then: ThenSkip, Do: []Stage{stage("map", exprField("error.type + ': ' + error.message")), stage("put", queueField("errors"))}}
		site := PoolSite{Do: []Stage{stage("python", Field{Source: srcLiteral("odd:function")})}, Retry: retry}
		w := newPoolWorld(t, 1, []Stage{stage("range", exprField(fmt.Sprint(items))), call}, site, 0)
		w.worker.programs, w.immortal, w.ended = python, true, python.kill
		got, err := w.run()
		if err != nil {
			t.Fatal(err)
		}
		var want []any
		for i := range items {
			if i != 24 {
				want = append(want, i, i)
			}
		}
		if a, b := string(AppendJSON(nil, got)), string(AppendJSON(nil, want)); a != b {
			t.Errorf("got  %s\nwant %s", a, b)
		}
		if errors := w.caller.queue("errors").put; len(errors) != 1 || !strings.HasPrefix(fmt.Sprint(errors[0]), "max-item: its results have more than") {
			t.Errorf("failures: %v", errors)
		}
	}
}

// TestWeight holds that results are weighed as a whole when it matters, however small the pieces are in which they come.
func TestWeight(t *testing.T) {
	var w resultsSize
	var results Column
	least := MaxTaskResults / 8
	for range least - 10 {
		results.Append(1)
		if w.over(&results) {
			t.Fatalf("%d ints are too much", results.Len())
		}
	}
	for range 10 {
		results.Append(1)
	}
	if !w.over(&results) {
		t.Errorf("%d ints are not too much", least)
	}
}

// TestCrowdDeathIsInvisible holds that callers, workers and interpreters that die anywhere give what comes of one life.
func TestCrowdDeathIsInvisible(t *testing.T) {
	const items = 60
	deaths := 0
	for seed := range uint64(25) {
		var mu sync.Mutex
		killed := map[any]bool{}
		python := &fakePython{call: oddPython, endless: func(item any) bool { return item == 46 }}
		python.dies = func(item any) bool { // each number once
			mu.Lock()
			defer mu.Unlock()
			before := killed[item]
			killed[item] = true
			return !before && (uint64(item.(int))+seed)%9 == 0
		}
		var retry *Retry
		if seed%5 == 4 {
			retry = &Retry{Times: srcLiteral(1)}
		}
		w, got := crowdOf(t, seed, items, 1+int(seed%3)*20, python, retry, false)
		if want := oddWant(items); got != want {
			t.Fatalf("seed %d, after %d deaths:\n%s\n%s", seed, w.deaths, got, want)
		}
		deaths += w.deaths
	}
	if deaths < 25 {
		t.Errorf("only %d deaths", deaths)
	}
}

// TestCrowdOfNames holds that tasks which bind names, and fail now and then, do not take those for each other's.
func TestCrowdOfNames(t *testing.T) {
	named := stage("map", exprField("item % 4 == 1 ? int('x') : item * item"))
	named.As = "square"
	site := PoolSite{Do: []Stage{named, stage("filter", exprField("item % 3 != 0")), stage("map", exprField("square + item"))}}
	call := Stage{Op: "pool", Call: &PoolCall{Tasks: "p.tasks", Results: "p.results", Workers: 1}, OnError: &Handler{Then: ThenSkip}, Options: map[string]Field{"chunk_size": {Source: srcLiteral(50)}}}
	w := newPoolWorld(t, 1, []Stage{stage("range", exprField("50")), call}, site, 0)
	w.immortal = true
	got, err := w.run()
	if err != nil {
		t.Fatal(err)
	}
	var want []any
	for i := range 50 {
		if i%4 != 1 && i%3 != 0 {
			want = append(want, i*i+i)
		}
	}
	if a, b := string(AppendJSON(nil, got)), string(AppendJSON(nil, want)); a != b {
		t.Errorf("got  %s\nwant %s", a, b)
	}
}
