package stages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// streamInput is an input whose bytes come once: a pipe, socket, terminal, or character device. Whether a read would block is asked
// with poll(2), because O_NONBLOCK belongs to the open file, which other processes may share. (Of two readers of the same pipe one
// may then find it empty and block until more comes; a run hands its standard input to one process only.)
type streamInput struct {
	file *os.File // keeps fd open
	fd   int
	keep bool // standard input stays open
}

// errStreamAgain says that a stream cannot be opened in its middle.
var errStreamAgain = errors.New("cannot be read on after the death of the worker that had it open: what it held is lost")

// openStream opens a FIFO, socket or device. Opening a FIFO does not wait for its writer.
func openStream(path string, offset int64) (input, error) {
	if offset > 0 {
		return nil, errStreamAgain
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	// The file is this process' own, so that it can be made to block: read and poll then behave as for standard input.
	if err := unix.SetNonblock(fd, false); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &streamInput{file: os.NewFile(uintptr(fd), path), fd: fd}, nil
}

// openStdin is the run's standard input. A file is read with offsets from where it stands, so that a replacement of the worker can
// go on; offset counts from there.
func openStdin(offset int64) (input, error) {
	info, err := os.Stdin.Stat()
	if err != nil {
		return nil, fmt.Errorf("standard input cannot be read: %w", shortPathError(err))
	}
	if info.IsDir() {
		return nil, errors.New("is a directory")
	}
	if info.Mode().IsRegular() {
		start, err := os.Stdin.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, shortPathError(err)
		}
		if info.Size() < start+offset {
			return nil, fmt.Errorf("has %d bytes, but %d were read of it before: it was changed", info.Size(), start+offset)
		}
		return &fileInput{file: os.Stdin, at: start + offset, keep: true}, nil
	}
	return &streamInput{file: os.Stdin, fd: int(os.Stdin.Fd()), keep: true}, nil
}

func (s *streamInput) Read(p []byte) (int, error) {
	ready, err := pollIn(0, s.fd)
	if err != nil {
		return 0, err
	}
	if !ready {
		return 0, errNotYet
	}
	for {
		n, err := unix.Read(s.fd, p)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return 0, errNotYet
		case err == unix.EIO && s.keep:
			return 0, errors.New("the terminal cannot be read from the background")
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

func (s *streamInput) Close() error {
	if s.keep {
		return nil
	}
	return s.file.Close()
}

func (s *streamInput) waiter() Waiter { return inputWaiter(s.wait) }
func (s *streamInput) again() bool    { return false }
func (s *streamInput) size() int64    { return 0 }

// wait polls until there is something to read, the end included, or ctx ends.
func (s *streamInput) wait(ctx context.Context) error {
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return fmt.Errorf("making an eventfd: %w", err)
	}
	defer unix.Close(wake)
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(woken)
		_, _ = unix.Write(wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // an eventfd takes it always: its count is 0
	})
	defer func() {
		if !stop() {
			<-woken // it must not write to a descriptor that has another meaning by then
		}
	}()
	if _, err := pollIn(-1, s.fd, wake); err != nil {
		return err
	}
	return ctx.Err()
}

// pollIn says whether a read of one of the descriptors would not block, after waiting so many milliseconds; -1: without end.
func pollIn(timeout int, fds ...int) (bool, error) {
	polled := make([]unix.PollFd, len(fds))
	for i, fd := range fds {
		polled[i] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
	}
	for {
		n, err := unix.Poll(polled, timeout)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("polling: %w", err)
		}
		if n > 0 && polled[0].Revents&unix.POLLNVAL != 0 {
			return false, errors.New("is not open")
		}
		return n > 0, nil
	}
}
