package runtime

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// The guardian is a small process beside a supervisor whose run starts programs or writes files. Workers die with the supervisor by
// PR_SET_PDEATHSIG; programs that they started, and temporary files, do not. The guardian reads a pipe that only the supervisor
// holds open; its end means that the supervisor was killed, for one that ends well kills its guardian. Then the guardian kills what
// carries the run's mark in its environment, the groups that were reported, and removes the temporary files.
//
//	lines in the pipe:  +g PGID   -g PGID   +f PATH   -f PATH   +t PATH   -t PATH   +s DEV INO PATH   -s DEV INO PATH
type guardian struct {
	mu    sync.Mutex
	pipe  *os.File
	pid   int
	pidfd int
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
	fd, pidfd := null.Fd(), -1
	pid, err := syscall.ForkExec(executable, []string{"mprun", "guardian", runID}, &syscall.ProcAttr{
		Env:   []string{"PATH=" + os.Getenv("PATH")},
		Dir:   "/",
		Files: []uintptr{fd, fd, fd, r.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true, PidFD: &pidfd},
	})
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("starting the guardian: %w", err)
	}
	return &guardian{pipe: w, pid: pid, pidfd: pidfd}, nil
}

func (g *guardian) tell(line string) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	_, _ = g.pipe.WriteString(line + "\n")
}

func (g *guardian) group(pid int)     { g.tell("+g " + strconv.Itoa(pid)) }
func (g *guardian) groupGone(pid int) { g.tell("-g " + strconv.Itoa(pid)) }

// file reports a temporary file, or a folder that is to go if it is empty; its path must not hold a newline.
func (g *guardian) file(path string)     { g.tell("+f " + strconv.Quote(path)) }
func (g *guardian) fileGone(path string) { g.tell("-f " + strconv.Quote(path)) }

// tree reports what is to go with all that is in it: a program may make a folder there.
func (g *guardian) tree(path string)     { g.tell("+t " + strconv.Quote(path)) }
func (g *guardian) treeGone(path string) { g.tell("-t " + strconv.Quote(path)) }

// segment reports the name of a segment, which goes if it is still the segment's: it may be told before the name is given, and be somebody
// else's.
func (g *guardian) segment(n segmentName)     { g.tell("+s " + n.line()) }
func (g *guardian) segmentGone(n segmentName) { g.tell("-s " + n.line()) }

// close ends the guardian: nothing is left for it to do.
func (g *guardian) close() {
	if g != nil {
		_ = unix.PidfdSendSignal(g.pidfd, unix.SIGKILL, nil, 0)
		g.release()
	}
}

// release lets the guardian do its work, as if the supervisor had been killed, and waits for it.
func (g *guardian) release() {
	if g != nil {
		g.pipe.Close()
		wait4(g.pid)
		unix.Close(g.pidfd)
	}
}

// GuardianMain is the main function of the guardian process; it returns the exit code.
func GuardianMain(args []string) int {
	if len(args) != 1 {
		return 2
	}
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE, syscall.SIGQUIT)
	left := readGuardian(os.NewFile(fdGuardian, "guardian"))
	for pgid := range left.groups {
		_ = unix.Kill(-pgid, unix.SIGKILL)
	}
	killMarked(args[0])
	for name := range left.segments {
		name.remove()
	}
	for _, path := range slices.Backward(slices.Sorted(maps.Keys(left.files))) { // what is in a folder before the folder
		if left.files[path] {
			_ = os.RemoveAll(path)
		} else {
			os.Remove(path)
		}
	}
	return 0
}

// leftovers is what the guardian has to deal with.
type leftovers struct {
	groups   map[int]bool
	files    map[string]bool // whether all that is in it goes with it
	segments map[segmentName]bool
}

// readGuardian follows the pipe to its end.
func readGuardian(r io.Reader) leftovers {
	left := leftovers{groups: map[int]bool{}, files: map[string]bool{}, segments: map[segmentName]bool{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		verb, rest, _ := strings.Cut(lines.Text(), " ")
		switch verb {
		case "+g", "-g":
			if pgid, err := strconv.Atoi(rest); err == nil && pgid > 1 {
				note(left.groups, pgid, verb == "+g", true)
			}
		case "+f", "-f", "+t", "-t":
			if path, err := strconv.Unquote(rest); err == nil {
				note(left.files, path, verb[0] == '+', verb == "+t")
			}
		case "+s", "-s":
			if name, ok := parseSegmentName(rest); ok {
				note(left.segments, name, verb == "+s", true)
			}
		}
	}
	return left
}

// note puts a key into a set, or takes it out.
func note[K comparable](set map[K]bool, key K, in, as bool) {
	if in {
		set[key] = as
	} else {
		delete(set, key)
	}
}
