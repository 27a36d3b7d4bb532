//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/mprun/mprun/shm"
)

// A historian does random operations on one primitive or queue and writes down when each was called and when it returned, with what, by a clock
// that all processes share. Lines have one length, which divides a page: none is torn by a death.
type historian struct {
	*worker
	random *rand.Rand
}

const historyLine = 64

func (h *historian) write(what, op string, n int64) error {
	_, err := fmt.Fprintf(os.Stdout, "%-*s\n", historyLine-1, fmt.Sprintf("%s %s %d %d %d", what, op, n, h.slot.Epoch(), shm.Now()))
	return err
}

// record writes down one operation: do gives its result.
func (h *historian) record(op string, arg int64, do func() (int64, error)) error {
	if err := h.write("call", op, arg); err != nil {
		return err
	}
	n, err := do()
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return h.write("return", op, n)
}

// flag is a result that is yes or no.
func flag(ok bool) int64 {
	if ok {
		return 1
	}
	return 0
}

// history does so many operations on queue 0 or primitive 0, and then gives back what it holds.
func (w *worker) history(of string, slot, operations int) error {
	h := &historian{w, rand.New(rand.NewPCG(uint64(slot), uint64(w.slot.Epoch())))}
	switch of {
	case "lock":
		return h.lock(operations)
	case "semaphore":
		return h.semaphore(operations)
	}
	return h.queue(operations)
}

// commit is an operation that is a commit.
func (h *historian) commit(op string, arg int64, fill func(*shm.Tx)) error {
	return h.record(op, arg, func() (int64, error) {
		tx := h.slot.Begin()
		fill(tx)
		return 0, h.slot.Commit(tx)
	})
}

func (h *historian) lock(operations int) error {
	l := h.arena.Lock(0)
	kept := l.Holds(h.slot) > 0
	if err := h.record("adopted", 0, func() (int64, error) { return flag(kept), nil }); err != nil {
		return err
	}
	for i := 0; i < operations || l.Holds(h.slot) > 0; i++ {
		var err error
		switch choice := h.random.IntN(3); {
		case l.Holds(h.slot) == 0 && choice == 0:
			err = h.record("acquire", 0, func() (int64, error) { return 1, ready(l.Acquire(h.slot, shm.Wait{})) })
			kept = false
		case l.Holds(h.slot) == 0:
			err = h.record("try", 0, func() (int64, error) {
				ok, err := l.TryAcquire(h.slot)
				return flag(ok), err
			})
			kept = false
		case choice == 0:
			err = h.commit("keep", 0, nothing)
			kept = true
		case choice == 1 || kept:
			err = h.commit("release", 0, func(tx *shm.Tx) { tx.Unlock(l) })
		default:
			err = h.record("release", 0, func() (int64, error) { return 0, l.Release(h.slot) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *historian) semaphore(operations int) error {
	m, held := h.arena.Semaphore(0), int64(0)
	err := h.record("adopted", 0, func() (int64, error) {
		held = m.Held(h.slot.Index())
		return held, nil
	})
	for i := 0; err == nil && (i < operations || held > 0); i++ {
		choice := h.random.IntN(4)
		if i >= operations {
			choice = 3
		}
		switch {
		case held == 0 || choice == 0:
			err = h.record("try", 0, func() (int64, error) {
				ok := m.TryAcquire(h.slot)
				held += flag(ok)
				return flag(ok), nil
			})
		case choice == 1:
			err = h.commit("keep", 0, nothing)
		case choice == 2:
			err = h.record("release", 0, func() (int64, error) { return 0, m.Release(h.slot, 1) })
			held--
		default:
			err = h.commit("give", 0, func(tx *shm.Tx) { tx.ReleaseSemaphore(m, 1) })
			held--
		}
	}
	return err
}

func (h *historian) queue(operations int) error {
	q := h.arena.Queue(0)
	var in *shm.Block
	for i := 0; i < operations || in != nil; i++ {
		var err error
		// No two lives put the same number.
		next := int64(h.slot.Index())<<24 | int64(h.slot.Epoch())<<12 | int64(i)
		switch choice := h.random.IntN(3); {
		case in == nil && choice == 0 || in != nil && choice == 1:
			err = h.put(q, nil, next)
		case in == nil:
			err = h.record("lease", 0, func() (n int64, err error) {
				in, n, err = h.lease(q)
				return n, err
			})
		case choice == 0 && i < operations:
			if err = h.put(q, in, next); err == nil && len(h.slot.Held()) == 0 {
				in = nil
			}
		default:
			err = h.commit("finish", 0, func(tx *shm.Tx) { tx.Release(in) })
			in = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// put puts a number if there is room, and with it finishes in, if it is not nil.
func (h *historian) put(q *shm.Queue, in *shm.Block, n int64) error {
	op := "put"
	if in != nil {
		op = "move"
	}
	return h.record(op, n, func() (int64, error) {
		out, status, err := q.Reserve(h.slot, 1, 8)
		if err != nil || status != shm.Reserved {
			return 0, err
		}
		if _, err := out.Write(appendNumber(nil, uint64(n))); err != nil {
			return 0, err
		}
		tx := h.slot.Begin()
		tx.Publish(out, 1)
		if in != nil {
			tx.Release(in)
		}
		return 1, h.slot.Commit(tx)
	})
}

// lease takes the next number, -1 if there is none.
func (h *historian) lease(q *shm.Queue) (*shm.Block, int64, error) {
	b, status, err := q.Lease(h.slot)
	if err != nil || status != shm.Leased {
		return nil, -1, err
	}
	p, err := b.Payload()
	if err != nil {
		return nil, 0, err
	}
	n, err := number(p, 0)
	return b, int64(n), err
}
