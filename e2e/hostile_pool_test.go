package e2e

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// hostilePools are tasks, and workers, that misbehave in a pool, and what becomes of the run.
var hostilePools = []struct {
	name, spec string
	code       int
	stdout     string
	says       string // a pattern for standard error
}{
	{"exits", onePool(`range: 4`, ``, task(`echo no such luck >&2; exit 3`)), 1, "", `process a: exec: sh ended with exit code 3: no such luck, in a\.pool\[[01]\] \(item 0\)`},
	{"exits now and then", onePool(`range: 6`, `retry: 5`, task(`n=$(cat n.$1 2>/dev/null || echo 0); echo $((n + 1)) > n.$1; test $n -ge $(($1 % 3)) || exit 1; echo $1`)), 0, numbers(6), `^$`},
	{"kills its worker", onePool(`range: 20`, ``, task(`test $1 != 7 || kill -9 $PPID; echo $1`)), 1, numbers(7), `process a\.pool\[[01]\]: exec: 3 workers of pool a\.pool died at work on this task \[max-deliveries\] \(item 7\)`},
	{"kills its worker once", onePool(`range: 20`, ``, task(`test $1 != 7 || test -e killed || { touch killed; kill -9 $PPID; }; echo $1`)), 0, numbers(20), `replaced, for the 1st time`},
	{"kills its worker, dead letter", deadLetters(`range: 20`, task(`test $1 != 7 || kill -9 $PPID; echo $1`)), 0, `{"dead": 7, "n": 19, "s": 183}` + "\n", `for the 3rd time`},
	{"poison among a thousand", deadLetters(`range: 1000`, `{exec: [sh, -c, 'test $1 != 777 || kill -9 $PPID; echo $1', sh, '${{ item }}'], when: item % 100 == 77}`), 0, `{"dead": 777, "n": 999, "s": 498723}` + "\n", `for the 3rd time`},
	{"kills who has the pool", `processes: {a: {stages: [{range: 2000}, {pool: {workers: 2}, do: [{map: item}]}, {exec: [sh, -c, 'test -e k || { touch k; kill -9 $PPID; }; echo $1', sh, '${{ item }}'], when: item == 1234}, {reduce: acc + int(item), init: 0}, {print: }]}}`, 0, "1999000\n", `a: ended by signal 9`},
	{"stops its worker", onePool(`range: 5`, `timeout: 300ms, on_timeout: skip`, task(`test $1 != 3 || `+stopParent+`; echo $1`)), 0, without(5, 3), `ended by signal 9 \(SIGKILL\); replaced`},
	{"loops", onePool(`range: 5`, `timeout: 300ms, on_timeout: skip`, task(`test $1 != 3 || while :; do :; done; echo $1`)), 0, without(5, 3), `replaced`},
	{"loops, no handler", onePool(`range: 5`, `timeout: 300ms`, task(`test $1 != 3 || while :; do :; done; echo $1`)), 1, numbers(3), `pool: the task took longer than its timeout, in a\.pool\[[01]\] \(item 3\)`},
	{"a child holds the output", onePool(`range: 3`, `timeout: 500ms, on_timeout: skip`, task(`test $1 != 1 || sleep 100 & echo $1`)), 0, without(3, 1), `replaced`},
	{"floods", onePool(`range: 2`, ``, task(`yes`)), 1, "", `exec: sh wrote more than 268435456 bytes \(max_output\), and was ended; .*, in a\.pool\[[01]\] \(item 0\)`},
	{"megabytes", `processes: {a: {stages: [{range: 2}, {pool: {workers: 2}, do: [` + task(`head -c 5000000 /dev/zero | tr "\\0" x`) + `]}, {print: '${{ len(item) }}'}]}}`, 0, "5000000\n5000000\n", `^$`},
	{"a result that is too large", `processes: {a: {stages: [{range: 4}, {pool: {workers: 2}, on_error: {do: [{print: '${{ split(error.message, ",")[0] }}'}], then: skip}, do: [{map: 'item == 2 ? repeat("x", 70000000) : "x"'}]}, {print: '${{ len(item) }}'}]}}`, 0, "1\n1\nits results have more than 64 MiB\n1\n", `^$`},
	{"results that are too large", `processes: {a: {stages: [{range: 40}, {pool: {workers: 2}, on_error: skip, do: [{map: '{n: item, s: item % 16 == 5 ? repeat("x", 70000000) : "x"}'}]}, {map: item.n}, {print: }]}}`, 0, without(40, 5, 21, 37), `^$`},
	{"exits unasked", onePool(`range: 4`, ``, talk(`echo going >&2; exit 3`)), 1, "", `through: sh ended with exit code 3: going, in a\.pool\[[01]\]`},
	{"dies in the middle of its answer", onePool(`range: 3`, ``, talk(`read x; printf half; exit 7`)), 1, "", `through: sh ended with exit code 7, in a\.pool`},
	{"ends with half a line", onePool(`range: 3`, ``, talk(`while read x; do printf half; exit 0; done`)), 1, "", `through: sh ended in the middle of an answer: what it wrote last has no end: "half", in a\.pool\[[01]\]`},
	{"answers twice", onePool(`range: 3`, ``, talk(`while read x; do printf "%s\n%s\n" $x $x; done`)), 1, numbers(2), `through: sh wrote more than it was asked: .*, in a\.pool`},
	{"answers too late", onePool(`range: 3`, `timeout: 500ms, on_timeout: skip`, talk(`while read x; do test $x != 1 || sleep 100; echo $x; done`)), 0, without(3, 1), `replaced`},
	{"closes its output", onePool(`range: 3`, ``, talk(`exec >&-; while read x; do :; done`)), 1, "", `through: sh closed its standard output without an answer: .*, in a\.pool`},
	{"no interpreter", onePool(`range: 4`, ``, `{python: 'mod:f', interpreter: /no/such/python}`), 3, "", `cannot run "/no/such/python"`},
	{"no function", onePool(`range: 4`, ``, `{python: 'mod:missing'}`), 3, "", `mod\.py has no function "missing"`},
	{"no module", onePool(`range: 4`, ``, `{python: 'nomodule:f'}`), 1, "", `ModuleNotFoundError: No module named 'nomodule', in a\.pool`},
	{"leaves", onePool(`range: 5`, `on_error: skip`, `{python: 'mod:leave'}`), 0, without(5, 2), ``},
	{"leaves, no handler", onePool(`range: 5`, `chunk_size: 1`, `{python: 'mod:leave'}`), 1, numbers(2), `python: python3 ended with exit code 9, in a\.pool\[[01]\] \(item 2\)`},
	{"closes what is mprun's", onePool(`range: 5`, `chunk_size: 1`, `{python: 'mod:closes'}`), 1, numbers(2), `python: python3 ended with exit code 1: descriptor 4 has been closed, which is mprun's.*, in a\.pool\[[01]\] \(item 2\)`},
	{"is killed at rest", onePool(`range: 2`, `chunk_size: 1`, `{python: 'mod:pid'}, {exec: [sh, -c, 'kill -9 $1; while kill -0 $1 2>/dev/null; do :; done', sh, '${{ item }}']}, {sleep: 300ms}`), 0, "\n\n", `^$`}, // until it was reaped
	{"kills its worker from Python", onePool(`range: 3000`, ``, `{python: 'mod:kills_worker'}`), 0, numbers(3000), `a\.pool\[[01]\]: ended by signal 9 .*replaced`},
	{"kills its interpreter once", onePool(`range: 3000`, ``, `{python: 'mod:kills_once'}`), 0, numbers(3000), `^$`},
	{"kills its interpreters", onePool(`range: 300`, `on_error: skip`, `{python: 'mod:kills_at_77'}`), 0, without(300, 77), `^$`},
	{"fails in the middle of many", onePool(`range: 300`, `on_error: {do: [{print: '${{ error.type }}'}], then: skip}`, `{python: 'mod:odd'}, {map: 'item * 10 / item'}`), 0, "expression\n" + strings.Repeat("10.0\n", 76) + "ValueError\n" + strings.Repeat("10.0\n", 222), `^$`},
	{"raises", onePool(`range: 300`, ``, `{python: 'mod:odd'}`), 1, numbers(77), `ValueError: invalid literal .*, in a\.pool\[[01]\] \(item 77\)\n  Traceback .*\n    File ".*mod\.py", line [0-9]+, in odd\n`},
	{"raises in a pool in a pool", onePool(`range: 78`, `on_error: {do: [{print: '${{ error.traceback contains "in odd" }}'}], then: skip}`, `{pool: {workers: 2}, do: [{python: 'mod:odd'}]}`), 0, numbers(77) + "true\n", `^$`},
	{"long tracebacks", onePool(`range: 4500`, `chunk_size: 4500, on_error: skip`, `{python: 'mod:long'}`), 0, "0\n3000\n", `^$`},
	{"one program for all", onePool(`range: 2000`, ``, talk(`echo begun >&2; while read x; do echo $x; done`)), 0, numbers(2000), `^(a\.pool\[[01]\]: begun\n){1,2}$`},
	{"fails at its end", onePool(`range: 20`, ``, talk(`while read x; do echo $x; done; exit 9`)), 1, numbers(20), `through: sh ended with exit code 9`},
	{"calls itself", onePool(`range: 5`, `on_error: {do: [{print: '${{ error.type }}'}], then: skip}`, `{python: 'mod:deep'}`), 0, "0\n1\nRecursionError\n3\n4\n", ``},
	{"wants all memory", onePool(`range: 5`, `on_error: {do: [{print: '${{ error.type }}'}], then: skip}`, `{python: 'mod:large'}`), 0, "0\n1\nMemoryError\n3\n4\n", ``},
	{"prints", onePool(`range: 5`, ``, `{python: 'mod:prints'}`), 0, numbers(5), `a\.pool\[[01]\]: said 3\n(.*\n)*a\.pool\[[01]\]: raw`},
	{"init fails", initPool(`echo no disk >&2; exit 4`), 1, "", `process p\[[01]\]: exec: sh ended with exit code 4: no disk`},
	{"init kills its worker", initPool(`kill -9 $PPID`), 1, "", `:33: process p\[[01]\]: exec: 3 workers died in a row here, before their first item: the init of the pool \[preparation\]\n`},
	{"init kills its worker at the end", "queues: {dead: {}}\npools: {p: {workers: 2, dead_letter: dead, init: [{exec: 'true'}, {exec: [sh, -c, 'kill -9 $PPID']}]}}\nprocesses: {a: {stages: [{range: 5}, {pool: p, do: [{map: item}]}, {print: }]}, b: {stages: [{get: dead}, {print: }]}}\n", 1, "", `:2:68: process p\[[01]\]: exec: 3 workers died in a row here`},
	{"init kills some of its workers", "queues: {dead: {}}\npools: {p: {workers: 2, max_deliveries: 1, dead_letter: dead, init: [{exec: [sh, -c, 'mkdir a || mkdir b || exit 0; kill -9 $PPID']}]}}\nprocesses: {a: {stages: [{range: 20}, {pool: p, do: [" + task(`test $1 != 7 || kill -9 $PPID; echo $1`) + "]}, {print: }]}, b: {stages: [{get: dead}, {filter: item.item != 7}, {print: }]}}\n", 0, without(20, 7), `for the [123](st|nd|rd) time`},
	{"init stands still", initPool(`sleep 1000`, `, timeout: 200ms`), 1, "", `process p\[[01]\]: exec: sh was ended after 200ms`},
	{"python's init kills its worker", onePool(`range: 5`, ``, `{python: 'mod:leave', init: 'mod:kills'}`), 1, "", `process a\.pool\[[01]\]: python: 3 workers died in a row here, before their first item: the start of the interpreter, which loads mod:leave and what it imports`},
	{"ends early", `processes: {a: {stages: [{range: 1000000}, {pool: {workers: 2}, do: [` + task(`echo $1`) + `]}, {take: 3}, {print: }]}}`, 0, numbers(3), `^$`},
	{"ends early, tasks at work", `processes: {a: {stages: [{range: 10}, {pool: {workers: 2}, chunk_size: 1, ordered: false, do: [` + task(`test $1 -lt 3 || exec sleep 1000; echo $1`) + `]}, {take: 3}, {reduce: acc + int(item), init: 0}, {print: }]}}`, 0, "3\n", `^$`},
	{"ends early, time and again", "pools: {p: {workers: 2, max_deliveries: 1}}\n" + `processes: {a: {stages: [{range: 3}, {do: [{range: 50}, {pool: p, chunk_size: 1, do: [` + task(`test $1 -lt 2 || exec sleep 1000; echo $1`) + `]}, {take: 2}, {print: }]}]}}`, 0, "0\n1\n0\n1\n0\n1\n", `^$`},
	{"ends early, and starts again", `processes: {a: {restart: {when: always, max: 2, backoff: 1ms}, stages: [{range: 50}, {pool: {workers: 2}, chunk_size: 1, do: [` + task(`test $1 -lt 2 || exec sleep 1000; echo $1`) + `]}, {take: 2}, {print: }]}}`, 0, "0\n1\n0\n1\n0\n1\n", `started again in 2ms`},
	{"retires, and delivers once", "pools: {p: {workers: 2, max_deliveries: 1, max_tasks_per_worker: 2}}\n" + `processes: {a: {stages: [{range: 30}, {pool: p, chunk_size: 7, do: [{map: item}]}, {print: }]}}`, 0, numbers(30), `^$`},
	{"ends early, pools in pools", `processes: {a: {stages: [{range: 10}, {pool: {workers: 2}, ordered: false, do: [{pool: {workers: 2}, do: [` + task(`test $1 = 0 || exec sleep 1000; echo $1`) + `]}]}, {take: 1}, {print: }]}}`, 0, numbers(1), `^$`},
	{"ends early, python at work", `processes: {a: {stages: [{items: [0, 1000, 1000]}, {pool: {workers: 2}, chunk_size: 1, do: [{python: 'time:sleep'}]}, {take: 1}, {print: }]}}`, 0, "null\n", `^$`},
	{"fails, tasks at work", onePool(`range: 10`, `chunk_size: 1`, task(`test $1 != 0 || exit 7; exec sleep 1000`)), 1, "", `exit code 7, in a\.pool\[[01]\] \(item 0\)\nmprun: the run failed: process a\n$`},
	{"call each other", "pools: {p: {}, q: {}}\n" + `processes: {a: {stages: [{range: 3}, {pool: p, do: [{pool: q, do: [{pool: p, do: [{map: item}]}]}]}, {print: }]}}`, 3, "", `a task of pool p waits for tasks of the same pool.*\[wait-cycle\]`},
	{"the stage's options in the pool", `processes: {a: {stages: [{range: 3}, {pool: {workers: 2, ordered: false}, do: [{map: item}]}, {print: }]}}`, 3, "", `unknown key "ordered" in pool; it belongs to the stage, beside pool: \{pool: NAME, ordered: ...\} \[unknown-key\]`},
	{"one worker", onePool(`range: 20`, ``, `{map: item}`, 1), 0, numbers(20), `^$`},
	{"two hundred workers", onePool(`range: 20`, ``, `{map: item}`, 200), 0, numbers(20), `^$`},
}

