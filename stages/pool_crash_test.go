package stages

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// poolWorld is a caller and a worker of its pool, which die at random. The worker works whenever the caller waits.
type poolWorld struct {
	t              *testing.T
	rnd            *rand.Rand
	caller, worker *world
	stages, tasks  []Stage
	moved          int // chunks that have come to the worker
	deaths, lives  int
	immortal       bool
	ended          func() // a life of the worker
}

// newPoolWorld is a world in which a process with those stages uses a pool: the stage with a Call, whose task is do.
func newPoolWorld(t *testing.T, seed uint64, list []Stage, site PoolSite, maxTasks int) *poolWorld {
	site.Results, site.Replicas = "p.results", 1
	var init []Stage
	if seed%2 == 1 {
		init = []Stage{stage("map", exprField("1"))}
	}
	task := TaskStage(Pos{}, []PoolSite{site}, init, maxTasks)
	return &poolWorld{
		t: t, rnd: rand.New(rand.NewPCG(seed, 7)), caller: newWorld(), worker: newWorld(), stages: list,
		tasks: []Stage{stage("get", queueField("p.tasks")), task},
	}
}

// start makes a life of a worker of either kind.
func (w *poolWorld) start(world *world, list []Stage, name string) *fakeHost {
	w.t.Helper()
	h, err := world.start(list, Options{BlockItems: 1 + w.rnd.IntN(9), Self: map[string]any{"index": 0, "name": name}})
	if err != nil {
		w.t.Fatal(err)
	}
	oneIn := 3 + w.rnd.IntN(20)
	w.lives++
	mortal := w.lives < 80
	h.die = func() bool { return mortal && w.rnd.IntN(oneIn) == 0 }
	h.commitNow = func() bool { return w.rnd.IntN(2) == 0 }
	if w.immortal {
		h.die = nil
	} else {
		h.careful = w.rnd.IntN(3) == 0
	}
	h.full = func() bool { return w.rnd.IntN(4) == 0 }
	return h
}

// run runs the caller to its end.
func (w *poolWorld) run() (outcome []any, err error) {
	w.caller.queue("p.results").open = true
	for {
		h := w.start(w.caller, w.stages, "a")
		h.onWait = w.work
		if err = h.finish(); !errors.Is(err, errKilled) {
			return w.caller.queue("out").put, err
		}
		w.deaths++
	}
}

// work has the worker do all chunks that were put so far. The outcomes come in any order.
func (w *poolWorld) work() {
	put := w.caller.queue("p.tasks").put
	for _, chunk := range put[w.moved:] {
		q := w.worker.queue("p.tasks")
		q.blocks = append(q.blocks, ColumnOf(chunk))
	}
	w.moved = len(put)
	for {
		h := w.start(w.worker, w.tasks, "p[0]")
		err := h.finish()
		if w.ended != nil {
			w.ended()
		}
		if err == nil {
			break
		}
		if !errors.Is(err, errKilled) && !errors.Is(err, ErrRetired) {
			w.t.Fatal(err)
		}
		w.deaths++
	}
	w.worker.state = nil // it has come to its end, and begins anew with the chunks that come next
	out := w.worker.queue("p.results")
	results := slices.Clone(out.put)
	out.put = nil
	w.rnd.Shuffle(len(results), func(i, j int) { results[i], results[j] = results[j], results[i] })
	for _, result := range results {
		q := w.caller.queue("p.results")
		q.blocks = append(q.blocks, ColumnOf(result))
	}
}

// poolDeaths are uses of a pool, and what comes out of them for the numbers up to but without 60.
var poolDeaths = []struct {
	name      string
	call      func(*Stage)
	site      PoolSite
	unordered bool
	want      func(i int) []any
}{
	{"squares", nil, PoolSite{Do: []Stage{stage("map", exprField("item * item"))}}, false, func(i int) []any { return []any{i * i} }},
	{"several results", nil, PoolSite{Do: []Stage{stage("flat_map", exprField("[item, item]")), stage("filter", exprField("item % 3 != 0"))}}, false, func(i int) []any {
		if i%3 == 0 {
			return nil
		}
		return []any{i, i}
	}},
	{"streams", nil, PoolSite{Do: []Stage{stage("range", exprField("item % 7")), stage("reduce", exprField("acc + item"), "init", srcLiteral(0))}}, false, func(i int) []any {
		return []any{i % 7 * (i%7 - 1) / 2}
	}},
	{"unordered", func(s *Stage) { s.Options = map[string]Field{"ordered": {Source: srcLiteral(false)}} }, PoolSite{Do: []Stage{stage("map", exprField("item + 1"))}}, true, func(i int) []any { return []any{i + 1} }},
	{"failures", func(s *Stage) {
		s.OnError = &Handler{Then: ThenPass, Do: []Stage{stage("map", exprField("error.message"))}}
	}, PoolSite{Do: []Stage{stage("map", exprField("item % 4 == 1 ? int('x') : item * 10"))}, Retry: &Retry{Times: srcLiteral(1)}}, false, func(i int) []any {
		if i%4 == 1 {
			return []any{i}
		}
		return []any{i * 10}
	}},
	{"an end at what fails", func(s *Stage) { s.OnError = &Handler{Then: ThenEnd} }, PoolSite{Do: []Stage{stage("map", exprField("item == 30 ? int('x') : item * 10"))}}, false, func(i int) []any {
		if i >= 30 {
			return nil
		}
		return []any{i * 10}
	}},
	{"an end at what fails, which is told of", func(s *Stage) {
		s.OnError = &Handler{Then: ThenEnd, Do: []Stage{stage("map", exprField("-item")), stage("put", queueField("out"))}}
	}, PoolSite{Do: []Stage{stage("flat_map", exprField("item == 30 ? [int('x')] : [item, item]"))}}, false, func(i int) []any {
		switch {
		case i > 30:
			return nil
		case i == 30:
			return []any{-i}
		}
		return []any{i, i}
	}},
	{"names", func(s *Stage) { s.As = "square" }, PoolSite{Do: []Stage{stage("map", exprField("item * double"))}, Names: []string{"double"}}, false, func(i int) []any { return []any{i*1000000 + 2*i*1000 + 2*i*i} }},
}

