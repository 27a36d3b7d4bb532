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
	WaitToRead            // for a block of one of the queues
	WaitToWrite           // for room in the queue
	waitKindsEnd          // more kinds come with the other primitives
)

func (k WaitKind) String() string {
	return [...]string{"nothing", "get", "put", "unknown"}[min(k, waitKindsEnd)]
}

// A WaitInfo is a worker's wait record, as the supervisor and tools see it.
type WaitInfo struct {
	Kind   WaitKind
	Queues []int     // that it waits for
	Stage  int       // the caller's number of the stage
	Since  time.Time // wall clock
	Timed  bool      // it goes on by itself after a time
	Other  bool      // something beside the queues may make it go on

	head uint64
}

// The head of a wait record in one word: kind (4 bits), timed, other, number of queues (8 bits from 8), stage (16 from 16), and a sequence
// (32) by which a reader sees that the record changed under its eyes.
const (
	waitTimed      = 1 << 4
	waitOther      = 1 << 5
	waitCountShift = 8
	waitStageShift = 16
	waitSeqShift   = 32
)

// recordWait says in the slot's record that the worker looks for the condition from now on. It stays after the wait has returned, until the
// slot takes something or commits: there is no gap in which a worker neither waits nor holds anything but could still move.
func (s *Slot) recordWait(kind WaitKind, queues []*Queue, w Wait) {
	r := &s.head.waiting
	seq := r.head.Load()>>waitSeqShift + 1
	r.head.Store(seq << waitSeqShift)
	for i, q := range queues {
		r.queues[i].Store(uint32(q.index))
	}
	r.since.Store(time.Now().UnixNano())
	head := seq<<waitSeqShift | uint64(w.Stage&0xffff)<<waitStageShift | uint64(len(queues))<<waitCountShift | uint64(kind)
	if w.Timeout > 0 {
		head |= waitTimed
	}
	if w.OtherSources {
		head |= waitOther
	}
	r.head.Store(head)
	crashpoint(pointWaitRecorded)
}

// moving clears the wait record: the slot has taken something, or is about to commit.
func (s *Slot) moving() {
	r := &s.head.waiting.head
	if v := r.Load(); v&0xf != 0 {
		r.Store(v >> waitSeqShift << waitSeqShift)
	}
}

// readWait is a slot's wait record, false if it does not wait or has just changed.
func (a *Arena) readWait(slot int) (WaitInfo, bool) {
	r := &a.slot(slot).waiting
	head := r.head.Load()
	n := int(head >> waitCountShift & 0xff)
	info := WaitInfo{
		Kind: WaitKind(head & 0xf), Stage: int(head >> waitStageShift & 0xffff),
		Timed: head&waitTimed != 0, Other: head&waitOther != 0, head: head,
	}
	if info.Kind == NotWaiting || info.Kind >= waitKindsEnd || n > MaxInputs {
		return WaitInfo{}, false
	}
	info.Since = time.Unix(0, r.since.Load())
	for i := range n {
		q := int(r.queues[i].Load())
		if q >= len(a.queues) {
			return WaitInfo{}, false
		}
		info.Queues = append(info.Queues, q)
	}
	return info, r.head.Load() == head
}

func (w WaitInfo) String() string {
	return fmt.Sprintf("%v on queues %v at stage %d since %v", w.Kind, w.Queues, w.Stage, w.Since.Format(time.RFC3339Nano))
}
