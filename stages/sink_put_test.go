package stages

import (
	"context"
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
	b := &Builder{building: &building{opts: Options{Host: newWorld().host()}}}
	value, err := b.keyOf(nil)
	if err != nil {
		t.Fatal(err)
	}
	node := &putting{outbox: box, value: value}
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
