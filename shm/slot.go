//go:build linux

package shm

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// A Slot is one worker's place in the arena at one epoch. One goroutine at a time uses it and the blocks it holds; only Wake,
// Interrupted, SetPID and SetPGID may be called beside that.
type Slot struct {
	arena   *Arena
	index   int
	head    *slotHeader
	touched []atomic.Uint64 // see Slot.touch
	me      tag
	seq     uint64 // of the last commit
	rows    []counterRow
	state   stateLog
	resume  bool // the committed state must be adopted first

	leases     []*Block   // held by this process, in the order they were taken
	reserved   int        // blocks being filled
	locks      []heldLock // in the order they were taken
	semaphores []int      // acquired since the last commit
	entered    []int      // conditions whose waits were begun or ended since the last commit
	rewritten  []unit     // stripes made anew since the last commit, whose locks the slot has
	units      []unit     // whose locks a commit has taken
	images     []byte     // the log of effects of the commit that is being made
	effectMap  []byte     // the mapped start of the log of effects
	pool       []*Block   // for reuse
	tx         Tx
	targets    [MaxInputs]Target
	set        futexSet
	budget     spinBudget
	full       int64 // the bytes for which the last Reserve found its queue full
}

// Adopted is what a slot's last commit left for this epoch.
type Adopted struct {
	State  *io.SectionReader // the committed state log, from its last snapshot on; empty if there never was one
	Resume bool              // items are in flight: the last commit said Continue
	Leases []*Block          // the leases that go with them, in the order they were taken, delivered once more
}

// Attach takes a slot at its current epoch for this process. The slot must be free: never attached, or recovered since.
// The caller then calls Slot.Adopt.
func (a *Arena) Attach(slot int) (*Slot, error) {
	if slot < 0 || slot >= a.layout.config.Slots {
		return nil, fmt.Errorf("attach slot %d of %d: %w", slot, a.layout.config.Slots, ErrAttached)
	}
	h := a.slot(slot)
	word := recordWord(h.record.word.Load())
	if word.state() != recordIdle || !h.attached.CompareAndSwap(0, uint32(os.Getpid())) {
		return nil, fmt.Errorf("attach slot %d: %w", slot, ErrAttached)
	}
	window, err := a.mapState(slot)
	if err != nil {
		h.attached.Store(0)
		return nil, err
	}
	effects, err := a.mapEffects(slot)
	if err != nil {
		h.attached.Store(0)
		return nil, err
	}
	current := &h.record.headers[word.seq()&1]
	s := &Slot{
		arena: a, index: slot, head: h, me: makeTag(slot, h.epoch.Load()), seq: word.seq(), rows: a.row(slot),
		state:  stateLog{stateEnd{current.log.Load() & 1, int64(current.length.Load())}, a.files[1], slot, window},
		resume: current.resume.Load() != 0 || current.held.Load() != 0 || current.locks.Load() != 0,
	}
	s.effectMap = effects
	s.touched = a.touchedWords(slot)
	if s.state.length < 0 || s.state.length > stateLogBytes {
		return nil, corrupt("slot %d has a state of %d bytes", slot, s.state.length)
	}
	a.setRunnable(slot, true)
	return s, nil
}

// Adopt takes over what the slot's last commit left: its state, and the leases of items in flight, which become this epoch's with one
// more delivery each. It is called once, before anything else.
func (s *Slot) Adopt() (Adopted, error) {
	h := &s.head.record.headers[s.seq&1]
	out := Adopted{
		State:  io.NewSectionReader(s.state.file, stateOffset(s.index, s.state.log), s.state.length),
		Resume: h.resume.Load() != 0,
	}
	held := h.held.Load()
	if held > MaxInputs {
		return out, corrupt("slot %d holds %d leases", s.index, held)
	}
	for i := range held {
		b, err := s.adoptLease(h.leases[i].Load())
		if err != nil {
			return out, err
		}
		out.Leases = append(out.Leases, b)
	}
	locks := h.locks.Load()
	if locks > MaxHeldLocks {
		return out, corrupt("slot %d holds %d locks", s.index, locks)
	}
	for i := range locks {
		if err := s.adoptLock(h.lock[i].Load()); err != nil {
			return out, err
		}
	}
	s.resume = false
	return out, nil
}

