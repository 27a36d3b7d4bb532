package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	goruntime "runtime"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// carry is the life of a carrier, in its own process: it runs the replicas that it is handed over base. It gives its exit code.
func carry(h *handoff, arena *shm.Arena, base *os.File, signals <-chan os.Signal) int {
	var ready *practice
	if h.Carries == carriesAll {
		goruntime.GOMAXPROCS(min(h.Process.Replicas, goruntime.NumCPU()))
	} else {
		ready = practise(arena, *h)
	}
	for {
		one, control, output, err := takePost(base, h)
		switch {
		case errors.Is(err, io.EOF): // nobody comes any more, or the supervisor is dead
			return workerDone
		case err != nil:
			return tell(base, err)
		case h.Carries == carriesOne:
			if err := limitProcessors(one.CPUs); err != nil {
				return tell(control, err)
			}
			return tell(control, ride(arena, one, ready, control, output, signals, abandoned))
		}
		go func() {
			defer closeAll(control, output)
			code, last := verdict(ride(arena, one, nil, control, output, signals, func() {})) // the end of base ends them all
			last.Ended = &code
			_ = send(control, last)
		}()
	}
}

// practice is what a worker in reserve has made ready.
type practice struct {
	chain    *stages.Chain
	programs *programs // that the chain has started ahead
}

// practise builds the chain of a replica that does not exist, so that the code is mapped and what is made once is made, and has it start ahead
// what it can. Whether it works is seen when it counts; nil: it did not.
func practise(arena *shm.Arena, h handoff) (ready *practice) {
	defer func() { _ = recover() }() // there is no slot
	host := newHost(context.Background(), &h, arena, nil, nil, newPrograms(os.Stdout))
	opts, err := host.options()
	if err != nil {
		return nil
	}
	chain, err := stages.Build(h.Process.Stages, opts)
	if err != nil {
		return nil
	}
	if h.Process.Limits.CPUs == 0 { // else they are known with the post, and libraries of Python's count them when they are imported
		chain.Prepare(host.programs)
	}
	return &practice{chain, host.programs}
}

// takePost waits for a post: what the replica is told, its control socket, and where the output of its programs goes.
func takePost(base *os.File, h *handoff) (one *handoff, control, output *os.File, err error) {
	fds, err := receiveFiles(base)
	if err != nil {
		return nil, nil, nil, err
	}
	if len(fds) != 3 {
		return nil, nil, nil, fmt.Errorf("a post came with %d files", len(fds))
	}
	one = &handoff{surroundings: h.surroundings}
	if err := readMemoryFile(os.NewFile(uintptr(fds[0]), "post"), &one.post); err != nil {
		return nil, nil, nil, err
	}
	// Go's poller waits for what comes, and no thread for each; only this end of the socket is concerned.
	if err := unix.SetNonblock(fds[1], true); err != nil {
		return nil, nil, nil, fmt.Errorf("taking a control socket: %w", err)
	}
	return one, os.NewFile(uintptr(fds[1]), "control"), os.NewFile(uintptr(fds[2]), "output"), nil
}