// TestPoolDeathIsInvisible holds that callers and workers of pools that die anywhere, any number of times, give what comes of one life.
func TestPoolDeathIsInvisible(t *testing.T) {
	const items, runs = 60, 25
	for _, test := range poolDeaths {
		t.Run(test.name, func(t *testing.T) {
			deaths := 0
			for seed := range uint64(runs) {
				call := Stage{Op: "pool", Call: &PoolCall{Tasks: "p.tasks", Results: "p.results", Workers: 1 + int(seed%3)}}
				if test.call != nil {
					test.call(&call)
				}
				double := stage("map", exprField("item * 2"))
				double.As = "double"
				list := []Stage{stage("range", exprField(fmt.Sprint(items))), double, call}
				if call.As != "" {
					list = append(list, stage("map", exprField("item * 1000000 + double * 1000 + square")))
				}
				w := newPoolWorld(t, seed, list, test.site, int(seed%4)*5)
				got, err := w.run()
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				deaths += w.deaths
				var want []any
				for i := range items {
					want = append(want, test.want(i)...)
				}
				if test.unordered {
					slices.SortFunc(got, func(a, b any) int { return a.(int) - b.(int) })
				}
				if a, b := ShortJSON(got), ShortJSON(want); string(AppendJSON(nil, got)) != string(AppendJSON(nil, want)) {
					t.Fatalf("seed %d, after %d deaths:\n%s, %d results\n%s, %d results", seed, w.deaths, a, len(got), b, len(want))
				}
			}
			if deaths < runs {
				t.Errorf("only %d deaths", deaths)
			}
		})
	}
}

// TestLargeResultsOfAChunk holds that results which together are more than goes into one outcome come in several, also where the caller takes its
// time.
func TestLargeResultsOfAChunk(t *testing.T) {
	const tasks, size = 6, 2 * mostOutcome
	rows := NewBatch(0, false)
	for range tasks {
		rows.EmitNew(strings.Repeat("x", size), "")
	}
	var form StateWriter
	appendChunk(&form, &chunk{}, rows, nil, 0, tasks)
	w := newWorld()
	w.queue("p.results").room = 1
	w.queue("p.tasks").blocks = []Column{ColumnOf(form.buf)}
	site := PoolSite{Results: "p.results", Replicas: 1, Do: []Stage{stage("map", exprField("item + item"))}}
	h, err := w.start([]Stage{stage("get", queueField("p.tasks")), TaskStage(Pos{}, []PoolSite{site}, nil, 0)}, Options{Self: map[string]any{"name": "p[0]"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.finish(); err != nil {
		t.Fatal(err)
	}
	if n := len(w.queue("p.results").put); n != tasks {
		t.Errorf("%d outcomes instead of %d", n, tasks)
	}
}

// TestRowTooLargeForAPool holds that a row which is too large for a chunk fails in its turn, and no other does.
func TestRowTooLargeForAPool(t *testing.T) {
	for size := range 4 {
		for seed := range uint64(6) {
			call := Stage{Op: "pool", Call: &PoolCall{Tasks: "p.tasks", Results: "p.results", Workers: 2}, OnError: &Handler{Then: ThenPass}}
			if size > 0 {
				call.Options = map[string]Field{"chunk_size": {Source: srcLiteral(size)}}
			}
			large := strings.Repeat("x", 5000)
			list := []Stage{stage("range", exprField("12")), stage("map", exprField(`item % 4 == 2 || item == 11 ? "`+large+`" : string(item)`)), call}
			w := newPoolWorld(t, seed, list, PoolSite{Do: []Stage{stage("map", exprField("item + '!'"))}}, 0)
			w.caller.queue("p.tasks").largest = 4000
			got, err := w.run()
			if err != nil {
				t.Fatalf("chunks of %d, seed %d: %v", size, seed, err)
			}
			want := `["0!", "1!", "x", "3!", "4!", "5!", "x", "7!", "8!", "9!", "x", "x"]`
			if s := strings.ReplaceAll(string(AppendJSON(nil, got)), large, "x"); s != want {
				t.Fatalf("chunks of %d, seed %d: %s", size, seed, s)
			}
		}
	}
}
