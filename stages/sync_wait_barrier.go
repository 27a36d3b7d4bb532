package stages

import (
	"encoding/json"
	"errors"
)

// meeting is `wait` at a barrier. Of a row it knows the number of its wait, from before it arrives, and how far it has come:
//
//	not begun --commit: the number, and all that came before--> begun --Arrive--> waiting --passed--> the row goes on, as its place
//	                                                                          '-- leads: the action; commit: what it did; commit: the opening
//	begun, waiting --timeout, or the action failed; commit: the failure--> failing --Break--> the failure of the row
//
// A death in any of these states changes nothing: arriving for the same number again, and breaking what is broken, do nothing; an action goes
// on where its last commit left it, and is not run again once it is over.
type meeting struct {
	chosen
	host    Host
	action  *Chain // nil: there is none
	wait    int    // number of the first row's wait; 0: not begun
	acting  bool   // the action is being run
	acted   bool   // it has been run, and what it did is there
	failure *ItemError
}

func buildWaitBarrier(b *Builder, stage *Stage) (Node, error) {
	c, err := b.chosen(stage)
	if err != nil {
		return nil, err
	}
	n := &meeting{chosen: c, host: b.Host()}
	if len(stage.Operand.Stages) > 0 { // which know nothing of the chain that waits
		inner := &Builder{building: b.building, narrow: b.narrow, stage: stage, frame: b.frame}
		n.action, err = inner.Chain(stage.Operand.Stages)
	}
	return n, err
}

func (n *meeting) Step(r *Run, in, out *Batch) error {
	refs, err := n.refs(in)
	if err != nil {
		return err
	}
	barrier, err := n.host.Barrier(refs[0])
	if err != nil {
		return err
	}
	if n.wait == 0 {
		n.wait = barrier.Begin()
		if err := r.Commit(); err != nil {
			return err
		}
	}
	for {
		at, err := barrier.Arrive(n.wait)
		switch {
		case n.failure != nil:
			return n.fail(barrier, at, in, out)
		case err != nil:
			n.Skip()
			return err
		case at.Passed:
			n.pass(at, in, out)
			return nil
		case !at.Leads:
			return n.await(r, barrier, at, in, out)
		}
		if called, err := n.lead(r, barrier, at); err != nil || called {
			return err
		}
	}
}

// pass lets the row go on.
func (n *meeting) pass(at Arrival, in, out *Batch) {
	n.Skip()
	out.Emit(in, 0, at.Place)
	in.Drop(1)
}

// await waits for the others. Who waits too long breaks the barrier for all.
func (n *meeting) await(r *Run, barrier Barrier, at Arrival, in, out *Batch) error {
	err := r.Await(barrier.At(at.Ticket))
	switch {
	case !errors.Is(err, ErrTimeout):
		return err
	case at.Later: // those who have arrived lack nobody
		n.Skip()
		return err
	}
	n.failure = &ItemError{Type: "timeout", Message: "timed out"}
	if err := n.note(r, barrier); err != nil {
		return err
	}
	return n.fail(barrier, at, in, out)
}

// note writes the failure down.
func (n *meeting) note(r *Run, barrier Barrier) error {
	barrier.Begin() // so that there is something to commit
	return r.Commit()
}

// fail breaks the barrier. Who timed out, and finds that the last came meanwhile, has not failed.
func (n *meeting) fail(barrier Barrier, at Arrival, in, out *Batch) error {
	failure := n.failure
	barrier.Break(at.Ticket)
	if now, err := barrier.Arrive(n.wait); err == nil && now.Passed && failure.Type == "timeout" {
		n.pass(now, in, out)
		return nil
	}
	n.Skip()
	return failure
}

// lead runs the action, commits what it did, and then opens the barrier: who goes on finds it there. called says that a stage behind has something to say first.
func (n *meeting) lead(r *Run, barrier Barrier, at Arrival) (called bool, err error) {
	if n.acted {
		barrier.Trip(at.Ticket)
		return false, r.Commit()
	}
	if !n.acting {
		n.action.Seed("")
		n.action.End()
		n.acting = true
	}
	state, err := drain(r, n.action)
	if failure := itemError(err); failure != nil {
		n.endAction()
		n.failure = failure
		return false, n.note(r, barrier)
	}
	if err != nil || state == Called {
		return true, err
	}
	n.endAction()
	n.acted = true
	barrier.Begin() // so that there is something to commit
	return false, r.Commit()
}

func (n *meeting) endAction() {
	if n.action != nil {
		n.action.Reset()
	}
	n.acting = false
}

// Skip forgets the first row.
func (n *meeting) Skip() {
	n.chosen.Skip()
	n.endAction()
	n.wait, n.acted, n.failure = 0, false, nil
}

// Reset implements Stateful.
func (n *meeting) Reset() { n.Skip() }

// Save implements Stateful.
func (n *meeting) Save(w *StateWriter, full bool) {
	n.chosen.Save(w, full)
	w.Int(n.wait)
	w.Bool(n.failure != nil)
	if f := n.failure; f != nil {
		w.Text(f.Type)
		w.Text(f.Message)
		w.Int(f.Code)
		nested, _ := json.Marshal(f.nested) // texts and numbers
		w.Text(string(nested))
	}
	w.Bool(n.acting)
	w.Bool(n.acted)
	if n.action != nil {
		n.action.Save(w, full)
	}
}

// Load implements Stateful.
func (n *meeting) Load(r *StateReader, full bool) error {
	if err := n.chosen.Load(r, full); err != nil {
		return err
	}
	n.wait, n.failure = r.Int(), nil
	if r.Bool() {
		n.failure = &ItemError{Type: r.Text(), Message: r.Text(), Code: r.Int()}
		if err := json.Unmarshal([]byte(r.Text()), &n.failure.nested); err != nil {
			r.fail()
		}
	}
	n.acting, n.acted = r.Bool(), r.Bool()
	if n.action != nil {
		if err := n.action.Load(r, full); err != nil {
			return err
		}
	}
	return r.Err()
}
