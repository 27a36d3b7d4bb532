package stages

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// syncStage is a stage with places of a kind.
func syncStage(op, kind string, names ...string) Stage {
	s := Stage{Op: op, Pos: Pos{File: "test.yaml", Line: 1, Col: 1}}
	for _, name := range names {
		s.Operand.Places = append(s.Operand.Places, Place{Name: name, Kind: kind})
	}
	return s
}

// waitFor is a wait for any or all of some places.
func waitFor(mode string, places ...Place) Stage {
	s := syncStage("wait", "")
	s.Operand.Source, s.Operand.Places = srcLiteral(mode), places
	return s
}

// meetAt is a wait at a barrier with an action.
func meetAt(name string, action ...Stage) Stage {
	s := syncStage("wait", "barrier", name)
	s.Operand.Stages = action
	return s
}

func timedOut(s Stage, after string, then HandlerThen, do ...Stage) Stage {
	s.Timeout, s.OnTimeout = srcLiteral(after), &Handler{Then: then, Do: do}
	return s
}

// member makes the places of a stage members of families of n.
func membersOf(s Stage, index string, n int) Stage {
	s.Operand.Places = slices.Clone(s.Operand.Places)
	for i := range s.Operand.Places {
		s.Operand.Places[i].Index, s.Operand.Places[i].Count = []Source{*srcExpr(index)}, n
	}
	return s
}

const fails = `item %% %d == 1 ? int("x") : item`

func syncBricks() []brick {
	place := func(s Stage) []Stage { return []Stage{s, mapStage("item * 100 + 1")} }
	kill := syncStage("kill", "process", "p")
	kill.Options = map[string]Field{"signal": {Source: srcText(`${{ item % 2 == 0 ? "USR1" : "SIGHUP" }}`)}}
	bad := syncStage("kill", "process", "p")
	bad.Options = map[string]Field{"signal": {Source: srcText(`${{ item % 3 == 0 ? "SIGNO" : "TERM" }}`)}}
	return []brick{
		{"wait event", []Stage{syncStage("wait", "event", "e")}},
		{"set", []Stage{syncStage("set", "event", "e", "f")}},
		{"clear", []Stage{syncStage("clear", "event", "e")}},
		{"set members", []Stage{membersOf(syncStage("set", "event", "fam"), "item % 3", 3)}},
		{"set some members", []Stage{handled(membersOf(syncStage("set", "event", "fam"), "item % 5", 3), ThenPass)}},
		{"wait members", []Stage{membersOf(syncStage("wait", "event", "fam"), "random() < 0.5 ? 0 : 2", 3)}},
		{"wait any", []Stage{waitFor(WaitForAny, Place{Name: "e", Kind: "event"}, Place{Name: "p", Kind: "process"})}},
		{"wait all", []Stage{waitFor(WaitForAll, Place{Name: "f", Kind: "event"}, Place{Name: "q", Kind: "queue"})}},
		{"meet", place(syncStage("wait", "barrier", "b"))},
		{"meet as", []Stage{named(syncStage("wait", "barrier", "b"), "n"), mapStage("item * 10 + n")}},
		{"meet twice", []Stage{named(syncStage("wait", "barrier", "b"), "n"), putStage("q2"), named(syncStage("wait", "barrier", "b"), "m"), mapStage("item * 10 + n * 3 + m")}},
		{"act", place(meetAt("acting", stage("items", Field{Source: srcLiteral([]any{1, 2})}), putStage("q3"), stage("log", Field{Source: srcText("acted ${{ item }}")})))},
		{"act and set", place(meetAt("acting", syncStage("set", "event", "f"), doStage(putStage("q3")), putStage("q4")))},
		{"failing action", []Stage{handled(meetAt("acting", stage("items", Field{Source: srcLiteral([]any{4, 5})}), putStage("q3"), mapStage(fmt.Sprintf(fails, 4))), ThenPass, stage("put", queueField("errs"), "value", srcExpr("error.type"))), syncStage("reset", "barrier", "acting")}},
		{"retried action", []Stage{retried(handled(meetAt("acting", mapStage(`int("x")`)), ThenPass), 2), syncStage("reset", "barrier", "acting")}},
		{"nobody comes", []Stage{timedOut(syncStage("wait", "barrier", "alone"), "3s", ThenPass, putStage("late"))}},
		{"nobody comes, again", []Stage{handled(timedOut(syncStage("wait", "barrier", "alone"), "3s", ThenPass, putStage("late")), ThenPass), syncStage("reset", "barrier", "alone")}},
		{"abort", []Stage{syncStage("abort", "barrier", "b"), handled(syncStage("wait", "barrier", "b"), ThenPass), syncStage("reset", "barrier", "b")}},
		{"start", []Stage{syncStage("start", "process", "p", "r")}},
		{"stop", []Stage{membersOf(syncStage("stop", "process", "p"), "item % 4", 4)}},
		{"kill", []Stage{kill}},
		{"kill by a bad name", []Stage{handled(bad, ThenPass, stage("put", queueField("errs"), "value", srcExpr("error.message")))}},
		{"in tee", []Stage{teeStage([]Stage{syncStage("set", "event", "e"), named(syncStage("wait", "barrier", "b"), "n")}, []Stage{syncStage("interrupt", "process", "p")})}},
		{"in do", []Stage{doStage(meetAt("acting", putStage("q3")), putStage("q5"))}},
		{"in a handler", []Stage{handled(mapStage(fmt.Sprintf(fails, 3)), ThenPass, syncStage("wait", "barrier", "b"), syncStage("start", "process", "p"))}},
	}
}

