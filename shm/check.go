//go:build linux

package shm

import (
	"fmt"
	"slices"
)

// A Problem is one thing that Check has found wrong.
type Problem struct {
	Where string // "slot 3", "queue jobs", "queue jobs block 7", "header"
	What  string
}

func (p Problem) String() string { return p.Where + ": " + p.What }

// Check looks over the whole arena and says what contradicts the layout or itself. It changes nothing, takes no lock, and never faults, whatever
// the memory holds. On a running arena, numbers that change under its eyes are left out, and a worker that has died but was not recovered yet is not a
// problem; when no slot is attached everything must fit exactly.
func (a *Arena) Check() []Problem {
	c := &checker{arena: a, idle: true}
	c.header()
	for i := range a.Slots() {
		c.slot(i)
	}
	for i := range a.queues {
		c.queue(&a.queues[i])
	}
	c.primitives()
	if c.idle && len(c.found) == 0 {
		c.counters()
	}
	return c.found
}

type checker struct {
	arena *Arena
	found []Problem
	idle  bool // no slot is attached
}

func (c *checker) add(where, format string, args ...any) {
	c.found = append(c.found, Problem{where, fmt.Sprintf(format, args...)})
}

func (c *checker) header() {
	h, cfg := c.arena.head, c.arena.layout.config
	if err := h.check(); err != nil {
		c.add("header", "%v", err)
	}
	if h.hash != cfg.hash() || int(h.slots) != cfg.Slots || int(h.queues) != len(cfg.Queues) || int(h.primitives) != len(cfg.Primitives) || h.size != c.arena.layout.size {
		c.add("header", "the layout words have changed since the arena was opened")
	}
}

func (c *checker) slot(i int) {
	where, h := fmt.Sprintf("slot %d", i), c.arena.slot(i)
	attached := h.attached.Load() != 0
	c.idle = c.idle && !attached
	word := recordWord(h.record.word.Load())
	if word.state() == recordCommitted && !attached {
		c.add(where, "the record is committed, not carried out, and nobody is attached")
	}
	if n := h.record.outputs.Load(); n > MaxOutputs {
		c.add(where, "the record has %d outputs", n)
	}
	if n := h.record.inputs.Load(); n > MaxInputs {
		c.add(where, "the record has %d inputs", n)
	}
	header := &h.record.headers[word.seq()&1]
	if log, n := header.log.Load(), header.length.Load(); log > 1 || n > stateLogBytes {
		c.add(where, "the state is %d bytes of log %d", n, log)
	}
	held := header.held.Load()
	if held > MaxInputs || held > 0 && header.resume.Load() == 0 {
		c.add(where, "it holds %d leases for a replacement, and resume is %d", held, header.resume.Load())
	}
	if n := h.record.effects.Load(); n > stateLogBytes {
		c.add(where, "the record has %d bytes of effects", n)
	}
	c.keptLocks(where, i, header, attached)
	for n := range min(held, MaxInputs) {
		q, index, err := c.arena.blockRef(header.leases[n].Load())
		if err != nil {
			c.add(where, "%v", err)
			continue
		}
		// A live owner may have released it in the next commit; the record changes first.
		if w := blockWord(q.table[index].word.Load()); !attached && (w.state() != blockLeased || w.owner().slot() != i) {
			c.add(where, "it holds block %d of queue %s, which is %v", index, q.Name(), w)
		}
	}
}

func (c *checker) queue(q *Queue) {
	where := "queue " + q.Name()
	h := q.head
	before := [...]uint64{uint64(h.head.Load()), uint64(h.tail.Load()), h.sequence.Load()}
	locked := h.lock.word.Load() != 0
	if owner := h.lock.owner(); owner != 0 && !c.mayOwn(owner) {
		c.add(where, "the lock names %v, who is not there", owner)
	}
	c.marked(where, q.index, h.lock.owner)
	if n := h.used.Load(); int64(n) > q.l.entries {
		c.add(where, "%d of %d blocks are in use", n, q.l.entries)
	}
	t := c.table(q, where)
	after := [...]uint64{uint64(h.head.Load()), uint64(h.tail.Load()), h.sequence.Load()}
	moved := locked || h.lock.word.Load() != 0 || before != after
	if h.dirty.Load() == 0 && (c.idle || !moved && t.reserved == 0) {
		c.hints(q, where, t)
	}
}

