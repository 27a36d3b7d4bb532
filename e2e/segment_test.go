package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestPythonInASegment: a Python program reads what workers add while they are killed, and what it writes is there for them at once.
func TestPythonInASegment(t *testing.T) {
	t.Parallel()
	need(t, "python3")
	const n = 20_000
	watch, err := filepath.Abs("testdata/segments/watch.py")
	if err != nil {
		t.Fatal(err)
	}
	count, answer := segmentName("count"), segmentName("answer")
	spec := writeSpec(t, `queues: {jobs: {max_deliveries: 1000}}
values: {total: {type: int64, name: `+count+`}, answer: {type: int64, name: /`+answer+`}}
processes:
  first: {stages: [{items: [1]}, {put: jobs}]}
  hear: {stages: [{every: 2ms}, {take_while: answer == 0}]}
  rest: {depends_on: {hear: completed}, stages: [{range: [1, `+strconv.Itoa(n)+`]}, {put: jobs}]}
  raise: {replicas: 2, stages: [{get: jobs}, {add: total, value: 1}]}
  watch: {command: [python3, '`+watch+`', `+count+`, `+answer+`, '`+strconv.Itoa(n)+`'], stdout: inherit}
  report:
    depends_on: {watch: completed, raise: completed}
    stages:
      - items: [1]
      - print: ${{ total }} ${{ answer }}
`)
	fire(t, func(t *testing.T, r result) {
		t.Helper()
		r.expect(t, 0, fmt.Sprintf("1 of 8 bytes\n%d of 8 bytes\n%d 2\n", n, n))
	}, spec)
	if _, err := os.Stat("/dev/shm/" + count); err == nil {
		t.Error("the segment is left")
	}
}

// TestATakenSegment: what another has put into /dev/shm is neither written to nor removed.
func TestATakenSegment(t *testing.T) {
	t.Parallel()
	name := segmentName("taken")
	path := "/dev/shm/" + name
	if err := os.WriteFile(path, []byte("another's"), 0o600); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(path)
	r := run(t, nil, writeSpec(t, `values: {free: {type: int64, name: `+segmentName("free")+`}, x: {type: int64, name: `+name+`}}
processes: {p: {stages: [{items: [1]}, {add: x}, {print: added}]}}
`))
	r.expect(t, 1, "")
	if want := "value x: " + path + " is there already"; !strings.Contains(r.stderr, want) {
		t.Errorf("standard error lacks %q:\n%s", want, r.stderr)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "another's" {
		t.Errorf("another's segment has %q, %v", text, err)
	}
}

// TestACutSegment: a worker whose segment another program makes shorter fails with the reason.
func TestACutSegment(t *testing.T) {
	t.Parallel()
	name := segmentName("cut")
	s := prepare(t, writeSpec(t, `arrays: {grid: {type: float64, length: 100000, name: `+name+`}}
processes: {p: {stages: [{every: 5ms}, {apply: grid, value: item + 1}]}}
`)).start()
	eventually(t, "the segment", func() bool { _, err := os.Stat("/dev/shm/" + name); return err == nil && len(s.workers()) > 0 })
	if err := os.Truncate("/dev/shm/"+name, 4096); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != 1 || !strings.Contains(s.stderr.String(), "array grid: another program has cut off its segment") {
		t.Errorf("exit code %d\n%s", code, s.stderr)
	}
}

// TestASegmentIsItsRuns: a name that leads to another's file at the end of the run is left, and the run's own goes, however it ends.
func TestASegmentIsItsRuns(t *testing.T) {
	t.Parallel()
	name := segmentName("own")
	path := "/dev/shm/" + name
	s := prepare(t, writeSpec(t, `values: {x: {type: int64, name: `+name+`}}
processes: {p: {stages: [{every: 5ms}, {add: x, value: 1}]}}
`)).start()
	eventually(t, "the segment", func() bool { _, err := os.Stat(path); return err == nil })
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("another's"), 0o600); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(path)
	if err := s.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.wait() // and for the guardian, which removes the run's folder behind everything else
	if text, err := os.ReadFile(path); err != nil || string(text) != "another's" {
		t.Errorf("another's segment has %q, %v", text, err)
	}
}

// TestAKeptSegment: a kept arena has what is in segments, and doctor finds nothing wrong with it.
func TestAKeptSegment(t *testing.T) {
	t.Parallel()
	kept := filepath.Join(t.TempDir(), "kept.arena")
	r := run(t, nil, "--keep-arena="+kept, writeSpec(t, `arrays: {grid: {type: int64, length: 100000, name: `+segmentName("kept")+`}}
processes: {p: {stages: [{range: 5}, {apply: grid, value: item + 1}]}, q: {depends_on: {p: completed}, stages: [{items: [1]}, {print: '${{ sum(grid) }}'}]}}
`))
	r.expect(t, 0, "500000\n")
	if r := run(t, nil, "doctor", kept); r.code != 0 || !strings.Contains(r.stdout, "nothing is wrong") {
		t.Errorf("doctor: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}