func syncWall(rnd *rand.Rand) wall {
	sync, plain := syncBricks(), bricks()
	w := wall{names: "get", stages: []Stage{stage("get", queueField("in"))}}
	for range 1 + rnd.IntN(4) {
		b := sync[rnd.IntN(len(sync))]
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

func syncWorld(seed uint64) *world {
	w := newWorld()
	w.fill(rand.New(rand.NewPCG(seed, 1)))
	for _, name := range []string{"b", "acting", "alone"} {
		b := w.barrier(name)
		b.seed, b.action, b.nobody = seed, name == "acting", name == "alone"
	}
	return w
}

// syncRuns is how many random chains a test runs.
const syncRuns = 700

// TestBatchesAreInvisibleToOthers: what others see of a chain that waits and sets, and when, is that of item after item.
func TestBatchesAreInvisibleToOthers(t *testing.T) {
	for seed := range uint64(syncRuns) {
		w := syncWall(rand.New(rand.NewPCG(seed, 0)))
		want := ""
		for _, size := range []int{1, 2, 7, 1024} {
			world := syncWorld(seed)
			err := world.run(w.stages, Options{BlockItems: size, Self: secondOfThree()})
			got := fmt.Sprintf("%serror: %v\n", world.outcome(), err)
			if want == "" {
				want = got
			}
			if got != want {
				t.Fatalf("seed %d: %s\nbatches of %d give\n%s\nitem by item\n%s", seed, w.names, size, got, want)
			}
		}
	}
}

// TestDeathIsInvisibleToOthers: one who dies at any step while it waits, has arrived, runs an action, sets, or asks for something to be done, and its
// replacements, do it once, in the order of one that lives.
func TestDeathIsInvisibleToOthers(t *testing.T) {
	deaths := 0
	for seed := range uint64(syncRuns) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		w := syncWall(rnd)
		whole := syncWorld(seed)
		err := whole.run(w.stages, Options{BlockItems: 1, Self: secondOfThree()})
		want := fmt.Sprintf("%serror: %v\n", whole.outcome(), err)
		world := syncWorld(seed)
		size, oneIn := 1+rnd.IntN(10), 2+rnd.IntN(12)
		for lives := 0; ; lives++ {
			h, startErr := world.start(w.stages, Options{BlockItems: size, Self: secondOfThree()})
			if startErr != nil {
				t.Fatalf("seed %d: %s: starting again: %v", seed, w.names, startErr)
			}
			h.die = func() bool { return lives < 60 && rnd.IntN(oneIn) == 0 }
			h.commitNow = func() bool { return rnd.IntN(2) == 0 }
			h.empty = func() bool { return rnd.IntN(4) == 0 }
			h.full = func() bool { return rnd.IntN(5) == 0 }
			h.careful = rnd.IntN(3) == 0
			if err = h.finish(); !errors.Is(err, errKilled) {
				break
			}
			deaths++
		}
		if got := fmt.Sprintf("%serror: %v\n", world.outcome(), err); got != want {
			t.Fatalf("seed %d: %s\nbatches of %d, with deaths, give\n%s\nin one go\n%s", seed, w.names, size, got, want)
		}
	}
	if deaths < syncRuns {
		t.Errorf("%d runs died only %d times", syncRuns, deaths)
	}
}

// TestBarrierFailures: what a wait at a barrier says when it fails.
func TestBarrierFailures(t *testing.T) {
	for _, test := range []struct {
		name   string
		stages []Stage
		err    string
	}{
		{"aborted", []Stage{syncStage("abort", "barrier", "b"), syncStage("wait", "barrier", "b")}, "wait: the barrier b is broken"},
		{"timed out", []Stage{{Op: "wait", Operand: Field{Places: []Place{{Name: "alone", Kind: "barrier"}}}, Timeout: srcLiteral("1s")}}, "timed out"},
		{"the action fails", []Stage{meetAt("acting", stage("fail", Field{Source: srcText("no more")}))}, "fail: no more"},
	} {
		w := syncWorld(3) // in which the first arrival is the last
		err := w.run(append([]Stage{itemsStage(1)}, test.stages...), Options{})
		if err == nil || !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
