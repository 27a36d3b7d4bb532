package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	goruntime "runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mprun/mprun/stages"
)

// programs runs the programs of a worker's chain. They stay in the worker's process group, so that they end with it: at once by
// PR_SET_PDEATHSIG, and with all that they started when the supervisor kills the group of a worker that has ended.
type programs struct {
	log    programLog // where their standard error goes, besides the tail that errors show
	work   chan func()
	once   sync.Once
	closed chan struct{} // the chain has ended

	cut atomic.Bool // programs have been asked to end, and none is to be started

	mu      sync.Mutex
	running map[*exec.Cmd]bool // guarded by mu

	control *os.File        // to the supervisor
	guarded <-chan struct{} // its answers to Guard

	around func() (over func()) // is called when a program is waited for; nil: nobody wants to know
}

func newPrograms(log io.Writer) *programs {
	return &programs{log: programLog{to: log}, work: make(chan func()), closed: make(chan struct{}), running: map[*exec.Cmd]bool{}}
}

// onThread runs f on the thread that starts all programs, which ends with the chain: a program dies with the thread that started it. It says
// whether f was run.
func (p *programs) onThread(f func()) bool {
	p.once.Do(func() {
		go func() {
			goruntime.LockOSThread() // never unlocked: the thread ends with the goroutine
			for {
				select {
				case f := <-p.work:
					f()
				case <-p.closed:
					return
				}
			}
		}()
	})
	done := make(chan struct{})
	select {
	case p.work <- func() { defer close(done); f() }:
		<-done
		return true
	case <-p.closed:
		return false
	}
}

// close kills the chain's programs that still run, and what they have started as far as it can be found: the rest goes with the worker's group.
func (p *programs) close() {
	close(p.closed)
	p.mu.Lock()
	defer p.mu.Unlock()
	for cmd := range p.running {
		killTree(cmd.Process)
	}
}

// noteRunning notes that a program runs, or has ended.
func (p *programs) noteRunning(cmd *exec.Cmd, runs bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if runs {
		p.running[cmd] = true
	} else {
		delete(p.running, cmd)
	}
}

// Guard implements stages.Programs: the supervisor, and by it the guardian, know of the path when it returns.
func (p *programs) Guard(path string) error {
	if err := send(p.control, message{Guard: []byte(path)}); err != nil {
		return fmt.Errorf("having %s guarded: %w", path, err)
	}
	<-p.guarded // without a supervisor this process ends
	return nil
}

// Unguard implements stages.Programs.
func (p *programs) Unguard(path string) { _ = send(p.control, message{Unguard: []byte(path)}) }

// Run implements stages.Programs. The program has ended when it has exited and its output is at its end; if ctx ends before, all that the
// program started is killed with it, and what then still holds its output is not waited for.
func (p *programs) Run(ctx context.Context, program stages.Program) error {
	tail := &tailWriter{next: &p.log}
	if program.Stderr != nil {
		tail.next = program.Stderr
	}
	cmd := p.command(program)
	cmd.Stdin = program.Stdin
	to := program.Stdout
	if program.LogsOutput {
		to = &p.log
	}
	stdout, err := newOutput(to)
	if err != nil {
		return err
	}
	stderr, err := newOutput(tail)
	if err != nil {
		stdout.abandon()
		return err
	}
	cmd.Stdout, cmd.Stderr = stdout.end, stderr.end
	if err := p.start(cmd); err != nil {
		stdout.abandon()
		stderr.abandon()
		return err
	}
	stdout.copy()
	stderr.copy()
	if p.around != nil {
		defer p.around()()
	}
	stop := context.AfterFunc(ctx, func() {
		killTree(cmd.Process)
		stdout.abandon()
		stderr.abandon()
	})
	err = p.wait(cmd, stdout, stderr)
	if !stop() && ctx.Err() != nil {
		return ctx.Err()
	}
	if p.cut.Load() {
		return stages.ErrInterrupted
	}
	return exitError(program.Words[0], err, tail)
}

