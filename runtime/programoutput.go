package runtime

import (
	"fmt"
	"io"
	"os"
	"sync"
)

// output is a pipe from a program. Unlike those of os/exec, it can be let go of while somebody still holds the other end.
type output struct {
	to   io.Writer
	read *os.File
	end  *os.File      // the program's
	done chan struct{} // closed when nothing more is written to to
}

// newOutput is a pipe to to; nil: what comes is dropped.
func newOutput(to io.Writer) (*output, error) {
	if to == nil {
		to = io.Discard
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe from a program: %w", err)
	}
	return &output{to: to, read: r, end: w, done: make(chan struct{})}, nil
}

// copy starts passing on what the program writes, which has been started. An error of to closes the pipe, which ends the program.
func (o *output) copy() {
	o.end.Close()
	go func() {
		defer close(o.done)
		defer o.read.Close()
		_, _ = io.Copy(o.to, o.read)
	}()
}

// abandon lets go of the pipe. It may be called at any time.
func (o *output) abandon() {
	o.read.Close()
	o.end.Close()
}

// programLog is where what programs say goes. It may be directed elsewhere while they run.
type programLog struct {
	mu sync.Mutex
	to io.Writer // guarded by mu; nil: nowhere
}

func (l *programLog) direct(to io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = to
}

// Write implements io.Writer.
func (l *programLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	to := l.to
	l.mu.Unlock()
	if to == nil {
		return len(p), nil
	}
	return to.Write(p)
}