// hostileModule is the module of Python's that is beside each of these specs.
const hostileModule = `import os, signal
def f(x): return x
def leave(x):
    if x == 2: os._exit(9)
    return x
def kills_worker(x):
    if x == 777 and not os.path.exists("killed"):
        open("killed", "w").close()
        os.kill(os.getppid(), 9)
        signal.pause()
    return x
def kills_once(x):
    if x == 777 and not os.path.exists("killed"):
        open("killed", "w").close()
        os.kill(os.getpid(), 9)
    return x
def kills_at_77(x):
    if x == 77: os.kill(os.getpid(), 9)
    return x
def odd(x): return x if x != 77 else int("seven")
def long(x):
    if x % 3000 == 0: return x
    try: raise ValueError("x" * 9000)
    except ValueError: raise ValueError("y" * 9000)
def deep(x): return deep(x) if x == 2 else x
def large(x): return len(bytearray(1 << 60)) if x == 2 else x
def closes(x):
    if x == 2: os.close(4)
    return x
def kills(): os.kill(os.getppid(), 9)
def pid(x): return os.getpid()
def prints(x):
    print("said", x, flush=True)
    os.write(1, b"raw\n")
    return x
`

// task runs a script for each item, which is $1 there.
func task(script string) string {
	return `{exec: [sh, -c, '` + script + `', sh, '${{ item }}']}`
}

