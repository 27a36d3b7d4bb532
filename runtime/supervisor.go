package runtime

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/runtime/live"
	"github.com/mprun/mprun/shm"
)

// supervisor makes a plan happen. One goroutine, loop, owns everything here; all others send it events.
type supervisor struct {
	plan  *planner.Plan
	opt   Options
	id    string
	began time.Time
	log   *slog.Logger

	arena      *shm.Arena
	primitives primitives
	lines      int           // replicas: words of the board before those of the slots
	parts      []*livePart   // the queues of the arena, without the outlet
	cycles     [][]*livePart // those that form a cycle
	outlet     *drain
	pace       pace  // of the run, as progress tells it
	suspect    *look // the last look for a deadlock, if it found one

	primitiveNames []string // in the plan, by number in the arena
	bringers       mentions
	actors         mentions // who may stop, interrupt or kill which process
	spawner        *spawner
	reaper         *reaper
	terminal       *terminalWatch // nil unless a process was handed it
	guardian       *guardian
	memory         *memoryWatch  // nil: nobody whose memory is limited has been started
	segments       []segmentName // that the run has given
	scratch        string        // the folder that the run has made for its test; "": none
	spill          string        // the folder for what programs write that is too much for memory; "": nobody needs one
	info           live.Info
	folder         *live.Folder // nil if it could not be made
	server         *live.Server // nil if there is no socket
	programs       bool         // the plan runs some
	folders        *outFolders
	null           *os.File
	exe            string

	processes []*process // in the order of start
	byName    map[string]*process

	faults []*fault // of the plan, in its order

	stopCommands map[*stopCommand]bool // running
	carriers     map[*carrier]bool     // running
	logPipes     []*logPipe            // some may have ended
	emptied      map[string]bool       // files of standard outputs that this run has emptied

	exits chan exit
	calls chan func() // from timers and other goroutines, run by loop
	quit  chan struct{}

	stopping bool
	killed   bool
	patience time.Duration // with an outlet that does not move; 0: without end
	status   Status
	failures []Failure
	deadlock *Deadlock      // in which it ended; nil: it did not
	outcome  planner.Values // of the run, for the chain of finally; nil until that starts
}

// Run carries out plan. The Report is there whatever happened to the processes. An error is a fault of mprun's own or of the machine
// (no memory, no processes, no room to keep the arena), and then nothing is left running either. Run may be called several times, one after the other.
func Run(ctx context.Context, plan *planner.Plan, opt Options) (*Report, error) {
	s, err := newSupervisor(plan, opt)
	if err != nil {
		return nil, err
	}
	defer s.close()
	s.fillCells()
	s.linkSegments()
	s.checkLimits()
	s.loop(ctx)
	s.saveCells()
	report := s.report()
	if opt.KeepArena == "" {
		return report, nil
	}
	report.Kept, err = s.keepArena()
	return report, err
}

func newSupervisor(plan *planner.Plan, opt Options) (_ *supervisor, err error) {
	id := make([]byte, 8)
	_, _ = rand.Read(id) // never fails
	s := &supervisor{
		plan: plan, opt: opt, id: hex.EncodeToString(id), began: time.Now(), log: opt.Log,
		byName: map[string]*process{},
		exits:  make(chan exit), calls: make(chan func()), quit: make(chan struct{}),
		exe: opt.Executable, stopCommands: map[*stopCommand]bool{}, carriers: map[*carrier]bool{}, emptied: map[string]bool{},
	}
	cwd, _ := os.Getwd() // a folder that is gone is nobody's
	s.info = live.Info{ID: s.id, Name: plan.Name, Spec: plan.File, Dir: plan.Dir, Cwd: cwd, PID: os.Getpid(), Started: s.began}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.exe == "" {
		s.exe = "/proc/self/exe"
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := s.prepareProcesses(); err != nil {
		return nil, err
	}
	if err := s.prepareFaults(); err != nil {
		return nil, err
	}
	if err := s.prepareMemory(); err != nil {
		return nil, err
	}
	if err := becomeSubreaper(); err != nil {
		return nil, err
	}
	if s.null, err = os.OpenFile(os.DevNull, os.O_RDWR, 0); err != nil {
		return nil, err
	}
	s.programs = slices.ContainsFunc(plan.Processes, func(p planner.Process) bool { return p.Programs || len(p.Command) > 0 })
	files := slices.ContainsFunc(plan.Processes, func(p planner.Process) bool { return p.Files }) ||
		slices.ContainsFunc(plan.Cells, func(c planner.Cell) bool { return c.Save != "" || c.Segment != "" }) ||
		plan.Scratch != ""
	if s.reaper, err = newReaper(s.exits, s.programs); err != nil {
		return nil, err
	}
	s.spawner = newSpawner(s.reaper)
	if s.programs || files {
		if s.guardian, err = startGuardian(s.exe, s.id); err != nil {
			return nil, err
		}
		s.openFolder()
	}
	if err := s.makeScratch(); err != nil {
		return nil, err
	}
	if s.programs {
		if err := s.nameSpill(); err != nil {
			return nil, err
		}
	}
	s.folders = newOutFolders(s.guardian)
	s.outlet, err = startDrain(s)
	return s, err
}

// prepareProcesses makes the process table.
func (s *supervisor) prepareProcesses() error {
	slot, line := 0, 0
	for i := range s.plan.Processes {
		p := &process{plan: &s.plan.Processes[i], limit: s.plan.Processes[i].Timeout}
		var err error
		if p.policy, err = newRestartPolicy(p.plan.Restart); err != nil {
			return err
		}
		if p.grace, err = time.ParseDuration(p.plan.Stop.Grace); err != nil {
			return fmt.Errorf("the plan's grace of %s: %w", p.plan.Name, err)
		}
		for index := range p.plan.Replicas {
			r := &replica{process: p, index: index, slot: -1, line: line, name: displayName(p.plan, index), state: replicaWaiting}
			line++
			if len(p.plan.Command) == 0 {
				r.slot = slot
				slot++
			}
			p.replicas = append(p.replicas, r)
		}
		s.processes = append(s.processes, p)
		s.byName[p.plan.Name] = p
	}
	for _, p := range s.processes {
		for _, d := range p.plan.DependsOn {
			on, ok := s.byName[d.Process]
			if !ok {
				return fmt.Errorf("the plan's process %s depends on %s, which is not in it", p.plan.Name, d.Process)
			}
			on.dependents = append(on.dependents, p)
		}
	}
	return nil
}

// prepareMemory makes the arena: a slot for each worker and one for the supervisor, which takes what leaves the run from the last
// queue.
func (s *supervisor) prepareMemory() error {
	slots, lines := 1, 0
	for _, p := range s.processes {
		for _, r := range p.replicas {
			lines++
			if r.slot >= 0 {
				slots++
			}
		}
	}
	s.lines, s.primitives = lines, numberPrimitives(s.plan.Primitives, s.plan.Cells)
	s.primitiveNames, s.bringers = primitiveNamesOf(s.primitives), s.whoBrings()
	s.actors = s.actorsOn()
	parts := arenaParts(s.plan.Queues)
	config := shm.Config{Slots: slots, Board: lines + slots + slots*howFarWords + len(parts), Limits: s.plan.Limits, Primitives: s.primitives.configs()}
	for i := range parts {
		config.Queues = append(config.Queues, parts[i].config(s.byName))
	}
	config.Queues = append(config.Queues, shm.QueueConfig{
		Name: outletName, Capacity: outletRecords, MaxItem: outletMaxRecord, MaxBytes: outletBytes,
	})
	var err error
	if s.arena, err = shm.Create(config); err != nil {
		return fmt.Errorf("making the shared memory of the run: %w", err)
	}
	s.liveParts(parts)
	return nil
}

// call has loop run f, unless the run is over.
func (s *supervisor) call(f func()) {
	select {
	case s.calls <- f:
	case <-s.quit:
	}
}

// later has loop run f after d.
func (s *supervisor) later(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() { s.call(f) })
}

