//go:build linux

package shm

import (
	"fmt"
	"time"
)

// WaitKind is what a worker waits for.
type WaitKind uint8

const (
	NotWaiting   WaitKind = iota
	WaitToRead            // for a block of the queue
	WaitToWrite           // for room in the queue
	WaitForItems          // until all items of the queue are finished
	WaitForLock
	WaitForSemaphore
	WaitForEvent
	WaitForCondition // until the wait with a number is notified
	WaitAtBarrier    // until the barrier has come to a ticket
	WaitForChange    // until a word of the board is another
	waitKindsEnd
)

func (k WaitKind) String() string {
	return [...]string{
		"nothing", "get", "put", "all items", "lock", "semaphore", "event", "condition", "barrier", "change", "unknown",
	}[min(k, waitKindsEnd)]
}

// A WaitInfo is a worker's wait record, as the supervisor and tools see it.
type WaitInfo struct {
	Targets []Target  // any of which makes it go on; only the first ones have their Arg, that of a WaitToWrite is the bytes it needs
	Stage   int       // the caller's number of the stage
	Since   time.Time // wall clock; of the first of several waits for the same with nothing done between
	Timed   bool      // it goes on by itself after a time
	Other   bool      // something beside the queues may make it go on
	Outside int       // 1 to MaxOutside: it rests, without targets, for something outside of the arena, by its caller's number; see Slot.Rest
	Asleep  bool      // it has looked since it wrote the record, found nothing, and sleeps; see Arena.Waits

	head uint64
}

// waitArgs is how many targets of a record have their Arg.
const waitArgs = 6

// MaxOutside is the greatest number of a thing outside of the arena.
const MaxOutside = 3

// The head of a wait record in one word: whether it waits (1 bit), asleep, outside (2 bits), timed, other, number of targets (8 bits from 8), stage (16 from 16),
// and a sequence (32) by which a reader sees that the record changed under its eyes. A target is its kind (4 bits) and its index (28).
const (
	waitOn         = 1 << 0
	waitAsleep     = 1 << 1
	waitOutsideAt  = 2
	waitTimed      = 1 << 4
	waitOther      = 1 << 5
	waitCountShift = 8
	waitStageShift = 16
	waitSeqShift   = 32
	waitKindShift  = 28
)

// recordWait says in the slot's record that the worker looks for the targets from now on. It stays after the wait has returned, until the
// slot takes something or commits: there is no gap in which a worker neither waits nor holds anything but could still move.
func (s *Slot) recordWait(targets []Target, w Wait) {
	r := &s.head.waiting
	before := r.head.Load()
	seq := before>>waitSeqShift + 1
	r.head.Store(seq << waitSeqShift)
	again := before&waitOn != 0 && before>>waitCountShift&0xff == uint64(len(targets)) && before>>waitStageShift&0xffff == uint64(w.Stage&0xffff)
	for i, t := range targets {
		again = again && r.targets[i].Load() == t.ref()
		r.targets[i].Store(t.ref())
		if t.Kind == WaitToWrite {
			t.Arg = uint64(s.full)
		}
		if i < waitArgs {
			r.args[i].Store(t.Arg)
		}
	}
	if !again {
		r.since.Store(time.Now().UnixNano())
	}
	head := seq<<waitSeqShift | uint64(w.Stage&0xffff)<<waitStageShift | uint64(len(targets))<<waitCountShift | waitOn
	if w.Timeout > 0 {
		head |= waitTimed
	}
	if w.OtherSources {
		head |= waitOther
	}
	r.head.Store(head)
	crashpoint(pointWaitRecorded)
}

// recorded says whether a wait record stands from an earlier wait, which has brought nothing.
func (s *Slot) recorded() bool { return s.head.waiting.head.Load()&waitOn != 0 }

// Rest says in the slot's record, until Awake or the next commit, that the worker waits at a stage for nothing in the arena: for a time, a
// program, input. Which it is, says a number from 1 to MaxOutside, which is the caller's. Whoever waits so goes on by himself.
func (s *Slot) Rest(outside, stage int) {
	r := &s.head.waiting
	seq := r.head.Load()>>waitSeqShift + 1
	r.head.Store(seq << waitSeqShift)
	r.since.Store(time.Now().UnixNano())
	r.head.Store(seq<<waitSeqShift | uint64(stage&0xffff)<<waitStageShift | uint64(outside&MaxOutside)<<waitOutsideAt | waitOn | waitAsleep | waitOther)
}

// Awake says that the worker rests no more.
func (s *Slot) Awake() { s.moving() }

// moving clears the wait record: the slot has taken something, or is about to commit.
func (s *Slot) moving() {
	r := &s.head.waiting.head
	if v := r.Load(); v&waitOn != 0 {
		r.Store(v >> waitSeqShift << waitSeqShift)
	}
}

// dozing says in the record whether the slot sleeps. It is set behind the last look, which has found nothing, and cleared before the next: as long
// as it is there, the slot knows of nothing that would make it go on.
func (s *Slot) dozing(on bool) {
	r := &s.head.waiting.head
	v := r.Load() &^ waitAsleep
	if on {
		v |= waitAsleep
	}
	r.Store(v)
}

// readWait is a slot's wait record, false if it does not wait or has just changed.
func (a *Arena) readWait(slot int) (WaitInfo, bool) {
	r := &a.slot(slot).waiting
	head := r.head.Load()
	n := int(head >> waitCountShift & 0xff)
	info := WaitInfo{Stage: int(head >> waitStageShift & 0xffff), Timed: head&waitTimed != 0, Other: head&waitOther != 0, Asleep: head&waitAsleep != 0, Outside: int(head >> waitOutsideAt & MaxOutside), head: head}
	if head&waitOn == 0 || n > MaxInputs {
		return WaitInfo{}, false
	}
	info.Since = time.Unix(0, r.since.Load())
	for i := range n {
		ref := r.targets[i].Load()
		t := Target{Kind: WaitKind(ref >> waitKindShift), Index: int(ref & (1<<waitKindShift - 1))}
		if !t.valid(a) {
			return WaitInfo{}, false
		}
		switch {
		case i < waitArgs:
			t.Arg = r.args[i].Load()
		case t.Kind == WaitForChange: // it is not known what was known: take it as changed
			t.Arg = ^a.Board().Load(t.Index)
		}
		info.Targets = append(info.Targets, t)
	}
	return info, r.head.Load() == head
}

func (w WaitInfo) String() string {
	return fmt.Sprintf("%v at stage %d since %v", w.Targets, w.Stage, w.Since.Format(time.RFC3339Nano))
}

func (t Target) String() string { return fmt.Sprintf("%v %d", t.Kind, t.Index) }
