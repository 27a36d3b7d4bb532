package runtime

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/mprun/mprun/stages"
)

// An item that ends the worker which works on it, again and again, is poison. Two places tell:
//
//	at the head of a block   deliver: the block has been delivered too often, and its first item was what each reader had in hand
//	in the middle of a chain giveUpPoison: replacements died at the same row, with no step in between
//
// A worker that ends by itself with 69, since others have left no room for a sum, has not died of an item: it takes its delivery back
// (undeliver, shm/models/poison.pml).
//
// A first death may have been at any row of a batch; those that were in flight are gone through one by one afterwards (care). The
// poison goes to the dead-letter queue of the queue it came from, in the commit that drops it, and the run goes on with what is behind it;
// without a dead-letter queue the run fails. What of the item has gone on before, and was committed, stays.

// giveUpPoison looks whether the row that the last owners of the slot were at has ended as many of them as it may, and gives it up then.
func (h *host) giveUpPoison() error {
	for _, in := range slices.Backward(h.inboxes) { // of several, the row came from the one furthest down
		if in.block == nil {
			continue
		}
		deaths := in.block.Tries() - in.counted // without a step between them
		if limit := in.def.MaxDeliveries; limit == 0 || deaths < limit {
			continue
		}
		return h.giveUp(in, deaths)
	}
	return nil
}

// onlyDelivery says whether items are in hand that are delivered once and not again: each death must tell at which row it was.
func (h *host) onlyDelivery() bool {
	return slices.ContainsFunc(h.inboxes, func(in *inbox) bool { return in.block != nil && in.def.MaxDeliveries == 1 })
}

// undeliver takes back that what is in hand was delivered, before the worker goes back to its last commit: no item is to blame for that. A block
// that was taken at one go keeps its delivery, by which its next reader knows to go through it item by item.
func (h *host) undeliver() {
	for _, in := range h.inboxes {
		if in.block != nil && (in.single || in.block.Tries() > 1) {
			in.block.Undeliver()
		}
	}
}

// handOn takes back the same where the worker leaves what is in hand to its replacement of its own accord.
func (h *host) handOn() {
	for _, in := range h.inboxes {
		if in.block != nil {
			in.block.Undeliver()
		}
	}
}

func (h *host) giveUp(in *inbox, deaths int) error {
	stage, item, ok := h.chain.InHand()
	if !ok {
		return &stages.StageError{
			Op: "get", Pos: in.def.Pos, Type: maxDeliveries,
			Text: fmt.Sprintf("%d workers died in a row while an item of queue %s was on its way [%s]", deaths, in.part.label, maxDeliveries),
		}
	}
	if err := in.bury(item, stage.Op, stage.Pos, deaths); err != nil {
		return err
	}
	h.chain.GiveUp()
	in.acked = in.manual && in.taken > in.block.Cursor()
	h.moved, h.dirty = true, true
	return h.Commit()
}

// maxDeliveries is what error.type is of an item that was given up.
const maxDeliveries = "max-deliveries"

// deadly says what an item has done.
func (in *inbox) deadly(deaths int) string {
	if in.returned > 0 {
		return fmt.Sprintf("this item of queue %s was delivered %d times and not acknowledged [%s]", in.part.label, deaths, maxDeliveries)
	}
	if in.def.Pool != "" {
		return fmt.Sprintf("%s of pool %s died at work on this task%s [%s]", workers(deaths), in.def.Pool, in.host.diedOf(), maxDeliveries)
	}
	return fmt.Sprintf("%s died at work on this item of queue %s%s [%s]", workers(deaths), in.part.label, in.host.diedOf(), maxDeliveries)
}

// workers is so many workers, in words.
func workers(n int) string {
	if n == 1 {
		return "a worker"
	}
	return strconv.Itoa(n) + " workers"
}

// diedOf is what the last of them died of, as an addition to that, if it is known.
func (h *host) diedOf() string {
	if h.handoff.Died == "" {
		return ""
	}
	return ": " + h.handoff.Died
}

// bury puts an item that is given up into the dead-letter queue, with the stage at which its workers died, or makes the run fail; the
// next commit makes it so. As with every queue, what nobody reads any more is dropped; a letter that the queue does not take fails the run
// as if there were none.
func (in *inbox) bury(item any, op string, at stages.Pos, deaths int) error {
	failure := &stages.StageError{Op: op, Pos: at, Type: maxDeliveries, Item: stages.ShortJSON(item), Text: in.deadly(deaths)}
	if in.def.DeadLetter == "" {
		return failure
	}
	out, err := in.host.Outbox(stages.Ref{Name: in.def.DeadLetter})
	if err != nil {
		return err
	}
	letter := stages.ColumnOf(map[string]any{"item": item, "error": map[string]any{
		"type": maxDeliveries, "message": in.deadly(deaths), "stage": at.String(), "attempt": deaths,
	}})
	for {
		n, err := out.Put(&letter, 0, 1)
		var refused *stages.ItemError
		switch {
		case errors.As(err, &refused):
			failure.Text += "; its dead letter: " + refused.Message
			return failure
		case errors.Is(err, stages.ErrNoReaders), err == nil && n == 1:
			return nil
		case err != nil:
			return err
		}
		if err := in.host.Wait(out, 0); err != nil {
			return err
		}
	}
}
