package runtime

import (
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/planner"
)

const stopKey = "\x1a"

// shell is a shell with job control, of one job: this binary as the supervisor of the plan in a file. Whenever the job stops it says by
// which signal, and has it go on: in the foreground, or, the first time, as bg says, in the background until it stops again.
func shell(file string, bg bool) int {
	signal.Ignore(syscall.SIGTTOU)
	job, err := os.StartProcess("/proc/self/exe", []string{os.Args[0], "supervise", file}, &os.ProcAttr{
		Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
		Sys:   &syscall.SysProcAttr{Foreground: true, Ctty: 0, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		fmt.Println(err)
		return 2
	}
	for {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(job.Pid, &status, syscall.WUNTRACED, nil); err != nil {
			fmt.Println(err)
			return 2
		}
		if !status.Stopped() {
			return status.ExitStatus()
		}
		takeTerminal(os.Stdin)
		if !bg {
			handTerminal(os.Stdin, job.Pid)
		}
		bg = false
		fmt.Println("stopped:", unix.SignalName(status.StopSignal()))
		_ = syscall.Kill(-job.Pid, syscall.SIGCONT)
	}
}

// TestTheStopKey: a job of a shell stops, whoever reads from the terminal, and goes on where the shell says so.
func TestTheStopKey(t *testing.T) {
	cat := command("cat", "sh", "-c", "echo ready; exec cat")
	cat.Stdin, cat.Stdout = planner.Stdio{Kind: "inherit"}, planner.Stdio{Kind: "inherit"}
	for name, reader := range map[string]planner.Process{"worker": terminalChain(), "program": cat} {
		for _, way := range []string{"fg", "bg"} {
			t.Run(name+" "+way, func(t *testing.T) {
				cmd := supervisorOf(t, planOf(t, 0, reader))
				i := slices.Index(cmd.Args, "supervise")
				cmd.Args = slices.Concat(cmd.Args[:i], []string{"shell", cmd.Args[i+1], way})
				typed, want := map[string]string{"ready": stopKey, "stopped: SIGTSTP": "a\n\x04"}, "ready\nstopped: SIGTSTP\na\n"
				if way == "bg" {
					typed, want = map[string]string{"ready": stopKey, "stopped: SIGTTIN": "a\n\x04"}, "ready\nstopped: SIGTSTP\nstopped: SIGTTIN\na\n"
					if name == "worker" { // it reads when there is something to read
						typed["stopped: SIGTSTP"], typed["stopped: SIGTTIN"] = "a\n", "\x04"
					}
				}
				code, printed := typing(t, cmd, typed)
				if code != 0 || printed != want {
					t.Errorf("exit code %d, %q printed, expected %q", code, printed, want)
				}
			})
		}
	}
}

// TestTheStopKeyWithoutAShell does nothing: nobody could have the run go on.
func TestTheStopKeyWithoutAShell(t *testing.T) {
	code, printed := onTerminal(t, planOf(t, 0, terminalChain()), stopKey+"a\n\x04")
	if want := "ready\na\n"; code != 0 || printed != want {
		t.Errorf("exit code %d, %q printed", code, printed)
	}
}

// TestParentOf finds the parents of processes whatever they are called.
func TestParentOf(t *testing.T) {
	if got := parentOf(os.Getpid()); got != os.Getppid() {
		t.Errorf("%d, expected %d", got, os.Getppid())
	}
	if got := parentOf(1 << 30); got != 0 {
		t.Errorf("%d for a process that is not there", got)
	}
}
