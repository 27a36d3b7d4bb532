package e2e

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWhoIsStoppedInTime: who waits for the end of a process that nobody has started goes on when another stops that, and may start others then.
func TestWhoIsStoppedInTime(t *testing.T) {
	t.Parallel()
	run(t, nil, writeSpec(t, `
processes:
  p: {autostart: false, stages: [{print: p}]}
  q: {autostart: false, stages: [{print: q}]}
  s: {stages: [{wait: p}, {start: q}, {start: p, when: item == 3}]}
  x: {stages: [{sleep: 500ms}, {stop: p}]}
`)).expect(t, 0, "q\n")
}

// TestWhatWasAskedForLastIsDone: who has asked for a process to be started, behind output that nobody takes for a while, has asked for it, also if
// it ends for good before.
func TestWhatWasAskedForLastIsDone(t *testing.T) {
	t.Parallel()
	ended := filepath.Join(t.TempDir(), "ended")
	s := prepare(t, "--keep-going", writeSpec(t, `
processes:
  helper: {autostart: false, stages: [{print: helped}]}
  a:
    timeout: 300ms
    stages:
      - print: ${{ repeat("x", 1000000) }}
      - start: helper
  b: {stages: [{every: 10ms}, {filter: a.exitcode != null}, {take: 1}, {exec: [touch, "`+ended+`"]}]}
`))
	out, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	s.cmd.Stdout = to
	s.start()
	to.Close()
	eventually(t, "the end of who has asked", func() bool {
		_, err := os.Stat(ended)
		return err == nil
	})
	text, err := io.ReadAll(out)
	if code := s.wait(); err != nil || code != 1 {
		t.Errorf("exit code %d, %v", code, err)
	}
	if !strings.HasSuffix(string(text), "x\nhelped\n") {
		t.Errorf("the output ends in %q", text[max(0, len(text)-20):])
	}
}

// TestLeftOutProcesses: a process that nobody starts, though somebody could have, keeps nobody waiting: not those who read what it would have put,
// not those who wait for its end, not the run.
func TestLeftOutProcesses(t *testing.T) {
	t.Parallel()
	const helper = "  helper: {autostart: false, stages: [{range: 3}, {print: }, {put: q}]}\n"
	for _, row := range []struct{ name, spec, left, started string }{
		{"its starter reads what it puts", "main: {stages: [{items: [7]}, {start: helper, when: vars.need}, {get: q}, {reduce: acc + 1, init: 0}, {print: }]}", "0\n", "0\n1\n2\n3\n"},
		{"its starter waits for its end", "main: {stages: [{start: helper, when: vars.need}, {wait: helper}, {print: ended}]}\n  sink: {stages: [{get: q}, {filter: 'false'}]}", "ended\n", "0\n1\n2\nended\n"},
		{"another waits for its end", "main: {stages: [{start: helper, when: vars.need}]}\n  sink: {stages: [{get: q}, {filter: 'false'}]}\n  other: {stages: [{wait: helper}, {print: ended}]}", "ended\n", "0\n1\n2\nended\n"},
		{"its starter is a daemon that waits", "main: {daemon: true, stages: [{wait: never, when: not vars.need}, {start: helper}]}\n  sink: {stages: [{wait: now}, {print: done}]}\n  reader: {daemon: true, stages: [{get: q}]}\n  idle: {daemon: true, autostart: false, stages: [{set: never}]}", "done\n", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			spec := writeSpec(t, "vars: {need: false}\nqueues: {q: {}}\nevents: {never: {}, now: {set: true}}\nx-mprun-allow: [unused, never-started]\nprocesses:\n  "+row.spec+"\n"+helper)
			run(t, nil, spec).expect(t, 0, row.left)
			if row.started != "" {
				got := run(t, nil, spec, "need=true")
				if got.code != 0 || strings.Count(got.stdout, "\n") != strings.Count(row.started, "\n") || !strings.HasSuffix(got.stdout, row.started[len(row.started)-3:]) {
					t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
				}
			}
		})
	}
}