// marked says that an owner has touched what it owns: its recovery would not look there otherwise. A number behind all queues is a primitive's.
// owner is asked again, since who has given it back may have left meanwhile.
func (c *checker) marked(where string, i int, owner func() tag) {
	t := owner()
	if slot := t.slot(); slot >= 0 && slot < c.arena.Slots() && !c.arena.hasTouched(slot, i) && owner() == t {
		c.add(where, "%v owns it, and has not marked that it came there", t)
	}
}

// mayOwn says whether the tag can name a live owner.
func (c *checker) mayOwn(t tag) bool {
	return t.slot() >= 0 && t.slot() < c.arena.Slots() && c.arena.slot(t.slot()).attached.Load() != 0
}

// tableSum is what the table says: the truth that the hints repeat.
type tableSum struct {
	ready                  []ringEntry
	readyItems, readyBytes int64
	leasedItems            int64
	reserved               int
}

func (c *checker) table(q *Queue, where string) tableSum {
	var t tableSum
	for index := range q.used() {
		e := &q.table[index]
		w := blockWord(e.word.Load())
		items, cursor, bytes, seq := int64(e.items.Load()), int64(e.cursor.Load()), e.bytes.Load(), e.seq.Load()
		if blockWord(e.word.Load()) != w {
			t.reserved++ // it moves: no sum can be compared
			continue
		}
		block := fmt.Sprintf("%s block %d", where, index)
		if !w.valid(c.arena.Slots()) {
			c.add(block, "it is %v", w)
			continue
		}
		switch w.state() {
		case blockFree:
			if c.idle && q.head.dirty.Load() == 0 && !q.free.marked(index) {
				c.add(block, "it is free, and not marked as free")
			}
			continue
		case blockFilling:
			t.reserved++
			c.marked(block, q.index, e.owner)
			if !c.mayOwn(w.owner()) {
				c.add(block, "%v fills it, who is not there", w.owner())
			}
			continue
		case blockLeased:
			c.marked(block, q.index, e.owner)
			t.leasedItems += items - cursor
			if !c.mayOwn(w.owner()) && !c.arena.heldLeases(c.arena.slot(w.owner().slot()))[q.ref(index)] {
				c.add(block, "%v has leased it, who is not there", w.owner())
			}
		case blockReady:
			t.ready = append(t.ready, ringEntry{seq, index})
			t.readyItems += items - cursor
			t.readyBytes += bytes
		}
		if items < 1 || cursor < 0 || cursor >= items || bytes < 0 || bytes > q.l.stride {
			c.add(block, "it has %d items, cursor %d, %d bytes", items, cursor, bytes)
		}
		if last := q.head.sequence.Load(); seq < 1 || seq > last {
			c.add(block, "its number %d is not between 1 and %d", seq, last)
		}
	}
	slices.SortFunc(t.ready, compareRing)
	for i := 1; i < len(t.ready); i++ {
		if t.ready[i].seq == t.ready[i-1].seq {
			c.add(where, "blocks %d and %d have the same number %d", t.ready[i-1].index, t.ready[i].index, t.ready[i].seq)
		}
	}
	return t
}

// hints compares ring and counts with the table.
func (c *checker) hints(q *Queue, where string, t tableSum) {
	h := q.head
	head, n := h.head.Load(), h.tail.Load()-h.head.Load()
	if int(n) != len(t.ready) {
		c.add(where, "the ring has %d blocks, the table %d", n, len(t.ready))
		return
	}
	for i, r := range t.ready {
		if got := q.ring[(head+uint32(i))&q.l.ringMask].Load(); got != r.index {
			c.add(where, "place %d of the ring has block %d instead of %d", i, got, r.index)
		}
	}
	if got := h.readyItems.Load(); got != t.readyItems {
		c.add(where, "%d items are counted as waiting, the table has %d", got, t.readyItems)
	}
	if got := h.readyBytes.Load(); got != t.readyBytes {
		c.add(where, "%d bytes are counted as waiting, the table has %d", got, t.readyBytes)
	}
	if items, bytes := h.reservedItems.Load(), h.reservedBytes.Load(); items != 0 || bytes != 0 {
		c.add(where, "%d items and %d bytes are counted as reserved, and no block is", items, bytes)
	}
}

// counters compares the slots' counters with the tables, when nobody moves.
func (c *checker) counters() {
	for i, st := range c.arena.Stats().Queues {
		var left int64
		q := &c.arena.queues[i]
		for index := range q.used() {
			if s := blockWord(q.table[index].word.Load()).state(); s == blockReady || s == blockLeased {
				left += q.table[index].left()
			}
		}
		if int64(st.Published-st.Finished) != left {
			c.add("queue "+st.Name, "%d items published, %d finished, %d in the table", st.Published, st.Finished, left)
		}
	}
}
