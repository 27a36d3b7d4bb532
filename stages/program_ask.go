package stages

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// askNode is `through` with `per: item`: a program that answers each line with a line. Rows stay before the stage until they are
// answered, so nothing need be written down: after a death another program is asked again.
//
// Whatever goes wrong, the program is ended and the next row gets a new one, because it is not known any more which answer belongs
// to which row.
type askNode struct {
	*speaker
	asked   int       // rows that have been written to the program and not been answered
	since   time.Time // when the first of them became the first
	answers Column
	cut     string // what the program wrote last, if it ended in the middle of an answer

	patience time.Duration // without a `timeout`: how long an answer may take before a line in the log says why that may be
	warned   bool          // it has said so, once is enough
}

// answerPatience is the patience of stages. What a program needs for a line is mostly much less; one that keeps its output back until
// it has a block of it will never answer, which looks like a run that hangs.
const answerPatience = 5 * time.Second

// mutePatience is how long a program that closed its standard output, and so cannot answer any more, is waited for: most end then, and how
// they do says more.
const mutePatience = time.Second

func (n *askNode) Step(r *Run, in, out *Batch) error {
	err := n.ask(r, in, out)
	if err != nil && !errors.Is(err, ErrInterrupted) {
		n.Reset()
	}
	return err
}

func (n *askNode) ask(r *Run, in, out *Batch) error {
	if err := n.start(r); err != nil {
		return err
	}
	if n.asked == 0 {
		n.since = time.Now()
		if err := n.hear(1, &n.answers); !errors.Is(err, errNotYet) {
			return n.unasked(err)
		}
	}
	if err := n.sayMore(in); err != nil {
		return err
	}
	if n.asked == 0 { // it has closed its input: how it ends is what there is to say
		return n.await(r)
	}
	err := n.hear(min(n.asked, max(r.Limit, 1)), &n.answers)
	k := n.answers.Len()
	if k > 0 && n.isCut() { // those before it are whole
		k--
		n.cut = TextOf(n.answers.At(k))
		n.answers.truncate(k)
	}
	switch {
	case k > 0:
		out.EmitColumn(in, &n.answers)
		in.Drop(k)
		n.asked -= k
		n.since = time.Now()
		return nil
	case errors.Is(err, errNotYet):
		return n.await(r)
	case errors.Is(err, io.EOF), err == nil:
		return n.silent()
	}
	var item *ItemError
	if errors.As(err, &item) { // an answer is the row's own
		item.Partial, item.Piece = false, nil
	}
	return err
}

// sayMore writes rows to the program, as many as it has room for.
func (n *askNode) sayMore(in *Batch) error {
	for n.asked < in.Len() && n.talk.room() {
		err := n.say(in.Item(n.asked))
		if err != nil && n.asked > 0 {
			return nil // it is said again when it is the first
		}
		if err != nil {
			return err
		}
		n.asked++
	}
	return nil
}

// await waits for the program as long as the row that it is asked for may take.
func (n *askNode) await(r *Run) error {
	if r.Timeout() > 0 {
		left := r.Timeout() - time.Since(n.since)
		if left <= 0 {
			return ErrTimeout
		}
		return r.Wait(n.talk, left)
	}
	if n.asked > 0 && n.talk.isMute() {
		err := r.Wait(n.talk, mutePatience)
		if errors.Is(err, ErrTimeout) {
			err = Failf("exec", "%s closed its standard output without an answer: with `per: item` each line gets one line (`per: stream` is free)", n.talk.name)
		}
		return err
	}
	if n.warned || n.asked == 0 {
		return r.Wait(n.talk, 0)
	}
	if left := n.patience - time.Since(n.since); left > 0 {
		if err := r.Wait(n.talk, left); !errors.Is(err, ErrTimeout) {
			return err
		}
	}
	return n.warn(r)
}

// warn logs that the program has not answered for a long time; then it is waited for without end.
func (n *askNode) warn(r *Run) error {
	if n.talk.hasNews() { // it has come meanwhile
		return nil
	}
	room, err := r.Outlet().Log("warning", fmt.Sprintf(
		"%s has got a line and has not answered for %s; a program that keeps its output back needs `per: stream`", n.talk.name, n.patience))
	if err != nil {
		return err
	}
	if !room {
		return r.Await(r.Outlet())
	}
	n.warned = true
	return nil
}

// unasked is the failure of a program that says something nobody asked for, or has gone; err is what hear has said.
func (n *askNode) unasked(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return n.silent()
	case err != nil:
		return err
	}
	return Failf("exec", "%s wrote more than it was asked: with `per: item` each line gets one line (`per: stream` is free)", n.talk.name)
}

// silent is the failure of a program that has gone without an answer.
func (n *askNode) silent() error {
	if err := n.talk.result(); err != nil {
		return err
	}
	if n.cut != "" {
		return Failf("exec", "%s ended in the middle of an answer: what it wrote last has no end: %s", n.talk.name, ShortJSON(n.cut))
	}
	return Failf("exec", "%s ended without an answer: with `per: item` each line gets one line (`per: stream` is free)", n.talk.name)
}

// Flush lets the program end.
func (n *askNode) Flush(r *Run, _ *Batch) (bool, error) {
	if n.talk == nil {
		return true, nil
	}
	n.talk.finish()
	err := n.hear(1, &n.answers)
	switch {
	case errors.Is(err, errNotYet):
		return false, r.Await(n.talk)
	case errors.Is(err, io.EOF):
		err = n.talk.result()
	default:
		err = n.unasked(err)
	}
	n.Reset()
	return true, err
}

func (n *askNode) Skip() { n.Reset() }

// Reset ends the program.
func (n *askNode) Reset() {
	n.stop()
	n.asked, n.cut = 0, ""
}

// Close ends the program.
func (n *askNode) Close() { n.Reset() }

// Save has nothing to write down.
func (n *askNode) Save(*StateWriter, bool) {}

// Load ends the program, if there is one.
func (n *askNode) Load(r *StateReader, _ bool) error {
	n.Reset()
	return r.Err()
}
