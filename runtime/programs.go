package runtime

import (
	"bytes"
	"fmt"
	"io"
	"os"
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

	shared bool        // chains share the process
	beside atomic.Bool // a program was started that lives beside the chain

	cut atomic.Bool // programs are asked to end, and none is to be started; stored with mu

	mu      sync.Mutex // guards what follows
	ended   bool       // the chain has
	running map[*os.Process]bool
	paths   map[string]string // where programs of PATH were found
	null    *os.File          // the null device, once it was needed

	control *os.File        // to the supervisor
	guarded <-chan struct{} // its answers to Guard
	spill   string          // see Spill

	around func() (over func()) // is called when a program is waited for; nil: nobody wants to know
}

func newPrograms(log io.Writer) *programs {
	return &programs{log: programLog{to: log}, work: make(chan func()), closed: make(chan struct{}), running: map[*os.Process]bool{}, paths: map[string]string{}}
}

// onThread runs f on the thread that starts the programs which live beside the chain. It ends with the chain: a program dies with the thread that
// started it. onThread says whether f was run.
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

// mostHeld is how long the goroutine of a chain sleeps without giving its processor (its P) up. Short programs end in that time, and so do most
// waits for others that are busy: having another thread woken that takes the processor, and gives it back, cost a fifth of what `true` takes. What
// else the worker does (messages of the supervisor's, collecting garbage) waits as long as if the chain had worked.
const mostHeld = 2 * time.Millisecond

// hold is how long the chain's next wait may hold the processor. Others need it where chains share a process, and beside a program that lives as long
// as the chain, for what that says.
func (p *programs) hold() time.Duration {
	if p.shared || p.beside.Load() {
		return 0
	}
	return mostHeld
}

// startNoMore has no program started any more, on account of a cut. One whose start was under way is in the worker's group when it returns.
func (p *programs) startNoMore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut.Store(true)
}

// close kills the chain's programs that still run, and what they have started as far as it can be found: the rest goes with the worker's group.
func (p *programs) close() {
	close(p.closed)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for program := range p.running {
		killTree(program)
	}
	closeAll(p.null)
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

// exitError is the end of a program as stages see it.
func exitError(name string, state *os.ProcessState, tail *tailWriter) error {
	if state.Success() {
		return nil
	}
	code := state.ExitCode()
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
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
