//go:build linux

package shm

import "fmt"

// A Tx is what one commit does: blocks to publish, blocks to release or to advance, the change of the stage state. It is filled between
// Slot.Begin and Slot.Commit. A wrong call is remembered and is the error of Commit, which then does nothing.
type Tx struct {
	slot     *Slot
	outputs  [MaxOutputs]txOutput
	inputs   [MaxInputs]txInput
	nOutputs int
	nInputs  int
	state    stateChange
	effects  []effect
	numbers  [64]int32 // places in effects, see latest
	unlocks  []Lock
	resume   bool
	err      error
}

type txOutput struct {
	block *Block
	items int
	bytes int64
}

type txInput struct {
	block   *Block
	cursor  int
	tries   int
	release bool
}

// Begin starts a transaction, dropping one that was not committed. The Tx is the slot's and is used again.
func (s *Slot) Begin() *Tx {
	t := &s.tx
	t.slot, t.nOutputs, t.nInputs, t.state, t.resume, t.err = s, 0, 0, stateChange{}, false, nil
	if len(t.effects) > 0 {
		t.numbers = [len(t.numbers)]int32{}
	}
	t.effects, t.unlocks = t.effects[:0], t.unlocks[:0]
	return t
}

func (t *Tx) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// Publish makes a reserved block READY with the given number of items, 1 to Granted, and the bytes written to it. Blocks are published in
// the order of the calls.
func (t *Tx) Publish(b *Block, items int) {
	switch {
	case b.slot != t.slot || b.word.state() != blockFilling:
		t.fail(fmt.Errorf("publish a block: %w", ErrNotOwned))
	case items < 1 || items > b.items:
		t.fail(fmt.Errorf("publish %d items in a block of queue %s for %d: %w", items, b.queue.Name(), b.items, ErrTooLarge))
	case t.nOutputs == MaxOutputs:
		t.fail(fmt.Errorf("publish more than %d blocks: %w", MaxOutputs, ErrTooMany))
	default:
		t.outputs[t.nOutputs] = txOutput{b, items, int64(b.length)}
		t.nOutputs++
	}
}

// Release finishes a leased block: all its items are done.
func (t *Tx) Release(b *Block) { t.input(txInput{block: b, cursor: b.items, release: true}) }

// Advance finishes the items of a leased block before cursor; at the block's end it is Release. Its deliveries are counted anew (see
// Block.TriesAfterAdvance), also where the cursor stays: then what is in flight has got on.
func (t *Tx) Advance(b *Block, cursor int) {
	if cursor == b.items {
		t.Release(b)
		return
	}
	if cursor < b.cursor || cursor > b.items {
		t.fail(fmt.Errorf("advance a block of queue %s from item %d to %d of %d: %w", b.queue.Name(), b.cursor, cursor, b.items, ErrTooLarge))
		return
	}
	t.input(txInput{block: b, cursor: cursor, tries: b.TriesAfterAdvance()})
}

// triesAfterStep is the deliveries of the items behind a cursor that moves (models/poison.pml): a first delivery stays one; after that, the
// block has been delivered as a whole and now by items; where one delivery is all there is, it goes by items from the start.
func triesAfterStep(tries, maxDeliveries int) int {
	if tries <= 1 || maxDeliveries == 1 {
		return 1
	}
	return 2
}

func (t *Tx) input(in txInput) {
	if in.block.slot != t.slot || in.block.word.state() != blockLeased {
		t.fail(fmt.Errorf("finish a block: %w", ErrNotOwned))
		return
	}
	for i := range t.nInputs {
		if t.inputs[i].block == in.block {
			t.fail(fmt.Errorf("finish a block of queue %s twice in one commit: %w", in.block.queue.Name(), ErrNotOwned))
			return
		}
	}
	t.inputs[t.nInputs] = in // there are never more leases than places
	t.nInputs++
}

// State appends to the slot's committed state. The bytes must stay unchanged until Commit returns. One call of State or Snapshot a commit.
func (t *Tx) State(delta []byte) { t.change(stateChange{stateAppend, delta}) }

// Snapshot replaces the slot's committed state. The bytes must stay unchanged until Commit returns.
func (t *Tx) Snapshot(full []byte) { t.change(stateChange{stateReplace, full}) }

func (t *Tx) change(c stateChange) {
	if t.state.kind != stateUnchanged {
		t.fail(fmt.Errorf("change the state of slot %d twice in one commit: %w", t.slot.index, ErrTooMany))
		return
	}
	t.state = c
}

// Continue says whether items are in flight inside the chain after this commit, as the state describes. Then the leases that the slot still
// holds stay with it over a death, and only its replacement gets them, by Slot.Adopt. Without it (or with false) they go back to their
// queues.
func (t *Tx) Continue(inFlight bool) { t.resume = inFlight }

// releases says whether the transaction gives the lease back.
func (t *Tx) releases(b *Block) bool {
	for i := range t.nInputs {
		if t.inputs[i].block == b {
			return t.inputs[i].release
		}
	}
	return false
}
