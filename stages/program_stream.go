package stages

import (
	"context"
	"errors"
	"io"
)

// streamNode is `through` with `per: stream`: a program that reads all items and writes what it likes, when it likes.
//
// What the program keeps inside cannot be written down. An item is taken when it has been handed to the program, so if the worker
// dies, another program is started, which gets the items that were not taken and committed; what the dead one had not answered yet is
// lost, and what it had answered may be answered again. A program that must not lose anything is asked `per: item`.
type streamNode struct {
	*speaker
	origin  origin
	over    bool // the program has ended well
	whole   bool // the last hear took as much as it may: there may be more
	results Column
}

func (n *streamNode) Step(r *Run, in, out *Batch) error {
	n.origin.note(in)
	if err := n.start(r); err != nil {
		return err
	}
	err := n.give(r, out)
	if err == nil || !errors.Is(err, errNotYet) {
		return n.ended(err)
	}
	if n.talk.isDeaf() {
		return r.Await(n.talk) // it wants nothing more, but may have something to say until it ends
	}
	said := 0
	for said < in.Len() && n.talk.room() {
		if err := n.say(in.Item(said)); err != nil {
			if said > 0 {
				break // it comes again as the first
			}
			return err
		}
		said++
	}
	in.Drop(said)
	if said == 0 && in.Len() > 0 {
		return r.Await(n.talk)
	}
	return nil
}

// give emits what the program has written.
func (n *streamNode) give(r *Run, out *Batch) error {
	limit := max(r.Limit, 1)
	err := n.hear(limit, &n.results)
	k := n.results.Len()
	for i := range k {
		out.EmitNew(n.results.At(i), n.origin.next())
	}
	n.whole = k == limit
	return err
}

// ended makes an error of the end of the program, if err is that.
func (n *streamNode) ended(err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	err = n.talk.result()
	n.stop()
	if err != nil {
		return err
	}
	n.over = true
	return EndOfStream
}

// Pending says whether the program has written something while no row waits for it.
func (n *streamNode) Pending() bool { return n.talk != nil && (n.whole || n.talk.hasNews()) }

// Wait waits for what the program writes.
func (n *streamNode) Wait(ctx context.Context) error {
	if n.talk == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	return n.talk.Wait(ctx)
}

// Flush closes the program's input and gives what it still writes. A program that no item came for is started nevertheless.
func (n *streamNode) Flush(r *Run, out *Batch) (bool, error) {
	if n.over {
		return true, nil
	}
	if err := n.start(r); err != nil {
		return false, err
	}
	n.talk.finish()
	err := n.give(r, out)
	switch {
	case errors.Is(err, errNotYet):
		return false, r.Await(n.talk)
	case errors.Is(err, io.EOF):
		err = n.ended(err)
		if errors.Is(err, EndOfStream) {
			err = nil
		}
		return true, err
	}
	return false, err
}

// Reset ends the program.
func (n *streamNode) Reset() {
	n.stop()
	n.over, n.whole = false, false
	n.origin.reset()
}

// Close ends the program.
func (n *streamNode) Close() { n.stop() }

// Save writes down what identities have been given.
func (n *streamNode) Save(w *StateWriter, _ bool) {
	n.origin.save(w)
	w.Bool(n.over)
}

// Load is for a node whose program has not been started.
func (n *streamNode) Load(r *StateReader, _ bool) error {
	n.stop()
	n.origin.load(r)
	n.over = r.Bool()
	return r.Err()
}
