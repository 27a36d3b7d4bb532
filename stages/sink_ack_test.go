package stages

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// manualGetStage is `get: in` with `ack: manual`.
func manualGetStage() Stage { return stage("get", queueField("in"), "ack", srcLiteral("manual")) }

func ackStage() Stage { return stage("ack", Field{Source: srcLiteral("item")}) }

// ackChains are chains that acknowledge what they get, some of it, or nothing.
func ackChains() map[string][]Stage {
	printed := stage("print", Field{Source: srcText("${{ delivery.id }} ${{ item }}")})
	double := stage("flat_map", exprField("[item, item * 10]"))
	return map[string][]Stage{
		"all":             {manualGetStage(), printed, ackStage()},
		"first":           {manualGetStage(), ackStage(), printed, double, putStage("q1")},
		"several":         {manualGetStage(), double, printed, ackStage(), putStage("q1")},
		"some are left":   {manualGetStage(), printed, filterStage("item % 3 != 0"), ackStage(), putStage("q1")},
		"none":            {manualGetStage(), printed, only(ackStage(), "false")},
		"by a failure":    {manualGetStage(), printed, handled(mapStage(fragile), ThenSkip), ackStage()},
		"in a handler":    {manualGetStage(), handled(mapStage(fragile), ThenSkip, putStage("errs"), ackStage()), printed, ackStage()},
		"in do":           {manualGetStage(), double, doStage(printed, ackStage()), putStage("q1")},
		"in route":        {manualGetStage(), routeStage(when("item % 2 == 0", printed, ackStage()), when("", putStage("q1")))},
		"before a batch":  {manualGetStage(), ackStage(), countStage("batch", 2), printed},
		"before the end":  {manualGetStage(), ackStage(), double, countStage("take", 3), printed},
		"put two, to ack": {manualGetStage(), putStage("q1", "q2"), retried(handled(mapStage(fragile), ThenSkip), 1), printed, ackStage(), putStage("q3")},
	}
}

func ackWorld() *world {
	w := newWorld()
	w.queue("in").blocks = []Column{ColumnOf(1, 2, 3), ColumnOf(4), ColumnOf(5, 6, 7)}
	return w
}

// TestAcknowledged holds which items are finished, and which are delivered again and given up in the end.
func TestAcknowledged(t *testing.T) {
	for name, want := range map[string]string{
		"all": "[]", "first": "[]", "several": "[]", "some are left": "[3, 6]", "none": "[1, 2, 3, 4, 5, 6, 7]",
		"by a failure": "[1, 5]", "in a handler": "[]", "in do": "[]", "in route": "[1, 3, 5, 7]", "before a batch": "[]", "put two, to ack": "[1, 5]",
	} {
		w := ackWorld()
		if err := w.run(ackChains()[name], Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := string(AppendJSON(nil, append([]any{}, w.queue("dead").put...))); got != want {
			t.Errorf("%s: given up are %s, want %s", name, got, want)
		}
		if left := len(w.queue("in").blocks); left > 0 {
			t.Errorf("%s: %d blocks are left", name, left)
		}
	}
	w := ackWorld()
	if err := w.run(ackChains()["some are left"], Options{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(w.stdout.String(), " 3\n"); n != fakeDeliveries {
		t.Errorf("an item that was never acknowledged went through the chain %d times", n)
	}
}

// TestDeathBesideAcks kills workers at any call of the host: the outcome is that of one life, and each item is finished or given up.
func TestDeathBesideAcks(t *testing.T) {
	for name, stages := range ackChains() {
		one := ackWorld()
		err := one.run(stages, Options{})
		want := fmt.Sprintf("%serror: %v\n", one.outcome(), err)
		for seed := range uint64(60) {
			rnd := rand.New(rand.NewPCG(seed, 7))
			world := ackWorld()
			oneIn := 2 + rnd.IntN(12)
			for lives := 0; ; lives++ {
				var h *fakeHost
				if h, err = world.start(stages, Options{BlockItems: 1 + rnd.IntN(9)}); err != nil {
					t.Fatalf("%s: starting again: %v", name, err)
				}
				h.die = func() bool { return lives < 60 && rnd.IntN(oneIn) == 0 }
				h.commitNow = func() bool { return rnd.IntN(2) == 0 }
				h.empty = func() bool { return rnd.IntN(4) == 0 }
				h.careful = rnd.IntN(3) == 0
				if err = h.finish(); !errors.Is(err, errKilled) {
					break
				}
			}
			if got := fmt.Sprintf("%serror: %v\n", world.outcome(), err); got != want {
				t.Fatalf("%s, seed %d\nwith deaths\n%sin one go\n%s", name, seed, got, want)
			}
		}
	}
}

func TestAckAlone(t *testing.T) {
	w := ackWorld()
	if _, err := w.start([]Stage{stage("get", queueField("in")), ackStage()}, Options{}); err == nil {
		t.Error("ack was built without a get to acknowledge")
	}
	inner := []Stage{doStage(manualGetStage(), ackStage()), ackStage()}
	if _, err := w.start(inner, Options{}); err == nil {
		t.Error("ack was built behind the chain in which the get is")
	}
}
