package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inputs makes n files in a folder, each with a text of its own of some kilobytes.
func inputs(t *testing.T, dir string, n int) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%03d.txt", i)), inputText(i), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func inputText(i int) []byte { return bytes.Repeat([]byte(fmt.Sprintf("line of file %d\n", i)), 1000) }

// TestCreatesUnderFire: whoever dies, each file is whole, nothing else is there, and a second run runs no program.
func TestCreatesUnderFire(t *testing.T) {
	t.Parallel()
	const n = 200
	dir := t.TempDir()
	inputs(t, filepath.Join(dir, "in"), n)
	spec := writeSpec(t, strings.ReplaceAll(`
queues:
  paths: {max_deliveries: 1000}
  made: {max_deliveries: 1000}
processes:
  list:
    stages:
      - files: DIR/in/*
      - put: paths
  make:
    replicas: 3
    stages:
      - get: paths
      - shell: |
          echo "$ITEM" >> DIR/ran
          cat "$ITEM" > "$OUT"
          cat "$ITEM" >> "$OUT"
        creates: DIR/out/${{ stem(item) }}.twice
      - put: made
  count:
    stages:
      - get: made
      - reduce: acc + 1
        init: 0
      - print: ${{ item }}
`, "DIR", dir))
	report := filepath.Join(t.TempDir(), "report.json")
	fire(t, func(t *testing.T, r result) {
		t.Helper()
		r.expect(t, 0, fmt.Sprintln(n))
		for second := range 2 {
			out := entries(filepath.Join(dir, "out"))
			if len(out) != n {
				t.Fatalf("there are %d files: %v", len(out), out)
			}
			for i, name := range out {
				if want := fmt.Sprintf("%03d.twice", i); name != want {
					t.Fatalf("there is %s instead of %s", name, want)
				}
				text, err := os.ReadFile(filepath.Join(dir, "out", name))
				if err != nil || !bytes.Equal(text, append(inputText(i), inputText(i)...)) {
					t.Fatalf("%s has %d bytes, %v", name, len(text), err)
				}
			}
			if second == 0 {
				if err := os.Remove(filepath.Join(dir, "ran")); err != nil {
					t.Fatal(err)
				}
				run(t, nil, spec, "--report", report).expect(t, 0, fmt.Sprintln(n))
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
			t.Error("programs ran in the second run")
		}
		if got := skipped(t, report); got != n {
			t.Errorf("%d items were skipped in the second run", got)
		}
		if err := os.RemoveAll(filepath.Join(dir, "out")); err != nil {
			t.Fatal(err)
		}
	}, spec)
}

// TestCompressTwice: the second run of the example does nothing; what has changed since is made again.
func TestCompressTwice(t *testing.T) {
	t.Parallel()
	need(t, "gzip")
	dir, to, report := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "report.json")
	inputs(t, dir, 5)
	times := map[string]time.Time{}
	for _, round := range []struct{ changed, skipped int }{{-1, 0}, {-1, 5}, {3, 4}} {
		if round.changed >= 0 { // later than its archive
			at := times[fmt.Sprintf("%03d.txt.gz", round.changed)].Add(time.Second)
			if err := os.Chtimes(filepath.Join(dir, fmt.Sprintf("%03d.txt", round.changed)), at, at); err != nil {
				t.Fatal(err)
			}
		}
		got := run(t, nil, "../examples/compress.yaml", "files="+dir+"/*", "to="+to, "--report", report)
		if got.code != 0 || strings.Count(got.stdout, "\n") != 5 || skipped(t, report) != round.skipped {
			t.Errorf("exit code %d, %d skipped\n%s%s", got.code, skipped(t, report), got.stdout, got.stderr)
		}
		for i, name := range entries(to) {
			info, err := os.Stat(filepath.Join(to, name))
			if err != nil {
				t.Fatal(err)
			}
			again := !info.ModTime().Equal(times[name])
			if times[name].IsZero() != (round.skipped == 0) || (round.skipped > 0 && again != (i == round.changed)) {
				t.Errorf("%s was made anew: %v", name, again)
			}
			times[name] = info.ModTime()
		}
	}
}

// skipped is how many items a report says were skipped.
func skipped(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Processes []struct{ Skipped int }
	}
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, p := range report.Processes {
		sum += p.Skipped
	}
	return sum
}

// TestCreatesInterrupted: a run that is interrupted twice, or fails, leaves nothing half made.
func TestCreatesInterrupted(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(s *session){
		"twice": func(s *session) {
			for range 2 {
				if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
					s.t.Fatal(err)
				}
			}
		},
		"by a failure": func(s *session) {
			if err := os.WriteFile(filepath.Join(s.cmd.Dir, "fail"), nil, 0o600); err != nil {
				s.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, out := t.TempDir(), t.TempDir()
			s := prepare(t, writeSpec(t, strings.ReplaceAll(`
processes:
  stage:
    stages:
      - shell: echo half > "$OUT"; sleep 1000
        creates: DIR/stage
    stop: {grace: 100ms}
  command:
    shell: mkdir "$OUT"; echo half > "$OUT/half"; sleep 1000
    creates: DIR/folder/command
  fails:
    shell: while ! test -e `+dir+`/fail; do sleep 0.01; done; exit 1
`, "DIR", out)))
			s.cmd.Dir = dir
			s.start()
			eventually(t, "both to have begun", func() bool {
				return len(entries(out)) == 2 && len(entries(filepath.Join(out, "folder"))) == 1
			})
			end(s)
			if code := s.wait(); code == 0 {
				t.Errorf("exit code 0\n%s", s.stderr)
			}
			if left := entries(out); len(left) != 0 {
				t.Errorf("there is %v, although nothing was created", left)
			}
		})
	}
}
