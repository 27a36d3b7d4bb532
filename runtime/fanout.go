package runtime

import (
	"context"
	"errors"

	"github.com/mprun/mprun/stages"
)

// fanOut is the writing end of a queue that is made of several parts: it implements stages.Outbox. Each of its groups gets each item, in
// one of its parts: the groups are the processes that read the queue, their parts the replicas among which the item's key chooses.
//
// An item goes to all groups or to none, and one after the other: what has been put at any moment is the same beginning of the stream
// everywhere.
type fanOut struct {
	host   *host
	groups [][]*outbox
	key    *stages.Key // nil: each group has one part

	hashes []uint64
	full   *outbox   // the part that had no room for the next item
	chosen []*outbox // of the groups, for the items that are being put
	sizes  []int
}

func newFanOut(h *host, parts []*arenaPart) (*fanOut, error) {
	f := &fanOut{host: h}
	for i, p := range parts {
		if i == 0 || parts[i-1].partOf() != p.partOf() {
			f.groups = append(f.groups, nil)
		}
		last := len(f.groups) - 1
		f.groups[last] = append(f.groups[last], h.outboxOf(p))
	}
	def := parts[0].def
	if def.Key != nil {
		var err error
		if f.key, err = stages.NewKey(def.Name, def.Key, h.handoff.Vars, environment()); err != nil {
			return nil, err
		}
	}
	f.chosen, f.sizes = make([]*outbox, len(f.groups)), make([]int, len(f.groups))
	return f, nil
}

// Put implements stages.Outbox.
func (f *fanOut) Put(c *stages.Column, from, to int) (int, error) {
	f.full = nil
	if f.isOver() {
		return 0, stages.ErrNoReaders
	}
	var failure error
	if f.key != nil {
		f.hashes, failure = f.key.Hashes(f.hashes[:0], c, from, to)
		to = from + len(f.hashes)
	}
	put := 0
	for from+put < to {
		n, err := f.put(c, from+put, f.alike(put, to-from)-put)
		if err != nil && put > 0 {
			return put, nil // the next call meets it first
		}
		if err != nil || n == 0 {
			return put, err
		}
		put += n
	}
	if put > 0 {
		failure = nil // as above
	}
	return put, failure
}

// isOver says whether nobody reads any part any more.
func (f *fanOut) isOver() bool {
	for _, parts := range f.groups {
		for _, out := range parts {
			if !out.queue.ReadersGone() {
				return false
			}
		}
	}
	return true
}

// alike chooses the parts for item i, and gives the number behind the last of the items up to n that go to the same.
func (f *fanOut) alike(i, n int) int {
	if f.key == nil {
		for g, parts := range f.groups {
			f.chosen[g] = parts[0]
		}
		return n
	}
	for g, parts := range f.groups {
		f.chosen[g] = parts[f.hashes[i]%uint64(len(parts))]
	}
	end := i + 1
	for end < n && f.same(end) {
		end++
	}
	return end
}

func (f *fanOut) same(i int) bool {
	for g, parts := range f.groups {
		if f.chosen[g] != parts[f.hashes[i]%uint64(len(parts))] {
			return false
		}
	}
	return true
}

// put puts as many of the n items from the one at from on into the chosen parts as all of them have room for. A part that nobody reads
// any more is left out.
func (f *fanOut) put(c *stages.Column, from, n int) (int, error) {
	fits := n
	for g, out := range f.chosen {
		if out.queue.ReadersGone() {
			f.sizes[g] = -1
			continue
		}
		k, size, err := out.prepare(c, from, from+fits)
		switch {
		case errors.Is(err, stages.ErrNoReaders):
			size = -1
		case err != nil:
			return 0, err
		case k == 0:
			f.full = out
			return 0, nil
		default:
			fits = min(fits, k)
		}
		f.sizes[g] = size
	}
	for g, out := range f.chosen {
		size := f.sizes[g]
		if size < 0 {
			continue
		}
		if fits < n {
			size = stages.EncodedSize(c, from, from+fits)
		}
		out.stage(c, from, fits, size)
	}
	return fits, nil
}

// Wait implements stages.Waiter: it waits for the part that was full.
func (f *fanOut) Wait(ctx context.Context) error {
	if f.full == nil {
		return nil
	}
	return f.full.Wait(ctx)
}
