package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestPythonUnderFire: workers are killed at random, and so are interpreters, by the function itself; each item is counted once. Replacements, and
// their interpreters, come from a reserve.
func TestPythonUnderFire(t *testing.T) {
	t.Parallel()
	need(t, "python3")
	dir := t.TempDir()
	for name, text := range map[string]string{
		"fragile.py": `import os

def square(x):
    if os.urandom(2) < b"\x00\x20":
        os.kill(os.getpid(), 9)
    return x * x
`,
		"spec.yaml": `
queues:
  numbers: {max_deliveries: 100}
  squares: {max_deliveries: 100}
processes:
  count:
    stages: [{range: 20000}, {put: numbers}]
  square:
    replicas: 2
    start_method: forkserver
    stages: [{get: numbers}, {python: "fragile:square"}, {put: squares}]
  sum:
    stages: [{get: squares}, {reduce: acc + item}, {print: }]
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fire(t, func(t *testing.T, r result) {
		if want := "2666466670000\n"; r.code != 0 || r.stdout != want {
			t.Errorf("exit code %d, and %q in place of %q", r.code, r.stdout, want)
		}
	}, filepath.Join(dir, "spec.yaml"))
}

// ticks is a run that prints the pid of its worker and of that one's interpreter again and again.
type ticks struct{ *session }

// now is what is printed now, by another worker than old.
func (s ticks) now(old int) (worker, interpreter int) {
	s.t.Helper()
	eventually(s.t, "a line of another worker", func() bool {
		lines := strings.Split(s.stdout.String(), "\n")
		if len(lines) < 2 {
			return false
		}
		_, err := fmt.Sscan(lines[len(lines)-2], &worker, &interpreter)
		return err == nil && worker != old
	})
	return worker, interpreter
}

// reserve is the worker in reserve, other than that at work, and its interpreter.
func (s ticks) reserve(worker int) (reserve, interpreter int) {
	s.t.Helper()
	eventually(s.t, "an interpreter in reserve", func() bool {
		for _, reserve = range s.workers() {
			if reserve == worker {
				continue
			}
			for _, interpreter = range childrenOf(s.t, reserve) {
				args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", interpreter))
				if err == nil && strings.HasSuffix(string(args), "here:pids\x00") { // and not something that is about to become it
					return true
				}
			}
		}
		return false
	})
	return reserve, interpreter
}

func (s ticks) kill(pid int) {
	s.t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		s.t.Fatal(err)
	}
}

// TestPythonInReserve: a replacement has its interpreter already, and starts one where that has died. `init` is called in those that come to work, and
// none is left at the end.
func TestPythonInReserve(t *testing.T) {
	need(t, "python3")
	spec := writeSpec(t, `
processes:
  tick:
    start_method: forkserver
    stages: [{every: 1ms}, {python: "here:pids", init: "here:init"}, {print: }]
`)
	inits := filepath.Join(filepath.Dir(spec), "inits")
	module := `import os

def init():
    with open("` + inits + `", "a") as f:
        print(os.getpid(), file=f)

def pids(_):
    return "%d %d" % (os.getppid(), os.getpid())
`
	if err := os.WriteFile(filepath.Join(filepath.Dir(spec), "here.py"), []byte(module), 0o600); err != nil {
		t.Fatal(err)
	}
	s := ticks{prepare(t, spec).start()}
	worker, interpreter := s.now(0)
	at := []int{interpreter}
	for i := range 3 {
		reserve, spare := s.reserve(worker)
		if i == 2 {
			s.kill(spare)
			eventually(t, "the interpreter in reserve to go", func() bool { return len(childrenOf(t, reserve)) == 0 })
		}
		s.kill(worker)
		worker, interpreter = s.now(worker)
		if at = append(at, interpreter); worker != reserve || (interpreter == spare) != (i < 2) {
			t.Errorf("after %d kills worker %d with interpreter %d came from a reserve of %d with %d", i, worker, interpreter, reserve, spare)
		}
	}
	s.reserve(worker)
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != 130 {
		t.Errorf("exit code %d\n%s", code, s.stderr)
	}
	text, err := os.ReadFile(inits)
	if got := strings.Fields(string(text)); err != nil || !slices.Equal(got, strings.Fields(strings.Trim(fmt.Sprint(at), "[]"))) {
		t.Errorf("init was called in %v, %v; at work were %v", got, err, at)
	}
}

// TestPythonInReserveIsLimited to the processors that its worker gets with its place.
func TestPythonInReserveIsLimited(t *testing.T) {
	need(t, "python3")
	spec := writeSpec(t, `
processes:
  tick:
    start_method: forkserver
    limits: {cpus: 1}
    stages: [{every: 1ms}, {python: "here:pids"}, {print: }]
`)
	module := `import os

def pids(_):
    return "%d %d of %d" % (os.getppid(), os.getpid(), len(os.sched_getaffinity(0)))
`
	if err := os.WriteFile(filepath.Join(filepath.Dir(spec), "here.py"), []byte(module), 0o600); err != nil {
		t.Fatal(err)
	}
	s := ticks{prepare(t, spec).start()}
	worker, _ := s.now(0)
	eventually(t, "a worker in reserve", func() bool { return len(s.workers()) == 2 })
	s.kill(worker)
	s.now(worker)
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != 130 {
		t.Errorf("exit code %d\n%s", code, s.stderr)
	}
	for line := range strings.Lines(s.stdout.String()) {
		if !strings.HasSuffix(line, " of 1\n") {
			t.Fatalf("an interpreter has more than one processor: %s", line)
		}
	}
}
