package runtime

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The guardian is a small process beside a supervisor whose run starts programs or writes files. Workers die with the supervisor by
// PR_SET_PDEATHSIG; programs that they started, and temporary files, do not. The guardian reads a pipe that only the supervisor
// holds open; its end without a farewell means that the supervisor was killed. Then the guardian kills what carries the run's
// mark in its environment, the groups that were reported, and removes the temporary files.
//
//	lines in the pipe:  +g PGID   -g PGID   +f PATH   -f PATH   bye
type guardian struct {
	mu   sync.Mutex
	pipe *os.File // nil: the run needs none
	pid  int
}

// runMark is the variable that marks every process of a run.
const runMark = "MPRUN_RUN"

// fdGuardian is the reading end of the pipe in the guardian.
const fdGuardian = 3

// startGuardian starts the guardian of the run. It is in a session of its own, so that a terminal's signals pass it by.
func startGuardian(executable, runID string) (*guardian, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making the guardian's pipe: %w", err)
	}
	defer r.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		w.Close()
		return nil, err
	}
	defer null.Close()
	fd := null.Fd()
	pid, err := syscall.ForkExec(executable, []string{"mprun", "guardian", runID}, &syscall.ProcAttr{
		Env:   []string{"PATH=" + os.Getenv("PATH")},
		Dir:   "/",
		Files: []uintptr{fd, fd, fd, r.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("starting the guardian: %w", err)
	}
	return &guardian{pipe: w, pid: pid}, nil
}

func (g *guardian) tell(line string) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pipe != nil {
		_, _ = g.pipe.WriteString(line + "\n")
	}
}

func (g *guardian) group(pid int)     { g.tell("+g " + strconv.Itoa(pid)) }
func (g *guardian) groupGone(pid int) { g.tell("-g " + strconv.Itoa(pid)) }

// file reports a temporary file; its path must not hold a newline.
func (g *guardian) file(path string)     { g.tell("+f " + strconv.Quote(path)) }
func (g *guardian) fileGone(path string) { g.tell("-f " + strconv.Quote(path)) }

// close dismisses the guardian and waits for its end.
func (g *guardian) close() {
	if g == nil {
		return
	}
	g.tell("bye")
	g.pipe.Close()
	wait4(g.pid)
}

// GuardianMain is the main function of the guardian process; it returns the exit code.
func GuardianMain(args []string) int {
	if len(args) != 1 {
		return 2
	}
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE, syscall.SIGQUIT)
	groups, files, farewell := readGuardian(os.NewFile(fdGuardian, "guardian"))
	if farewell {
		return 0
	}
	for pgid := range groups {
		_ = unix.Kill(-pgid, unix.SIGKILL)
	}
	killMarked(args[0])
	for path := range files {
		os.Remove(path)
	}
	return 0
}

// readGuardian follows the pipe to its end.
func readGuardian(r io.Reader) (groups map[int]bool, files map[string]bool, farewell bool) {
	groups, files = map[int]bool{}, map[string]bool{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		verb, rest, _ := strings.Cut(lines.Text(), " ")
		switch verb {
		case "bye":
			farewell = true
		case "+g", "-g":
			if pgid, err := strconv.Atoi(rest); err == nil && pgid > 1 {
				if verb == "+g" {
					groups[pgid] = true
				} else {
					delete(groups, pgid)
				}
			}
		case "+f", "-f":
			if path, err := strconv.Unquote(rest); err == nil {
				if verb == "+f" {
					files[path] = true
				} else {
					delete(files, path)
				}
			}
		}
	}
	return groups, files, farewell
}

// killMarked kills every process that carries the run's mark, until none is left.
func killMarked(runID string) {
	for range 200 { // a program that forks faster than it is killed is given up after two seconds
		if killed := killMarkedOnce(runID); killed == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func killMarkedOnce(runID string) int {
	killed := 0
	for _, pid := range markedProcesses(runID) {
		if unix.Kill(pid, unix.SIGKILL) == nil {
			killed++
		}
	}
	return killed
}

// markedProcesses is the processes, other than this one, whose environment names the run. See proc(5), /proc/pid/environ.
func markedProcesses(runID string) []int {
	mark := []byte(runMark + "=" + runID + "\x00")
	paths, _ := filepath.Glob("/proc/[0-9]*/environ")
	var pids []int
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil || pid == os.Getpid() {
			continue
		}
		env, err := os.ReadFile(path)
		if err == nil && bytes.Contains(append(env, 0), mark) {
			pids = append(pids, pid)
		}
	}
	return pids
}
