package stages

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// runTimed runs stages in a world whose queue in gets blocks at times, in seconds, the last of which is the end of the stream. It gives what
// came out with the times, in seconds, as in 0:1 10:2.
func runTimed(t *testing.T, stages []Stage, blockItems int, arrivals []int, blocks ...Column) (string, error) {
	t.Helper()
	w := newWorld()
	start := w.now
	in := w.queue("in")
	in.blocks = blocks
	for _, at := range arrivals {
		in.arrivals = append(in.arrivals, start+time.Duration(at)*time.Second)
	}
	err := w.run(stages, Options{BlockItems: blockItems})
	var b strings.Builder
	out := w.queue("out")
	for i, item := range out.put {
		fmt.Fprintf(&b, "%g:%s ", (out.times[i] - start).Seconds(), AppendJSON(nil, item))
	}
	return strings.TrimSpace(b.String()), err
}

func everyStage(period string, options ...any) Stage {
	return stage("every", Field{Source: srcLiteral(period)}, options...)
}

func timeStage(op, operand string, options ...any) Stage {
	return stage(op, Field{Source: srcLiteral(operand)}, options...)
}

// countAndTime is the operand {count: n, every: d}.
func countAndTime(n int, d string) Field {
	return Field{Source: &Source{Kind: SourceMap, Keys: []string{"count", "every"}, Items: []Source{*srcLiteral(n), *srcLiteral(d)}}}
}

// TestTimes says when what comes out of stages that go by the time.
func TestTimes(t *testing.T) {
	get := stage("get", queueField("in"))
	sum := func(options ...any) Stage {
		return stage("reduce", exprField("acc + item"), append([]any{"init", srcLiteral(0)}, options...)...)
	}
	five := []int{1, 2, 11, 35, 50} // blocks come at these times, and the end
	ints := []Column{ColumnOf(1, 2), ColumnOf(3), ColumnOf(4), ColumnOf(5, 6)}
	batches := stage("batch", Field{Source: srcLiteral("10s")})
	for _, test := range []struct {
		name   string
		stages []Stage
		want   string
	}{
		{"every", []Stage{everyStage("10s", "count", srcLiteral(3))}, "0:0 10:1 20:2"},
		{"every of no item", []Stage{everyStage("10s", "count", srcLiteral(0))}, ""},
		{"every merges what is missed", []Stage{everyStage("10s", "count", srcLiteral(5)), only(timeStage("sleep", "25s"), "item == 1")}, "0:0 35:1 35:2 40:3 50:4"},
		{"every for each item", []Stage{itemsStage("1s", "2s"), stage("every", Field{Source: srcText("${{ item }}")}, "count", srcLiteral(2))}, "0:0 1:1 1:0 3:1"},
		{"every and take", []Stage{everyStage("1m"), countStage("take", 2)}, "0:0 60:1"},
		{"sleep", []Stage{itemsStage(1, 2), timeStage("sleep", "3s")}, "3:1 6:2"},
		{"throttle", []Stage{itemsStage(1, 2, 3), timeStage("throttle", "30/m")}, "0:1 2:2 4:3"},
		{"throttle by", []Stage{itemsStage(1, 2, 3, 4), timeStage("throttle", "1/s", "by", srcExpr("item % 2"))}, "0:1 0:2 1:3 1:4"},
		{"throttle keeps the order", []Stage{itemsStage(1, 1, 2), timeStage("throttle", "1/s", "by", srcExpr("item"))}, "0:1 1:1 1:2"},
		{"batch by time", []Stage{get, batches}, "11:[1, 2, 3] 21:[4] 45:[5, 6]"},
		{"batch by count or time", []Stage{get, stage("batch", countAndTime(2, "10s"))}, "1:[1, 2] 11:[3, 4] 35:[5, 6]"},
		{"batch by a time of the item", []Stage{get, stage("batch", Field{Source: srcText(`${{ item < 3 ? "1s" : "20s" }}`)})}, "2:[1, 2] 22:[3, 4] 50:[5, 6]"},
		{"batch that is not full at the end", []Stage{get, stage("batch", Field{Source: srcLiteral("30s")})}, "31:[1, 2, 3, 4] 50:[5, 6]"},
		{"a window behind others", []Stage{get, mapStage("item * 10"), filterStage("item > 10"), batches, mapStage("sum(item)")}, "11:50 21:40 45:110"},
		{"reduce each", []Stage{get, sum("emit", srcLiteral("each"))}, "1:1 1:3 2:6 11:10 35:15 35:21"},
		{"reduce each without init", []Stage{get, stage("reduce", exprField("acc * 10 + item"), "emit", srcLiteral("each"))}, "1:1 1:12 2:123 11:1234 35:12345 35:123456"},
		{"reduce each by", []Stage{get, sum("emit", srcLiteral("each"), "by", srcExpr("item % 2")), mapStage("[item.key, item.value]")}, "1:[1, 1] 1:[0, 2] 2:[1, 4] 11:[0, 6] 35:[1, 9] 35:[0, 12]"},
		{"reduce by windows", []Stage{get, sum("emit", srcLiteral("10s"))}, "11:6 21:4 41:11"},
		{"reduce by windows, the last is not over", []Stage{get, sum("emit", srcLiteral("30s"))}, "31:10 50:11"},
		{"reduce by windows without init", []Stage{get, stage("reduce", exprField("acc * 10 + item"), "emit", srcLiteral("10s"))}, "11:123 21:4 41:56"},
		{"reduce by windows and key", []Stage{get, sum("emit", srcLiteral("10s"), "by", srcExpr("-item % 2")), mapStage("[item.key, item.value]")}, "11:[-1, 4] 11:[0, 2] 21:[0, 4] 41:[-1, 5] 41:[0, 6]"},
		{"a window in which all items fail", []Stage{get, handled(stage("reduce", exprField("acc + item"), "init", srcExpr(`item == 4 ? int("x") : 0`), "emit", srcLiteral("10s")), ThenSkip)}, "11:6 41:11"},
		{"windows of tee", []Stage{get, teeStage([]Stage{batches, stage("put", queueField("out"))}), filterStage("false")}, "11:[1, 2, 3] 21:[4] 45:[5, 6]"},
		{"windows of route", []Stage{get, routeStage(when("item != 3", batches))}, "2:3 11:[1, 2] 21:[4] 45:[5, 6]"},
		{"a window is over while do waits", []Stage{get, doStage(only(timeStage("sleep", "20s"), "item == 3")), batches}, "11:[1, 2] 32:[3, 4] 45:[5, 6]"},
		{"a window is over while a handler waits", []Stage{get, handled(mapStage(`item == 3 ? int("x") : item`), ThenPass, timeStage("sleep", "20s")), batches}, "11:[1, 2] 32:[3, 4] 45:[5, 6]"},
		{"a window is over in a pause", []Stage{get, only(timeStage("sleep", "20s"), "item == 3"), batches}, "11:[1, 2] 32:[3, 4] 45:[5, 6]"},
	} {
		for _, size := range []int{1, 3, 1024} {
			got, err := runTimed(t, test.stages, size, five, slices.Clone(ints)...)
			if got != test.want || err != nil {
				t.Errorf("%s, batches of %d: %v\n%s, want\n%s", test.name, size, err, got, test.want)
			}
		}
	}
}

