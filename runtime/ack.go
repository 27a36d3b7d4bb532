package runtime

import "github.com/mprun/mprun/shm"

// With `ack: manual` an inbox hands out one item at a time, and the cursor of the block moves over it when Ack was called for it and that
// is committed: until then the item is unfinished, whatever became of it. stages/sink_ack.go draws the states.
//
//	block: | finished ... | in hand | not yet handed out |
//	       0            cursor    taken                items
//
// Between commits taken is cursor, or one more. An item in hand that is in flight, or that was handed out before, keeps the lease with
// the slot over a death, so that the replacement knows of it; else the lease goes back to the queue as always.

// Manual implements stages.Inbox.
func (in *inbox) Manual() { in.manual = true }

// Ack implements stages.Inbox.
func (in *inbox) Ack() {
	if in.block != nil && in.taken > in.block.Cursor() {
		in.acked, in.host.dirty = true, true
	}
}

// settle commits what became of the item in hand, if there is one. It is called when all of it has left the chain: one that nobody has
// acknowledged is handed out again.
func (in *inbox) settle() error {
	if in.taken == in.block.Cursor() {
		return nil
	}
	if !in.acked {
		in.taken--
		in.returned++
	}
	in.host.dirty = true
	return in.host.Commit()
}

// finishAcked adds to the transaction how far the block is done.
func (h *host) finishAcked(tx *shm.Tx, in *inbox) {
	done := in.block.Cursor()
	if in.acked {
		done, in.acked, in.returned = in.taken, false, 0
	}
	if done == in.block.Items() {
		tx.Release(in.block)
		in.block = nil
		return
	}
	h.advance(tx, in, done)
}

// handedBack says whether an item in hand was handed out before without being acknowledged, which only this slot knows.
func (h *host) handedBack() bool {
	for _, in := range h.inboxes {
		if in.block != nil && in.returned > 0 {
			return true
		}
	}
	return false
}

// Manual implements stages.Inbox.
func (m *merged) Manual() {
	for _, in := range m.ends {
		in.Manual()
	}
}

// Ack implements stages.Inbox.
func (m *merged) Ack() {
	if in := m.inHand(); in != nil {
		in.Ack()
	}
}
