package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// Exit codes of a worker. A failure or fault is told over the control socket first.
const (
	workerDone    = 0
	workerFailed  = 1
	workerRetired = 68
	workerReplay  = 69
	workerFault   = 70
)

// WorkerMain is the main function of a worker process, which runs one replica's chain, or as a carrier (carrier.go) those that it is handed; it
// returns the exit code.
//
// The worker's life: take the slot at its current epoch, adopt what the last owner's last commit left, build the chain, load the
// state into it, advance it until it is done. Everything it changes becomes visible with commits only, so that it may be killed at
// any moment; what then happens is shm's recovery and a replacement that starts here again.
func WorkerMain([]string) int {
	syscall.CloseOnExec(fdHandoff)
	syscall.CloseOnExec(fdControl)
	// A terminal's signals are for the supervisor to act on, and a broken pipe is an error, not the end. They are caught, not ignored: what
	// is ignored would be so in the programs of the chain as well (execve(2)).
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGPIPE)
	dropChildSignals()
	control := os.NewFile(fdControl, "control")
	h, arena, err := inherit()
	if err == nil {
		collectBefore(h.Process.Limits)
		err = limitSelf(h.Process.Limits, h.CPUs)
	}
	switch {
	case err != nil:
		return tell(control, err)
	case h.Carries != carriesNothing:
		return carry(h, arena, control, signals)
	}
	return tell(control, ride(arena, h, nil, control, os.Stdout, signals, abandoned))
}

// inherit takes what the supervisor has left in the worker's descriptors.
func inherit() (*handoff, *shm.Arena, error) {
	h := new(handoff)
	if err := readMemoryFile(os.NewFile(fdHandoff, "handoff"), h); err != nil {
		return nil, nil, err
	}
	if err := untune(h.Tuned); err != nil {
		return nil, nil, err
	}
	files := make([]*os.File, h.Files)
	for i := range files {
		syscall.CloseOnExec(fdArena + i)
		files[i] = os.NewFile(uintptr(fdArena+i), "arena")
	}
	arena, err := shm.Open(files)
	return h, arena, err
}

// tell says why the worker ends, where its exit code does not say it all, and gives that code.
func tell(control *os.File, err error) int {
	code, last := verdict(err)
	if code == workerFailed || code == workerFault {
		_ = send(control, last)
	}
	return code
}

// verdict is what the end of a chain means: the exit code of its worker, and what that says last.
func verdict(err error) (code int, last message) {
	var failed *stages.StageError
	switch {
	case err == nil, errors.Is(err, stages.ErrInterrupted):
		return workerDone, message{}
	case errors.Is(err, errReplay):
		return workerReplay, message{}
	case errors.Is(err, stages.ErrRetired):
		return workerRetired, message{}
	case errors.As(err, &failed):
		return workerFailed, message{Failed: failed}
	case machineLacks(err):
		return workerFailed, message{Lacks: err.Error()}
	default:
		return workerFault, message{Fault: err.Error()}
	}
}

// machineLacks says whether an error is that the machine has no more of something, which is no fault of mprun's: a queue without
// bounds fills the disk that it spills to, another program cuts off a segment.
func machineLacks(err error) bool {
	return errors.Is(err, errLimit) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) || errors.Is(err, syscall.ENOMEM) ||
		errors.Is(err, shm.ErrSegmentCut)
}

// ride runs the chain of the replica that h is for, from the taking of its slot to the end. ready is what has been made ready for it; it may be nil.
// What its programs write goes to output. lost is called if the supervisor's end of control is closed before.
func ride(arena *shm.Arena, h *handoff, ready *practice, control, output *os.File, signals <-chan os.Signal, lost func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
			fmt.Fprintln(os.Stderr, stack())
		}
	}()
	slot, err := arena.Attach(h.Slot)
	if err != nil {
		return err
	}
	slot.SetPID(os.Getpid())
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	guarded := make(chan struct{}, 1)
	if ready == nil {
		ready = &practice{programs: newPrograms(nil)}
	}
	host := newHost(ctx, h, arena, slot, control, ready.programs)
	host.practised = ready.chain
	go obey(control, stop, host, guarded, host.goOn, lost)
	if h.Terminal {
		go passOnSignals(signals, control)
	}
	host.programs.control, host.programs.guarded = control, guarded
	host.programs.log.direct(output)
	defer host.programs.close()
	return arena.Faults(func() error {
		err := host.run()
		slot.Leave() // not behind a panic, which may have come from anywhere
		return err
	})
}