// TestEveryInTurns: replicas that share the items of `every` give each at its time, as one would, but for what one of them misses.
func TestEveryInTurns(t *testing.T) {
	for _, test := range []struct {
		name    string
		stages  []Stage
		index   int
		want    string
		options []any
	}{
		{"the first", nil, 0, "0:0 30:3 60:6", []any{"count", srcLiteral(7)}},
		{"the second", nil, 1, "10:1 40:4", []any{"count", srcLiteral(7)}},
		{"the third", nil, 2, "20:2 50:5", []any{"count", srcLiteral(7)}},
		{"one that has none", nil, 2, "", []any{"count", srcLiteral(2)}},
		{"one that misses some", []Stage{only(timeStage("sleep", "65s"), "item == 1")}, 1, "75:1 75:4 100:7", []any{"count", srcLiteral(8)}},
		{"without a count", []Stage{countStage("take", 2)}, 2, "20:2 50:5", nil},
	} {
		w := newWorld()
		start := w.now
		source := everyStage("10s", append(test.options, "split", srcLiteral(true))...)
		err := w.run(append([]Stage{source}, test.stages...), Options{Self: map[string]any{"index": test.index, "replicas": 3}})
		var b strings.Builder
		out := w.queue("out")
		for i, item := range out.put {
			fmt.Fprintf(&b, "%g:%s ", (out.times[i] - start).Seconds(), AppendJSON(nil, item))
		}
		if got := strings.TrimSpace(b.String()); got != test.want || err != nil {
			t.Errorf("%s: %v\n%s, want\n%s", test.name, err, got, test.want)
		}
	}
}

// TestBadTimes: what is wrong with a time is an error of its stage.
func TestBadTimes(t *testing.T) {
	for _, test := range []struct {
		stage Stage
		err   string
	}{
		{everyStage("0s"), "a duration above 0s is needed here"},
		{stage("every", Field{Source: srcText("${{ item }}")}), "a duration such as 250ms, 1.5s or 2m is needed, not 1"},
		{timeStage("batch", "0s"), "a duration above 0s is needed here"},
		{timeStage("batch", "x"), "a duration such as 250ms, 1.5s or 2m is needed, not"},
		{stage("batch", countAndTime(0, "1s")), "a batch of 0 items is never full"},
		{stage("reduce", exprField("acc"), "emit", srcText("${{ item }}")), "a duration such as 250ms, 1.5s or 2m is needed, not 1"},
		{timeStage("throttle", "5"), `a rate such as 100/s, 5/m, 1000/h or 3/250ms is needed, not "5"`},
		{timeStage("throttle", "1/s", "by", srcExpr(`int("x")`)), "throttle: "},
	} {
		if _, err := runOut(t, []Stage{itemsStage(1), test.stage}, 0); err == nil || !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s %v: %v, want %q in it", test.stage.Op, test.stage.Operand.Source, err, test.err)
		}
	}
}

