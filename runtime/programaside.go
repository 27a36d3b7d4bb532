package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mprun/mprun/stages"
)

// asidePatience bounds how long the pipe from a program that has exited may be kept open by what it has left running, after the last that came.
const asidePatience = 50 * time.Millisecond

// aside is a program that is talked to over descriptors of its own, so that its standard streams are free for whatever it runs: it reads
// nothing there, and what it writes there is logged. It implements stages.Running. The program has ended when it has exited, whoever of
// its children still holds one of the pipes.
type aside struct {
	programs *programs
	name     string
	process  *os.Process
	in       *os.File // its descriptor 3
	out      *os.File // its descriptor 4
	stderr   *output
	tail     *tailWriter
	exited   chan struct{} // closed when it has
	state    *os.ProcessState
	err      error // of waiting for that
}

// startAside starts a program that is talked to Aside.
func (p *programs) startAside(program stages.Program) (stages.Running, error) {
	a := &aside{programs: p, name: program.Words[0], tail: &tailWriter{next: &p.log}, exited: make(chan struct{})}
	var pipes dialogue
	err := pipes.open()
	if err == nil {
		a.stderr, err = newOutput(a.tail)
	}
	if err != nil {
		pipes.close()
		return nil, fmt.Errorf("making a pipe to %s: %w", a.name, err)
	}
	a.in, a.out = pipes.in, pipes.out
	a.process, err = p.spawnBeside(program, nil, a.stderr.end, a.stderr.end, pipes.theirIn, pipes.theirOut)
	pipes.closeTheirs()
	if err != nil {
		pipes.close()
		a.stderr.abandon()
		return nil, err
	}
	a.stderr.copy()
	go a.wait()
	return a, nil
}

// wait waits for the program, and then for what it has written to its standard streams as long as that comes.
func (a *aside) wait() {
	a.state, a.err = a.programs.reap(a.process)
	close(a.exited)
	_ = a.out.SetReadDeadline(time.Now()) // for a Read that waits
}

func (a *aside) Stdin() io.WriteCloser { return a.in }
func (a *aside) Stdout() io.Reader     { return a }

// Read reads what the program says. After its exit, that is what it has left in the pipe.
func (a *aside) Read(p []byte) (int, error) {
	for {
		select {
		case <-a.exited:
			_ = a.out.SetReadDeadline(time.Now().Add(asidePatience))
			n, err := a.out.Read(p)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				err = io.EOF
			}
			return n, err
		default:
		}
		n, err := a.out.Read(p)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
}

// Close implements io.Closer, for a Read that waits.
func (a *aside) Close() error { return a.out.Close() }

// Wait implements stages.Running.
func (a *aside) Wait() error {
	<-a.exited
	ctx, cancel := context.WithTimeout(context.Background(), asidePatience)
	defer cancel()
	select {
	case <-a.stderr.done:
	case <-ctx.Done():
		a.stderr.abandon()
	}
	_ = a.out.Close()
	if a.err != nil {
		return fmt.Errorf("waiting for %s: %w", a.name, a.err)
	}
	return exitError(a.name, a.state, a.tail)
}

// Kill implements stages.Running; all that the program started is killed with it.
func (a *aside) Kill() {
	killTree(a.process)
	a.stderr.abandon()
}
