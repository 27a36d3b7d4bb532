package runtime

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/mprun/mprun/planner"
)

// ticking is a run, in a supervisor of its own, of one worker that prints its pid again and again, with a reserve.
type ticking struct {
	t          *testing.T
	supervisor *exec.Cmd
	lines      *bufio.Scanner
}

func startTicking(t *testing.T) *ticking {
	t.Helper()
	plan := startedBy(planner.ForkserverMethod, planOf(t, 0, chain("a", 1, stage("every", literal("1ms")), stage("print", expr("string(self.pid)")))))
	cmd := supervisorOf(t, plan)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return &ticking{t: t, supervisor: cmd, lines: bufio.NewScanner(stdout)}
}

// worker is the pid of the worker, other than old.
func (k *ticking) worker(old int) int {
	k.t.Helper()
	pid := old
	for pid == old {
		if !k.lines.Scan() {
			k.t.Fatal("the run has ended")
		}
		if _, err := fmt.Sscan(k.lines.Text(), &pid); err != nil {
			k.t.Fatal(err)
		}
	}
	return pid
}

// reserve waits for the pid of the worker in reserve, other than those in old.
func (k *ticking) reserve(old ...int) (pid int) {
	k.t.Helper()
	eventually(k.t, "a worker in reserve", func() bool {
		for _, pid = range childrenOf(k.supervisor.Process.Pid) {
			cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			isOld := false
			for _, o := range old {
				isOld = isOld || o == pid
			}
			if err == nil && !isOld && strings.Contains(string(cmdline), "\x00a (reserve)\x00") {
				return true
			}
		}
		return false
	})
	return pid
}

// end interrupts the run, and expects that it ends well.
func (k *ticking) end() {
	k.t.Helper()
	_ = k.supervisor.Process.Signal(syscall.SIGINT)
	for k.lines.Scan() {
	}
	if err := k.supervisor.Wait(); k.supervisor.ProcessState.ExitCode() != 130 {
		k.t.Errorf("the run ended with %v", err)
	}
}

func kill(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatal(err)
	}
}

func TestTheReserveTakesThePlaceOfADeadWorker(t *testing.T) {
	run := startTicking(t)
	worker := run.worker(0)
	for range 3 {
		reserve := run.reserve(worker)
		kill(t, worker, syscall.SIGKILL)
		next := run.worker(worker)
		if next != reserve {
			t.Errorf("worker %d was replaced by %d, not by %d from the reserve", worker, next, reserve)
		}
		worker = next
	}
	run.end()
}

// TestAReserveThatDies is filled again, until it has died too often; the run goes on, with workers that are spawned.
func TestAReserveThatDies(t *testing.T) {
	run := startTicking(t)
	worker := run.worker(0)
	killed := []int{worker}
	for range maxReserveDeaths {
		reserve := run.reserve(killed...)
		kill(t, reserve, syscall.SIGKILL)
		killed = append(killed, reserve)
	}
	kill(t, worker, syscall.SIGKILL)
	run.worker(worker)
	run.end()
}

// TestAReserveThatDiesWhileItTakesOver is stopped, so that it hears nothing of the hand-over, and then killed; and killed together with the
// worker, so that the supervisor hears of either first.
func TestAReserveThatDiesWhileItTakesOver(t *testing.T) {
	run := startTicking(t)
	worker := run.worker(0)
	reserve := run.reserve(worker)
	kill(t, reserve, syscall.SIGSTOP)
	kill(t, worker, syscall.SIGKILL)
	next := run.reserve(worker, reserve) // the one behind it: it has been handed over
	kill(t, reserve, syscall.SIGKILL)
	if worker = run.worker(worker); worker != next {
		t.Errorf("%d took over, not the next one in reserve, %d", worker, next)
	}
	for i := range 6 {
		pids := []int{worker, run.reserve(worker)}
		kill(t, pids[i%2], syscall.SIGKILL)
		kill(t, pids[1-i%2], syscall.SIGKILL)
		worker = run.worker(worker)
	}
	run.end()
}
