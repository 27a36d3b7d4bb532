package stages

import (
	"errors"
	"fmt"
)

// destination is where a place of `put` leads: to a queue, or for each item to the member of a family that the index says.
type destination struct {
	*member
	boxes   []Outbox // one, or one for each member
	ended   []bool   // those whose readers have all ended
	members Column   // of the rows that are being put
	at      []int
}

// destination opens the queues of a place for writing. An index that is the same for all items opens one: the others can end without it.
// One that is out of range is an error of the items that come.
func (b *Builder) destination(place *Place) (*destination, error) {
	m, err := b.member(place)
	if err != nil {
		return nil, err
	}
	d := &destination{member: m}
	refs := []Ref{{Name: place.Name}}
	if m.index != nil {
		ref, err := Ref{}, error(nil)
		if m.once {
			ref, err = m.fixed()
		}
		if m.once && err == nil {
			refs[0], m.index = ref, nil
		} else {
			refs = refs[:0]
			for i := range place.Count {
				refs = append(refs, Ref{Name: place.Name, Member: i})
			}
		}
	}
	for _, ref := range refs {
		box, err := b.Host().Outbox(ref)
		if err != nil {
			return nil, fmt.Errorf("writing to queue %s: %w", place.Name, err)
		}
		d.boxes = append(d.boxes, box)
	}
	d.ended = make([]bool, len(d.boxes))
	return d, nil
}

// box is where the item of row i goes.
func (d *destination) box(in *Batch, i int) (int, error) {
	if d.index == nil {
		return 0, nil
	}
	v, err := d.index.At(in, i)
	if err != nil {
		return 0, err
	}
	return d.number(v)
}

// route finds out where the first n rows go. It stops at the first that goes nowhere, with its error.
func (d *destination) route(in *Batch, n int) (int, error) {
	if d.index == nil {
		return n, nil
	}
	d.members.Reset()
	err := d.index.Column(&d.members, in, n)
	d.at = d.at[:0]
	for i := range d.members.Len() {
		m, bad := d.number(d.members.At(i))
		if bad != nil {
			return i, bad
		}
		d.at = append(d.at, m)
	}
	return len(d.at), err
}

// put puts the first n values, of the rows that were routed, as far as there is room; full is the box that had none. An item for a
// member that nobody reads any more is dropped; ErrNoReaders says that nobody reads any of them.
func (d *destination) put(values *Column, n int) (put int, full Outbox, err error) {
	for put < n {
		m, end := 0, n
		if d.index != nil {
			m = d.at[put]
			for end = put + 1; end < n && d.at[end] == m; {
				end++
			}
		}
		box := d.boxes[m]
		k, err := box.Put(values, put, end)
		if errors.Is(err, ErrNoReaders) && !d.isOver(m) {
			k, err = end-put, nil
		}
		put += k
		switch {
		case err != nil:
			return put, nil, err
		case put < end:
			return put, box, nil
		}
	}
	return put, nil, nil
}

// isOver notes that nobody reads a member any more, and says whether that is so of all.
func (d *destination) isOver(m int) bool {
	d.ended[m] = true
	for _, ended := range d.ended {
		if !ended {
			return false
		}
	}
	return true
}
