package stages

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestGetFromSeveral holds that each item of each queue comes once and in its queue's order, wherever the worker dies, and that the
// stream ends when all queues have.
func TestGetFromSeveral(t *testing.T) {
	names := []string{"in", "more", "jobs[1]"}
	deaths := 0
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		w := newWorld()
		want := map[int][]int{}
		for i, name := range names {
			for range rnd.IntN(4) {
				var c Column
				for range 1 + rnd.IntN(12) {
					n := i*1000 + len(want[i])
					want[i] = append(want[i], n)
					c.Append(n)
				}
				w.queue(name).blocks = append(w.queue(name).blocks, c)
			}
		}
		places := queueField("in", "more", "jobs").Places
		places[2].Index, places[2].Count = []Source{*srcExpr("self.index + 1")}, 2
		stages := []Stage{stage("get", Field{Places: places}), mapStage("item + 0")}
		oneIn := 2 + rnd.IntN(10)
		dies := mortal{
			lives: 50, oneIn: oneIn, rng: rnd,
			options: func() Options { return Options{BlockItems: 1 + rnd.IntN(8), Self: map[string]any{"index": 0}} },
			each:    func(h *fakeHost) { h.empty = func() bool { return rnd.IntN(4) == 0 } },
		}
		died, err := dies.run(t, w, stages)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		deaths += died
		got := map[int][]int{}
		for _, item := range w.queue("out").put {
			n := item.(int)
			got[n/1000] = append(got[n/1000], n)
		}
		for i := range names {
			if !slices.Equal(got[i], want[i]) {
				t.Fatalf("seed %d: of %s came %v instead of %v", seed, names[i], got[i], want[i])
			}
		}
	}
	if deaths < 300 {
		t.Errorf("only %d deaths", deaths)
	}
}

// TestMembersOfFamilies holds which member an index means, and what is said of one that is none.
func TestMembersOfFamilies(t *testing.T) {
	for _, test := range []struct {
		index string
		want  string // the queue; else the error
		fails bool
	}{
		{"0", "jobs", false},
		{"2", "jobs[2]", false},
		{"-1", "jobs[2]", false},
		{"1.0", "jobs[1]", false},
		{"item - 4", "jobs[1]", false},
		{"3", "jobs[3] is not there: jobs has 3 members, jobs[0] to jobs[2]", true},
		{"item", "jobs[5] is not there: jobs has 3 members, jobs[0] to jobs[2]", true},
		{"-4", "jobs[-4] is not there: jobs has 3 members, jobs[0] to jobs[2]", true},
		{"item / 2", "the index of jobs must be a whole number, not 2.5", true},
		{`"x"`, `the index of jobs must be a whole number, not "x"`, true},
	} {
		w := newWorld()
		err := w.run([]Stage{itemsStage(5), putMember("jobs", test.index, 3)}, Options{})
		var failed *StageError
		switch {
		case test.fails && (!errors.As(err, &failed) || failed.Text != test.want):
			t.Errorf("jobs[%s]: %v, expected %s", test.index, err, test.want)
		case !test.fails && (err != nil || len(w.queue(test.want).put) != 1):
			t.Errorf("jobs[%s]: %v, %s has %v", test.index, err, test.want, w.queue(test.want).put)
		}
	}
}

// TestGetFromNoMember holds that a process cannot start that reads a member which is not there.
func TestGetFromNoMember(t *testing.T) {
	place := queueField("jobs").Places
	place[0].Index, place[0].Count = []Source{*srcExpr("self.index")}, 1
	err := newWorld().run([]Stage{stage("get", Field{Places: place})}, Options{Self: map[string]any{"index": 1}})
	var failed *StageError
	if !errors.As(err, &failed) || failed.Text != "jobs[1] is not there: jobs has one member, jobs[0]" {
		t.Error(err)
	}
}

// TestKeys holds that equal keys have equal hashes whatever they are written as, and that an item without a key is told.
func TestKeys(t *testing.T) {
	key, err := NewKey("q", srcExpr("item.k"), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	values := []any{1, 1.0, "1", math.Copysign(0, -1), 0, nil, []byte("1"), []any{1, "a"}, []any{1.0, "a"}, true, map[string]any{"b": 1, "a": 2.0}, map[string]any{"a": 2, "b": 1}}
	var c Column
	for _, v := range values {
		c.Append(map[string]any{"k": v})
	}
	hashes, err := key.Hashes(nil, &c, 0, c.Len())
	if err != nil || len(hashes) != len(values) {
		t.Fatal(len(hashes), err)
	}
	for i := range values {
		for j := range values {
			if same := Compare(values[i], values[j]) == 0; same != (hashes[i] == hashes[j]) {
				t.Errorf("%v and %v: equal %v, hashes %x and %x", values[i], values[j], same, hashes[i], hashes[j])
			}
		}
	}
	c = ColumnOf(map[string]any{"k": 1}, 5)
	if hashes, err = key.Hashes(nil, &c, 0, 2); len(hashes) != 1 || err == nil {
		t.Errorf("%d hashes, %v", len(hashes), err)
	}
	for kind, c := range map[string]Column{"ints": ColumnOf(7, -3), "texts": ColumnOf("a", ""), "floats": ColumnOf(1.5, 2.0)} {
		for i := range c.Len() {
			if c.hash(i) != Hash(c.At(i)) {
				t.Errorf("%s: the hash of %v is another in a column", kind, c.At(i))
			}
		}
	}
}