// abandoned ends a worker whose supervisor is gone.
func abandoned() { os.Exit(workerFault) }

// obey waits for the supervisor's word to stop, and for its answers, which it puts into guarded and goOn. The end of the socket is the end of the
// supervisor, or of the chain.
func obey(control *os.File, stop func(), h *host, guarded, goOn chan<- struct{}, lost func()) {
	for {
		m, err := receive(control)
		switch {
		case err != nil:
			lost()
			return
		case m.Stop:
			stop()
			if m.Cut {
				h.cutTask()
			}
		case m.Forsaken:
			if h.isForsaken() {
				h.cut.recalled.Store(true)
				stop()
				h.cutTask()
			}
		case m.Guarded:
			guarded <- struct{}{}
		case m.GoOn:
			select {
			case goOn <- struct{}{}:
			default: // it was stopped, and does not wait for the word any more
			}
		}
	}
}

// passOnSignals tells the supervisor of the interrupts from the terminal that it has handed to this worker.
func passOnSignals(signals <-chan os.Signal, control *os.File) {
	for sig := range signals {
		if number, ok := sig.(syscall.Signal); ok && (number == syscall.SIGINT || number == syscall.SIGQUIT) {
			_ = send(control, message{Signal: number})
		}
	}
}

// run builds the chain and takes it to its end.
func (h *host) run() error {
	adopted, err := h.slot.Adopt()
	if err != nil {
		return err
	}
	opts, err := h.options()
	if err != nil {
		return err
	}
	chain, err := stages.Build(h.handoff.Process.Stages, opts)
	if err != nil {
		return err
	}
	h.chain = chain
	if h.practised != nil {
		chain.TakeOver(h.practised)
	}
	if err := h.resume(adopted); err != nil {
		return err
	}
	run := &stages.Run{Host: h, Moved: &h.moved, Careful: &h.care.on, At: &h.at, Preparing: h.preparing, AtTask: h.atTask}
	for {
		state, err := chain.Advance(run)
		if err != nil {
			err = h.ended(err)
			_ = chain.LetGo()
			switch interrupted := errors.Is(err, stages.ErrInterrupted); {
			case interrupted && !h.isStopped(): // it would be taken for done
				err = errors.New("the chain was interrupted, and nobody had asked for it")
			case interrupted && h.cut.recalled.Load():
				err = stages.ErrRetired
			}
			if errors.Is(err, stages.ErrRetired) {
				h.handOn()
			}
			return err
		}
		if state == stages.Done {
			h.dirty = true
			if err := h.Commit(); err != nil {
				return err
			}
			return chain.LetGo()
		}
		chain.Out().Truncate()
	}
}

// ended commits what came before the end of a chain by an error: the items before one that failed are done, and what is in hand
// when the run is interrupted can be told from the rest.
func (h *host) ended(err error) error {
	var failed *stages.StageError
	isFailed := errors.As(err, &failed)
	switch {
	case !isFailed && !errors.Is(err, stages.ErrInterrupted):
		return err
	case isFailed && h.unsettled():
		return errReplay
	}
	h.dirty = true
	if commitErr := h.Commit(); commitErr != nil {
		return commitErr
	}
	return err
}

// resume puts the chain where the last commit of this slot left it, or at its start.
func (h *host) resume(adopted shm.Adopted) error {
	data, err := io.ReadAll(adopted.State)
	if err != nil {
		return fmt.Errorf("reading the saved state: %w", err)
	}
	if len(data) == 0 || h.handoff.Fresh {
		h.chain.Seed(h.handoff.Process.Name)
		h.chain.End()
		return nil
	}
	h.logged = len(data)
	for len(data) > 0 {
		entry, rest, ok := stages.NextEntry(data)
		if !ok {
			return errors.New("the saved state is damaged")
		}
		if err := h.load(entry, len(data)-len(rest)); err != nil {
			return err
		}
		data = rest
	}
	h.adoptLeases(adopted)
	if err := h.unprepared(); err != nil {
		return err
	}
	return h.giveUpPoison()
}
