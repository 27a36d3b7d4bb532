package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	killEvery = 50 * time.Millisecond // twenty times a second
	fewKills  = 20                    // of a short round: how many workers must have died before it counts
	volley    = 25                    // after so many kills there is a pause
)

// mostKills is how many hits a round has at most. Then it goes on in peace: on a machine that has too much else to do nobody gets anywhere in a
// twentieth of a second.
const mostKills = 400

// underFire shoots at a random worker after a random moment, and then twenty times a second, until the run ends or most were hit. It says how many
// were hit, and gives the exit code. A shot at a worker that has ended misses: else the last worker of a run would have to do alone
// within a twentieth of a second what cannot be committed in parts, such as sorting. On a busy machine a start alone takes longer, and who is killed
// a hundred times without getting anywhere is rightly given up: so the pauses between volleys grow, from 50 ms to 1.6 s.
func (s *session) underFire(random *rand.Rand, most int) (kills, code int) {
	s.t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.cmd.Wait() // the exit code is in ProcessState
	}()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	places := 0
	for next := time.Now().Add(time.Duration(random.Int64N(int64(killEvery)))); ; {
		select {
		case <-ended:
			s.checkEnd()
			return kills, s.cmd.ProcessState.ExitCode()
		case <-ticker.C:
		}
		if kills == most || time.Now().Before(next) {
			continue
		}
		workers := s.workers()
		if places = max(places, len(workers)); places == 0 {
			continue // none has started yet
		}
		next = time.Now().Add(killEvery)
		if at := random.IntN(places); at < len(workers) && syscall.Kill(workers[at], syscall.SIGKILL) == nil {
			kills++
			if kills%volley == 0 {
				next = next.Add(25 * time.Millisecond << min(kills/volley, 6))
			}
		}
	}
}

// fire runs a spec under fire, again and again, until enough workers have been killed, and gives each result to check.
func fire(t *testing.T, check func(t *testing.T, r result), args ...string) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	start, total, rounds := time.Now(), 0, 0
	for total < fewKills || time.Since(start) < *long {
		s := prepareFor(t, 5*time.Minute, args...).start()
		kills, code := s.underFire(random, mostKills)
		total += kills
		rounds++
		check(t, result{code, s.stdout.String(), s.stderr.String()})
		if t.Failed() {
			t.Fatalf("in round %d after %d kills, seed %d\nstandard error:\n%s", rounds, kills, seed, shorten(s.stderr.String()))
		}
	}
	t.Logf("%d kills in %d rounds, %v", total, rounds, time.Since(start).Round(time.Millisecond))
}

// TestWordcountUnderFire holds a run under fire against one in peace. Random kills make innocent items look like those that kill their
// workers, so that more of them are allowed.
func TestWordcountUnderFire(t *testing.T) {
	t.Parallel()
	need(t, "go")
	args := []string{"../examples/wordcount.yaml"}
	if *long == 0 {
		args = append(args, "--file", writeSpec(t, "processes: {find: {env: {GOROOT: "+fewSources(t, "runtime")+"}}}\n"))
	}
	calm := run(t, nil, args...)
	if calm.code != 0 || strings.Count(calm.stdout, "\n") != 20 {
		t.Fatalf("in peace: exit code %d\n%s%s", calm.code, calm.stdout, calm.stderr)
	}
	fire(t, func(t *testing.T, r result) {
		t.Helper()
		r.expect(t, 0, calm.stdout)
	}, append(args, "--file", patience(t, "wordcount.yaml"))...)
}

// TestProgramsUnderFire: a program may run again for an item, what it says is there once.
func TestProgramsUnderFire(t *testing.T) {
	t.Parallel()
	need(t, "sha256sum")
	files, err := filepath.Abs("../stages/*.go")
	if err != nil {
		t.Fatal(err)
	}
	calm := run(t, nil, "../examples/checksums.yaml", "files="+files)
	if calm.code != 0 || strings.Count(calm.stdout, "\n") < 50 {
		t.Fatalf("in peace: exit code %d\n%s%s", calm.code, calm.stdout, calm.stderr)
	}
	fire(t, func(t *testing.T, r result) {
		t.Helper()
		r.expect(t, 0, calm.stdout)
	}, "../examples/checksums.yaml", "--file", patience(t, "checksums.yaml"), "files="+files)
}

