//go:build linux

package shm

// Stats is what the arena knows about a run at a moment. Numbers of different queues and slots are read one after the other.
type Stats struct {
	Queues []QueueStats
	Slots  []SlotStats
}

// QueueStats counts items, of all epochs.
type QueueStats struct {
	Name        string
	Waiting     int64  // READY
	Reserved    int64  // being filled
	Leased      int64  // published, neither waiting nor finished
	Published   uint64 // in all; exact over deaths
	Finished    uint64 // in all; exact over deaths
	Closed      bool   // CloseWriters
	ReadersGone bool   // SetReadersGone
}

// SlotStats is one worker.
type SlotStats struct {
	Epoch    uint32 // counts owners, from 1
	Attached bool
	PID      int // as the worker reported them, 0 before
	PGID     int
	Commits  uint64 // in all epochs
	ItemsIn  uint64 // finished
	ItemsOut uint64 // published
	Waiting  *WaitInfo
}

// Stats reads the counters. It takes no lock and may be called at any time by any process. Its cost grows with slots times queues.
func (a *Arena) Stats() Stats {
	st := Stats{Queues: make([]QueueStats, len(a.queues)), Slots: make([]SlotStats, a.Slots())}
	for i := range st.Slots {
		st.Slots[i] = a.SlotStats(i)
		row := a.row(i)
		for j := range row {
			st.Queues[j].Finished += row[j].finished.Load()
			st.Queues[j].Published += row[j].published.Load()
		}
	}
	for i := range st.Queues {
		a.queues[i].stats(&st.Queues[i])
	}
	return st
}

// QueueStats is one queue's part of Stats. Its cost grows with the slots.
func (a *Arena) QueueStats(queue int) QueueStats {
	var st QueueStats
	for slot := range a.Slots() {
		c := &a.row(slot)[queue]
		st.Finished += c.finished.Load()
		st.Published += c.published.Load()
	}
	a.queues[queue].stats(&st)
	return st
}

// stats completes what the slots have counted.
func (q *Queue) stats(out *QueueStats) {
	out.Name = q.Name()
	out.Waiting, out.Reserved = q.waiting()
	out.Leased = max(0, int64(out.Published-out.Finished)-out.Waiting)
	out.Closed, out.ReadersGone = q.Closed(), q.ReadersGone()
}

// SlotStats is one slot's part of Stats.
func (a *Arena) SlotStats(slot int) SlotStats {
	h := a.slot(slot)
	st := SlotStats{
		Epoch: h.epoch.Load(), Attached: h.attached.Load() != 0, PID: int(h.pid.Load()), PGID: int(h.pgid.Load()),
		Commits: recordWord(h.record.word.Load()).seq(),
	}
	row := a.row(slot)
	for i := range row {
		st.ItemsIn += row[i].finished.Load()
		st.ItemsOut += row[i].published.Load()
	}
	if w, ok := a.readWait(slot); ok {
		st.Waiting = &w
	}
	return st
}

// waiting is the items that wait and those that are being filled: by the counts, or by the table where a death has made them doubtful.
func (q *Queue) waiting() (ready, reserved int64) {
	if q.head.dirty.Load() == 0 {
		return max(0, q.head.readyItems.Load()), max(0, q.head.reservedItems.Load())
	}
	for i := range q.used() {
		switch e := &q.table[i]; blockWord(e.word.Load()).state() {
		case blockReady:
			ready += e.left()
		case blockFilling:
			reserved += e.left()
		}
	}
	return ready, reserved
}