// TestThrottleTimesOut: an item that waits too long for its turn takes none.
func TestThrottleTimesOut(t *testing.T) {
	s := timeStage("throttle", "1/m")
	s.Timeout = srcLiteral("10s")
	s.OnTimeout = &Handler{Then: ThenSkip}
	got, err := runTimed(t, []Stage{itemsStage(1, 2, 3, 4, 5, 6, 7, 8), s}, 0, nil)
	if want := "0:1 60:8"; got != want || err != nil {
		t.Errorf("%s %v, want %s", got, err, want)
	}
}

// TestRetryPauses: the backoff doubles from try to try, up to max_backoff, with up to a tenth of it on top.
func TestRetryPauses(t *testing.T) {
	s := handled(mapStage(`int("x")`), ThenSkip)
	s.Retry = &Retry{Times: srcLiteral(4), Backoff: srcLiteral("1s"), MaxBackoff: srcLiteral("3s")}
	w := newWorld()
	start := w.now
	if err := w.run([]Stage{itemsStage(1), s}, Options{}); err != nil {
		t.Fatal(err)
	}
	const least = (1 + 2 + 3 + 3) * time.Second
	if took := w.now - start; took < least || took > least*11/10 {
		t.Errorf("the pauses of 4 retries are %v, want %v and up to a tenth more", took, least)
	}
}

func TestParseRate(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1/s": time.Second, "100/s": 10 * time.Millisecond, " 3 / s ": 333333334, "60/m": time.Second, "1/h": time.Hour, "5/250ms": 50 * time.Millisecond,
		"9223372036854775807/s": 1, "1000000000/s": 1, "2/1.5h": 45 * time.Minute,
		"": 0, "5": 0, "/s": 0, "5/": 0, "0/s": 0, "-1/s": 0, "1.5/s": 0, "1/0s": 0, "1/-1s": 0, "1/x": 0, "1/s/s": 0, "1/9999999999h": 0, "x": 0,
	} {
		if got, err := ParseRate(text); got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %v %v, want %v", text, got, err, want)
		}
	}
}

// timedRuns is how many random chains a test runs.
const timedRuns = 500

// timedBricks are bricks that go by the time. No two times are the same: what happens at one time in two chains beside each other has no
// order.
func timedBricks() []brick {
	window := func(src string, options ...any) Stage {
		return stage("reduce", exprField("acc + item"), append([]any{"emit", srcLiteral(src)}, options...)...)
	}
	return []brick{
		{"sleep", []Stage{timeStage("sleep", "701ms")}},
		{"sleep some", []Stage{only(timeStage("sleep", "3019ms"), "item % 3 == 0")}},
		{"batch", []Stage{timeStage("batch", "5039ms"), mapStage("len(item) * 1000 + sum(item)")}},
		{"batch both", []Stage{stage("batch", countAndTime(4, "2503ms")), mapStage("len(item) * 1000 + sum(item)")}},
		{"window", []Stage{window("4073ms", "init", srcLiteral(1))}},
		{"window first", []Stage{window("3121ms")}},
		{"window by", []Stage{window("4211ms", "init", srcLiteral(0), "by", srcExpr("item % 7")), mapStage("item.key * 100 + item.value")}},
		{"each", []Stage{window("each", "init", srcLiteral(0))}},
		{"each by", []Stage{window("each", "by", srcExpr("item % 7")), mapStage("item.key * 100 + item.value")}},
		{"each fragile", []Stage{handled(stage("reduce", exprField(`item % 4 == 1 ? int("x") : acc + item`), "emit", srcLiteral("each")), ThenSkip)}},
		{"every", []Stage{only(stage("every", Field{Source: srcLiteral("1511ms")}, "count", srcLiteral(3)), "item % 5 == 0")}},
		{"tee", []Stage{teeStage([]Stage{timeStage("batch", "3301ms"), putStage("q5")}, []Stage{window("2437ms", "init", srcLiteral(0)), timeStage("sleep", "1103ms"), putStage("q6")})}},
		{"route", []Stage{routeStage(when("item % 2 == 0", timeStage("batch", "3541ms"), mapStage("sum(item)")), when("item % 3 == 0", window("6673ms")))}},
		{"do", []Stage{doStage(timeStage("sleep", "1201ms"), stage("every", Field{Source: srcLiteral("1301ms")}, "count", srcLiteral(2)), timeStage("batch", "1409ms"), putStage("q3"))}},
	}
}

