package stages

import (
	"errors"
	"fmt"
	"io"
)

// getNode is `get`: the items of a queue, or of several, until they are closed and empty.
//
// Of a block in its hands the node writes down nothing: Inbox.Take moves the cursor, which is committed with the state of the
// chain. A replacement of the worker must be given the rest of the block that was in the dead one's hands, if it has one, by the
// first Lease: with First as the number of the first item that was not taken, and Attempt one higher. The rows that were in flight
// behind this node are in the state of the chain; it is one attempt more for them too.
type getNode struct {
	turn
	inbox   Inbox
	attempt *int
	at      int // items of held that have been taken
	held    Delivery
}

func buildGet(b *Builder, stage *Stage) (Node, error) {
	t, err := newTurn(b)
	if err != nil {
		return nil, err
	}
	refs := make([]Ref, len(stage.Operand.Places))
	for i := range refs {
		m, err := b.member(&stage.Operand.Places[i])
		if err != nil {
			return nil, err
		}
		if refs[i], err = m.fixed(); err != nil {
			return nil, err
		}
	}
	inbox, err := b.Host().Inbox(refs...)
	if err != nil {
		return nil, fmt.Errorf("opening queues for reading: %w", err)
	}
	manual, err := b.Word(stage.Options["ack"])
	if err != nil {
		return nil, err
	}
	if manual == "manual" {
		inbox.Manual()
		b.manual = inbox
	}
	return &getNode{turn: t, inbox: inbox, attempt: b.Attempt()}, nil
}

func (n *getNode) Step(r *Run, in, out *Batch) error {
	if !n.active {
		if err := n.begin(in); err != nil {
			return err
		}
	}
	if n.inbox.TakenBack() {
		n.held, n.at = Delivery{}, 0
	}
	if n.room(1) == 0 {
		n.finish(in)
		return nil
	}
	if n.at >= n.held.Items.Len() {
		switch err := n.lease(); {
		case errors.Is(err, ErrEmpty):
			return r.Await(n.inbox)
		case errors.Is(err, io.EOF):
			n.finish(in)
			return nil
		case err != nil:
			return err
		}
	} else if n.held.Single {
		if err := r.Commit(); err != nil {
			return err
		}
	}
	n.give(r.Limit, in, out)
	return nil
}

// lease gets the next block.
func (n *getNode) lease() error {
	n.held, n.at = Delivery{}, 0 // what was handed out of it may be reused now
	d, err := n.inbox.Lease()
	if err != nil {
		return err
	}
	n.held = d
	*n.attempt = d.Attempt
	return nil
}

// give emits items of the block.
func (n *getNode) give(limit int, in, out *Batch) {
	if n.held.Single {
		limit = 1
	}
	from, to := n.at, min(n.held.Items.Len(), n.at+n.room(limit))
	out.emitDelivered(in, &n.held, from, to)
	n.inbox.Take(to - from)
	n.made += to - from
	n.at = to
}

// emitDelivered adds the items of a delivery from up to, but without, to as results of the first row of in; their identities are
// the delivery's.
func (b *Batch) emitDelivered(in *Batch, d *Delivery, from, to int) {
	items := &d.Items
	if len(b.bound) == 0 {
		b.item.AppendRange(items, from, to)
	} else {
		for i := from; i < to; i++ {
			b.emit(in, 0, items.At(i))
		}
	}
	if b.tracked {
		for i := from; i < to; i++ {
			b.ids = append(b.ids, deliveredID(d.Queue, d.First+uint64(i)))
		}
	}
}

func (n *getNode) Skip() { n.active = false }

func (n *getNode) Reset() { n.active = false }

func (n *getNode) Save(w *StateWriter, _ bool) {
	n.save(w)
	w.Int(*n.attempt)
}

func (n *getNode) Load(r *StateReader, _ bool) error {
	n.load(r)
	*n.attempt = r.Int() + 1
	n.held, n.at = Delivery{}, 0
	return r.Err()
}
