package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
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
	cmd      *exec.Cmd
	in       *os.File // its descriptor 3
	out      *os.File // its descriptor 4
	stderr   *output
	tail     *tailWriter
	exited   chan struct{} // closed when it has
	err      error         // how, then
}

// startAside starts a program that is talked to Aside.
func (p *programs) startAside(program stages.Program) (stages.Running, error) {
	a := &aside{programs: p, name: program.Words[0], tail: &tailWriter{next: &p.log}, exited: make(chan struct{})}
	a.cmd = p.command(program)
	var theirs [2]*os.File
	var err error
	if theirs[0], a.in, err = os.Pipe(); err == nil {
		a.out, theirs[1], err = os.Pipe()
	}
	if err == nil {
		a.stderr, err = newOutput(a.tail)
	}
	if err != nil {
		closeAll(theirs[0], theirs[1], a.in, a.out)
		return nil, fmt.Errorf("making a pipe to %s: %w", a.name, err)
	}
	a.cmd.ExtraFiles = theirs[:] // from descriptor 3 on
	a.cmd.Stdout, a.cmd.Stderr = a.stderr.end, a.stderr.end
	err = p.start(a.cmd)
	closeAll(theirs[0], theirs[1])
	if err != nil {
		closeAll(a.in, a.out)
		a.stderr.abandon()
		return nil, err
	}
	a.stderr.copy()
	go a.wait()
	return a, nil
}

// wait waits for the program, and then for what it has written to its standard streams as long as that comes.
func (a *aside) wait() {
	a.err = a.cmd.Wait()
	a.programs.noteRunning(a.cmd, false)
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
	return exitError(a.name, a.err, a.tail)
}

// Kill implements stages.Running; all that the program started is killed with it.
func (a *aside) Kill() {
	killTree(a.cmd.Process)
	a.stderr.abandon()
}
