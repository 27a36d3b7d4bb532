package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSpecTestsUnderFire runs the tests of the examples, and of the specs in testdata/tests, which are there for what their faults show. With -long
// each goes on with new seeds.
func TestSpecTestsUnderFire(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/tests/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no specs with tests", err)
	}
	examples, err := filepath.Glob("../examples/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tested := 0
	for _, path := range examples {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("\ntests:\n")) {
			files = append(files, path)
			tested++
		}
	}
	const few = 20
	if tested < few {
		t.Errorf("%d of the examples have tests, there were %d", tested, few)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			testSpec(t, path)
		})
	}
}

func testSpec(t *testing.T, path string) {
	t.Helper()
	r := run(t, nil, "test", path)
	if r.code != 0 || !strings.HasPrefix(r.stdout, "ok ") || strings.Contains(r.stderr, "error") {
		t.Fatalf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	start := time.Now()
	for seed := time.Now().UnixNano() >> 10; time.Since(start) < *long; seed++ {
		if r := run(t, nil, "test", path, "--seed", strconv.FormatInt(seed, 10)); r.code != 0 && !onlyMissed(r.stdout) {
			t.Fatalf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
		}
	}
}

// onlyMissed says whether all that is wrong is that the runs were too short for what happens every so often.
func onlyMissed(report string) bool {
	for line := range strings.Lines(report) {
		isProblem := strings.HasPrefix(line, "      ") && strings.Contains(line, ".yaml:")
		if isProblem && !strings.HasSuffix(line, ": the runs were over before\n") {
			return false
		}
	}
	return true
}

// TestInterruptedTests: the first interrupt ends the run of a test gracefully, and no other test begins; nothing is left.
func TestInterruptedTests(t *testing.T) {
	t.Parallel()
	spec := writeSpec(t, `
processes:
  wait: {stages: [{items: [1]}, {print: '', to: stderr}, {sleep: 1h}]}
  program: {command: [sleep, '3600']}
tests:
  - {name: first, timeout: 1h, faults: [{pause: wait, for: 1h}, {pause: program, for: 1h}]}
  - {name: second}
`)
	s := prepare(t, "test", spec).start()
	eventually(t, "the program to run", func() bool { return len(processesMarked(s.mark)) >= 3 }) // mprun, worker, program
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	if out := s.stdout.String(); !strings.HasPrefix(out, "----  first (1 run, ") || strings.Contains(out, "second") || !strings.HasSuffix(s.stderr.String(), "mprun: the tests were interrupted (interrupt)\n") {
		t.Errorf("%s%s", out, s.stderr)
	}
}

// TestKilledTests: when mprun is killed in the middle of a test, nothing is left either.
func TestKilledTests(t *testing.T) {
	t.Parallel()
	spec := writeSpec(t, `
processes:
  wait: {stages: [{items: [1]}, {sleep: 1h}]}
  program: {command: [sleep, '3600']}
tests:
  - {name: first, timeout: 1h, faults: [{pause: wait, for: 1h}, {pause: program, for: 1h}]}
`)
	s := prepare(t, "test", spec).start()
	eventually(t, "the program to run", func() bool { return len(processesMarked(s.mark)) >= 3 })
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != -9 {
		t.Errorf("exit code %d", code)
	}
}

// TestAKilledTest: the folder that a test has for its files goes with it when mprun is killed.
func TestAKilledTest(t *testing.T) {
	t.Parallel()
	s := prepare(t, "test", writeSpec(t, `vars: {to: out}
processes: {p: {stages: [{every: 5ms}, {shell: 'echo x > "$TO/$ITEM"', env: {TO: '${{ vars.to }}', ITEM: '${{ item }}'}}]}}
tests: [{name: endless, vars: {to: '${{ spec.scratch }}'}, expect: {exit_code: 0}}]
`)).start()
	eventually(t, "its files", func() bool {
		files, _ := filepath.Glob(filepath.Join(s.home, "tmp", "mprun-test-*", "*"))
		return len(files) > 0
	})
	if err := s.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.wait() // which holds that nothing is left
}
