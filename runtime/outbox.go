package runtime

import (
	"context"
	"math"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// outbox is the writing end of a queue of the arena: it implements stages.Outbox. Items are gathered until a block is full, or until the commit.
type outbox struct {
	host  *host
	queue *shm.Queue
	def   *planner.Queue
	label string // the queue's name
	most  int    // items of a block

	block  *shm.Block // reserved; nil if none
	staged stages.Column
	bytes  int // of staged, about

	average int // bytes of an item in the last block; 0: there was none
	readers int // workers that share the queue
	put     int // items of all blocks so far
}

// shared is how many items the next block of a queue may have, of at most so many: no more than each of its readers has a few of in
// what was put before. A block goes to one reader as a whole, so that of a few items, each of which is much work, one would get them all.
func shared(most, put, readers int) int {
	if readers < 2 {
		return most
	}
	return max(1, min(most, put/(4*readers)))
}

// newOutbox sizes blocks so that several fit into the capacity: the reader works on one while the next is filled.
func newOutbox(h *host, p *arenaPart) *outbox {
	def := p.def
	most := blockItems
	if h.handoff.BlockItems > 0 {
		most = min(most, h.handoff.BlockItems)
	}
	switch {
	case def.Pool != "":
		most = 1 // each chunk is to find a worker of its own
	case def.Capacity > 0:
		most = max(1, min(most, def.Capacity/4))
	}
	return &outbox{host: h, queue: h.arena.Queue(p.index), def: def, label: p.label, most: most, readers: h.arena.Queue(p.index).Config().Readers}
}

// Put implements stages.Outbox.
func (o *outbox) Put(c *stages.Column, from, to int) (int, error) {
	put := 0
	for from+put < to {
		n, size, err := o.prepare(c, from+put, to)
		switch {
		case err != nil && put > 0:
			return put, nil // the next call meets it first
		case err != nil || n == 0:
			return put, err
		}
		o.stage(c, from+put, n, size)
		put += n
	}
	return put, nil
}

// prepare sees to a block with room for items from the one at from on, and says for how many of those before to, and their size in
// bytes, about; 0: there is no room now.
func (o *outbox) prepare(c *stages.Column, from, to int) (n, size int, err error) {
	for {
		if n, size, err = o.fit(c, from, to); err != nil {
			return 0, 0, err
		}
		if o.block == nil {
			break
		}
		if n > 0 && o.staged.Len() < o.block.Granted() {
			return n, size, nil
		}
		if err := o.host.close(o); err != nil {
			return 0, 0, err
		}
	}
	// A block that takes all that is there may get more before the commit.
	ok, err := o.reserve(max(n, o.expected(n == to-from)), size)
	if err != nil || !ok {
		return 0, 0, err
	}
	if granted := o.block.Granted(); n > granted {
		n = granted
		size = stages.EncodedSize(c, from, from+n)
	}
	return n, size, nil
}

// fit is how many of the items there is room for in the block that is being filled, or in a new one, and their size in bytes, about.
// A new block takes at least one.
func (o *outbox) fit(c *stages.Column, from, to int) (n, size int, err error) {
	most, used := shared(o.most, o.put, o.readers), 0
	if o.block != nil {
		most, used = o.block.Granted()-o.staged.Len(), o.bytes
	}
	most = min(most, to-from)
	size = stages.EncodedSize(c, from, from+most)
	if used+size <= blockBytes && size <= o.def.MaxItem {
		return most, size, nil
	}
	size = 0
	for n < most {
		item := stages.EncodedSize(c, from+n, from+n+1)
		if used+size+item > blockBytes && (n > 0 || o.block != nil) {
			break
		}
		if item > o.def.MaxItem {
			if n > 0 {
				break
			}
			return 0, 0, stages.Failf("max-item", "an item of %d bytes is larger than max_item of queue %s, %d bytes", item, o.label, o.def.MaxItem)
		}
		size += item
		n++
	}
	return n, size, nil
}

// expected is how many items a new block is likely to hold in the end.
func (o *outbox) expected(open bool) int {
	if !open || o.average == 0 {
		return 1
	}
	return max(1, min(shared(o.most, o.put, o.readers), blockBytes/o.average))
}

// room is how many items could be put now, as far as that can be seen.
func (o *outbox) room() int {
	room := o.queue.Room()
	if o.block != nil && room < math.MaxInt {
		room += o.block.Granted() - o.staged.Len()
	}
	return room
}

// reserve gets a block to fill.
func (o *outbox) reserve(items, bytes int) (bool, error) {
	if len(o.host.sealed)+len(o.host.open) >= shm.MaxOutputs-1 {
		return false, nil // as good as full: the caller waits, which commits
	}
	block, status, err := o.queue.Reserve(o.host.slot, items, bytes)
	switch {
	case err != nil:
		return false, err
	case status == shm.NoReaders:
		return false, stages.ErrNoReaders
	case status == shm.Closed:
		return false, &stages.ItemError{Type: "closed", Message: "queue " + o.label + " is closed"}
	case status == shm.Full:
		return false, nil
	}
	o.block = block
	o.host.open = append(o.host.open, o)
	o.host.dirty = true
	return true, nil
}

// stage adds n items, of so many bytes, to the block, for which prepare has found room.
func (o *outbox) stage(c *stages.Column, from, n, size int) {
	o.staged.AppendRange(c, from, from+n)
	o.bytes += size
}

// seal encodes the staged items into the block, which the next commit publishes.
func (o *outbox) seal() error {
	n := o.staged.Len()
	if n == 0 {
		o.host.slot.Cancel(o.block)
		o.block = nil
		return nil
	}
	buf, err := o.block.Buffer(stages.EncodedSize(&o.staged, 0, n))
	if err != nil {
		return err
	}
	o.block.Truncate(len(stages.AppendColumn(buf[:0], &o.staged, 0, n)))
	o.host.sealed = append(o.host.sealed, sealedBlock{block: o.block, items: n})
	o.average, o.put = max(1, o.bytes/n), o.put+n
	o.staged.Reset()
	o.block, o.bytes = nil, 0
	return nil
}

// drop gives the block back with what was put into it.
func (o *outbox) drop() {
	o.host.slot.Cancel(o.block)
	o.staged.Reset()
	o.block, o.bytes = nil, 0
}

// Wait implements stages.Waiter.
func (o *outbox) Wait(ctx context.Context) error {
	return o.host.waitShared(ctx, func(w shm.Wait) (shm.WaitResult, error) { return o.queue.WaitWritable(o.host.slot, w) })
}
