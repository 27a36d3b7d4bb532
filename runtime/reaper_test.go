package runtime

import (
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// nursery is a reaper, what it tells, and a spawner whose children it is for.
type nursery struct {
	*reaper
	*spawner
	ends chan exit
}

func newNursery(t *testing.T, orphans bool) nursery {
	t.Helper()
	ends := make(chan exit)
	r, err := newReaper(ends, orphans)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	s := newSpawner(r)
	t.Cleanup(s.close)
	return nursery{r, s, ends}
}

// begin starts a shell for a script, whose output goes to a file; nil drops it.
func (n nursery) begin(t *testing.T, script string, output *os.File) (pid, pidfd int) {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if output == nil {
		output = null
	}
	pid, pidfd, err = n.start(shell, []string{"sh", "-c", script}, os.Environ(), "", []*os.File{null, output, output}, false)
	if err != nil {
		t.Fatal(err)
	}
	return pid, pidfd
}

// TestReaperKillsTheGroup starts a shell whose child outlives it in its group, and holds a pipe open.
func TestReaperKillsTheGroup(t *testing.T) {
	n := newNursery(t, false)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	pid, pidfd := n.begin(t, "sleep 1000 & exit 7", w)
	w.Close()
	if err := n.watch(pidfd, pid, "tag", false); err != nil {
		t.Fatal(err)
	}
	got := <-n.ends
	if want := (exit{pid: pid, tag: "tag", code: 7}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, err := io.ReadAll(r); err != nil { // ends only when the sleeping child is dead
		t.Error(err)
	}
}

func TestReaperTellsSignals(t *testing.T) {
	n := newNursery(t, false)
	pid, pidfd := n.begin(t, "exec sleep 1000", nil)
	if err := n.watch(pidfd, pid, nil, false); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got := <-n.ends; got.code != -9 {
		t.Errorf("exit code %d, want -9", got.code)
	}
}

// TestReaperKnowsWhoEndsAtOnce has a child end before it is watched, while orphans are reaped.
func TestReaperKnowsWhoEndsAtOnce(t *testing.T) {
	n := newNursery(t, true)
	pid, pidfd := n.begin(t, "exit 7", nil)
	if err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if got := n.reapOrphans(); len(got) > 0 {
		t.Errorf("orphans have ended: %+v", got)
	}
	if err := n.watch(pidfd, pid, nil, false); err != nil {
		t.Fatal(err)
	}
	if got := <-n.ends; got.code != 7 {
		t.Errorf("exit code %d, want 7", got.code)
	}
}
