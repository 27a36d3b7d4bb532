package stages

import "fmt"

// What a `wait` waits for if it names several.
const (
	WaitForAny = "any" // one of them
	WaitForAll = "all" // all of them, at one moment
)

func buildWait(b *Builder, stage *Stage) (Node, error) {
	if len(stage.Operand.Places) == 0 {
		return nil, fmt.Errorf("wait needs something to wait for")
	}
	switch stage.Operand.Places[0].Kind {
	case "barrier":
		return buildWaitBarrier(b, stage)
	case "condition":
		return buildWaitCondition(b, stage)
	}
	c, err := b.chosen(stage)
	n := &waiting{chosen: c, host: b.Host(), opened: map[Ref]Awaited{}}
	n.any = stage.Operand.Source != nil && stage.Operand.Source.Value == WaitForAny
	return n, err
}

// inferWait is the type of what comes out of a `wait`: at a barrier the place among those who arrived.
func inferWait(stage *Stage, _ *Scope, in Type) Type {
	if places := stage.Operand.Places; len(places) == 1 && places[0].Kind == "barrier" {
		return IntType
	}
	return in
}

// waiting is `wait` for what holds or does not, whoever waits: events, queues, processes. It has no state but for what it waits for: a
// replacement looks again.
type waiting struct {
	chosen
	host   Host
	any    bool
	opened map[Ref]Awaited
	list   []Awaited
}

func (n *waiting) Step(r *Run, in, out *Batch) error {
	refs, err := n.refs(in)
	if err != nil {
		return err
	}
	if err := r.Commit(); err != nil { // what it put is among what is to be finished, and others may need it to bring about what it waits for
		return err
	}
	n.list = n.list[:0]
	for i, ref := range refs {
		a, err := n.open(n.members[i].place.Kind, ref)
		if err != nil {
			return err
		}
		n.list = append(n.list, a)
	}
	if w := n.missing(); w != nil {
		return r.Await(w)
	}
	n.Skip()
	out.EmitRows(in, 0, 1)
	in.Drop(1)
	return nil
}

// missing is what must still be waited for; nil: nothing.
func (n *waiting) missing() Waiter {
	for _, a := range n.list {
		switch held := a.Holds(); {
		case held && n.any:
			return nil
		case !held && !n.any:
			return a
		}
	}
	switch {
	case !n.any:
		return nil
	case len(n.list) == 1:
		return n.list[0]
	}
	return n.host.AnyOf(n.list)
}

// open finds what a place of a kind means.
func (n *waiting) open(kind string, ref Ref) (Awaited, error) {
	if a, ok := n.opened[ref]; ok { // names are unique in a spec
		return a, nil
	}
	var a Awaited
	var err error
	switch kind {
	case "event":
		a, err = n.host.Event(ref)
	case "queue":
		a, err = n.host.Finished(ref)
	case "process":
		a, err = n.host.Ended(ref)
	default:
		err = fmt.Errorf("%s %s cannot be waited for like this", kind, ref.Name)
	}
	if err == nil {
		n.opened[ref] = a
	}
	return a, err
}
