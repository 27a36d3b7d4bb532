package runtime

import (
	"errors"
	"fmt"
	"io"
	"os"
	goruntime "runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/runtime/wire"
)

// A command is limited before its program begins: this binary is started in its place, limits itself, and executes it. Until that has happened, or
// not, the supervisor waits, some milliseconds: it is told by a pipe that ends with the execution.
//
//	dies                      then
//	before the execution      the pipe ends, and the replica has ended by that signal, as its program might
//	the supervisor            the replica by PR_SET_PDEATHSIG, which is a thread's and is set again by the one that executes
type limitedStart struct {
	Limits  planner.ProcessLimits `json:"limits"`
	CPUs    []int                 `json:"cpus,omitempty"`
	Program string                `json:"program"`
	Words   []string              `json:"words"`
	Parent  int                   `json:"parent"`
}

// notStarted is what such a start says when it does not come to its end.
type notStarted struct {
	Errno int    `json:"errno,omitempty"` // of execve(2)
	Text  string `json:"text,omitempty"`
}

// The descriptors it inherits, after the standard streams of the command.
const (
	fdLimits = 3 + iota
	fdNotStarted
)

// isKernelLimited says whether a process must limit itself before it begins.
func isKernelLimited(l planner.ProcessLimits, cpus []int) bool {
	return l.OpenFiles > 0 || l.Nice != nil || len(cpus) > 0
}

// startProgram starts the program of a command, within its limits.
func (s *supervisor) startProgram(r *replica, path string, words, env []string, files []*os.File) (pid, pidfd int, err error) {
	p := r.process.plan
	if !isKernelLimited(p.Limits, r.cpus) {
		return s.spawner.start(path, words, env, s.dir(p), files, r.hasTerminal)
	}
	handoff, err := memoryFile(limitedStart{Limits: p.Limits, CPUs: r.cpus, Program: path, Words: words, Parent: os.Getpid()})
	if err != nil {
		return 0, 0, err
	}
	defer handoff.Close()
	read, write, err := os.Pipe()
	if err != nil {
		return 0, 0, fmt.Errorf("making a pipe: %w", err)
	}
	defer read.Close()
	pid, pidfd, err = s.spawner.start(s.exe, []string{"mprun", "limited", r.name}, env, s.dir(p), append(files, handoff, write), r.hasTerminal)
	write.Close()
	if err != nil {
		return 0, 0, err
	}
	said, err := io.ReadAll(read)
	if err != nil || len(said) > 0 {
		s.reaper.discard(pidfd, pid)
		return 0, 0, fmt.Errorf("starting %s: %w", path, errors.Join(err, reasonOf(said)))
	}
	return pid, pidfd, nil
}

// reasonOf is why a program was not started.
func reasonOf(said []byte) error {
	var why notStarted
	switch err := wire.Read(said, &why); {
	case err != nil:
		return err
	case why.Errno != 0:
		return syscall.Errno(why.Errno)
	default:
		return errors.New(why.Text)
	}
}

// LimitedMain is the main function of a process that limits itself, and then is a command of the spec. It returns, with an exit code, only if it
// could not become that.
func LimitedMain([]string) int {
	goruntime.LockOSThread() // what is a thread's is kept by the one that executes, see execve(2)
	syscall.CloseOnExec(fdLimits)
	syscall.CloseOnExec(fdNotStarted)
	err := becomeLimited()
	why := notStarted{Text: err.Error()}
	var errno syscall.Errno
	if !errors.Is(err, errLimit) && errors.As(err, &errno) {
		why = notStarted{Errno: int(errno)}
	}
	if said, err := wire.Append(nil, why); err == nil {
		_, _ = os.NewFile(fdNotStarted, "not started").Write(said)
	}
	return workerFailed
}

// becomeLimited limits this process and executes the command. It returns with what has kept it from that.
func becomeLimited() error {
	var start limitedStart
	if err := readMemoryFile(os.NewFile(fdLimits, "limits"), &start); err != nil {
		return err
	}
	if err := limitSelf(start.Limits, start.CPUs); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return err
	}
	if os.Getppid() != start.Parent {
		return errors.New("the supervisor has ended")
	}
	return syscall.Exec(start.Program, start.Words, os.Environ())
}