// talk hands lines to a script that answers with lines.
func talk(script string) string { return `{through: [sh, -c, '` + script + `']}` }

// stopParent stops the worker that runs it, for good: without the wait the worker may take the answer, and be stopped at another task.
const stopParent = `{ kill -STOP $PPID; until grep -q "^State:.T" /proc/$PPID/status; do :; done; }`

// onePool is a process whose items go through a task in a pool of two workers, or so many.
func onePool(source, keys, stage string, workers ...int) string {
	n := 2
	for _, n = range workers {
	}
	if keys != "" {
		keys = ", " + keys
	}
	return `processes: {a: {stages: [{` + source + `}, {pool: {workers: ` + strconv.Itoa(n) + `}` + keys + `, do: [` + stage + `]}, {print: }]}}`
}

// deadLetters has a pool with a queue for tasks that kill their workers, and prints those, and the number and sum of the results.
func deadLetters(source, stage string) string {
	return `
queues: {dead: {}, done: {}}
pools: {p: {workers: 2, dead_letter: dead}}
processes:
  a: {stages: [{` + source + `}, {pool: p, do: [` + stage + `]}, {put: done, value: '{n: 1, s: int(item), dead: 0}'}]}
  b: {stages: [{get: dead}, {put: done, value: '{n: 0, s: 0, dead: item.item}'}]}
  c: {stages: [{get: done}, {reduce: '{n: acc.n + item.n, s: acc.s + item.s, dead: acc.dead + item.dead}', init: {n: 0, s: 0, dead: 0}}, {print: }]}
`
}

