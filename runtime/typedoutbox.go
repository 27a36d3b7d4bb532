package runtime

import (
	"context"

	"github.com/mprun/mprun/stages"
)

// typedOutbox is the writing end of a queue that declares a type: items become what the type holds, or are refused.
type typedOutbox struct {
	box    stages.Outbox
	store  *stages.StoreType
	queue  string
	stored stages.Column // of one Put
}

// Put implements stages.Outbox. An item that does not fit is refused when it is the first: those before it are put.
func (o *typedOutbox) Put(c *stages.Column, from, to int) (int, error) {
	if o.store.Holds(c) {
		return o.box.Put(c, from, to)
	}
	o.stored.Reset()
	misfit := o.store.StoreColumn(&o.stored, c, from, to)
	if n := o.stored.Len(); n > 0 || misfit == nil {
		return o.box.Put(&o.stored, 0, n)
	}
	return 0, stages.Failf("item-type", "queue %s: %s", o.queue, misfit)
}

// Wait implements stages.Waiter.
func (o *typedOutbox) Wait(ctx context.Context) error { return o.box.Wait(ctx) }