// TestOutputUnderFire: what several workers print, write and leave as results is there once, whoever dies.
func TestOutputUnderFire(t *testing.T) {
	t.Parallel()
	const n = 60_000
	dir := t.TempDir()
	spec := writeSpec(t, fmt.Sprintf(`
queues:
  numbers: {max_deliveries: 1000}
  sums: {max_deliveries: 1000}
processes:
  count:
    stages:
      - range: %d
      - put: numbers
  show:
    replicas: 3
    stages:
      - get: numbers
      - print: ${{ item }}
      - write: %s/part-${{ item %% 2 }}
      - reduce: acc + item
        init: 0
      - put: sums
  add:
    stages:
      - get: sums
      - reduce: acc + item
      - result: sum
`, n, dir))
	report := filepath.Join(dir, "report.json")
	fire(t, func(t *testing.T, r result) {
		t.Helper()
		if r.code != 0 {
			t.Fatalf("exit code %d", r.code)
		}
		checkNumbers(t, "standard output", r.stdout, 0, n, 1)
		for part := range 2 {
			name := filepath.Join(dir, fmt.Sprintf("part-%d", part))
			written, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			checkNumbers(t, name, string(written), part, n, 2)
		}
		text, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		if sum := fmt.Sprintf(`"sum": %d`, n*(n-1)/2); !strings.Contains(string(text), sum) {
			t.Errorf("the report lacks %s:\n%s", sum, text)
		}
	}, spec, "--report", report)
}

// TestStandardInputUnderFire: a file that is standard input is read on where it was; a pipe cannot be read again, so that a run which
// has lost a line of it says so and fails, instead of printing less.
func TestStandardInputUnderFire(t *testing.T) {
	t.Parallel()
	const n = 1_000_000
	var lines, doubles strings.Builder
	for i := range n {
		fmt.Fprintln(&lines, i)
		fmt.Fprintln(&doubles, 2*i)
	}
	file := filepath.Join(t.TempDir(), "numbers")
	if err := os.WriteFile(file, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, from := range []string{"file", "pipe"} {
		t.Run(from, func(t *testing.T) {
			rounds, start := 0, time.Now()
			defer func() { t.Logf("%d rounds, %v", rounds, time.Since(start).Round(time.Millisecond)) }()
			for total := 0; total < fewKills || time.Since(start) < *long; rounds++ {
				s := prepare(t, "../examples/double.yaml")
				if from == "file" {
					f, err := os.Open(file)
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { f.Close() })
					s.cmd.Stdin = f
				} else {
					s.cmd.Stdin = strings.NewReader(lines.String())
				}
				kills, code := s.start().underFire(random, mostKills)
				total += kills
				if from == "pipe" && code == 1 && strings.Contains(s.stderr.String(), "input-lost") {
					if !strings.HasPrefix(doubles.String(), s.stdout.String()) {
						t.Errorf("what was printed is not the beginning of the result")
					}
					continue
				}
				if code != 0 || s.stdout.String() != doubles.String() {
					t.Fatalf("exit code %d, %d bytes of output, expected %d\n%s", code, len(s.stdout.String()), doubles.Len(), s.stderr)
				}
			}
		})
	}
}

// checkNumbers holds that lines are the numbers from, from+step, ... below to, each once, in any order.
func checkNumbers(t *testing.T, where, lines string, from, to, step int) {
	t.Helper()
	var got []int
	for line := range strings.Lines(lines) {
		n, err := strconv.Atoi(strings.TrimSuffix(line, "\n"))
		if err != nil {
			t.Fatalf("%s: a torn line: %q", where, line)
		}
		got = append(got, n)
	}
	slices.Sort(got)
	for i, n := 0, from; n < to; i, n = i+1, n+step {
		if i >= len(got) || got[i] != n {
			t.Fatalf("%s: %d lines; at %d the sorted numbers are %v", where, len(got), n, got[max(0, i-2):min(len(got), i+3)])
		}
	}
	if want := (to - from + step - 1) / step; len(got) != want {
		t.Fatalf("%s: %d lines, expected %d", where, len(got), want)
	}
}
