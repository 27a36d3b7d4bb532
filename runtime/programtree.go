package runtime

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// killTree kills a child, if it has not been reaped, and all that it started. Each is stopped before its children are looked up, so that
// it cannot start another one meanwhile. What has lost its parent before is not found: it ends with the worker's group.
func killTree(child *os.Process) {
	if child.Signal(syscall.SIGSTOP) != nil {
		return
	}
	tree := childrenOf(child.Pid)
	for i := 0; i < len(tree); i++ {
		_ = unix.Kill(tree[i], unix.SIGSTOP)
		tree = append(tree, childrenOf(tree[i])...)
	}
	_ = child.Kill()
	for _, pid := range tree {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
}

// childrenOf is the children of a process. See proc(5), /proc/pid/task/tid/children.
func childrenOf(pid int) []int {
	lists, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	var pids []int
	for _, list := range lists {
		data, err := os.ReadFile(list)
		if err != nil {
			continue
		}
		for _, word := range strings.Fields(string(data)) {
			if child, err := strconv.Atoi(word); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

// parentOf is the parent of a process, 0 if it is not known. See proc(5), /proc/pid/stat: the name in brackets may hold anything.
func parentOf(pid int) int {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	if len(fields) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(fields[1])
	return parent
}
