package runtime

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// A process that somebody has stopped (SIGSTOP, a terminal's key, or the kernel as it read from a terminal that is another's) does nothing, holds
// what it has, and says nothing: the run looks as if it hung. It may be meant so, therefore it is only told of, once for each stop, when it was found
// stopped twice in a row.

// stoppedEvery is how often is looked. It costs a read of /proc for each replica, some microseconds.
const stoppedEvery = 5 * time.Second

// lookForStopped warns of replicas that are stopped.
func (s *supervisor) lookForStopped() {
	for _, p := range s.processes {
		for _, r := range p.replicas {
			if r.state != replicaRunning || r.hasTerminal || len(s.faults) > 0 || !isStopped(r.pid) {
				r.stops = 0
				continue
			}
			if r.stops++; r.stops == 2 {
				s.log.Warn(fmt.Sprintf("it has been stopped by a signal for at least %s: `kill -CONT -- -%d` has it go on%s", stoppedEvery, r.pid, s.terminalHint(r)), "process", r.name)
			}
		}
	}
}

// terminalHint is what to do, besides, for who was stopped because it read from the terminal.
func (s *supervisor) terminalHint(r *replica) string {
	if !isTerminal(s.opt.Stdin) || r.process.plan.Stdin.Kind == "inherit" {
		return ""
	}
	return "; if it read from the terminal (SIGTTIN), it needs `stdin: inherit`"
}

// isStopped says whether a process is stopped by a signal. See T of /proc/pid/stat in proc_pid_stat(5): behind the name in brackets, which may hold
// anything. One that a debugger has stopped is not.
func isStopped(pid int) bool {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false // it has ended
	}
	return bytes.HasPrefix(data[bytes.LastIndexByte(data, ')')+1:], []byte(" T"))
}
