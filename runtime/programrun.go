package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/stages"
)

// Run implements stages.Programs. The program has ended when it has exited and its output is at its end; if ctx ends before, all that the
// program started is killed with it, and what then still holds its output is not waited for.
//
// The goroutine that calls reads what the program writes itself: with short programs, each other one that has a part in it is one that must be
// given a processor first.
func (p *programs) Run(ctx context.Context, program stages.Program) error {
	tail := &tailWriter{next: &p.log}
	if program.Stderr != nil {
		tail.next = program.Stderr
	}
	to := program.Stdout
	if program.LogsOutput {
		to = &p.log
	}
	stdin, err := newFeed(program.Stdin)
	if err != nil {
		return fmt.Errorf("making a pipe to %s: %w", program.Words[0], err)
	}
	defer stdin.close()
	heard, theirs, err := listen(to, tail)
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
	if err != nil {
		killTree(process)
	} else {
		err = heard.pass()
	}
	state, failed := p.reap(process)
	if ended() {
		return ctx.Err()
	}
	stdin.end()
	if err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	if p.cut.Load() {
		return stages.ErrInterrupted
	}
	return exitError(program.Words[0], state, tail)
}

// hearing is the pipes from a program that runs, read by one goroutine.
type hearing struct {
	to    []io.Writer
	polls []unix.PollFd // the pipe to each, and the waker, which is readable when the rest does not matter; those that are closed are below 0
}

// listen makes a pipe to each writer; nil drops what comes. theirs are the ends for the program.
func listen(to ...io.Writer) (h *hearing, theirs []*os.File, err error) {
	h = &hearing{}
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
	h.polls = append(h.polls, unix.PollFd{Fd: -1, Events: unix.POLLIN})
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

// pass passes on what the program writes, until all pipes are at their end. An error of a writer closes its pipe, which ends the program.
func (h *hearing) pass() error {
	buffer := hearingBuffers.Get().(*[]byte)
	defer hearingBuffers.Put(buffer)
	for open := len(h.to); open > 0; {
		if _, err := unix.Poll(h.polls, -1); errors.Is(err, unix.EINTR) {
			continue
		} else if err != nil {
			return fmt.Errorf("waiting for a program: %w", err)
		}
		if h.polls[len(h.to)].Revents != 0 {
			return nil
		}
		for i, to := range h.to {
			pipe := &h.polls[i]
			if pipe.Revents == 0 || passSome(to, int(pipe.Fd), *buffer) {
				continue
			}
			unix.Close(int(pipe.Fd))
			pipe.Fd = -1
			open--
		}
	}
	return nil
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
