package runtime

import (
	goruntime "runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/planner"
)

// memoryWatch kills replicas that have more memory than they may. It looks, as there is no event for that without a control group: the sooner again
// the less is left, at the rate at which a kernel hands out memory. So a limit is overshot by what can be had between two looks: some tens
// of megabytes by a program that takes all it can, more where there are so many to look at that looking would cost more than watchShare of a processor.
//
//	         add             more than it may
//	(none) -------> watched ------------------> over: killed
//	   ^               |                           |
//	   +---- end ------+------------- end ---------+   tells whether that was it
//
// The verdict stands before the signal is sent, so that whoever learns of the death finds it.
type memoryWatch struct {
	kill func(pid int, members []int) // a replica, unless that has ended, with its programs
	wake chan struct{}                // somebody was added
	quit chan struct{}
	done chan struct{}

	mu      sync.Mutex
	watched map[int]*memoryUse // guarded by mu; by pid
}

// memoryUse is what is known of a replica.
type memoryUse struct {
	limit    int
	worker   bool
	programs bool // it runs some
	peak     int
	over     bool
	due      time.Time // of the next look
}

// How often it is looked: longestLook where much is left, soonestLook at least, and never for more than one part in watchShare of a processor. fastest is
// what a process can get of memory in a second, in bytes.
const (
	longestLook = 250 * time.Millisecond
	soonestLook = 5 * time.Millisecond
	watchShare  = 20
	fastest     = 4 << 30
)

func newMemoryWatch(kill func(pid int, members []int)) *memoryWatch {
	m := &memoryWatch{kill: kill, wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}), watched: map[int]*memoryUse{}}
	go m.loop()
	return m
}

// add has a replica watched from now on.
func (m *memoryWatch) add(pid int, use *memoryUse) {
	m.mu.Lock()
	m.watched[pid] = use
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default: // it is awake
	}
}

// end has a replica that has ended not be watched any more. over says that it was killed for what it had.
func (m *memoryWatch) end(pid int) (peak int, over bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	use, ok := m.watched[pid]
	if !ok {
		return 0, false
	}
	delete(m.watched, pid)
	return use.peak, use.over
}

// close ends the watch.
func (m *memoryWatch) close() {
	close(m.quit)
	<-m.done
}

func (m *memoryWatch) loop() {
	defer close(m.done)
	goruntime.LockOSThread() // never unlocked; its own time is what a look costs
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-m.quit:
			return
		case <-m.wake:
		case <-timer.C:
		}
		if pause, ok := m.look(); ok {
			timer.Reset(pause)
		}
	}
}

// look looks at those whose time has come, and says when to look again; not ok: nobody is watched.
func (m *memoryWatch) look() (pause time.Duration, ok bool) {
	began := threadTime()
	due, tree := m.due(time.Now())
	var g groups
	if tree {
		g = ownGroups()
	}
	for pid, use := range due {
		members := []int{pid}
		if use.programs {
			members = g.members(pid)
		}
		if m.note(pid, use, members) {
			m.kill(pid, members)
		}
	}
	cost := threadTime() - began
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	pause = longestLook
	for _, use := range m.watched {
		if !use.over {
			pause, ok = min(pause, use.due.Sub(now)), true
		}
	}
	return max(pause, watchShare*cost, soonestLook), ok
}

// threadTime is how much of a processor this thread has had: it is not to look the later for having waited for one, see clock_gettime(2).
func threadTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) // this clock is there since Linux 2.6.12
	return time.Duration(t.Nano())
}

// due is those whose time has come. tree says that one of them runs programs.
func (m *memoryWatch) due(now time.Time) (due map[int]*memoryUse, tree bool) {
	due = map[int]*memoryUse{}
	m.mu.Lock()
	defer m.mu.Unlock()
	for pid, use := range m.watched {
		if !use.over && !use.due.After(now) {
			due[pid] = use
			tree = tree || use.programs
		}
	}
	return due, tree
}

// note notes what the processes of a replica have, and says whether that is more than they may and they are still watched.
func (m *memoryWatch) note(pid int, use *memoryUse, members []int) bool {
	has := 0
	for _, member := range members {
		has += memoryOf(member, use.worker && member == pid)
	}
	if has > use.limit {
		has = 0
		for _, member := range members {
			has += exactMemoryOf(member, use.worker && member == pid)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	use.peak = max(use.peak, has)
	left := time.Duration(float64(use.limit-has) / fastest * float64(time.Second))
	use.due = time.Now().Add(min(max(left, soonestLook), longestLook))
	use.over = has > use.limit && m.watched[pid] == use
	return use.over
}

// killMembers kills the group of a replica, unless that has ended, and those of its programs that have left it.
func (s *supervisor) killMembers(group int, members []int) {
	s.reaper.signal(group, unix.SIGKILL)
	for _, pid := range members {
		if of, err := unix.Getpgid(pid); err == nil && of != group {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
}

// watchMemory has the memory of a replica that was started watched, if that is limited.
func (s *supervisor) watchMemory(r *replica) {
	p := r.process.plan
	if p.Limits.Memory == 0 {
		return
	}
	if s.memory == nil {
		s.memory = newMemoryWatch(s.killMembers)
	}
	s.memory.add(r.pid, &memoryUse{limit: p.Limits.Memory, worker: r.slot >= 0, programs: r.slot < 0 || p.Programs})
}

// overMemory says that a replica was killed for the memory that it had; "": it was not.
func (s *supervisor) overMemory(r *replica, e exit) string {
	if s.memory == nil {
		return ""
	}
	peak, over := s.memory.end(e.pid)
	if !over || e.code != -int(unix.SIGKILL) {
		return ""
	}
	limit := int64(r.process.plan.Limits.Memory)
	return "memory limit of " + planner.SizeText(limit) + " reached (peak " + planner.SizeTextAs(int64(peak), limit) + ")"
}
