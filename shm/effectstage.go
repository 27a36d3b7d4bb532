//go:build linux

package shm

import (
	"cmp"
	"fmt"
	"slices"
)

// unit is what one inner lock guards: a primitive, or a stripe of an array.
type unit struct {
	p      *primitive
	stripe int
}

// before says whether the unit's lock is taken before another's.
func (u unit) before(v unit) bool {
	return u.p.index < v.p.index || u.p.index == v.p.index && u.stripe < v.stripe
}

func (u unit) lock() *lockWord {
	if u.p.c.Kind == KindArray {
		return Array{u.p}.stripeLock(u.stripe)
	}
	return &u.p.head.lock
}

// stage takes the locks of everything that the transaction changes and writes down what will be there. With an error it has freed them; those
// of rewritten stripes stay.
func (s *Slot) stage(t *Tx) error {
	s.images = s.images[:0]
	if len(t.effects) == 0 && len(s.semaphores) == 0 && len(s.entered) == 0 && len(s.rewritten) == 0 {
		return nil
	}
	if len(t.effects) > 0 && len(s.rewritten) > 0 { // whose locks could stand before those that are held
		return fmt.Errorf("change something in the commit of a rewritten array: %w", ErrTooMany)
	}
	slices.SortFunc(t.effects, func(a, b effect) int {
		switch {
		case a.index != b.index:
			return a.index - b.index
		case a.stripe != b.stripe:
			return a.stripe - b.stripe
		case a.change.Off != b.change.Off:
			return cmp.Compare(a.change.Off, b.change.Off)
		}
		return a.order - b.order
	})
	s.units = s.units[:0]
	for i := 0; i < len(t.effects); {
		n := t.alike(i)
		u := unit{&s.arena.primitives[t.effects[i].index], t.effects[i].stripe}
		if k := len(s.units); k == 0 || s.units[k-1] != u {
			s.lockUnit(u)
		}
		if err := s.image(u, t.effects[i:i+n]); err != nil {
			s.unlockUnits()
			return err
		}
		i += n
	}
	s.imageRewritten()
	s.imageAcquired()
	s.imageEntered()
	crashpoint(pointEffectsStaged)
	if err := s.writeImages(); err != nil {
		s.unlockUnits()
		return err
	}
	s.units = append(s.units, s.rewritten...)
	return nil
}

// lockUnit takes a unit's lock.
func (s *Slot) lockUnit(u unit) {
	u.p.touch(s)
	if l := u.lock(); !l.tryLock(s.me) {
		l.lockSlow(s.me, s.spin(lockSpin))
	}
	crashpoint(pointEffectLocked)
	s.units = append(s.units, u)
}

func (s *Slot) unlockUnits() {
	for _, u := range s.units {
		u.lock().unlock()
		crashpoint(pointEffectUnlocked)
	}
	s.units = s.units[:0]
}

// alike is how many effects from i on change the same number, or count on the same primitive.
func (t *Tx) alike(i int) int {
	first, n := &t.effects[i], 1
	if first.op == effectChange && first.change.Kind == numberInvalid {
		return 1
	}
	for i+n < len(t.effects) {
		next := &t.effects[i+n]
		if next.index != first.index || next.op != first.op || next.change.Off != first.change.Off || next.change.Kind != first.change.Kind {
			break
		}
		n++
	}
	return n
}