func timedWall(rnd *rand.Rand) wall {
	timed, plain := timedBricks(), bricks()
	w := wall{names: "get", stages: []Stage{stage("get", queueField("in"))}}
	if rnd.IntN(3) == 0 {
		w = wall{names: "every", stages: []Stage{everyStage("2017ms", "count", srcLiteral(12))}}
	}
	for range 1 + rnd.IntN(4) {
		b := timed[rnd.IntN(len(timed))]
		if rnd.IntN(3) == 0 {
			b = plain[rnd.IntN(len(plain))]
		}
		w.stages = append(w.stages, b.stages...)
		w.names += " | " + b.name
	}
	w.stages = slices.Clone(w.stages)
	for i := range w.stages {
		w.stages[i].Pos = Pos{File: "wall.yaml", Line: i + 1, Col: 1}
	}
	return w
}

// timedWorld is a world whose blocks come at random times.
func timedWorld(seed uint64) *world {
	world := newWorld()
	rnd := rand.New(rand.NewPCG(seed, 1))
	world.fill(rnd)
	in := world.queue("in")
	at := world.now
	for range len(in.blocks) + 1 {
		at += time.Duration(rnd.IntN(14)) * 500 * time.Millisecond
		in.arrivals = append(in.arrivals, at)
	}
	return world
}

// timedOutcome is what can be seen from outside, and when.
func timedOutcome(w *world, err error) string {
	return fmt.Sprintf("%serror: %v\ntimes: %v\nend: %v", w.outcome(), err, w.queue("out").times, w.now)
}

// TestBatchesAreInvisibleInTime holds that what comes, and when, is that of item after item, whatever the size of a batch.
func TestBatchesAreInvisibleInTime(t *testing.T) {
	for seed := range uint64(timedRuns) {
		w := timedWall(rand.New(rand.NewPCG(seed, 0)))
		want := ""
		for _, size := range []int{1, 2, 7, 1024} {
			world := timedWorld(seed)
			err := world.run(w.stages, Options{BlockItems: size})
			got := timedOutcome(world, err)
			if want == "" {
				want = got
			}
			if got != want {
				t.Fatalf("seed %d: %s\nbatches of %d give\n%s\nitem by item\n%s", seed, w.names, size, got, want)
			}
		}
	}
}

// TestDeathIsInvisibleInTime holds that deaths change neither what comes nor when.
func TestDeathIsInvisibleInTime(t *testing.T) {
	deaths := 0
	for seed := range uint64(timedRuns) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		w := timedWall(rnd)
		whole := timedWorld(seed)
		want := timedOutcome(whole, whole.run(w.stages, Options{BlockItems: 1}))
		world := timedWorld(seed)
		size, oneIn := 1+rnd.IntN(10), 2+rnd.IntN(12)
		var err error
		for lives := 0; ; lives++ {
			var h *fakeHost
			if h, err = world.start(w.stages, Options{BlockItems: size}); err != nil {
				t.Fatalf("seed %d: %s: starting again: %v", seed, w.names, err)
			}
			h.die = func() bool { return lives < 60 && rnd.IntN(oneIn) == 0 }
			h.commitNow = func() bool { return rnd.IntN(2) == 0 }
			h.empty = func() bool { return rnd.IntN(4) == 0 }
			h.full = func() bool { return rnd.IntN(5) == 0 }
			if err = h.finish(); !errors.Is(err, errKilled) {
				break
			}
			deaths++
		}
		if got := timedOutcome(world, err); got != want {
			t.Fatalf("seed %d: %s\nbatches of %d, with deaths, give\n%s\nin one go\n%s", seed, w.names, size, got, want)
		}
	}
	if deaths < timedRuns {
		t.Errorf("%d runs died only %d times", timedRuns, deaths)
	}
}

// TestThrottleOverDeaths: items go on in order, each once, no faster than the rate, whoever dies.
func TestThrottleOverDeaths(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		world := newWorld()
		stages := []Stage{itemsStage(listOfInts(12)...), timeStage("throttle", "1/s")}
		if _, err := (mortal{lives: 20, oneIn: 5, rng: rnd}).run(t, world, stages); err != nil {
			t.Fatal(err)
		}
		out := world.queue("out")
		if got, want := string(AppendJSON(nil, out.put)), string(AppendJSON(nil, listOfInts(12))); got != want {
			t.Fatalf("seed %d: %s, want %s", seed, got, want)
		}
		for i := 1; i < len(out.times); i++ {
			if out.times[i]-out.times[i-1] < time.Second {
				t.Fatalf("seed %d: items go on at %v", seed, out.times)
			}
		}
	}
}
