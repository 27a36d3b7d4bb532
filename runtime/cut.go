package runtime

import (
	"os"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

// Tasks of a pool that nobody wants any more are cut: whoever handed them over has ended, or the run is being stopped, and no outcome of theirs will
// be taken. As with `head`, and terminate() of multiprocessing's pools, nobody is to wait for them.
//
//	supervisor   asks the workers to end (stop), and says that what they are at is to be cut
//	worker       at a task: its programs get SIGTERM, no other is started, and what has not ended after cutGrace is killed, the worker with it
//	             else: it ends as every worker that is stopped; it begins no task
//
// A caller that goes on, but not with the stream that they are of, does not stop the pool. It notes on the board, behind the commit that says so, which
// numbers are not wanted any more: one word for each queue of results, which its workers look at before each task. The supervisor passes it on to those
// that are at one: such a worker ends itself as above, and is started again. A death in between is made up for by the caller's replacement, which
// notes it again.
//
// Nothing of a task is kept that had not been committed. What it was creating is removed.
type cut struct {
	asked  atomic.Bool
	atTask atomic.Bool // stored before asked is looked at; obey does it the other way round

	recalled atomic.Bool            // the worker is to be started again
	results  atomic.Pointer[outbox] // of the task that is at work,
	number   atomic.Int64           // and which it is
}

// cutGrace is how long programs may take after SIGTERM.
const cutGrace = time.Second

// atTask is stages.Run.AtTask.
func (h *host) atTask(at bool) error {
	h.cut.atTask.Store(at)
	if at && h.cut.asked.Load() {
		return stages.ErrInterrupted
	}
	return nil
}

// cutTask ends what the worker is at, if that is a task; it is called by obey.
func (h *host) cutTask() {
	if h.cut.asked.Swap(true) || !h.cut.atTask.Load() {
		return
	}
	time.AfterFunc(cutGrace, endGroup)
	h.programs.startNoMore()
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM) // it is for the others of the group; an ignored one would be so in programs, too
	_ = syscall.Kill(0, syscall.SIGTERM)
}

// dismissUnwanted stops a pool that is at work on what nobody wants. It says whether it did.
func (s *supervisor) dismissUnwanted(p *process) bool {
	if !p.plan.Pool || p.stopping || p.ended() || !s.isUnwanted(p) {
		return false
	}
	return s.stop(p)
}

// isUnwanted says whether all who could take results of a pool have ended for good, and there are tasks nevertheless. Without tasks its workers end
// by themselves.
func (s *supervisor) isUnwanted(p *process) bool {
	tasks := false
	for _, part := range s.parts {
		switch {
		case part.def.Pool != p.plan.Name:
		case slices.Contains(part.readers, p.replicas[0]):
			tasks = tasks || part.queue.Unfinished() > 0
		case !allEnded(part.readers):
			return false
		}
	}
	return tasks
}

// forsakenLine is the word for a queue of results, of an arena with so many slots and so many words before those of the requests.
func forsakenLine(lines, slots, part int) int { return howFarLine(lines, slots, slots) + part }

// forsakenLine is the word for a queue of results.
func (h *host) forsakenLine(part int) int {
	return forsakenLine(h.handoff.requestLine()-h.handoff.Slot, h.arena.Slots(), part)
}

// Forsake says that with the next commit no results are wanted of what has a number below.
func (in *inbox) Forsake(below int) {
	in.forsaken = max(in.forsaken, below)
	in.host.dirty = true
}

// Forsaken is what was said so last, by whoever read the queue before: a chain that begins anew goes on with other numbers.
func (in *inbox) Forsaken() int {
	return int(in.host.arena.Board().Load(in.host.forsakenLine(in.part.index)))
}

// tellForsaken has pools know what is not wanted any more, behind the commit that says so.
func (h *host) tellForsaken() {
	told := false
	for _, in := range h.inboxes {
		if in.forsaken > in.told {
			h.arena.Board().Note(h.forsakenLine(in.part.index), uint64(in.forsaken))
			in.told, told = in.forsaken, true
		}
	}
	if told {
		_ = send(h.control, message{Forsaken: true})
	}
}

// Wanted says whether what has that number, of which the worker makes results now, is wanted.
func (o *outbox) Wanted(number int) bool {
	h := o.host
	h.cut.number.Store(int64(number))
	h.cut.results.Store(o)
	return !o.queue.ReadersGone() && uint64(number) >= h.arena.Board().Load(h.forsakenLine(o.queue.Index()))
}

// isForsaken says whether the worker is at a task that nobody wants any more.
func (h *host) isForsaken() bool {
	o := h.cut.results.Load()
	return o != nil && h.cut.atTask.Load() && uint64(h.cut.number.Load()) < h.arena.Board().Load(h.forsakenLine(o.queue.Index()))
}

// forsaken has the workers of pools look that a worker takes results from, but for threads, which do not end alone.
func (s *supervisor) forsaken(by *replica) {
	for _, part := range s.parts {
		if p := s.byName[part.def.Pool]; p != nil && p.plan.StartMethod != planner.ThreadMethod && slices.Contains(part.readers, by) {
			for _, r := range p.replicas {
				if r.state == replicaRunning && r != by {
					r.control.look()
				}
			}
		}
	}
}
