package runtime

import (
	"errors"

	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// effect has the next commit do something to a primitive.
func (h *host) effect(do func(*shm.Tx)) {
	h.effects = append(h.effects, do)
	h.dirty = true
}

// settleEffects forgets what was to be done to primitives: it has been done, or is not to be.
func (h *host) settleEffects() {
	h.effects = h.effects[:0]
	for _, c := range h.touched {
		c.settle()
	}
	h.touched = h.touched[:0]
	for _, l := range h.locks {
		l.pending = 0
	}
	for _, s := range h.semaphores {
		s.pending = 0
	}
}

// refused is the error of a commit as the stage at fault is to have it: of one that would release a bounded semaphore too often.
func (h *host) refused(err error) error {
	if !errors.Is(err, shm.ErrReleasedTooOften) {
		return err
	}
	for _, s := range h.semaphores {
		if s.pending > 0 && s.semaphore.Full(s.pending) {
			return s.tooOften()
		}
	}
	return stages.Failf("released-too-often", "a bounded semaphore has been released as often as it was taken")
}

// Undo implements stages.Host.
func (h *host) Undo() error {
	for _, f := range h.open {
		f.drop()
	}
	for _, s := range h.sealed {
		h.slot.Cancel(s.block)
	}
	h.open, h.sealed = h.open[:0], h.sealed[:0]
	h.settleEffects()
	for _, in := range h.inboxes {
		in.undo()
	}
	return nil
}
