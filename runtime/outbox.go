package runtime

import (
	"context"
	"math"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// outbox is the writing end of a queue: it implements stages.Outbox. Items are gathered until a block is full, or until the commit.
type outbox struct {
	host  *host
	queue *shm.Queue
	def   *planner.Queue
	most  int // items of a block

	block  *shm.Block // reserved; nil if none
	staged stages.Column
	bytes  int // of staged, about
}

// newOutbox sizes blocks so that several fit into the capacity: the reader works on one while the next is filled.
func newOutbox(h *host, q *shm.Queue, def *planner.Queue) *outbox {
	most := blockItems
	if h.handoff.BlockItems > 0 {
		most = min(most, h.handoff.BlockItems)
	}
	if def.Capacity > 0 {
		most = max(1, min(most, def.Capacity/4))
	}
	return &outbox{host: h, queue: q, def: def, most: most}
}

// Put implements stages.Outbox.
func (o *outbox) Put(c *stages.Column, from, to int) (int, error) {
	put := 0
	for from+put < to {
		if o.block == nil {
			n := min(to-from-put, o.most)
			ok, err := o.reserve(max(n, o.most), min(stages.EncodedSize(c, from+put, from+put+n), blockBytes))
			if err != nil && put > 0 {
				return put, nil
			}
			if err != nil || !ok {
				return put, err
			}
		}
		n, err := o.stage(c, from+put, to)
		if err != nil {
			return put, err
		}
		put += n
	}
	return put, nil
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
		return false, &stages.ItemError{Type: "closed", Message: "queue " + o.def.Name + " is closed"}
	case status == shm.Full:
		return false, nil
	}
	o.block = block
	o.host.open = append(o.host.open, o)
	o.host.dirty = true
	return true, nil
}

// stage takes as many of the items as the block has room for, at least one, and seals the block when it is full.
func (o *outbox) stage(c *stages.Column, from, to int) (int, error) {
	room := min(o.block.Granted()-o.staged.Len(), to-from)
	n := room
	size := stages.EncodedSize(c, from, from+n)
	if o.bytes+size > blockBytes {
		n, size = 0, 0
		for n < room {
			item := stages.EncodedSize(c, from+n, from+n+1)
			if n+o.staged.Len() > 0 && o.bytes+size+item > blockBytes {
				break
			}
			if item > o.limit() {
				if n > 0 {
					break
				}
				return 0, stages.Failf("max-item", "an item of %d bytes is larger than max_item of queue %s, %d bytes", item, o.def.Name, o.limit())
			}
			size += item
			n++
		}
	}
	o.staged.AppendRange(c, from, from+n)
	o.bytes += size
	if o.staged.Len() == o.block.Granted() || n < room {
		o.unopen()
		return n, o.seal()
	}
	return n, nil
}

func (o *outbox) limit() int { return max(o.def.MaxItem, 1) }

// unopen takes the outbox off the list of those with a block half filled.
func (o *outbox) unopen() {
	for i, f := range o.host.open {
		if f == filler(o) {
			o.host.open = append(o.host.open[:i], o.host.open[i+1:]...)
			return
		}
	}
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
	o.staged.Reset()
	o.block, o.bytes = nil, 0
	return nil
}

// Wait implements stages.Waiter.
func (o *outbox) Wait(ctx context.Context) error {
	return o.host.waitShared(ctx, func(w shm.Wait) (shm.WaitResult, error) { return o.queue.WaitWritable(o.host.slot, w) })
}
