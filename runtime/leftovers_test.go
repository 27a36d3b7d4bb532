package runtime

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestKillMarkedInExec: a process that is replaced by another program again and again does not get away in the moment at which it has
// no environment.
func TestKillMarkedInExec(t *testing.T) {
	script := filepath.Join(t.TempDir(), "again")
	if err := os.WriteFile(script, []byte("exec sh \"$0\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const id = "exec-test"
	for range 100 {
		cmd := exec.Command("sh", script)
		cmd.Env = append(os.Environ(), runMark+"="+id)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		killMarked(id)
		if err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil); err != nil {
			t.Fatal(err)
		}
		if pids, _ := markedProcesses(id); len(pids) > 0 {
			t.Error("it goes on")
			_ = cmd.Process.Kill()
		}
		_ = cmd.Wait() // by SIGKILL
		if !cmd.ProcessState.Sys().(syscall.WaitStatus).Signaled() {
			t.Fatalf("it ended by itself: %v", cmd.ProcessState)
		}
		if t.Failed() {
			return
		}
	}
}
