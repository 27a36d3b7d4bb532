//go:build linux

package shm

// What a detector of deadlocks reads. It looks at one word after the other while workers run, and must nevertheless say only what was true at one
// moment. It does so in three steps (models/deadlock.pml):
//
//  1. Waits of every slot: all of them sleep in a wait.
//  2. There of every target: none of what they wait for has come.
//  3. Waits of every slot again: the same waits.
//
// A slot that sleeps has looked for its targets since it wrote its record, has not found them, and changes nothing in the arena before it looks
// again; a wait that ends gets another number. So nothing moved between 1 and 3, 2 saw a single state, and in that state everybody who looks
// again finds nothing. It is not enough that a record is there: who has seen an event set and was stopped before he could go on has a record, too,
// and the event may have been cleared since.
//
// There reads words that are true whatever a death has left, never the hints: who sleeps repairs those before he sleeps, but may be
// stopped in the middle of that.

// Waits is a slot's wait record; false if it does not wait, or the record has just changed.
func (a *Arena) Waits(slot int) (WaitInfo, bool) { return a.readWait(slot) }

// Same says whether two records read from a slot are of the same wait, and nothing was done in between.
func (w WaitInfo) Same(other WaitInfo) bool { return w.head == other.head }

// There says whether a target that the slot waits for, from its record, has come: one that looks again goes on. It takes no lock and changes nothing;
// while anybody moves, the answer is of no use. Its cost grows with the blocks of a queue, or with the slots.
func (a *Arena) There(slot int, t Target) bool {
	switch t.Kind {
	case WaitToRead:
		q := t.queue(a)
		sum := q.sum()
		return sum.ready > 0 || q.head.closed.Load() != 0 && sum.blocks == 0
	case WaitToWrite:
		return t.queue(a).takes(int64(t.Arg))
	case WaitForItems:
		return t.queue(a).unfinished() == 0
	case WaitForLock:
		return a.primitives[t.Index].head.lock.owner() == 0
	case WaitForSemaphore:
		return Semaphore{&a.primitives[t.Index]}.sum() > 0
	case WaitForEvent:
		return a.primitives[t.Index].head.state.Load() != 0
	case WaitForCondition:
		return waitState(a.primitives[t.Index].rowOf(slot).a.Load()&3) != waitWaiting
	case WaitAtBarrier:
		return Barrier{&a.primitives[t.Index]}.goesOn(slot, uint32(t.Arg))
	case WaitForChange:
		return a.Board().Load(t.Index) != t.Arg
	}
	return true
}

// blockSum is what a queue's table says.
type blockSum struct {
	blocks int   // not free
	ready  int   // of them
	items  int64 // READY or FILLING
	bytes  int64
	free   bool // a block can be taken
}

func (q *Queue) sum() blockSum {
	used := q.used()
	s := blockSum{free: int(used) < len(q.table)}
	for i := range used {
		e := &q.table[i]
		switch blockWord(e.word.Load()).state() {
		case blockFree:
			s.free = true
			continue
		case blockReady:
			s.ready++
			s.items += e.left()
			s.bytes += e.bytes.Load()
		case blockFilling:
			s.items += e.left()
			s.bytes += e.bytes.Load()
		}
		s.blocks++
	}
	return s
}

// takes says whether a block of so many bytes could be put; see room.
func (q *Queue) takes(bytes int64) bool {
	if q.head.closed.Load() != 0 || q.head.gone.Load() != 0 || q.l.Capacity == 0 {
		return true
	}
	s := q.sum()
	return s.free && s.items < int64(q.l.Capacity) && (s.items == 0 || s.bytes+bytes <= q.l.MaxBytes)
}

// goesOn says whether a slot that waits at the barrier for a ticket would go on: unless that generation is under way, and others have not
// arrived, or another has the action to run, be it that the slot has arrived or came too many. See leads and wanted, which may trust the hint.
func (b Barrier) goesOn(slot int, ticket uint32) bool {
	if barrierState(b.head.state.Load()).passed(ticket) {
		return true
	}
	row := b.rowOf(slot)
	if !row.at(ticket) {
		return b.arrived() < b.Parties()
	}
	mine := row.b.Load()
	if b.c.Action && mine == 0 {
		return true
	}
	if b.arrived() < b.Parties() {
		return false
	}
	if b.c.Action {
		for i := range b.arena.Slots() {
			if other := b.rowOf(i); other.at(ticket) && other.b.Load() < mine {
				return false
			}
		}
	}
	return true
}

// Leads says whether the slot has the action of the generation that is under way to run; of the moment.
func (b Barrier) Leads(slot int) bool {
	return b.leads(slot, barrierState(b.head.state.Load()).generation()+1)
}

// Arrived says whether the slot has arrived in the generation that is under way; of the moment.
func (b Barrier) Arrived(slot int) bool {
	return b.rowOf(slot).at(barrierState(b.head.state.Load()).generation() + 1)
}
