//go:build linux

package shm

import "fmt"

// Commit does all of a transaction, or, if the worker is killed before the one store that decides, nothing of it; after that store recovery
// does the rest. An error before it (a full disk, a wrong call) leaves everything as it was, blocks included. After the commit the handles of
// published and released blocks are invalid. The steps are those of models/commit.pml.
func (s *Slot) Commit(t *Tx) error {
	if err := s.prepare(t); err != nil {
		return fmt.Errorf("commit in slot %d: %w", s.index, err)
	}
	next, err := s.state.write(t.state)
	if err != nil {
		return fmt.Errorf("commit in slot %d: %w", s.index, err)
	}
	crashpoint(pointCommitLogged)
	if err := s.stage(t); err != nil {
		return fmt.Errorf("commit in slot %d: %w", s.index, err)
	}
	s.writeHeader(t, next)
	crashpoint(pointCommitHeader)
	s.writeEntries(t)
	crashpoint(pointCommitEntries)
	s.moving() // no wait record may stand beside an output: the detector of a quiet cycle reads both

	record := &s.head.record
	s.seq++
	record.word.Store(uint64(makeRecord(s.seq, recordCommitted)))
	crashpoint(pointCommitCommitted)
	previous := s.state.stateEnd
	s.state.stateEnd = next

	if err := s.apply(t); err != nil {
		return fmt.Errorf("commit in slot %d: %w", s.index, err)
	}
	record.word.Store(uint64(makeRecord(s.seq, recordIdle)))
	crashpoint(pointCommitIdle)
	s.releaseCommitted(t.unlocks)
	s.state.trim(previous)
	crashpoint(pointCommitTrimmed)
	return nil
}

// prepare checks the transaction and writes payloads that lie in files, while all its outputs are FILLING.
func (s *Slot) prepare(t *Tx) error {
	switch {
	case t.slot != s:
		return ErrNotOwned
	case t.err != nil:
		return t.err
	case s.resume:
		return ErrMustAdopt
	}
	for i := range t.nOutputs {
		o := &t.outputs[i]
		if err := o.block.storePayload(o.bytes); err != nil {
			return err
		}
		o.block.trimTail(o.bytes)
		crashpoint(pointCommitSpilled)
	}
	return nil
}

// writeHeader writes the header that is not current: where the state will be, and the leases that stay with the slot.
func (s *Slot) writeHeader(t *Tx, next stateEnd) {
	h := &s.head.record.headers[(s.seq+1)&1]
	store32(&h.log, next.log)
	store64(&h.length, uint64(next.length))
	s.writeLocks(t, h)
	if !t.resume {
		store32(&h.resume, 0)
		store32(&h.held, 0)
		return
	}
	held := uint32(0)
	for _, b := range s.leases {
		if !t.releases(b) {
			store64(&h.leases[held], b.queue.ref(b.index))
			held++
		}
	}
	store32(&h.resume, 1)
	store32(&h.held, held)
}

// writeLocks writes down which locks stay with the slot over a death, and whether it has acquired what must come back if it is abandoned.
func (s *Slot) writeLocks(t *Tx, h *commitHeader) {
	n := uint32(0)
	for _, held := range s.locks {
		if depth := held.depth - t.unlocked(s.arena.Lock(held.index)); depth > 0 {
			store64(&h.lock[n], uint64(held.index)<<32|uint64(depth))
			n++
		}
	}
	store32(&h.locks, n)
	owes := uint32(0)
	for _, i := range s.arena.owned {
		if s.arena.Semaphore(i).Held(s.index) > t.releasesOf(i) {
			owes = 1
		}
	}
	store32(&h.owes, owes)
}

// writeEntries writes what must be redone after a death, in absolute numbers. The record is idle: nobody reads them yet.
func (s *Slot) writeEntries(t *Tx) {
	r := &s.head.record
	for i := range t.nOutputs {
		o, e := &t.outputs[i], &r.out[i]
		store64(&e.block, o.block.queue.ref(o.block.index))
		store64(&e.items, uint64(o.items))
		storeInt64(&e.bytes, o.bytes)
		total := s.rows[o.block.queue.index].published.Load() + uint64(o.items)
		for j := range i {
			if t.outputs[j].block.queue == o.block.queue {
				total += uint64(t.outputs[j].items)
			}
		}
		store64(&e.total, total)
	}
	for i := range t.nInputs {
		in, e := &t.inputs[i], &r.in[i]
		store64(&e.block, in.block.queue.ref(in.block.index))
		store64(&e.cursor, packProgress(in.cursor, in.tries, in.release))
		total := s.rows[in.block.queue.index].finished.Load() + uint64(in.cursor-in.block.cursor)
		for j := range i {
			if p := &t.inputs[j]; p.block.queue == in.block.queue {
				total += uint64(p.cursor - p.block.cursor)
			}
		}
		store64(&e.total, total)
	}
	store32(&r.outputs, uint32(t.nOutputs))
	store32(&r.inputs, uint32(t.nInputs))
	store64(&r.effects, uint64(len(s.images)))
}

