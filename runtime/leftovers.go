package runtime

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// killLeftovers kills what the run's programs left behind in other groups, and names it.
func (s *supervisor) killLeftovers() {
	if !s.programs {
		return
	}
	left, _ := markedProcesses(s.id)
	for _, pid := range left {
		s.log.Warn(fmt.Sprintf("left behind by the run, killed: process %d (%s)", pid, commandName(pid)))
	}
	killMarked(s.id)
	for range leftoverTries {
		left = slices.DeleteFunc(left, func(pid int) bool {
			reaped, err := unix.Wait4(pid, nil, unix.WNOHANG, nil)
			return reaped == pid || errors.Is(err, unix.ECHILD)
		})
		if len(left) == 0 {
			return
		}
		time.Sleep(leftoverPause)
	}
}

// leftoverTries and leftoverPause bound the time for the end of what was left behind to two seconds: a program may fork faster than it
// is killed, or be stuck in the kernel.
const (
	leftoverTries = 400
	leftoverPause = 5 * time.Millisecond
)

// killMarked kills every process that carries the run's mark, until none is left.
func killMarked(runID string) {
	for range leftoverTries {
		marked, unsure := markedProcesses(runID)
		for _, pid := range marked {
			_ = unix.Kill(pid, unix.SIGKILL) // it may have ended
		}
		if len(marked) == 0 && !unsure {
			return
		}
		time.Sleep(leftoverPause)
	}
}

// markedProcesses is the processes, other than this one, whose environment names the run. See proc(5), /proc/pid/environ. In the middle of an
// execve(2) a process shows no environment, and nobody can tell then whether it is one of them: unsure says that there was such a one. The guardian
// often meets it: it is woken when the last program that the supervisor was about to start closes its copy of the pipe, which is in its execve.
func markedProcesses(runID string) (pids []int, unsure bool) {
	mark := []byte("\x00" + runMark + "=" + runID + "\x00")
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	buffer := make([]byte, 1+64<<10)
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		n, err := readEnvironment(dir, &buffer)
		switch {
		case err != nil: // it has ended, or is another user's
		case bytes.Contains(buffer[:1+n+1], mark):
			pids = append(pids, pid)
		case n == 0:
			unsure = unsure || inExec(dir)
		}
	}
	return pids, unsure
}

// readEnvironment reads the environment of a process into a buffer, between two zero bytes; it makes the buffer larger if need be. It does so by one
// read: between two the process may have another.
func readEnvironment(dir string, buffer *[]byte) (int, error) {
	f, err := os.Open(filepath.Join(dir, "environ"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for {
		n, err := f.ReadAt((*buffer)[1:], 0)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if n < len(*buffer)-1 {
			(*buffer)[1+n] = 0
			return n, nil
		}
		*buffer = make([]byte, 2*len(*buffer))
	}
}

// inExec says whether a process that showed no environment may have been in the middle of an execve(2): it has an executable, as neither a zombie nor
// a thread of the kernel has, and it has an environment now, or its program is not in place yet. See proc_pid_stat(5), fields 26, 50 and 51.
func inExec(dir string) bool {
	if _, err := os.Readlink(filepath.Join(dir, "exe")); err != nil {
		return false
	}
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return false
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // from field 3 on; the name before may hold anything
	const code, start, end = 26 - 3, 50 - 3, 51 - 3
	return len(fields) > end && (fields[code] == "0" || fields[start] != fields[end])
}

// commandName is the name of a running program, for messages. See proc(5), /proc/pid/comm.
func commandName(pid int) string {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "ended"
	}
	return strings.TrimSpace(string(name))
}
