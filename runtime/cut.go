package runtime

import (
	"os"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mprun/mprun/stages"
)

// Tasks of a pool that nobody wants any more are cut: whoever handed them over has ended, or the run is being stopped, and no outcome of theirs will
// be taken. As with `head`, and terminate() of multiprocessing's pools, nobody is to wait for them.
//
//	supervisor   asks the workers to end (stop), and says that what they are at is to be cut
//	worker       at a task: its programs get SIGTERM, no other is started, and what has not ended after cutGrace is killed, the worker with it
//	             else: it ends as every worker that is stopped; it begins no task
//
// Nothing of a task is kept that had not been committed. What it was creating is removed.
type cut struct {
	asked  atomic.Bool
	atTask atomic.Bool // stored before asked is looked at; obey does it the other way round
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
	h.programs.cut.Store(true)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM) // it is for the others of the group; an ignored one would be so in programs, too
	_ = syscall.Kill(0, syscall.SIGTERM)
	time.AfterFunc(cutGrace, endGroup)
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