// Progress of an input in one word: cursor (31 bits), tries, whether it is released.
func packProgress(cursor, tries int, release bool) uint64 {
	w := uint64(cursor)<<32 | uint64(tries)<<1
	if release {
		w |= 1
	}
	return w
}

func unpackProgress(w uint64) (cursor uint32, tries int, release bool) {
	return uint32(w >> 32), int(w >> 1 & MaxTries), w&1 != 0
}

// apply makes the committed transaction visible: effects, outputs in order, then inputs.
func (s *Slot) apply(t *Tx) error {
	if err := s.carryOut(); err != nil {
		return err
	}
	crashpoint(pointCommitEffects)
	for i := 0; i < t.nOutputs; {
		n := i + 1
		for n < t.nOutputs && t.outputs[n].block.queue == t.outputs[i].block.queue {
			n++
		}
		if err := s.publish(t.outputs[i:n], i); err != nil {
			return err
		}
		i = n
	}
	crashpoint(pointCommitPublished)
	for i := range t.nInputs {
		if err := s.finish(&t.inputs[i], s.head.record.in[i].total.Load()); err != nil {
			return err
		}
		crashpoint(pointCommitInput)
	}
	crashpoint(pointCommitInputs)
	return nil
}

// publish makes the given outputs, all of one queue, READY under one lock; first is the number of the first in the record.
func (s *Slot) publish(outputs []txOutput, first int) error {
	q := outputs[0].block.queue
	row := &s.rows[q.index].published
	row.Store(s.head.record.out[first+len(outputs)-1].total.Load())
	q.lock(s)
	for i := range outputs {
		if err := q.push(&outputs[i]); err != nil {
			q.unlock()
			return err
		}
	}
	store32(&q.head.hungry, 0)
	bumped := q.head.readers.bump()
	q.unlock()
	crashpoint(pointPublishUnlocked)
	if bumped {
		q.head.readers.wake()
	}
	for i := range outputs {
		s.reserved--
		s.recycle(outputs[i].block)
	}
	return nil
}

// push makes one output READY and puts it into the ring. The caller holds the queue's lock.
func (q *Queue) push(o *txOutput) error {
	b, h := o.block, q.head
	e := &q.table[b.index]
	items, bytes := e.left(), e.bytes.Load()
	if !q.ready(b.index, b.word, uint32(o.items), o.bytes) {
		return corrupt("queue %s block %d is %v instead of %v", q.Name(), b.index, blockWord(e.word.Load()), b.word)
	}
	crashpoint(pointPublishReady)
	at := h.tail.Load()
	q.ring[at&q.l.ringMask].Store(b.index)
	h.tail.Store(at + 1)
	h.reservedItems.Add(-items)
	h.reservedBytes.Add(-bytes)
	h.readyItems.Add(int64(o.items))
	h.readyBytes.Add(o.bytes)
	crashpoint(pointPublishPushed)
	return nil
}

// ready numbers the items and makes a FILLING block READY; recovery does the same without the lock. It may be done again as long as the
// block is FILLING: numbers may be left out.
func (q *Queue) ready(index uint32, w blockWord, items uint32, bytes int64) bool {
	e := &q.table[index]
	e.seq.Store(q.head.sequence.Add(uint64(items)) - uint64(items) + 1)
	crashpoint(pointPublishSequence)
	store32(&e.items, items)
	storeInt64(&e.bytes, bytes)
	return e.word.CompareAndSwap(uint64(w), uint64(makeWord(blockReady, 0, w.gen(), 0)))
}

// finish releases or advances one input, and gives the handle of a released one back.
func (s *Slot) finish(in *txInput, total uint64) error {
	b := in.block
	q := b.queue
	var next blockWord
	if in.release {
		next = makeWord(blockFree, 0, b.word.gen(), 0)
	} else {
		next = makeWord(blockLeased, in.tries, b.word.gen(), s.me)
	}
	if !q.finish(b.index, b.word, next, uint32(in.cursor)) {
		return corrupt("queue %s block %d is %v instead of %v", q.Name(), b.index, blockWord(q.table[b.index].word.Load()), b.word)
	}
	s.rows[q.index].finished.Store(total)
	if q.head.finished.bump() {
		q.head.finished.wake()
	}
	if in.release {
		s.dropLease(b)
	} else {
		b.word, b.cursor = next, in.cursor
	}
	return nil
}

// finish moves a leased block from w to next, FREE or LEASED with a new cursor. Recovery does the same.
func (q *Queue) finish(index uint32, w, next blockWord, cursor uint32) bool {
	e := &q.table[index]
	if next.state() != blockFree {
		e.cursor.Store(cursor)
		crashpoint(pointInputStored)
		return e.word.CompareAndSwap(uint64(w), uint64(next))
	}
	q.trimPayload(index, e.bytes.Load())
	crashpoint(pointReleasePunched)
	if !e.word.CompareAndSwap(uint64(w), uint64(next)) {
		return false
	}
	crashpoint(pointReleaseFree)
	q.free.set(index)
	crashpoint(pointReleaseMapped)
	q.freed()
	crashpoint(pointReleaseWoken)
	return true
}
