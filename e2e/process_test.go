package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// process is one that runs at the moment.
type process struct {
	pid  int
	args string
}

func (p process) String() string { return fmt.Sprintf("%d (%s)", p.pid, p.args) }

// processes are all that hold; the ended ones that nobody has waited for are not among them.
func processes(hold func(pid string) bool) []process {
	var found []process
	for _, name := range entries("/proc") {
		pid, err := strconv.Atoi(name)
		if err != nil || !hold(name) {
			continue
		}
		args, err := os.ReadFile(filepath.Join("/proc", name, "cmdline"))
		if err != nil || len(args) == 0 {
			continue
		}
		found = append(found, process{pid, strings.TrimSpace(string(bytes.ReplaceAll(args, []byte{0}, []byte{' '})))})
	}
	return found
}

// processesOf are those that run an executable.
func processesOf(executable string) []process {
	return processes(func(pid string) bool {
		exe, err := os.Readlink(filepath.Join("/proc", pid, "exe"))
		return err == nil && exe == executable
	})
}

// childrenOf is the children of a process, none if it has ended. See proc_tid_children(5).
func childrenOf(t *testing.T, pid int) []int {
	t.Helper()
	var found []int
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		children, _ := os.ReadFile(list) // the thread may have ended
		for _, child := range strings.Fields(string(children)) {
			number, err := strconv.Atoi(child)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, number)
		}
	}
	return found
}

// processesMarked are those with a variable in their environment.
func processesMarked(variable string) []process {
	return processes(func(pid string) bool {
		env, err := os.ReadFile(filepath.Join("/proc", pid, "environ"))
		if err != nil {
			return false
		}
		for v := range bytes.SplitSeq(env, []byte{0}) {
			if string(v) == variable {
				return true
			}
		}
		return false
	})
}

// awaitEnds waits until none of the processes that find gives is left, or for a long while, and gives those that are.
func awaitEnds(find func() []process) []process {
	deadline := time.Now().Add(longWhile)
	left := find()
	for ; len(left) > 0 && time.Now().Before(deadline); left = find() {
		for _, p := range left {
			awaitEnd(p.pid, deadline)
		}
	}
	return left
}

// awaitEnd waits for the end of a process that need not be a child.
func awaitEnd(pid int, deadline time.Time) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return // it has ended
	}
	defer unix.Close(fd)
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, max(0, int(time.Until(deadline).Milliseconds())))
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// longWhile is how long a test waits for what must come.
const longWhile = 30 * time.Second

// eventually polls until something holds that no event tells of, as what others have done to files, what /proc shows, and what a guardian does, and fails the test after a
// long while. Output is waited for by text.until, ends of processes by awaitEnds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(longWhile)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