// initPool has a script for the start of each worker.
func initPool(script string, keys ...string) string {
	return "pools: {p: {workers: 2, init: [{exec: [sh, -c, '" + script + "']" + strings.Join(keys, "") + "}]}}\nprocesses: {a: {stages: [{range: 5}, {pool: p, do: [{map: item}]}, {print: }]}}\n"
}

// numbers is the lines 0 to n-1.
func numbers(n int) string { return without(n) }

// without is numbers but some.
func without(n int, left ...int) string {
	var b strings.Builder
	for i := range n {
		if !slices.Contains(left, i) {
			b.WriteString(strconv.Itoa(i) + "\n")
		}
	}
	return b.String()
}

// TestHostilePools: whatever a task does, the run comes to its end, with the results of the others, or the name of the culprit.
func TestHostilePools(t *testing.T) {
	t.Parallel()
	for _, row := range hostilePools {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if strings.Contains(row.spec, "python") {
				need(t, "python3")
			}
			s := hostile(t, row.spec)
			r := result{s.start().wait(), s.stdout.String(), s.stderr.String()}
			if row.code == 1 { // what comes before the failure may be printed, or not any more
				if r.code != 1 || !strings.HasPrefix(row.stdout, r.stdout) {
					r.expect(t, row.code, row.stdout)
				}
			} else {
				r.expect(t, row.code, row.stdout)
			}
			if !regexp.MustCompile(row.says).MatchString(r.stderr) {
				t.Errorf("standard error does not say %s:\n%s", row.says, shorten(r.stderr))
			}
		})
	}
}

