package e2e

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// session is one run of mprun with folders and a mark of its own.
type session struct {
	t      *testing.T
	cmd    *exec.Cmd
	mark   string // MPRUN_E2E=..., inherited by everything that it starts
	home   string // has tmp and run, which must be empty at the end
	stdout *text
	stderr *text
}

// text is output that can be read while it grows.
type text struct {
	mu    sync.Mutex
	b     bytes.Buffer
	grown chan struct{} // if not nil, closed with the next write
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.grown != nil {
		close(x.grown)
		x.grown = nil
	}
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// until waits until something holds of what has been written, and fails the test after a long while.
func (x *text) until(t *testing.T, what string, holds func(soFar string) bool) {
	t.Helper()
	deadline := time.After(longWhile)
	for {
		x.mu.Lock()
		soFar := x.b.String()
		if x.grown == nil {
			x.grown = make(chan struct{})
		}
		grown := x.grown
		x.mu.Unlock()
		if holds(soFar) {
			return
		}
		select {
		case <-grown:
		case <-deadline:
			t.Fatalf("waited in vain for %s; so far there is\n%s", what, shorten(soFar))
		}
	}
}

// has waits until a text is part of what has been written.
func (x *text) has(t *testing.T, part string) {
	t.Helper()
	x.until(t, strconv.Quote(part), func(soFar string) bool { return strings.Contains(soFar, part) })
}

// lines waits until so many lines have been written.
func (x *text) lines(t *testing.T, n int) {
	t.Helper()
	x.until(t, strconv.Itoa(n)+" lines", func(soFar string) bool { return strings.Count(soFar, "\n") >= n })
}

// is waits until just that has been written.
func (x *text) is(t *testing.T, all string) {
	t.Helper()
	x.until(t, strconv.Quote(shorten(all)), func(soFar string) bool { return soFar == all })
}

var sessions atomic.Int64

// prepare makes a session that has not started yet; its cmd may be changed. It has a minute.
func prepare(t *testing.T, args ...string) *session {
	t.Helper()
	return prepareFor(t, time.Minute, args...)
}

// prepareFor is prepare with another limit of time.
func prepareFor(t *testing.T, limit time.Duration, args ...string) *session {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	s := &session{
		t: t, home: t.TempDir(), stdout: new(text), stderr: new(text),
		mark: "MPRUN_E2E=" + strconv.Itoa(os.Getpid()) + "." + strconv.FormatInt(sessions.Add(1), 10),
	}
	s.cmd = exec.CommandContext(ctx, binary, args...)
	s.cmd.WaitDelay = 10 * time.Second
	s.cmd.Stdout, s.cmd.Stderr = s.stdout, s.stderr
	env, err := sessionEnv(s.home, s.mark)
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Env = append(os.Environ(), env...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a signal to us is none to it
	return s
}

// sessionEnv makes the folders of a session and says what its environment has besides ours.
func sessionEnv(home, mark string) ([]string, error) {
	tmp, run := filepath.Join(home, "tmp"), filepath.Join(home, "run")
	for _, dir := range []string{tmp, run} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, err
		}
	}
	return []string{"TMPDIR=" + tmp, "XDG_RUNTIME_DIR=" + run, mark, "NO_COLOR=1"}, nil
}

func (s *session) start() *session {
	s.t.Helper()
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return s
}

// wait waits for the end, checks that nothing is left behind and that no stack trace was shown, and gives the exit code: -N after
// signal N.
func (s *session) wait() int {
	s.t.Helper()
	err := s.cmd.Wait()
	code := s.cmd.ProcessState.ExitCode()
	if status, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = -int(status.Signal())
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatalf("mprun: %v\n%s", err, s.stderr)
	}
	s.checkEnd()
	return code
}

// checkEnd holds what every end of a run must leave: no process, no temporary file, no stack trace. Who was killed leaves that to
// others (its guardian), who need a moment.
func (s *session) checkEnd() {
	s.t.Helper()
	if !s.cmd.ProcessState.Exited() {
		// The guardian, which ends when it has removed the rest, is no child of ours and has no mark.
		eventually(s.t, "everything of the run to go", func() bool { return len(s.left()) == 0 })
	}
	for _, left := range s.left() {
		s.t.Errorf("left behind: %s", left)
	}
	checkNoTrace(s.t, s.stdout.String()+s.stderr.String())
}

// left is what there is of the run: processes and files.
func (s *session) left() []string {
	var left []string
	for _, p := range processesMarked(s.mark) {
		left = append(left, p.String())
	}
	for _, dir := range []string{"tmp", "run"} {
		for _, name := range entries(filepath.Join(s.home, dir)) {
			left = append(left, filepath.Join(dir, name))
		}
	}
	return left
}

// checkNoTrace fails where Go's own words for a crash are shown.
func checkNoTrace(t *testing.T, output string) {
	t.Helper()
	if word := traceWord(output); word != "" {
		t.Errorf("a user is shown %q:\n%s", word, shorten(output))
	}
}

// traceWord is a word that only a crash of Go shows, or "".
func traceWord(output string) string {
	for _, word := range []string{"goroutine ", "panic:", "fatal error:", "runtime error:", ".go:", "<nil>", "%!"} {
		if strings.Contains(output, word) {
			return word
		}
	}
	return ""
}

// workers are the process ids of the stage workers that run at the moment.
func (s *session) workers() []int {
	var found []int
	for _, child := range childrenOf(s.t, s.cmd.Process.Pid) {
		args, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(child), "cmdline")) // it may have ended
		if words := strings.Split(string(args), "\x00"); len(words) > 1 && words[1] == "worker" {
			found = append(found, child)
		}
	}
	return found
}

// result is what a run gave.
type result struct {
	code           int
	stdout, stderr string
}

// run runs mprun to its end.
func run(t *testing.T, stdin io.Reader, args ...string) result {
	t.Helper()
	s := prepare(t, args...)
	s.cmd.Stdin = stdin
	code := s.start().wait()
	return result{code, s.stdout.String(), s.stderr.String()}
}

// expect fails the test if the run did not end with this code and output.
func (r result) expect(t *testing.T, code int, stdout string) {
	t.Helper()
	if r.code != code || r.stdout != stdout {
		t.Errorf("exit code %d, expected %d\nstandard output:\n%s\nexpected:\n%s\nstandard error:\n%s",
			r.code, code, shorten(r.stdout), shorten(stdout), shorten(r.stderr))
	}
}

// shorten keeps messages readable.
func shorten(s string) string {
	if len(s) > 4000 {
		return s[:4000] + "..."
	}
	return s
}

// writeSpec writes a spec to a folder of the test's and gives its path.
func writeSpec(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "spec.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
