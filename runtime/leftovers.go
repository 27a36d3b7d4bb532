package runtime

import (
	"bytes"
	"errors"
	"fmt"
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
	left := markedProcesses(s.id)
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
		if killed := killMarkedOnce(runID); killed == 0 {
			return
		}
		time.Sleep(leftoverPause)
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

// commandName is the name of a running program, for messages. See proc(5), /proc/pid/comm.
func commandName(pid int) string {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "ended"
	}
	return strings.TrimSpace(string(name))
}
