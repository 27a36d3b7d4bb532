//go:build linux

package shm

import "fmt"

// Recover puts everything in order that a dead worker has left, and gives its slot the next epoch. The caller has proof of the death: the
// process is reaped, or, of a worker that is a thread, it has said that it never touches its slot again. It never waits and takes no lock of the arena, so other dead ones may hold any of them; each of its steps is a
// compare-and-swap keyed on the dead owner, so it may be interrupted anywhere and run again. The supervisor calls it for every worker that ends, also
// for one that ended well, from any goroutine. ErrCorrupt says that the slot's record cannot be followed; the run must then fail.
func (a *Arena) Recover(slot int) error { return a.recoverSlot(slot, func(string) {}) }

// recoverSlot calls step after each of its steps; a test panics there and runs it again.
func (a *Arena) recoverSlot(slot int, step func(string)) error {
	if slot < 0 || slot >= a.layout.config.Slots {
		return fmt.Errorf("recover slot %d of %d: %w", slot, a.layout.config.Slots, ErrNotOwned)
	}
	a.recovering.Lock()
	defer a.recovering.Unlock()
	h := a.slot(slot)
	// 1. What was committed is done first: the sweep would free its outputs.
	if err := a.rollForward(slot, step); err != nil {
		return fmt.Errorf("recover slot %d: %w", slot, err)
	}
	step("rolled forward")
	// 2. to 5., where the dead has been.
	queues, primitives := a.touched(slot)
	a.sweep(slot, queues, a.heldLeases(h), step)
	a.sweepPrimitives(slot, primitives, a.heldLocks(h), step)
	// 6. Nobody waits there any more.
	clearWait(h)
	a.setRunnable(slot, false)
	h.stop.Store(0)
	h.wake.Store(0)
	h.pid.Store(0)
	h.pgid.Store(0)
	step("cleared")
	// 7. Every death wakes everybody who waits where the dead has been.
	a.wakeTouched(queues, primitives)
	step("woken")
	// 8. Only now may there be a new owner.
	h.attached.Store(0)
	step("detached")
	h.epoch.Add(1)
	return nil
}

func clearWait(h *slotHeader) {
	r := &h.waiting.head
	r.Store((r.Load()>>waitSeqShift + 1) << waitSeqShift)
}

// sweep frees or returns everything of the slot in the queues but the given leases, marks them dirty, and frees its locks.
func (a *Arena) sweep(slot int, queues []int, held map[uint64]bool, step func(string)) {
	for _, i := range queues {
		q := &a.queues[i]
		for index := range q.used() {
			q.sweepBlock(index, slot, held, step)
		}
	}
	step("swept")
	for _, i := range queues {
		a.queues[i].head.dirty.Store(1)
		step("dirty")
	}
	for _, i := range queues {
		a.queues[i].head.lock.releaseDead(slot)
		step("unlocked")
	}
}

// sweepBlock returns one block of the dead slot: what it was filling is FREE, what it had leased is READY under its old number and with its
// deliveries, for they were counted when it was leased.
func (q *Queue) sweepBlock(index uint32, slot int, held map[uint64]bool, step func(string)) {
	e := &q.table[index]
	w := blockWord(e.word.Load())
	if w.owner().slot() != slot {
		return
	}
	switch {
	case w.state() == blockFilling:
		q.trimPayload(index, q.l.stride)
		e.word.CompareAndSwap(uint64(w), uint64(makeWord(blockFree, 0, w.gen(), 0)))
		step("freed")
	case w.state() == blockLeased && !held[q.ref(index)]:
		e.word.CompareAndSwap(uint64(w), uint64(makeWord(blockReady, w.tries(), w.gen(), 0)))
		step("returned")
	}
}

// heldLeases is the leases that the slot's last commit keeps for its replacement.
func (a *Arena) heldLeases(h *slotHeader) map[uint64]bool {
	c := &h.record.headers[recordWord(h.record.word.Load()).seq()&1]
	held := make(map[uint64]bool)
	for i := range min(c.held.Load(), MaxInputs) {
		held[c.leases[i].Load()] = true
	}
	return held
}

// rollForward finishes the slot's committed transaction, if there is one.
func (a *Arena) rollForward(slot int, step func(string)) error {
	r := &a.slot(slot).record
	word := recordWord(r.word.Load())
	if word.state() != recordCommitted {
		return nil
	}
	outputs, inputs := r.outputs.Load(), r.inputs.Load()
	if outputs > MaxOutputs || inputs > MaxInputs {
		return corrupt("the record has %d outputs and %d inputs", outputs, inputs)
	}
	if err := a.redoEffects(slot, r.effects.Load(), step); err != nil {
		return err
	}
	step("effects")
	for i := range outputs {
		if err := a.redoOutput(slot, &r.out[i], step); err != nil {
			return err
		}
	}
	step("published")
	for i := range inputs {
		if err := a.redoInput(slot, &r.in[i], step); err != nil {
			return err
		}
	}
	step("finished")
	r.word.Store(uint64(makeRecord(word.seq(), recordIdle)))
	return nil
}

// redoOutput publishes an output that is still FILLING(dead).
func (a *Arena) redoOutput(slot int, o *recordOutput, step func(string)) error {
	q, index, err := a.blockRef(o.block.Load())
	if err != nil {
		return err
	}
	items, bytes := o.items.Load(), o.bytes.Load()
	if items < 1 || items > 1<<31 || bytes < 0 || bytes > q.l.stride {
		return corrupt("the record publishes %d items in %d bytes", items, bytes)
	}
	a.row(slot)[q.index].published.Store(o.total.Load())
	step("counted output")
	w := blockWord(q.table[index].word.Load())
	if w.state() == blockFilling && w.owner().slot() == slot {
		q.ready(index, w, uint32(items), bytes)
		step("redone output")
	}
	return nil
}

