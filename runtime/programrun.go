package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	goruntime "runtime"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/stages"
)

// Run implements stages.Programs. The program has ended when it has exited and its output is at its end; if ctx ends before, all that the
// program started is killed with it, and what then still holds its output is not waited for.
//
// All of it is done by the goroutine that calls, on one thread: with short programs on busy processors, each other thread that has a part in it is
// one more that must wait its turn.
func (p *programs) Run(ctx context.Context, program stages.Program) error {
	goruntime.LockOSThread() // the program dies with it
	defer goruntime.UnlockOSThread()
	tail := &tailWriter{next: &p.log}
	if program.Stderr != nil {
		tail.next = program.Stderr
	}
	to := program.Stdout
	if program.LogsOutput {
		to = &p.log
	}
	stdin, err := newFeed(program.Stdin)
	defer stdin.close()
	if err != nil {
		return fmt.Errorf("making a pipe to %s: %w", program.Words[0], err)
	}
	held := p.hold()
	if program.Stdin != nil {
		held = 0 // whoever feeds it has the same processor
	}
	heard, theirs, err := listen(held, to, tail)
	if err != nil {
		return fmt.Errorf("making a pipe from %s: %w", program.Words[0], err)
	}
	defer heard.close()
	process, err := p.spawn(program, stdin.theirs, theirs[0], theirs[1])
	closeAll(stdin.theirs, theirs[0], theirs[1])
	if err != nil {
		return err
	}
	stdin.begin()
	if p.around != nil {
		defer p.around()()
	}
	ended, err := heard.endWith(ctx, func() { killTree(process) })
	if err == nil {
		err = heard.pass(process)
	}
	if err != nil {
		killTree(process)
	}
	state, failed := p.reap(process)
	if ended() {
		return ctx.Err()
	}
	stdin.end()
	switch {
	case err != nil:
		return err
	case failed != nil:
		return fmt.Errorf("waiting for %s: %w", program.Words[0], failed)
	case p.cut.Load():
		return stages.ErrInterrupted
	}
	return exitError(program.Words[0], state, tail)
}

// hearing is what is heard of a program that runs, by one goroutine: a pipe for each of its outputs, behind them the waker, which has the rest not
// matter, and the program itself, which is heard of when it has exited.
type hearing struct {
	to    []io.Writer
	polls []unix.PollFd // those that are over are below 0
	held  unix.Timespec // how long the goroutine may still wait without giving its processor (its P) up
}

// listen makes a pipe to each writer; nil drops what comes. theirs are the ends for the program.
func listen(held time.Duration, to ...io.Writer) (h *hearing, theirs []*os.File, err error) {
	h = &hearing{held: unix.NsecToTimespec(int64(held))}
	for _, w := range to {
		if w == nil {
			w = io.Discard
		}
		var ends [2]int
		if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
			h.close()
			closeAll(theirs...)
			return nil, nil, err
		}
		h.to = append(h.to, w)
		h.polls = append(h.polls, unix.PollFd{Fd: int32(ends[0]), Events: unix.POLLIN})
		theirs = append(theirs, os.NewFile(uintptr(ends[1]), "|"))
	}
	nothing := unix.PollFd{Fd: -1, Events: unix.POLLIN}
	h.polls = append(h.polls, nothing, nothing)
	return h, theirs, nil
}

// endWith has kill called when ctx ends, and pass return. ended, which is to be called before close, says whether it did.
func (h *hearing) endWith(ctx context.Context, kill func()) (ended func() bool, err error) {
	if ctx.Done() == nil {
		return func() bool { return false }, nil
	}
	waker, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return func() bool { return false }, fmt.Errorf("making an event for a program: %w", err)
	}
	h.polls[len(h.to)].Fd = int32(waker)
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(over)
		kill()
		_, _ = unix.Write(waker, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	})
	return func() bool {
		if stop() {
			return false
		}
		<-over
		return true
	}, nil
}

// pass passes on what the program writes, until it has exited and all pipes are at their end. An error of a writer closes its pipe, which ends the
// program.
func (h *hearing) pass(process *os.Process) (err error) {
	listening := func(pidfd int) {
		h.polls[len(h.to)+1].Fd = int32(pidfd)
		err = h.passAll()
		h.polls[len(h.to)+1].Fd = -1 // it is closed by its owner
	}
	if process.WithHandle(func(handle uintptr) { listening(int(handle)) }) != nil {
		listening(-1) // a kernel without; the exit is waited for behind
	}
	return err
}

// passAll does so with the polls as they are.
func (h *hearing) passAll() error {
	buffer := hearingBuffers.Get().(*[]byte)
	defer hearingBuffers.Put(buffer)
	waker, exit := &h.polls[len(h.to)], &h.polls[len(h.to)+1]
	for open := len(h.to); open > 0 || exit.Fd >= 0; {
		if err := h.wait(); err != nil {
			return err
		}
		if waker.Revents != 0 {
			return nil
		}
		if exit.Revents != 0 {
			exit.Fd, exit.Revents = -1, 0
		}
		for i, to := range h.to {
			pipe := &h.polls[i]
			if pipe.Revents == 0 || passSome(to, int(pipe.Fd), *buffer) {
				continue
			}
			unix.Close(int(pipe.Fd))
			pipe.Fd, pipe.Revents = -1, 0
			open--
		}
	}
	return nil
}

// wait waits until something is heard. The kernel takes from held what has passed, see ppoll(2).
func (h *hearing) wait() error {
	if h.held.Nano() > 0 {
		n, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&h.polls[0])), uintptr(len(h.polls)), uintptr(unsafe.Pointer(&h.held)), 0, 0, 0)
		if errno == 0 && n > 0 {
			return nil
		}
	}
	for {
		switch _, err := unix.Poll(h.polls, -1); {
		case err == nil:
			return nil
		case !errors.Is(err, unix.EINTR):
			return fmt.Errorf("waiting for a program: %w", err)
		}
	}
}

// passSome passes on what a pipe has. It says whether there may be more.
func passSome(to io.Writer, pipe int, buffer []byte) bool {
	n, err := unix.Read(pipe, buffer)
	if n > 0 {
		_, err = to.Write(buffer[:n])
		return err == nil
	}
	return errors.Is(err, unix.EINTR)
}

func (h *hearing) close() {
	for _, p := range h.polls {
		if p.Fd >= 0 {
			unix.Close(int(p.Fd))
		}
	}
}

// hearingBuffers is memory for what is on its way: as much as a pipe holds.
var hearingBuffers = sync.Pool{New: func() any { b := make([]byte, 64<<10); return &b }}

// feed is what a program gets to read. The zero value is nothing.
type feed struct {
	from   io.Reader
	theirs *os.File // the program's end
	ours   *os.File
	done   chan struct{}
}

func newFeed(from io.Reader) (f feed, err error) {
	if from == nil {
		return f, nil
	}
	f = feed{from: from, done: make(chan struct{})}
	f.theirs, f.ours, err = os.Pipe()
	return f, err
}

// begin hands it over. A program need not read it.
func (f *feed) begin() {
	if f.from == nil {
		return
	}
	go func() {
		defer close(f.done)
		_, _ = io.Copy(f.ours, f.from)
		f.ours.Close()
	}()
}

// inputPatience bounds how long what a program left running, once it has exited itself, may hold its standard input without reading.
const inputPatience = time.Second

// end waits for what is still on its way.
func (f *feed) end() {
	if f.from == nil {
		return
	}
	_ = f.ours.SetWriteDeadline(time.Now().Add(inputPatience))
	<-f.done
}

func (f *feed) close() { closeAll(f.theirs, f.ours) }
