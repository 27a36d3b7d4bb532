package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk: a full disk is an end that says so.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	t.Run("standard output", func(t *testing.T) {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer full.Close()
		s := prepare(t, "../examples/hello.yaml")
		s.cmd.Stdout = full
		if code := s.start().wait(); code != 1 || !strings.Contains(s.stderr.String(), "no space left on device") {
			t.Errorf("exit code %d\n%s", code, s.stderr)
		}
	})
	disk := smallDisk(t)
	if disk == "" {
		return // mounting needs privileges; the rest is about files
	}
	t.Run("written file", func(t *testing.T) {
		s := prepare(t, writeSpec(t, `
processes:
  fill:
    stages:
      - range: 9000000000000000000
      - write: `+filepath.Join(disk, "numbers")+`
`))
		if code := s.start().wait(); code != 1 || !strings.Contains(s.stderr.String(), "no space left on device") {
			t.Errorf("exit code %d\n%s", code, s.stderr)
		}
		if left := entries(disk); len(left) > 0 {
			t.Errorf("files are left: %v", left)
		}
	})
	t.Run("spilling queue of a process that is started again", func(t *testing.T) {
		s := prepare(t, writeSpec(t, `
queues:
  all: {capacity: unbounded}
processes:
  fill:
    restart: {when: on-failure, max: 2, backoff: 10ms}
    stages:
      - range: 9000000000000000000
      - put: all
  wait:
    stages:
      - get: all
      - sleep: 1h
`))
		s.cmd.Env = append(s.cmd.Env, "TMPDIR="+disk)
		code := s.start().wait()
		again := strings.Count(s.stderr.String(), "no space left on device; started again in ")
		if code != 1 || again != 2 {
			t.Errorf("exit code %d, started again %d times\n%s", code, again, s.stderr)
		}
	})
	t.Run("spilling queue", func(t *testing.T) {
		s := prepare(t, writeSpec(t, `
queues:
  all: {capacity: unbounded}
processes:
  fill:
    stages:
      - range: 9000000000000000000
      - put: all
  wait:
    stages:
      - get: all
      - sleep: 1h
`))
		s.cmd.Env = append(s.cmd.Env, "TMPDIR="+disk)
		if code := s.start().wait(); code != 1 || !strings.Contains(s.stderr.String(), "no space left on device") {
			t.Errorf("exit code %d\n%s", code, s.stderr)
		}
		if left := entries(disk); len(left) > 0 {
			t.Errorf("files are left: %v", left)
		}
	})
}

// smallDisk mounts a disk of 4 MiB and gives its folder, or "" where that is not allowed.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Logf("no small disk: %v", err)
		return ""
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmounting %s: %v", dir, err)
		}
	})
	return dir
}
