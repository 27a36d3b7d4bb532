package runtime

import (
	"context"
	"fmt"
	"io"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// inbox is the reading end of a queue of the arena: it implements stages.Inbox. At most one block at a time is in its hands. A block is released
// by the first commit at which all its items have been taken and nothing of the chain is in flight; while items are in flight its lease
// is held over a death, for the replacement.
type inbox struct {
	host  *host
	queue *shm.Queue
	part  *arenaPart
	def   *planner.Queue

	inHand
	column stages.Column // of the whole block; its memory serves the next one
	single bool
	manual bool // items are finished by Ack

	forsaken, told int // what the pool's results are not wanted of any more, and what others know of it

	committed int  // taken, as of the last commit
	takenBack bool // an Undo has given back items, and the chain has not asked yet
}

// inHand is what an inbox knows of the block in its hands, which a commit changes.
type inHand struct {
	block     *shm.Block
	taken     int  // of the block's items, from its start
	counted   int  // deliveries when the chain last got on
	delivered int  // deliveries at the last commit of the worker before this one
	spent     bool // everything that came of the block has left the chain
	acked     bool // the item in hand is finished with the next commit
	returned  int  // how often the item in hand was handed out before without being acknowledged
}

// Lease implements stages.Inbox.
func (in *inbox) Lease() (stages.Delivery, error) {
	if err := in.finish(); err != nil {
		return stages.Delivery{}, err
	}
	if in.block == nil {
		block, status, err := in.queue.Lease(in.host.slot)
		switch {
		case err != nil:
			return stages.Delivery{}, err
		case status == shm.Ended:
			return stages.Delivery{}, io.EOF
		case status == shm.Empty:
			return stages.Delivery{}, stages.ErrEmpty
		}
		in.inHand = inHand{block: block, taken: block.Cursor(), counted: block.Tries()}
		in.committed = in.taken
		if in.host.onlyDelivery() {
			in.host.care.begin()
		}
	}
	return in.deliver()
}

// finish commits the end of a block all of whose items have been taken, or of the item in hand.
func (in *inbox) finish() error {
	switch {
	case in.block == nil:
		return nil
	case in.manual:
		return in.settle()
	case in.taken < in.block.Items():
		return nil
	}
	in.spent, in.host.dirty = true, true
	return in.host.Commit()
}

// deliver decodes the block in hand, into the memory of the one before, which the chain has no more use for: it copies what it takes.
func (in *inbox) deliver() (stages.Delivery, error) {
	payload, err := in.block.Payload()
	if err != nil {
		return stages.Delivery{}, err
	}
	items := &in.column
	if err := items.Decode(payload); err != nil {
		return stages.Delivery{}, fmt.Errorf("queue %s, block at item %d: %w", in.part.name, in.block.Seq(), err)
	}
	if items.Len() != in.block.Items() {
		return stages.Delivery{}, fmt.Errorf("queue %s, block at item %d has %d items instead of %d", in.part.name, in.block.Seq(), items.Len(), in.block.Items())
	}
	in.host.dirty = true
	tries := in.block.Tries()
	left := items.Slice(in.taken, items.Len())
	in.single = tries > 1 || in.def.MaxDeliveries == 1 || in.manual
	if in.manual {
		left = left.Slice(0, 1)
		tries += in.returned
	}
	if limit := in.def.MaxDeliveries; limit > 0 && tries > limit && in.def.Pool == "" { // a chunk is gone through task by task
		return in.poisoned(left.At(0), tries)
	}
	return stages.Delivery{
		Items: left, Queue: in.part.name, First: in.block.Seq() + uint64(in.taken), Attempt: tries, Single: in.single,
	}, nil
}

// poisoned deals with an item that has ended as many of its readers as it may: it goes to the dead-letter queue, or the run fails.
func (in *inbox) poisoned(item any, tries int) (stages.Delivery, error) {
	if err := in.bury(item, "get", in.def.Pos, tries-1); err != nil {
		return stages.Delivery{}, err
	}
	in.taken++
	in.acked = in.manual
	if err := in.host.Commit(); err != nil {
		return stages.Delivery{}, err
	}
	return in.Lease()
}

// Ready implements stages.Inbox.
func (in *inbox) Ready() bool {
	if in.block != nil && in.taken < in.block.Items() {
		return true
	}
	return in.queue.Ready()
}

// Take implements stages.Inbox.
func (in *inbox) Take(n int) {
	from := in.block.Seq() - 1 + uint64(in.taken) // from 0
	in.taken += n
	in.host.dirty = true
	in.host.taking(in.part, from, from+uint64(n))
}

// undo gives back what was taken since the last commit.
func (in *inbox) undo() {
	in.spent, in.acked = false, false
	if in.block != nil && in.taken != in.committed {
		in.taken, in.takenBack = in.committed, true
	}
}

// TakenBack implements stages.Inbox.
func (in *inbox) TakenBack() bool {
	back := in.takenBack
	in.takenBack = false
	return back
}

// Wait implements stages.Waiter.
func (in *inbox) Wait(ctx context.Context) error {
	return in.host.waitShared(ctx, func(w shm.Wait) (shm.WaitResult, error) { return in.queue.WaitReadable(in.host.slot, w) })
}

// unsettled says whether more than one item is in hand that no commit has finished: which of them a failure, or the end of the stream
// in the middle, leaves undone cannot be told.
func (in *inbox) unsettled() bool {
	return in.block != nil && !in.single && in.taken-in.block.Cursor() > 1
}

// finishInputs adds to the transaction how far the inputs are done.
func (h *host) finishInputs(tx *shm.Tx, standing bool) {
	for _, in := range h.inboxes {
		switch {
		case in.block == nil:
		case in.manual:
			h.finishAcked(tx, in)
		case in.taken == in.block.Items() && (in.spent || !standing):
			tx.Release(in.block)
			in.block, in.spent = nil, false
		default:
			// The last item stays unfinished as long as something is in flight, so that the lease is held.
			h.advance(tx, in, min(in.taken, in.block.Items()-1))
		}
	}
}

// inHand is what the inboxes have in hand, for a commit that may be refused.
func (h *host) inHand() []inHand {
	h.before = h.before[:0]
	for _, in := range h.inboxes {
		h.before = append(h.before, in.inHand)
	}
	return h.before
}

// keepInHand is told that a commit was refused: nothing was released or acknowledged.
func (h *host) keepInHand(before []inHand) {
	for i, in := range h.inboxes {
		in.inHand = before[i]
	}
}

// advance moves the cursor of a block. Where it stays, but the chain has got on, the deliveries so far are forgiven all the same: the
// deaths were at what was in flight, and the item at the cursor has not been touched.
func (h *host) advance(tx *shm.Tx, in *inbox, cursor int) {
	after := in.block.TriesAfterAdvance()
	switch {
	case cursor > in.block.Cursor(), h.moved && in.block.Tries() > after:
		tx.Advance(in.block, cursor)
		in.counted = after
	case h.moved:
		in.counted = in.block.Tries()
	}
}

// saveLeases writes how many items of each block in hand have been taken, which the block's own cursor does not say while the last of
// them are in flight.
func (h *host) saveLeases(w *stages.StateWriter) {
	n := 0
	for _, in := range h.inboxes {
		if in.block != nil {
			n++
		}
	}
	w.Uint(uint64(n))
	for i, in := range h.inboxes {
		if in.block != nil {
			w.Uint(uint64(i))
			w.Uint(in.block.Seq())
			w.Uint(uint64(in.taken))
			w.Uint(uint64(in.counted))
			w.Uint(uint64(in.block.Tries()))
			w.Uint(uint64(in.returned))
		}
	}
}

// leaseNote is what saveLeases wrote of a block.
type leaseNote struct {
	inbox     int // its number
	seq       uint64
	taken     int
	tries     int // deliveries when the chain had last got on: more of them are deaths since
	delivered int // deliveries by then

	returned int // deliveries without an acknowledgement
}

func (h *host) loadLeases(r *stages.StateReader) {
	h.notes = h.notes[:0]
	for n := r.Uint(); n > 0 && r.Err() == nil; n-- {
		h.notes = append(h.notes, leaseNote{inbox: int(r.Uint()), seq: r.Uint(), taken: int(r.Uint()), tries: int(r.Uint()), delivered: int(r.Uint()), returned: int(r.Uint())})
	}
}

// adoptLeases gives the leases that were held over the death of the last owner back to their inboxes. Rows in flight are gone through
// one by one from then on: the next death, if there is one, then says which of them it was at.
func (h *host) adoptLeases(adopted shm.Adopted) {
	for _, block := range adopted.Leases {
		for _, note := range h.notes {
			if note.inbox >= len(h.inboxes) || h.inboxes[note.inbox].queue != block.Queue() || note.seq != block.Seq() {
				continue
			}
			in := h.inboxes[note.inbox]
			in.inHand = inHand{block: block, taken: min(note.taken, block.Items()), counted: note.tries, delivered: note.delivered, returned: note.returned}
			in.committed = in.taken
			h.resuming(in.part, block.Seq()-1, block.Seq()-1+uint64(in.taken))
			h.care.begin()
		}
	}
}