// close lets go of everything. Nothing that was started is running any more, unless preparing the run itself went wrong. An outlet that
// was abandoned goes with the process; its files are left to the guardian.
func (s *supervisor) close() {
	close(s.quit)
	s.endFaults()
	s.closeFolder()
	abandoned := s.outlet != nil && s.outlet.abandoned
	if s.outlet != nil && !abandoned {
		s.outlet.close()
	}
	if s.spawner != nil {
		s.spawner.close()
	}
	if s.memory != nil {
		s.memory.close()
	}
	if s.reaper != nil {
		s.reaper.close()
	}
	if s.terminal != nil {
		s.terminal.close()
	}
	closeAll(s.null)
	if abandoned {
		s.unlinkSegments()
		s.guardian.release()
		go func() { // ends when the reader takes something, or with the process
			<-s.outlet.done
			s.arena.Close()
		}()
		return
	}
	if s.folders != nil {
		s.folders.close()
	}
	s.unlinkSegments()
	s.removeScratch()
	s.removeSpill()
	s.guardian.close()
	if s.arena != nil {
		s.arena.Close()
	}
}

// signalled deals with a signal from outside: the first ends the run gracefully, the second kills, and so does
// SIGQUIT at once: who sends it will not wait.
func (s *supervisor) signalled(sig os.Signal) {
	n := signalNumber(sig)
	if s.stopping || sig == syscall.SIGQUIT {
		s.stopping, s.status = true, StatusSignal+Status(n)
		s.kill()
		return
	}
	s.log.Info("stopping; once more kills", "signal", signalName(n))
	s.end(StatusSignal + Status(n))
}

// end stops the run with status, unless it is being stopped already.
func (s *supervisor) end(status Status) {
	if !s.stopping {
		s.stopping = true
		s.status = status
	}
}

// fail notes a failure; without KeepGoing it stops the run.
func (s *supervisor) fail(f Failure) {
	f = f.masked(s.plan.Secrets)
	s.failures = append(s.failures, f)
	s.log.Error(f.Error()+f.traceback(), "process", f.Process)
	if !s.opt.KeepGoing {
		s.end(StatusFailed)
		return
	}
	if s.status == StatusOK {
		s.status = StatusFailed
	}
}

// fault notes a fault of mprun's own, which always stops the run.
func (s *supervisor) fault(f Failure) {
	f = f.masked(s.plan.Secrets)
	s.failures = append(s.failures, f)
	s.log.Error(f.Error(), "process", f.Process)
	s.end(StatusFault)
}

// outletFailed deals with an outlet that takes no more: a reader that went away, or a disk that is full.
func (s *supervisor) outletFailed(err error) {
	if errors.Is(err, errStdoutClosed) {
		s.end(StatusStdoutClosed)
		return
	}
	if !s.stopping {
		f := Failure{Text: err.Error()}
		var file *fileError
		if errors.As(err, &file) {
			f = Failure{Process: file.to.process, Pos: file.to.pos, Text: file.text()}.masked(s.plan.Secrets)
			s.log.Error(f.Error(), "process", f.Process)
		} else {
			s.log.Error(err.Error())
		}
		s.failures = append(s.failures, f)
	}
	s.end(StatusFailed)
}