// Start implements stages.Programs.
func (p *programs) Start(program stages.Program) (stages.Running, error) {
	if program.Aside {
		return p.startAside(program)
	}
	tail := &tailWriter{next: &p.log}
	cmd := p.command(program)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe to %s: %w", program.Words[0], err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe from %s: %w", program.Words[0], err)
	}
	stderr, err := newOutput(tail)
	if err != nil {
		return nil, err
	}
	cmd.Stderr = stderr.end
	if err := p.start(cmd); err != nil {
		stderr.abandon()
		return nil, err
	}
	stderr.copy()
	return &running{programs: p, name: program.Words[0], cmd: cmd, stdin: stdin, stdout: stdout, stderr: stderr, tail: tail}, nil
}

// wait waits for a program's exit and the ends of its outputs.
func (p *programs) wait(cmd *exec.Cmd, outputs ...*output) error {
	err := cmd.Wait()
	p.noteRunning(cmd, false)
	for _, o := range outputs {
		<-o.done
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil // it ended well, without having read all that was meant for it
	}
	return err
}

func (p *programs) command(program stages.Program) *exec.Cmd {
	cmd := exec.Command(program.Words[0], program.Words[1:]...)
	cmd.Env = append(os.Environ(), program.Env...)
	cmd.Dir = program.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = inputPatience
	return cmd
}

// inputPatience bounds how long what a program left running, once it has exited itself, may hold its standard input without reading.
const inputPatience = time.Second

func (p *programs) start(cmd *exec.Cmd) error {
	var err error
	if p.cut.Load() || !p.onThread(func() { err = cmd.Start() }) {
		cmd.Err = stages.ErrInterrupted
		return cmd.Start() // it closes the command's pipes, and starts nothing
	}
	if err == nil {
		p.noteRunning(cmd, true)
		return nil
	}
	reason := err
	var path *os.PathError
	var look *exec.Error
	switch {
	case errors.As(err, &look):
		reason = look.Err
	case errors.As(err, &path):
		reason = path.Err
	}
	if errors.Is(reason, syscall.E2BIG) {
		return stages.Failf("exec", "starting %s: its words and its environment are together longer than they can be: hand data over by `input`", cmd.Args[0])
	}
	return stages.Failf("exec", "starting %s: %v", cmd.Args[0], reason)
}

// running implements stages.Running.
type running struct {
	programs *programs
	name     string
	cmd      *exec.Cmd
	stdin    io.WriteCloser
	stdout   io.Reader
	stderr   *output
	tail     *tailWriter
}

func (r *running) Stdin() io.WriteCloser { return r.stdin }
func (r *running) Stdout() io.Reader     { return r.stdout }
func (r *running) Wait() error           { return exitError(r.name, r.programs.wait(r.cmd, r.stderr), r.tail) }

// Kill implements stages.Running; all that the program started is killed with it.
func (r *running) Kill() {
	killTree(r.cmd.Process)
	r.stderr.abandon()
}

// exitError is the end of a program as stages see it.
func exitError(name string, err error, tail *tailWriter) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	code := exit.ExitCode()
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = -int(status.Signal())
	}
	return &stages.ExitError{Program: name, Code: code, Stderr: tail.text()}
}

// tailWriter passes everything on and keeps the last lines.
type tailWriter struct {
	next io.Writer
	mu   sync.Mutex
	tail []byte
}

// maxTail bounds what an error repeats of a program's standard error, in bytes; maxTailLines in lines.
const (
	maxTail      = 2048
	maxTailLines = 5
)

func (w *tailWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.tail = append(w.tail, p...)
	if over := len(w.tail) - maxTail; over > 0 {
		w.tail = append(w.tail[:0], w.tail[over:]...)
	}
	w.mu.Unlock()
	if w.next == nil {
		return len(p), nil
	}
	return w.next.Write(p)
}

// text is the last lines, on one line.
func (w *tailWriter) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	lines := bytes.Split(bytes.TrimSpace(w.tail), []byte("\n"))
	if over := len(lines) - maxTailLines; over > 0 {
		lines = lines[over:]
	}
	return strings.ToValidUTF8(string(bytes.Join(lines, []byte(" | "))), "\uFFFD")
}