// redoInput advances or frees an input that is still LEASED(dead).
func (a *Arena) redoInput(slot int, in *recordInput, step func(string)) error {
	q, index, err := a.blockRef(in.block.Load())
	if err != nil {
		return err
	}
	a.row(slot)[q.index].finished.Store(in.total.Load())
	step("counted input")
	cursor, tries, release := unpackProgress(in.cursor.Load())
	w := blockWord(q.table[index].word.Load())
	if w.state() != blockLeased || w.owner().slot() != slot {
		return nil
	}
	next := makeWord(blockFree, 0, w.gen(), 0)
	if !release {
		if cursor >= q.table[index].items.Load() {
			return corrupt("the record advances a block of queue %s to item %d of %d", q.Name(), cursor, q.table[index].items.Load())
		}
		next = makeWord(blockLeased, tries, w.gen(), w.owner())
	}
	q.finish(index, w, next, cursor)
	step("redone input")
	return nil
}

// MustReplace says that a slot's last commit left items in flight, or something in its hands: it must get a new worker, whatever the restart policy says, or be
// abandoned and the run fail.
func (a *Arena) MustReplace(slot int) bool {
	r := &a.slot(slot).record
	h := &r.headers[recordWord(r.word.Load()).seq()&1]
	return h.resume.Load() != 0 || h.locks.Load() != 0 || h.owes.Load() != 0
}

// Abandon gives back the leases that a recovered slot keeps for a replacement which will not come, and forgets that items were in flight.
// The slot must not be attached. It may be interrupted and run again.
func (a *Arena) Abandon(slot int) error { return a.abandonSlot(slot, func(string) {}) }

func (a *Arena) abandonSlot(slot int, step func(string)) error {
	if slot < 0 || slot >= a.layout.config.Slots {
		return fmt.Errorf("abandon slot %d of %d: %w", slot, a.layout.config.Slots, ErrNotOwned)
	}
	a.recovering.Lock()
	defer a.recovering.Unlock()
	h := a.slot(slot)
	word := recordWord(h.record.word.Load())
	if word.state() != recordIdle || h.attached.Load() != 0 {
		return fmt.Errorf("abandon slot %d: %w", slot, ErrAttached)
	}
	// One store, as in a commit: the other header without leases becomes current.
	old, next := &h.record.headers[word.seq()&1], &h.record.headers[(word.seq()+1)&1]
	next.log.Store(old.log.Load())
	next.length.Store(old.length.Load())
	next.resume.Store(0)
	next.held.Store(0)
	next.locks.Store(0)
	next.owes.Store(0)
	step("header")
	h.record.word.Store(uint64(makeRecord(word.seq()+1, recordIdle)))
	step("abandoned")
	queues, primitives := a.touched(slot)
	a.sweep(slot, queues, nil, step)
	a.sweepPrimitives(slot, primitives, nil, step)
	a.forget(slot, primitives, step)
	a.wakeTouched(queues, primitives)
	return nil
}

// heldLocks is the locks that the slot's last commit keeps for its replacement.
func (a *Arena) heldLocks(h *slotHeader) map[int]bool {
	c := &h.record.headers[recordWord(h.record.word.Load()).seq()&1]
	held := make(map[int]bool)
	for i := range min(c.locks.Load(), MaxHeldLocks) {
		held[int(c.lock[i].Load()>>32)] = true
	}
	return held
}

// sweepPrimitives undoes what the slot had taken of the primitives since its last commit, and frees the locks that name it but for those given. Effects have been
// redone: what was not stored under an inner lock was never committed.
func (a *Arena) sweepPrimitives(slot int, primitives []int, held map[int]bool, step func(string)) {
	for _, i := range primitives { // before the locks under which waits are begun are freed
		if p := &a.primitives[i]; p.c.Kind == KindCondition {
			(Condition{p}).undo(slot)
			step("condition")
		}
	}
	for _, i := range primitives {
		p := &a.primitives[i]
		switch p.c.Kind {
		case KindLock:
			if held[i] {
				futexWakeAll(&p.head.lock.word)
			} else {
				(Lock{p}).freeDead(slot)
			}
			step("lock")
			continue
		case KindArray:
			for j := range p.c.stripes() {
				(Array{p}).stripeLock(int(j)).releaseDead(slot)
			}
			step("stripes")
			continue
		case KindSemaphore:
			(Semaphore{p}).undo(slot)
			step("semaphore")
		}
		p.head.dirty.Store(1)
		step("dirty primitive")
		p.head.lock.releaseDead(slot)
		step("unlocked primitive")
	}
}

// forget takes an abandoned slot out of what it waits for or holds among the primitives.
func (a *Arena) forget(slot int, primitives []int, step func(string)) {
	for _, i := range primitives {
		p := &a.primitives[i]
		switch p.c.Kind {
		case KindSemaphore:
			(Semaphore{p}).give(slot)
		case KindCondition:
			(Condition{p}).forget(slot)
		case KindBarrier:
			(Barrier{p}).forget(slot)
		}
		p.head.dirty.Store(1)
		step("forgotten")
	}
}
