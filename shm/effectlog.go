//go:build linux

package shm

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// effectHead is the bytes before an image.
const effectHead = 16

// conditionEntered is the argument of an entry that says how the slot's own wait stands.
const conditionEntered = 1<<64 - 1

// entry appends an entry of n bytes of image and gives the image to fill.
func (s *Slot) entry(index int, arg uint64, n int) []byte {
	at := len(s.images)
	padded := int(roundUp(int64(n), 8))
	s.images = slices.Grow(s.images, effectHead+padded)[:at+effectHead+padded]
	head := s.images[at:]
	binary.LittleEndian.PutUint32(head, uint32(index))
	binary.LittleEndian.PutUint32(head[4:], uint32(n))
	binary.LittleEndian.PutUint64(head[8:], arg)
	return head[effectHead : effectHead+n]
}

func (s *Slot) word(index int, arg, word uint64) {
	binary.LittleEndian.PutUint64(s.entry(index, arg, 8), word)
}

// writeImages puts the log of effects where recovery finds it. The record is idle: nobody reads it yet.
func (s *Slot) writeImages() error {
	if len(s.images) == 0 {
		return nil
	}
	if int64(len(s.images)) > stateLogBytes {
		return fmt.Errorf("write %d bytes of effects: %w", len(s.images), ErrTooLarge)
	}
	if len(s.images) <= len(s.effectMap) {
		copy(s.effectMap, s.images)
	} else if _, err := s.arena.files[1].WriteAt(s.images, stateOffset(s.index, effectLog)); err != nil {
		return fmt.Errorf("write the effects of slot %d: %w", s.index, err)
	}
	crashpoint(pointEffectsLogged)
	return nil
}

// carryOut does what the log of effects says, frees the locks and wakes who waits.
func (s *Slot) carryOut() error {
	if len(s.images) == 0 && len(s.units) == 0 { // a notification that nobody waited for has a lock and no image
		return nil
	}
	err := s.arena.eachEffect(s.images, func(p *primitive, arg uint64, image []byte) {
		s.arena.storeEffect(s.index, p, arg, image)
		crashpoint(pointEffectStored)
	})
	if err != nil {
		return err
	}
	units := len(s.units)
	s.unlockUnits()
	for _, u := range s.units[:units] {
		if u.p.c.Kind != KindArray {
			u.p.wake()
		}
	}
	s.semaphores, s.entered, s.rewritten = s.semaphores[:0], s.entered[:0], s.rewritten[:0]
	return nil
}

// eachEffect goes through a log of effects, which comes from shared memory and is checked.
func (a *Arena) eachEffect(log []byte, do func(p *primitive, arg uint64, image []byte)) error {
	for len(log) > 0 {
		if len(log) < effectHead {
			return corrupt("a log of effects ends in an entry")
		}
		index, n, arg := binary.LittleEndian.Uint32(log), binary.LittleEndian.Uint32(log[4:]), binary.LittleEndian.Uint64(log[8:])
		padded := roundUp(int64(n), 8)
		if int64(index) >= int64(len(a.primitives)) || padded > int64(len(log)-effectHead) {
			return corrupt("an effect of %d bytes on primitive %d", n, index)
		}
		p := &a.primitives[index]
		if err := p.checkEffect(arg, int64(n)); err != nil {
			return err
		}
		do(p, arg, log[effectHead:effectHead+int64(n)])
		log = log[effectHead+padded:]
	}
	return nil
}

// checkEffect judges an entry's words.
func (p *primitive) checkEffect(arg uint64, n int64) error {
	ok := n == 8
	switch p.c.Kind {
	case KindArray:
		if stripe := -1 - int64(arg); stripe >= 0 {
			ok = ok && stripe < p.c.stripes()
		} else {
			ok = Array{p}.inside(int64(arg), n) == nil
		}
	case KindCondition:
		ok = ok && (arg < uint64(p.arena.Slots()) || arg == conditionEntered)
	case KindLock:
		ok = false
	}
	if !ok {
		return corrupt("an effect of %d bytes at %d on %v %s", n, arg, p.c.Kind, p.c.Name)
	}
	return nil
}

// storeEffect does one effect of a slot. It may be done again as long as the lock of its unit is the slot's.
func (a *Arena) storeEffect(slot int, p *primitive, arg uint64, image []byte) {
	if a := (Array{p}); p.c.Kind == KindArray {
		switch stripe := -1 - int64(arg); {
		case stripe < 0:
			a.storeImage(int64(arg), image)
		case a.segment != nil:
			a.copyOver(int(stripe))
		default:
			a.side(int(stripe)).Store(binary.LittleEndian.Uint64(image))
		}
		return
	}
	word := binary.LittleEndian.Uint64(image)
	switch p.c.Kind {
	case KindSemaphore:
		row := p.rowOf(slot)
		before := row.b.Load()
		row.c.Store(arg)
		row.b.Store(word)
		crashpoint(pointSemaphoreCounted)
		p.head.hint.Add(int64(word - before))
	case KindEvent:
		p.head.state.Store(word)
	case KindBarrier:
		p.head.state.Store(word)
		p.head.dirty.Store(1)
	case KindCondition:
		if arg == conditionEntered {
			p.rowOf(slot).c.Store(word)
			return
		}
		Condition{p}.notify(int(arg), word)
	}
}

// redoEffects carries out a dead slot's committed effects whose locks still name it. The locks are freed by sweepPrimitives.
func (a *Arena) redoEffects(slot int, length uint64, step func(string)) error {
	if length == 0 {
		return nil
	}
	if length > stateLogBytes {
		return corrupt("the record has %d bytes of effects", length)
	}
	log := make([]byte, length)
	if _, err := a.files[1].ReadAt(log, stateOffset(slot, effectLog)); err != nil {
		return fmt.Errorf("read the effects of slot %d: %w", slot, err)
	}
	return a.eachEffect(log, func(p *primitive, arg uint64, image []byte) {
		u := unit{p: p}
		if p.c.Kind == KindArray {
			if u.stripe = int(-1 - int64(arg)); u.stripe < 0 {
				u.stripe = Array{p}.stripe(int64(arg))
			}
		}
		// What a slot has acquired, and for what it waits, stands in its own row, without a lock.
		own := p.c.Kind == KindSemaphore || p.c.Kind == KindCondition && arg == conditionEntered
		if own || u.lock().owner().slot() == slot {
			// What was cut off of a segment is nowhere to be stored, and nobody can read it any more.
			_ = a.Faults(func() error { a.storeEffect(slot, p, arg, image); return nil })
			step("redone effect")
		}
	})
}
