package stages

import (
	"slices"
	"strings"
)

// controlling is `start`, `stop`, `interrupt`, `kill`: it asks with a commit, and goes on when what it asked for has been done.
//
//	not asked --commit: the request is there, and its ticket--> asked --done--> the row goes on
//
// Who dies before the commit has not asked; who dies behind it is replaced by one that knows the ticket, and waits for the same.
type controlling struct {
	chosen
	action Action
	signal *RowExpr // of kill; nil: SIGKILL
	ticket uint64   // of what was asked for the first row; 0: nothing yet
}

func buildControl(b *Builder, stage *Stage) (Node, error) {
	c, err := b.chosen(stage)
	if err != nil {
		return nil, err
	}
	signal, err := b.Option("signal")
	return &controlling{chosen: c, action: Action(stage.Op), signal: signal}, err
}

func (n *controlling) Step(r *Run, in, out *Batch) error {
	control := r.Control()
	if n.ticket == 0 {
		refs, err := n.refs(in)
		if err != nil {
			return err
		}
		signal, err := n.signalOf(in)
		if err != nil {
			return err
		}
		if err := r.Commit(); err != nil { // what came before is there when it is done
			return err
		}
		ticket, ok, err := control.Ask(n.action, signal, refs)
		switch {
		case err != nil:
			return err
		case !ok:
			return r.Await(r.Outlet())
		}
		n.ticket = ticket
	}
	if done := control.Done(n.ticket); !done.Holds() {
		return r.Await(done)
	}
	n.Skip()
	out.EmitRows(in, 0, 1)
	in.Drop(1)
	return nil
}

// signalOf is the signal for the first row.
func (n *controlling) signalOf(in *Batch) (string, error) {
	if n.action != KillProcess {
		return "", nil
	}
	if n.signal == nil {
		return "SIGKILL", nil
	}
	text, err := n.signal.Text(in, 0)
	if err != nil {
		return "", err
	}
	signal, ok := SignalName(text)
	if !ok {
		return "", Failf("signal", "there is no signal %s that could be sent; there are %s", ShortJSON(text), strings.Join(Signals(), ", "))
	}
	return signal, nil
}

// Skip forgets the first row.
func (n *controlling) Skip() {
	n.chosen.Skip()
	n.ticket = 0
}

// Reset implements Stateful.
func (n *controlling) Reset() { n.Skip() }

// Save implements Stateful.
func (n *controlling) Save(w *StateWriter, full bool) {
	n.chosen.Save(w, full)
	w.Uint(n.ticket)
}

// Load implements Stateful.
func (n *controlling) Load(r *StateReader, full bool) error {
	if err := n.chosen.Load(r, full); err != nil {
		return err
	}
	n.ticket = r.Uint()
	return r.Err()
}

// Signals are the signals that can be sent to a process, see signal(7).
func Signals() []string {
	return []string{
		"SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL", "SIGSTOP", "SIGCONT", "SIGTSTP", "SIGABRT", "SIGALRM", "SIGPIPE", "SIGWINCH",
	}
}

// SignalName is the name of a signal as Signals has it, of one that may be written without SIG.
func SignalName(text string) (name string, ok bool) {
	if name = text; !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	return name, slices.Contains(Signals(), name)
}
