package runtime

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/mprun/mprun/runtime/live"
)

// The calls that a run answers, and what they reply. Their names and replies are what commands outside of the run are built on.
const (
	// CallWhy replies once, with a Why.
	CallWhy = "why"
	// CallArena replies once, with an ArenaInfo and the files of the arena (shm.Open).
	CallArena = "arena"
)

// Why is where all processes of a run stand.
type Why struct {
	Run       live.Info  `json:"run"`
	Seconds   float64    `json:"seconds"` // since its start
	Dead      bool       `json:"dead"`    // it can never come to its end
	Stopping  bool       `json:"stopping,omitempty"`
	Cycle     []string   `json:"cycle,omitempty"` // of those that are stuck: each waits for the next, and the last for the first
	Processes []Standing `json:"processes"`
}

// ArenaInfo says what the files are that come with it.
type ArenaInfo struct {
	Run   live.Info `json:"run"`
	Files int       `json:"files"`
}

// liveCalls is the table of what can be asked of a run.
func (s *supervisor) liveCalls() map[string]live.Call {
	return map[string]live.Call{
		CallWhy: func(ctx context.Context, e *live.Exchange) error {
			var why Why
			if err := s.ask(ctx, func() { why = s.why() }); err != nil {
				return err
			}
			return e.Reply(why)
		},
		CallArena: func(ctx context.Context, e *live.Exchange) error {
			var files []*os.File
			if err := s.ask(ctx, func() { files = s.arena.Files() }); err != nil {
				return err
			}
			return e.Reply(ArenaInfo{Run: s.info, Files: len(files)}, files...)
		},
	}
}

// errOver says that the run has come to its end meanwhile.
var errOver = errors.New("the run has just ended")

// ask has loop run f and waits for it.
func (s *supervisor) ask(ctx context.Context, f func()) error {
	done := make(chan struct{})
	select {
	case s.calls <- func() { f(); close(done) }:
	case <-s.quit:
		return errOver
	case <-ctx.Done():
		return ctx.Err()
	}
	<-done
	return nil
}

// why looks at where all processes stand.
func (s *supervisor) why() Why {
	now := time.Now()
	l := s.look()
	w := Why{Run: s.info, Seconds: now.Sub(s.began).Seconds(), Stopping: s.stopping, Processes: l.standings(s, now)}
	if s.busy() {
		for i := range w.Processes { // something is under way that no process shows
			w.Processes[i].Stuck = false
		}
		return w
	}
	d := l.deadlock(s, now)
	w.Dead, w.Cycle = l.dead, d.Cycle
	return w
}

// folderAfter is how old a run must be to get a folder, and the guardian that removes it after a kill, if the plan needs no guardian otherwise:
// starting one takes as long as many a run.
const folderAfter = 100 * time.Millisecond

// openFolder makes the run's folder and its socket. A run that cannot have them goes on without: it is only out of reach for other commands.
func (s *supervisor) openFolder() {
	// The guardian hears of the folder before it is there, so that no moment of a kill leaves it behind.
	s.guardian.file(live.Around())
	s.guardian.tree(live.Path(s.id))
	folder, err := live.Make(s.info)
	if err != nil {
		s.log.Warn("other commands will not find this run: " + err.Error())
		return
	}
	s.folder = folder
	if s.server, err = folder.Serve(s.liveCalls()); err != nil {
		s.log.Warn("other commands will not reach this run: " + err.Error())
	}
}

// openFolderLate does so for a run that has no guardian yet.
func (s *supervisor) openFolderLate() {
	var err error
	if s.guardian, err = startGuardian(s.exe, s.id); err != nil {
		s.log.Warn("other commands will not find this run: " + err.Error())
		return
	}
	s.openFolder()
}

// closeFolder ends the calls that are under way and removes the folder.
func (s *supervisor) closeFolder() {
	if s.server != nil {
		s.server.Close()
	}
	if s.folder != nil {
		s.folder.Remove()
	}
}