// adoptLock makes a lock that the last commit names this epoch's.
func (s *Slot) adoptLock(word uint64) error {
	index, depth := word>>32, int(uint32(word))
	if index >= uint64(len(s.arena.primitives)) || s.arena.primitives[index].c.Kind != KindLock || depth < 1 {
		return corrupt("slot %d holds primitive %d %d times", s.index, index, depth)
	}
	return Lock{&s.arena.primitives[index]}.adopt(s, depth)
}

// adoptLease makes one held lease this epoch's, as a get would: one more delivery in the same swap.
func (s *Slot) adoptLease(ref uint64) (*Block, error) {
	q, index, err := s.arena.blockRef(ref)
	if err != nil {
		return nil, err
	}
	e := &q.table[index]
	w := blockWord(e.word.Load())
	if w.state() != blockLeased || w.owner().slot() != s.index {
		return nil, corrupt("queue %s block %d is %v instead of held by slot %d", q.Name(), index, w, s.index)
	}
	next := makeWord(blockLeased, w.tries()+1, w.gen(), s.me)
	if !e.word.CompareAndSwap(uint64(w), uint64(next)) {
		return nil, corrupt("queue %s block %d changed while slot %d adopted it", q.Name(), index, s.index)
	}
	crashpoint(pointAdoptLeased)
	return s.newLease(q, index, next)
}

// Index is the slot's number.
func (s *Slot) Index() int { return s.index }

// Epoch counts the slot's owners, from 1.
func (s *Slot) Epoch() uint32 { return s.head.epoch.Load() }

// Commits is the number of commits of this slot so far, in all epochs.
func (s *Slot) Commits() uint64 { return s.seq }

// Held is the blocks this slot has leased, in the order they were taken. The slice is valid until the next call on the slot.
func (s *Slot) Held() []*Block { return s.leases }

// Wake makes the slot's current or next wait return Woken. Any goroutine may call it; for another process, Arena.WakeSlot.
func (s *Slot) Wake() { s.arena.WakeSlot(s.index) }

// WakeSlot is Slot.Wake from any process.
func (a *Arena) WakeSlot(slot int) {
	a.slot(slot).wake.Store(1)
	a.wakeWaiter(slot)
}

// wakeWaiter makes a slot that sleeps look at what it was told. The caller has stored that: a waiter records what it waits for, arms, and then looks
// whether it was told something, so that it sees that, or we see the record.
func (a *Arena) wakeWaiter(slot int) {
	if r, ok := a.readWait(slot); ok {
		for _, t := range r.Targets {
			if t.Kind == WaitForLock {
				a.slot(slot).bell.bumpAndWake()
				continue
			}
			t.word(a).bumpAndWake()
		}
	}
}

// Interrupted says whether the run or this slot has been told to stop (Arena.Interrupt, Arena.StopSlot).
func (s *Slot) Interrupted() bool { return s.arena.head.stop.Load() != 0 || s.head.stop.Load() != 0 }

// SetPID records the worker's process id for the supervisor's tools.
func (s *Slot) SetPID(pid int) { s.head.pid.Store(uint32(pid)) }

// SetPGID records the process group that must be empty when the slot's worker is gone; 0 for none. The guardian reads it with
// Arena.Processes.
func (s *Slot) SetPGID(pgid int) { s.head.pgid.Store(uint32(pgid)) }

// Processes is what SetPID and SetPGID recorded for a slot; recovery clears it.
func (a *Arena) Processes(slot int) (pid, pgid int) {
	h := a.slot(slot)
	return int(h.pid.Load()), int(h.pgid.Load())
}

// spin is how many rounds a wait may spin, 0 where spinning cannot help.
func (s *Slot) spin(rounds int) int {
	if s.arena.maySpin() {
		return rounds
	}
	return 0
}
