package stages

import (
	"context"
	"errors"
	"io"
)

// streamNode is `through` with `per: stream`: a program that reads all items and writes what it likes, when it likes.
//
// An item is taken when it has been handed to the program. If the worker dies, another program is started and replays what this one did.
// A program that has failed leaves nothing behind: the one that follows it, after a handled failure or by the process' restart policy,
// starts with the item that comes next.
type streamNode struct {
	*speaker
	origin  origin
	replay  replay
	spoken  *bool // the chain has a program that was given what cannot be taken back
	over    bool  // the program has ended well
	whole   bool  // the last hear took as much as it may: there may be more
	results Column
}

func (n *streamNode) Step(r *Run, in, out *Batch) error {
	n.origin.note(in)
	if err := n.begin(r); err != nil {
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
		n.replay.give(n.record)
		said++
	}
	in.Drop(said)
	if said == 0 && in.Len() > 0 {
		return r.Await(n.talk)
	}
	return nil
}

// begin starts the program if it does not run, and gives it what another was given that died.
func (n *streamNode) begin(r *Run) error {
	if n.talk != nil {
		return nil
	}
	if n.replay.tooMuch {
		n.replay.clear()
		return errTooMuchGiven()
	}
	settled, said := n.csv, n.said // by what another was given
	if err := n.start(r); err != nil {
		return err
	}
	*n.spoken = true
	if n.replay.given.size == 0 {
		return nil
	}
	n.csv, n.said = settled, said
	for _, piece := range n.replay.given.pieces {
		n.talk.say(piece)
	}
	return nil
}

// give emits what the program has written.
func (n *streamNode) give(r *Run, out *Batch) error {
	limit := max(r.Limit, 1)
	for {
		err := n.hear(limit, &n.results)
		k := n.results.Len()
		for i := range k {
			item := n.results.At(i)
			if fresh, err := n.answer(item); err != nil {
				return err
			} else if fresh {
				out.EmitNew(item, n.origin.next())
			}
		}
		n.whole = k == limit
		var broken *ItemError
		if !errors.As(err, &broken) || !broken.Partial {
			return err
		}
		if fresh, lost := n.answer(broken.Piece); lost != nil {
			return lost
		} else if fresh {
			return err
		}
	}
}

// answer says whether an answer of the program is new.
func (n *streamNode) answer(item any) (bool, error) {
	fresh, err := n.replay.answer(item)
	if err != nil {
		n.forget()
	}
	return fresh, err
}

// forget ends the program and forgets what it was given.
func (n *streamNode) forget() {
	n.stop()
	n.replay.clear()
}

// ended makes an error of the end of the program, if err is that.
func (n *streamNode) ended(err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	if err = n.talk.result(); err == nil {
		err = n.replay.end()
	}
	n.forget()
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
	if err := n.begin(r); err != nil {
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
	n.forget()
	n.over, n.whole = false, false
	n.origin.reset()
}

// Close ends the program.
func (n *streamNode) Close() { n.stop() }

// Save writes down what the program has been given since, what it has answered, and what identities that has been given.
func (n *streamNode) Save(w *StateWriter, full bool) {
	n.origin.save(w)
	n.replay.save(w, full)
	if n.format == formatCSV {
		n.csv.save(w)
		w.Bool(n.said)
	}
	w.Bool(n.over)
}

// Load is for a node whose program has not been started.
func (n *streamNode) Load(r *StateReader, _ bool) error {
	n.stop()
	n.origin.load(r)
	n.replay.load(r)
	if n.format == formatCSV {
		n.csv.load(r)
		n.said = r.Bool()
	}
	n.over = r.Bool()
	return r.Err()
}
