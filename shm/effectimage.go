//go:build linux

package shm

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// count is the sum of what effects count; less than 0 for all.
func count(alike []effect) int64 {
	n := int64(0)
	for i := range alike {
		if alike[i].n < 0 {
			return -1
		}
		n += alike[i].n
	}
	return n
}

// image writes down effects that are alike.
func (s *Slot) image(u unit, alike []effect) error {
	switch e := &alike[len(alike)-1]; e.op {
	case effectChange:
		if e.change.Kind != numberInvalid {
			return s.imageNumber(Array{u.p}, alike)
		}
		copy(s.entry(e.index, uint64(e.change.Off), len(e.change.Bytes)), e.change.Bytes)
	case effectEvent:
		var v uint64
		if e.event {
			v = 1
		}
		s.word(e.index, 0, v)
	case effectRelease:
		m := Semaphore{u.p}
		m.repair()
		n := count(alike)
		if err := m.checkBound(n); err != nil {
			return err
		}
		row := m.rowOf(s.index)
		s.word(e.index, row.a.Load(), row.b.Load()+uint64(n))
	case effectNotify:
		s.imageNotify(Condition{u.p}, count(alike))
	case effectAbort:
		s.word(e.index, 0, uint64(Barrier{u.p}.aborted()))
	case effectReset:
		b := Barrier{u.p}
		b.repair()
		s.word(e.index, 0, uint64(b.cleared()))
	case effectTrip:
		b := Barrier{u.p}
		b.repair()
		s.word(e.index, 0, uint64(b.tripped(uint32(e.n))))
	}
	return nil
}

// imageNumber writes down what a number will be.
func (s *Slot) imageNumber(a Array, changes []effect) error {
	first := &changes[0].change
	n := a.Load(first.Off, first.Kind)
	for i := range changes {
		var err error
		if n, err = changes[i].result(n); err != nil {
			return fmt.Errorf("array %s at byte %d: %w", a.c.Name, first.Off, err)
		}
	}
	var bits [8]byte
	binary.LittleEndian.PutUint64(bits[:], first.Kind.encode(n))
	copy(s.entry(a.index, uint64(first.Off), first.Kind.Size()), bits[:])
	return nil
}

// result is what a change of a number makes of it.
func (e *effect) result(n Number) (Number, error) {
	c := &e.change
	switch {
	case !c.Add && c.Kind == Float32: // as it is stored, whatever is added to it in the same commit
		return FloatNumber(float64(float32(c.Number.Float()))), nil
	case !c.Add:
		return c.Number, c.Kind.check(c.Number)
	case len(c.Floats) > 0:
		for _, f := range c.Floats {
			n, _ = c.Kind.plus(n, FloatNumber(f)) // floats fit
		}
		return n, nil
	case c.Kind.IsFloat():
		return c.Kind.plus(n, c.Number)
	}
	for _, sum := range [...]int64{e.least, e.most} {
		if _, err := c.Kind.plus(n, IntNumber(sum)); err != nil {
			return 0, err
		}
	}
	return c.Kind.plus(n, c.Number)
}

// imageNotify chooses who goes on.
func (s *Slot) imageNotify(c Condition, n int64) {
	waiters := slices.DeleteFunc(c.waiters(), func(w conditionWaiter) bool { return w.slot == s.index }) // which begins to wait afterwards
	if n >= 0 && n < int64(len(waiters)) {
		waiters = waiters[:n]
	}
	for _, w := range waiters {
		s.word(c.index, uint64(w.slot), w.word)
	}
}

// imageAcquired writes down what the slot has acquired since its last commit, where nothing is released.
func (s *Slot) imageAcquired() {
	for _, i := range s.semaphores {
		p := &s.arena.primitives[i]
		if slices.Contains(s.units, unit{p: p}) {
			continue // what is released says it, too
		}
		row := p.rowOf(s.index)
		s.word(i, row.a.Load(), row.b.Load())
	}
}

// imageEntered writes down how the waits for conditions stand that the slot has begun or ended.
func (s *Slot) imageEntered() {
	for _, i := range s.entered {
		s.word(i, conditionEntered, s.arena.Condition(i).standing(s.index))
	}
}
