package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// endlessSpec is a run without end.
type endlessSpec struct{ name, text string }

// write writes the spec for a test, which has a folder and a name in /dev/shm of its own.
func (e endlessSpec) write(t *testing.T, dir, segment string) string {
	t.Helper()
	return writeSpec(t, strings.NewReplacer("DIR", dir, "SEGMENT", segment).Replace(e.text))
}

// polite is the spec without programs that do not end when they are asked to.
func (e endlessSpec) polite() endlessSpec {
	return endlessSpec{e.name, strings.ReplaceAll(e.text, `trap "" TERM HUP; `, "")}
}

// endless specs, each with another kind of thing that could be left behind.
var endless = []endlessSpec{
	{"stages", `
queues:
  numbers: {}
processes:
  count:
    stages:
      - range: 9000000000000000000
      - put: numbers
  show:
    replicas: 2
    stages:
      - get: numbers
      - filter: item % 1000 == 0
      - print: ${{ item }}
`},
	{"programs", `
queues:
  lines: {}
  answers: {}
processes:
  yes:
    command: yes
    stdout: {put: lines}
  nested:
    shell: |
      sleep 1000 &
      sh -c 'trap "" TERM HUP; sleep 1000; sleep 1000' &
      echo up
      wait
  upper:
    command: tr a-z A-Z
    stdin: {get: lines}
    stdout: {put: answers}
  show:
    stages:
      - get: answers
      - print: ${{ item }}
  each:
    stages:
      - exec: sleep 1000
    stop: {grace: 200ms}
`},
	{"output that is kept in files", `
processes:
  whole:
    replicas: 2
    stages:
      - range: 9000000000000000000
        split: true
      - shell: yes "$ITEM" | head -c 100000
        format: outcome
        spill: 64KiB
      - print: ${{ item.stdout_file }}
        from: file
  half:
    stages:
      - shell: while echo half; do sleep 0.01; done
        format: outcome
        spill: 1B
        timeout: 200ms
        retry: 1000
    stop: {grace: 200ms}
`},
	{"half-made files", `
processes:
  stage:
    stages:
      - range: 9000000000000000000
      - shell: |
          echo half > "$OUT"
          test "$ITEM" -lt 5 || sleep 1000
          rm -r "$OUT"
        creates: DIR/stage-${{ item }}
        on_error: skip
    stop: {grace: 200ms}
  command:
    shell: mkdir "$OUT"; while echo half > "$OUT/half"; do sleep 0.01; done
    creates: DIR/command
  show:
    stages:
      - range: 9000000000000000000
      - filter: item % 1000 == 0
      - print: ${{ item }}
`},
	{"a spilling queue and a half-written file", `
queues:
  all: {capacity: unbounded}
processes:
  count:
    stages:
      - range: 9000000000000000000
      - put: all
  keep:
    stages:
      - get: all
      - write: DIR/numbers
      - print: ${{ item }}
`},
	{"threads and a worker in reserve", `
queues:
  numbers: {}
processes:
  count:
    start_method: forkserver
    stages:
      - range: 9000000000000000000
      - put: numbers
  show:
    replicas: 3
    start_method: thread
    stages:
      - get: numbers
      - filter: item % 1000 == 0
      - print: ${{ item }}
  programs:
    replicas: 2
    start_method: thread
    stages:
      - items: [1]
        split: false
      - exec: sleep 1000
    stop: {grace: 200ms}
`},
	{"segments", `
values:
  times: {type: int64, name: SEGMENT-times}
arrays:
  grid: {type: float64, length: 10000, name: SEGMENT-grid}
processes:
  raise:
    stages:
      - every: 5ms
      - add: times
        value: 1
      - apply: grid
        value: item + 1
      - print: ${{ times }}
`},
}

// TestKilledSupervisor kills mprun itself, at three moments, and holds that nothing is left.
func TestKilledSupervisor(t *testing.T) {
	t.Parallel()
	moments := []struct {
		name string
		come func(t *testing.T, s *session)
	}{
		{"at once", func(*testing.T, *session) {}},
		{"with the first worker", func(t *testing.T, s *session) {
			eventually(t, "a worker", func() bool { return len(s.workers()) > 0 })
		}},
		{"in full flow", func(t *testing.T, s *session) { s.stdout.lines(t, 4) }},
	}
	for _, e := range endless {
		for _, m := range moments {
			t.Run(e.name+"/"+m.name, func(t *testing.T) {
				dir, segment := t.TempDir(), newSegment()
				s := prepare(t, e.write(t, dir, segment)).start()
				m.come(t, s)
				if err := s.cmd.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				if code := s.wait(); code != -int(syscall.SIGKILL) {
					t.Errorf("exit code %d, expected the end by SIGKILL\n%s", code, s.stderr)
				}
				eventually(t, "half-written files to go", func() bool { return len(entries(dir)) == 0 })
				eventually(t, "the segments to go", func() bool { return len(segmentsOf(segment)) == 0 })
			})
		}
	}
}

// TestFileAppearsAtTheEnd: no half-written file can be seen under its name, and none stays when the run fails.
func TestFileAppearsAtTheEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spec := writeSpec(t, `
processes:
  write:
    stages:
      - range: 5000
      - write: `+filepath.Join(dir, "numbers")+`
      - filter: item == 4999
      - fail: no more
`)
	got := run(t, nil, spec)
	got.expect(t, 1, "")
	if !strings.Contains(got.stderr, "no more") {
		t.Errorf("the reason is not told:\n%s", got.stderr)
	}
	if left := entries(dir); len(left) > 0 {
		t.Errorf("files are left: %v", left)
	}
	if err := os.Remove(spec); err != nil {
		t.Fatal(err)
	}
}

// TestARunIsReached asks a run with nothing that needs a guardian where it stands, and kills it then: its folder goes.
func TestARunIsReached(t *testing.T) {
	t.Parallel()
	s := prepare(t, writeSpec(t, `
queues:
  never: {}
processes:
  tick:
    stages:
      - every: 1h
      - put: never
  wait:
    stages:
      - get: never
      - print: ${{ item }}
`)).start()
	ask := func(verb ...string) (string, error) {
		cmd := exec.Command(binary, verb...)
		cmd.Env = s.cmd.Env
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	var said string
	eventually(t, "the run to be reached", func() bool {
		var err error
		said, err = ask("why")
		return err == nil && strings.Contains(said, "wait  waits since") && strings.Contains(said, "tick  waits since")
	})
	if !strings.Contains(said, "nothing is stuck\n") || !strings.Contains(said, "for a pause to be over (") || !strings.Contains(said, "for an item of queue never from tick (") {
		t.Errorf("why says\n%s", said)
	}
	if said, err := ask("doctor"); err != nil || !strings.Contains(said, "nothing is wrong\n") {
		t.Errorf("doctor says %v\n%s", err, said)
	}
	if err := s.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.wait()
}
