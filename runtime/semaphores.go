package runtime

import (
	"context"

	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// semaphoreEnd is a semaphore in the hands of a chain: it implements stages.Lock.
type semaphoreEnd struct {
	host      *host
	semaphore shm.Semaphore
	name      string
	pending   int64 // what the next commit gives back
}

func (h *host) semaphoreEnd(number int, name string) *semaphoreEnd {
	s := h.semaphores[number]
	if s == nil {
		s = &semaphoreEnd{host: h, semaphore: h.arena.Semaphore(number), name: name}
		h.semaphores[number] = s
	}
	return s
}

// Try implements stages.Lock.
func (s *semaphoreEnd) Try() (bool, error) {
	if s.pending > 0 {
		if err := s.host.Commit(); err != nil {
			return false, err
		}
	}
	return s.semaphore.TryAcquire(s.host.slot), nil
}

// Release implements stages.Lock. A bounded semaphore that has been released too often is found here, or by the commit.
func (s *semaphoreEnd) Release() error {
	if s.semaphore.Full(s.pending + 1) {
		return s.tooOften()
	}
	s.pending++
	s.host.effect(func(tx *shm.Tx) { tx.ReleaseSemaphore(s.semaphore, 1) })
	return nil
}

func (s *semaphoreEnd) tooOften() error {
	return stages.Failf("released-too-often", "%s has been released as often as it was taken, and is bounded", s.name)
}

// Own implements stages.Lock: a semaphore may be taken as often as it has something to give, which others may release.
func (s *semaphoreEnd) Own() bool { return false }

// Number implements stages.Lock.
func (s *semaphoreEnd) Number() int { return s.semaphore.Index() }

// Name implements stages.Lock.
func (s *semaphoreEnd) Name() string { return s.name }

// Wait implements stages.Waiter.
func (s *semaphoreEnd) Wait(ctx context.Context) error {
	return s.host.waitShared(ctx, func(w shm.Wait) (shm.WaitResult, error) { return s.semaphore.Wait(s.host.slot, w) })
}
