package runtime

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// What a process has of memory for itself: pages that no file is behind, in memory or swapped out, and, of a program, those in shared memory as
// far as they are its part. Pages of files that it has mapped can be dropped at any time, and the run's shared memory is everybody's.
//
//	first        /proc/PID/status         some 20 us; pages that a fork shares are counted for each
//	above that   /proc/PID/smaps_rollup   all its pages are looked at; what n processes share counts as a nth for each
var (
	roughFields = [...]string{"RssAnon:", "VmSwap:"}
	exactFields = [...]string{"Pss_Anon:", "SwapPss:"}
)

// The fields for shared memory in the two, which do not count for workers: theirs is the run's.
const (
	roughShared = "RssShmem:"
	exactShared = "Pss_Shmem:"
)

// memoryFields gives the sum of some lines of a file of proc(5) in bytes, and whether the first of them is there.
func memoryFields(data []byte, names ...string) (sum int, ok bool) {
	for line := range bytes.Lines(data) {
		for i, name := range names {
			rest, found := bytes.CutPrefix(line, []byte(name))
			if !found {
				continue
			}
			if kib, err := strconv.Atoi(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("kB"))))); err == nil {
				sum += kib << 10
				ok = ok || i == 0
			}
		}
	}
	return sum, ok
}

// memoryOf is what an OS process has of memory; 0 if it has ended.
func memoryOf(pid int, worker bool) int {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	names := roughFields[:]
	if !worker {
		names = append(names[:len(names):len(names)], roughShared)
	}
	sum, _ := memoryFields(data, names...)
	return sum
}

// exactMemoryOf is the same without what others have as well. It is not told of programs with other privileges: for them the first figure stands.
func exactMemoryOf(pid int, worker bool) int {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/smaps_rollup")
	if err != nil {
		return memoryOf(pid, worker)
	}
	names := exactFields[:]
	if !worker {
		names = append(names[:len(names):len(names)], exactShared)
	}
	sum, ok := memoryFields(data, names...)
	if !ok {
		return memoryOf(pid, worker) // Linux before 5.4 does not tell pages apart there
	}
	return sum
}

// tryMemory says why a limit of memory could not be enforced.
func tryMemory(limit int) error {
	if limit == 0 {
		return nil
	}
	data, err := os.ReadFile("/proc/self/status")
	if err == nil {
		if _, ok := memoryFields(data, roughFields[:]...); !ok {
			err = errors.New("the kernel does not tell it; Linux 4.5 does")
		}
	}
	if err == nil {
		_, err = os.ReadFile("/proc/thread-self/children")
	}
	if err != nil {
		return fmt.Errorf("memory: what processes use cannot be seen on this machine (%w): leave it out, or have /proc there as proc(5) has it", err)
	}
	return nil
}

// groups is the children of this process by their process groups: the replicas, and what their programs have left to it.
type groups map[int][]int

func ownGroups() groups {
	g := groups{}
	for _, pid := range childrenOf(os.Getpid()) {
		if group, err := unix.Getpgid(pid); err == nil {
			g[group] = append(g[group], pid)
		}
	}
	return g
}

// members is the processes of a replica: those of its group that this process has as children, and all that they have started.
func (g groups) members(group int) []int {
	all := g[group]
	for i := 0; i < len(all); i++ {
		all = append(all, childrenOf(all[i])...)
	}
	return all
}
