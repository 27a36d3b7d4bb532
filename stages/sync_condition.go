package stages

import "errors"

// conditionPlace is a place that names a condition.
type conditionPlace struct {
	*lockPlace
	conditions map[int]Condition
}

func (b *Builder) conditionPlace(place *Place) (*conditionPlace, error) {
	p, err := b.lockPlace(place)
	return &conditionPlace{lockPlace: p, conditions: map[int]Condition{}}, err
}

// condition is a member's.
func (p *conditionPlace) condition(member int) (Condition, error) {
	if c, ok := p.conditions[member]; ok {
		return c, nil
	}
	c, err := p.host.Condition(Ref{Name: p.place.Name, Member: member})
	if err == nil {
		p.conditions[member] = c
	}
	return c, err
}

// held is the condition of the first row, whose lock the chain must hold for what it is about to do.
func (p *conditionPlace) held(in *Batch, what string) (c Condition, member int, err error) {
	if member, err = p.which(in, 0); err != nil {
		return nil, 0, err
	}
	if c, err = p.condition(member); err != nil {
		return nil, 0, err
	}
	if c.Held() == 0 {
		return nil, 0, Failf("not-owner", "the lock of condition %s is not held: %s it belongs in lock: %s", c.Name(), what, p.place.Name)
	}
	return c, member, nil
}

// notifying is `notify`: those who wait go on once the lock is released, with the commit that does so.
type notifying struct {
	*conditionPlace
	n *RowExpr // nil: one
}

func buildNotify(b *Builder, stage *Stage) (Node, error) {
	place, err := b.conditionPlace(&stage.Operand.Places[0])
	if err != nil {
		return nil, err
	}
	n, err := b.Option("n")
	return &notifying{place, n}, err
}

func (y *notifying) Step(_ *Run, in, out *Batch) error {
	n, err := y.count(in)
	if err != nil {
		return err
	}
	c, _, err := y.held(in, "notifying")
	if err != nil {
		return err
	}
	c.Notify(n)
	out.EmitRows(in, 0, 1)
	in.Drop(1)
	return nil
}

// count is how many are notified, -1 for all.
func (y *notifying) count(in *Batch) (int, error) {
	if y.n == nil {
		return 1, nil
	}
	v, err := y.n.At(in, 0)
	if err != nil {
		return 0, err
	}
	if n, ok := v.(int); ok && n >= 0 {
		return n, nil
	}
	if v == "all" {
		return -1, nil
	}
	return 0, Failf("expression", "n must be a count or all, not %s", ShortJSON(v))
}

// conditionWaiting is `wait` for a condition, with the loop of multiprocessing.Condition.wait_for: the lock is given back while the wait is
// on, taken again behind it, and the expression looked at under the lock. `timeout` is for all of that, but for taking the lock again, which is
// always done. Without `until` one notification is enough.
//
//	looking --until is false: enter the wait, give the lock back, commit--> waiting --notified, or the time is over--> taking the lock
//	   ^                                                                                                               |
//	   '------------------------------------- the lock is taken as often as before: leave the wait --------------------'
type conditionWaiting struct {
	*conditionPlace
	until *RowExpr // nil: one notification

	phase  conditionPhase
	member int    // of the first row, while it is not looking
	number uint64 // of the wait
	depth  int    // how often the lock was held
	late   bool   // the time is over
}

type conditionPhase uint8

const (
	conditionLooking conditionPhase = iota
	conditionWaits
	conditionTaking
)

func buildWaitCondition(b *Builder, stage *Stage) (Node, error) {
	place, err := b.conditionPlace(&stage.Operand.Places[0])
	if err != nil {
		return nil, err
	}
	until, err := b.Option("until")
	return &conditionWaiting{conditionPlace: place, until: until}, err
}

func (y *conditionWaiting) Step(r *Run, in, out *Batch) error {
	for {
		switch y.phase {
		case conditionLooking:
			done, err := y.look(in)
			if err != nil {
				return err
			}
			if done {
				y.late = false
				out.EmitRows(in, 0, 1)
				in.Drop(1)
				return nil
			}
		case conditionWaits:
			c, err := y.condition(y.member)
			if err != nil {
				return err
			}
			if !c.Over(y.number) {
				err := r.Await(c.Until(y.number))
				if !errors.Is(err, ErrTimeout) {
					return err
				}
				y.late = true
			}
			y.phase = conditionTaking
		case conditionTaking:
			over, err := y.retake(r)
			switch {
			case err != nil && itemError(err) != nil:
				y.Skip()
				return err
			case err != nil || !over:
				return err
			case y.until == nil:
				y.late = false
				out.EmitRows(in, 0, 1)
				in.Drop(1)
				return nil
			}
		}
	}
}

// look says whether the item may go on; else a wait has begun.
func (y *conditionWaiting) look(in *Batch) (bool, error) {
	c, member, err := y.held(in, "waiting for")
	if err != nil {
		return false, err
	}
	if y.until != nil {
		if ok, err := y.until.Bool(in, 0); ok || err != nil {
			return ok, err
		}
	}
	if y.late {
		y.late = false
		return false, ErrTimeout
	}
	if y.number, err = c.Enter(); err != nil {
		return false, err
	}
	y.member, y.depth = member, c.Held()
	for range y.depth {
		if err := c.Lock().Release(); err != nil {
			return false, err
		}
	}
	y.phase = conditionWaits
	return false, nil
}

// retake takes the lock again as often as it was held, and ends the wait.
func (y *conditionWaiting) retake(r *Run) (bool, error) {
	c, err := y.condition(y.member)
	if err != nil {
		return false, err
	}
	for c.Held() < y.depth {
		ok, err := c.Lock().Try()
		if !ok && err == nil {
			ok, err = await(c.Lock(), r.awaitEver)
		}
		if !ok {
			return false, err
		}
	}
	notified := c.Leave(y.number)
	y.phase = conditionLooking
	if y.until == nil && !notified {
		y.late = false
		return false, ErrTimeout
	}
	return true, nil
}

// Skip forgets the first row.
func (y *conditionWaiting) Skip() {
	if y.phase != conditionLooking {
		if c, err := y.condition(y.member); err == nil {
			c.Forget(y.number)
		}
	}
	y.phase, y.late = conditionLooking, false
}

// Reset implements Stateful.
func (y *conditionWaiting) Reset() { y.Skip() }

// Save implements Stateful.
func (y *conditionWaiting) Save(w *StateWriter, _ bool) {
	w.Uint(uint64(y.phase))
	w.Int(y.member)
	w.Uint(y.number)
	w.Int(y.depth)
	w.Bool(y.late)
}

// Load implements Stateful.
func (y *conditionWaiting) Load(r *StateReader, _ bool) error {
	y.phase, y.member, y.number, y.depth, y.late = conditionPhase(r.Uint()), r.Int(), r.Uint(), r.Int(), r.Bool()
	if y.phase > conditionTaking {
		r.fail()
	}
	return r.Err()
}