// hostile makes a session of a spec in a folder of its own.
func hostile(t *testing.T, spec string) *session {
	t.Helper()
	path := writeSpec(t, spec)
	dir := filepath.Dir(path)
	if err := os.WriteFile(filepath.Join(dir, "mod.py"), []byte(hostileModule), 0o600); err != nil {
		t.Fatal(err)
	}
	s := prepare(t, path)
	s.cmd.Dir = dir
	return s
}

// endlessPool prints now and then out of an input that does not end.
const endlessPool = `processes: {a: {stages: [{range: 1000000000000}, {pool: {workers: 2}, do: [{map: item}]}, {filter: item % 100000 == 0}, {print: }]}}`

// TestEndlessPool: an input without end is worked off in bounded memory, its workers may be killed, and Ctrl-C ends it.
func TestEndlessPool(t *testing.T) {
	t.Parallel()
	s := hostile(t, endlessPool).start()
	s.stdout.lines(t, 10)
	workers := s.workers()
	if len(workers) != 3 {
		t.Errorf("%d workers, not 3", len(workers))
	}
	for _, pid := range workers {
		if n := statusOf(t, pid, "RssAnon:"); n > 32<<10 {
			t.Errorf("a worker has %d KiB", n)
		}
	}
	for _, pid := range workers {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	s.stdout.lines(t, strings.Count(s.stdout.String(), "\n")+10)
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != 130 {
		t.Errorf("exit code %d\n%s", code, s.stderr)
	}
	for i, line := range strings.Fields(s.stdout.String()) {
		if line != strconv.Itoa(i*100000) {
			t.Fatalf("line %d is %s", i, line)
		}
	}
}

// TestStoppedPool: a task without a timeout that stops its worker is waited for, and a second Ctrl-C ends the run at once nevertheless.
func TestStoppedPool(t *testing.T) {
	t.Parallel()
	s := hostile(t, onePool(`range: 5`, ``, task(`test $1 != 3 || `+stopParent+`; echo $1`))).start()
	s.stdout.is(t, numbers(3))
	interrupt := func() {
		t.Helper()
		if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
	}
	interrupt()
	s.stderr.has(t, "stopping")
	interrupt()
	if code := s.wait(); code != 130 || s.stdout.String() != numbers(3) {
		t.Errorf("exit code %d, %s\n%s", code, s.stdout, s.stderr)
	}
}

// TestInterruptedPool: Ctrl-C ends tasks in their middle, with a word to their programs.
func TestInterruptedPool(t *testing.T) {
	for name, script := range map[string]string{"sleeps": `echo at work >&2; exec sleep 1000`, "will not end": `trap "" TERM; echo at work >&2; while :; do sleep 1; done`} {
		t.Run(name, func(t *testing.T) {
			s := hostile(t, onePool(`range: 5`, `retry: 5`, task(script))).start()
			eventually(t, "tasks to begin", func() bool { return strings.Contains(s.stderr.String(), "at work") })
			if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if code := s.wait(); code != 130 || strings.Contains(s.stderr.String(), "still running") {
				t.Errorf("exit code %d\n%s", code, s.stderr)
			}
		})
	}
}

// TestPoolWithoutReader: a reader of standard output that goes away ends the run.
func TestPoolWithoutReader(t *testing.T) {
	t.Parallel()
	s := hostile(t, endlessPool)
	s.cmd.Stdout = nil
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.start()
	first := make([]byte, 2)
	if _, err := io.ReadFull(out, first); err != nil || string(first) != "0\n" {
		t.Errorf("%q, %v", first, err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != 128+int(syscall.SIGPIPE) {
		t.Errorf("exit code %d\n%s", code, s.stderr)
	}
}
