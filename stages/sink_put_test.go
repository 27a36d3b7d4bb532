package stages

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// pickyOutbox is an Outbox that refuses one item, after it has taken those before it, as a queue does with one that is too large.
type pickyOutbox struct{ refused, taken int }

func (o *pickyOutbox) Wait(context.Context) error { return nil }

func (o *pickyOutbox) Put(c *Column, from, to int) (int, error) {
	for i := from; i < to; i++ {
		if c.At(i) == o.refused {
			return i - from, Failf("max-item", "too large")
		}
		o.taken++
	}
	return to - from, nil
}

// TestPutRefused: what is put before an item that the queue refuses is worked off before anything is made of the failure.
func TestPutRefused(t *testing.T) {
	box := &pickyOutbox{refused: 3}
	b := &Builder{building: &building{opts: Options{Host: newWorld().host()}}, frame: &frame{row: -1}}
	value, err := b.keyOf(nil)
	if err != nil {
		t.Fatal(err)
	}
	node := &putting{to: &destination{member: &member{}, boxes: []Outbox{box}, ended: make([]bool, 1)}, value: value}
	in, out := NewBatch(0, false), NewBatch(0, false)
	for _, item := range listOfInts(6) {
		in.EmitNew(item, "")
	}
	r := &Run{Host: newWorld().host(), Limit: 100}
	if err := node.Step(r, in, out); err != nil || out.Len() != 3 || in.Item(0) != 3 || box.taken != 3 {
		t.Fatalf("%v: %d rows have gone on, %v is next", err, out.Len(), in.Item(0))
	}
	if err := node.Step(r, in, out); err == nil || out.Len() != 3 || in.Len() != 3 {
		t.Fatalf("%v: %d rows have gone on, %d are left", err, out.Len(), in.Len())
	}
}

// TestPutToSeveralIsOneValue: all queues get the same, although what the expression reads changes while one of them is full, and
// although the worker dies then.
func TestPutToSeveralIsOneValue(t *testing.T) {
	for _, dies := range []bool{false, true} {
		flag := filepath.Join(t.TempDir(), "flag")
		w := newWorld()
		w.queue("b").room = 1
		stages := []Stage{itemsStage(1, 2), stage("put", queueField("a", "b"), "value", srcExpr(`[item, exists("`+flag+`")]`))}
		h, err := w.start(stages, Options{BlockItems: 1})
		if err != nil {
			t.Fatal(err)
		}
		h.onWait = func() {
			if err := os.WriteFile(flag, nil, 0o600); err != nil {
				t.Error(err)
			}
			h.die = func() bool { return dies }
		}
		if err := h.finish(); errors.Is(err, errKilled) {
			err = w.run(stages, Options{BlockItems: 1})
			if err != nil {
				t.Fatal(err)
			}
		} else if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a", "b"} {
			if got := string(AppendJSON(nil, w.queue(name).put)); got != "[[1, false], [2, false]]" {
				t.Errorf("dies: %v: %s has %s", dies, name, got)
			}
		}
	}
}
