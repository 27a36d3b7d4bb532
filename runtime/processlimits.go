package runtime

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/planner"
)

// What a process may use (planner.ProcessLimits) is bounded by the kernel, or, where it has no means without a control group that somebody must have
// handed to mprun, by the supervisor. It is the same on every machine, in a container, with and without privileges:
//
//	limit        by                                            a worker                       a command
//	open_files   setrlimit(2), soft and hard                   itself, before it has a post   before it is executed (limitedstart.go)
//	nice         setpriority(2), for each thread               itself, before it has a post   before it is executed
//	cpus         sched_setaffinity(2), for each thread         itself, with its post          before it is executed
//	memory       the supervisor, which looks (memorywatch.go)  from its start on              from its start on
//
// What they start inherits the first three. A worker in reserve limits itself when it is started, but for its processors, which are those
// of the replica that it becomes. What cannot be enforced is found before anything is started (checkLimits).

// errLimit says that a process could not limit itself: the machine has changed since the run was started.
var errLimit = errors.New("limits")

// limitSelf limits this process and what it will start, all but in memory. With cpus nil it keeps its processors.
func limitSelf(l planner.ProcessLimits, cpus []int) error {
	if l.Nice != nil {
		if err := onEachThread(func(tid int) error { return unix.Setpriority(unix.PRIO_PROCESS, tid, *l.Nice) }); err != nil {
			return fmt.Errorf("%w: nice: %d: %w", errLimit, *l.Nice, err)
		}
	}
	if err := limitProcessors(cpus); err != nil {
		return err
	}
	if l.OpenFiles > 0 { // last: the others take descriptors, and Go one more for ever with its first file
		n := uint64(l.OpenFiles)
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: n}); err != nil { // syscall's, so that Go gives its children no other
			return fmt.Errorf("%w: open_files: %d: %w", errLimit, l.OpenFiles, err)
		}
	}
	return nil
}

// limitProcessors has this process, and what it will start, run on some processors only; nil: on those that it has. It has started nothing: a worker
// in reserve starts no program ahead where processors come with its post.
func limitProcessors(cpus []int) error {
	if len(cpus) == 0 {
		return nil
	}
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	if err := onEachThread(func(tid int) error { return unix.SchedSetaffinity(tid, &set) }); err != nil {
		return fmt.Errorf("%w: cpus: %w", errLimit, err)
	}
	return nil
}

// collectBefore has the garbage of a worker collected before it counts: at three quarters of the memory that it may have.
func collectBefore(l planner.ProcessLimits) {
	if l.Memory > 0 {
		debug.SetMemoryLimit(int64(l.Memory) / 4 * 3)
	}
}

// onEachThread has something done to each thread of this process: a priority and processors are a thread's, and its new threads'. One may start
// another before it is its turn; so it goes on until nobody new is found.
func onEachThread(do func(tid int) error) error {
	done := map[int]bool{}
	for more := true; more; {
		more = false
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		for _, thread := range threads {
			tid, err := strconv.Atoi(thread.Name())
			if err != nil || done[tid] {
				continue
			}
			done[tid], more = true, true
			if err := do(tid); err != nil && !errors.Is(err, unix.ESRCH) {
				return err
			}
		}
	}
	return nil
}

// checkLimits finds what the machine does not let a process be limited to, before anything is started, and gives the replicas their processors. What
// cannot be enforced is a failure of the run.
func (s *supervisor) checkLimits() {
	var turn processorTurn
	for _, p := range s.processes {
		l := p.plan.Limits
		for _, err := range []error{tryNice(l.Nice), tryOpenFiles(l.OpenFiles), tryMemory(l.Memory), turn.deal(p)} {
			if err != nil {
				s.fail(Failure{Process: p.plan.Name, Pos: l.Pos, Text: "limits: " + err.Error()})
				s.end(StatusFailed)
			}
		}
	}
}

// tryNice says why a priority cannot be had. It tries it, on a thread that ends with that.
func tryNice(nice *int) error {
	if nice == nil {
		return nil
	}
	tried := make(chan error)
	go func() {
		goruntime.LockOSThread() // never unlocked: a thread that has given way cannot always take that back
		tried <- unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), *nice)
	}()
	err := <-tried
	if err == nil {
		return nil
	}
	own := 0
	if raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err == nil {
		own = 20 - raw // see getpriority(2), C library/kernel differences
	}
	return fmt.Errorf("nice: %d is before mprun's own priority, %d, and that needs privileges (%w): write %d or more, or run mprun with CAP_SYS_NICE", *nice, own, err, own)
}

// tryOpenFiles says why a process cannot have so many descriptors, see setrlimit(2). It does not try it: with the attempt Go would forget
// how many mprun was given, which is what all that it starts are to have.
func tryOpenFiles(n int) error {
	if n == 0 {
		return nil
	}
	var own unix.Rlimit
	if err := unix.Prlimit(0, unix.RLIMIT_NOFILE, nil, &own); err != nil {
		return fmt.Errorf("open_files: %w", err)
	}
	if most := openFilesAtMost(); n > most {
		return fmt.Errorf("open_files: %d is more than this machine lets a process have (fs.nr_open): write %d or less", n, most)
	}
	if uint64(n) > own.Max && !mayRaiseLimits() {
		return fmt.Errorf("open_files: %d is more than mprun itself may have, and that needs privileges: write %d or less, or raise that before mprun starts (ulimit -n)", n, own.Max)
	}
	return nil
}

// openFilesAtMost is how many descriptors a process may have whoever it is, see fs.nr_open in proc(5).
func openFilesAtMost() int {
	data, err := os.ReadFile("/proc/sys/fs/nr_open")
	if err != nil {
		return math.MaxInt
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(data)))
	if err != nil {
		return math.MaxInt
	}
	return n
}

// mayRaiseLimits says whether this process has CAP_SYS_RESOURCE, see capabilities(7). In a user namespace it may have that and not be let: then
// the process says so at its start.
func mayRaiseLimits() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData // of 32 capabilities each
	err := unix.Capget(&header, &sets[0])
	return err == nil && sets[0].Effective&(1<<unix.CAP_SYS_RESOURCE) != 0
}

// processorTurn deals out processors in turn, so that replicas do not crowd on the first ones.
type processorTurn struct {
	usable []int // of this process
	next   int
}

// deal gives each replica of a process as many processors as that may have. One that may have all is left alone.
func (t *processorTurn) deal(p *process) error {
	n := p.plan.Limits.CPUs
	if n == 0 {
		return nil
	}
	if t.usable == nil {
		var set unix.CPUSet
		if err := unix.SchedGetaffinity(0, &set); err != nil {
			return fmt.Errorf("cpus: the processors of this machine are not known: %w", err)
		}
		for cpu := range len(set) * 64 {
			if set.IsSet(cpu) {
				t.usable = append(t.usable, cpu)
			}
		}
	}
	if n >= len(t.usable) {
		return nil
	}
	for _, r := range p.replicas {
		for range n {
			r.cpus = append(r.cpus, t.usable[t.next%len(t.usable)])
			t.next++
		}
	}
	return nil
}
