package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// hog is a Python program that has 200 MB and keeps them until it is killed, or a minute long.
const hog = `'import time; x = bytearray(b"1") * 200000000; time.sleep(60)'`

// sharing is a Python program that has 50 MB, which it shares with four copies of itself for a second.
const sharing = `'import os, time; x = bytearray(b"1") * 50000000; [os.fork() or (time.sleep(1), os._exit(0)) for _ in range(4)]; [os.wait() for _ in range(4)]; print("shared")'`

// showLimits says what a program may use: descriptors, soft and hard, its priority, how many processors.
const showLimits = `'echo $(ulimit -Sn) $(ulimit -Hn) $(nice) $(nproc)'`

// limited are processes with limits, and what becomes of the run.
var limited = []struct {
	name, spec string
	code       int
	stdout     string
	says       string // a pattern for standard error
}{
	{"a command", `processes: {a: {limits: {open_files: 50, nice: 5, cpus: 1}, shell: ` + showLimits + `, stdout: inherit}}`, 0, "50 50 5 1\n", `^$`},
	{"a command with as few descriptors as may be", `processes: {a: {limits: {open_files: 4, nice: 5, cpus: 1}, command: [sh, -c, ulimit -n], stdout: inherit}}`, 0, "4\n", `^$`},
	{"a program of a worker", `processes: {a: {limits: {open_files: 50, nice: 5, cpus: 1}, stages: [{shell: ` + showLimits + `}, {print: }]}}`, 0, "50 50 5 1\n", `^$`},
	{"a program of a pool", `processes: {a: {stages: [{items: [1]}, {pool: {workers: 1, limits: {open_files: 50, nice: 5, cpus: 1}}, do: [{shell: ` + showLimits + `}]}, {print: }]}}`, 0, "50 50 5 1\n", `^$`},
	{"by defaults and vars", "vars: {n: 5}\ndefaults: {limits: {nice: '${{ vars.n }}'}}\n" + `processes: {a: {command: nice, stdout: inherit}}`, 0, "5\n", `^$`},
	{"the fewest descriptors", `processes: {a: {limits: {open_files: 32, memory: 16MiB}, stages: [{range: 40}, {exec: 'echo ${{ item }}'}, {through: cat}, {shell: 'echo $ITEM'}, {reduce: acc + int(item), init: 0}, {print: }]}}`, 0, "780\n", `^$`},
	{"more processors than there are", `processes: {a: {limits: {cpus: 100000}, stages: [{print: enough}]}}`, 0, "enough\n", `^$`},
	{"too many descriptors", `processes: {a: {stages: [{print: no}]}, b: {limits: {open_files: 2000000000}, command: 'true'}}`, 1, "", `spec\.yaml:1:\d+: process b: limits: open_files: 2000000000 is more than this machine lets a process have \(fs\.nr_open\): write \d+ or less`},
	{"no such program", `processes: {a: {limits: {nice: 1}, command: ./garbage}}`, 1, "", `process a: starting .*/garbage: exec format error`},
	{"a command with too much", `processes: {a: {limits: {memory: 60MB}, command: [python3, -c, ` + hog + `]}}`, 1, "", `spec\.yaml:1:\d+: process a: memory limit of 60MB reached \(peak \d+\.\d\dMB\)`},
	{"a child with too much", `processes: {a: {limits: {memory: 60MB}, command: [setsid, --wait, python3, -c, ` + hog + `]}}`, 1, "", `process a: memory limit of 60MB reached`},
	{"a program of a worker with too much", `processes: {a: {limits: {memory: 60MB}, stages: [{exec: [python3, -c, ` + hog + `]}]}}`, 1, "", `process a: memory limit of 60MB reached \(peak \d+\.\d\dMB\), 3 times in a row without getting anywhere`},
	{"a worker with too much", `processes: {a: {limits: {memory: 20MiB}, stages: [{range: 60}, {map: 'repeat("x", 1000000)'}, {collect: all}, {print: '${{ len(item) }}'}]}}`, 1, "", `process a: memory limit of 20MiB reached`},
	{"what forks share", `processes: {a: {limits: {memory: 150MB}, command: [python3, -c, ` + sharing + `], stdout: inherit}}`, 0, "shared\n", `^$`},
	{"memory shared by programs", `processes: {a: {limits: {memory: 60MB}, command: [python3, -c, 'import mmap, time; x = mmap.mmap(-1, 200000000); x.write(b"1" * 200000000); time.sleep(60)']}}`, 1, "", `process a: memory limit of 60MB reached`},
	{"memory of the run", `
queues: {q: {capacity: unbounded, max_bytes: 250MB}}
processes:
  a: {limits: {memory: 150MB}, stages: [{range: 200}, {map: 'repeat("x", 1000000)'}, {put: q}]}
  b: {depends_on: {a: completed}, limits: {memory: 150MB}, stages: [{get: q}, {reduce: acc + len(item), init: 0}, {print: }]}
`, 0, "200000000\n", ``},
	{"all threads of a worker", `processes: {a: {limits: {nice: 5, cpus: 1}, stages: [{shell: 'echo $(cat /proc/$PPID/task/*/stat | cut -d " " -f 19 | sort -u) $(grep -h Cpus_allowed_list: /proc/$PPID/task/*/status | sort -u | wc -l)'}, {print: }]}}`, 0, "5 1\n", `^$`},
	{"a restarted command", `processes: {a: {limits: {memory: 60MB}, restart: {when: on-failure, max: 1, backoff: 1ms}, command: [python3, -c, ` + hog + `]}}`, 1, "", `a: memory limit of 60MB reached \(.*\); started again in 1ms\n(.*\n)*.*process a: memory limit`},
	{"items of a queue", `
queues: {q: {max_deliveries: 2, dead_letter: dead}, dead: {}, got: {}}
processes:
  a: {stages: [{range: 30}, {put: q}]}
  b: {limits: {memory: 60MB}, stages: [{get: q}, {exec: [python3, -c, ` + hog + `], when: item == 7}, {put: got}]}
  c: {stages: [{get: dead}, {put: got, value: 1000 * item.item}, {log: '${{ item.error.message }}'}]}
  d: {stages: [{get: got}, {reduce: acc + item, init: 0}, {print: }]}
`, 0, "7428\n", `2 workers died at work on this item of queue q: memory limit of 60MB reached \(peak .*\) \[max-deliveries\]`},
	{"the start of a pool", `
pools: {p: {workers: 1, limits: {memory: 60MB}, init: [{exec: [python3, -c, ` + hog + `]}]}}
processes: {a: {stages: [{range: 5}, {pool: p, do: [{map: item}]}, {print: }]}}
`, 1, "", `process p: exec: 3 workers died in a row here, before their first item: the init of the pool: memory limit of 60MB reached \(peak .*\) \[preparation\]`},
	{"tasks under a reserve", `
queues: {dead: {}, got: {}}
pools: {p: {workers: 2, start_method: forkserver, limits: {memory: 60MB, nice: 3, cpus: 1}, max_deliveries: 2, dead_letter: dead}}
processes:
  a: {stages: [{range: 30}, {pool: p, do: [{exec: [python3, -c, ` + hog + `], when: item == 7}, {shell: 'echo $(($ITEM + $(nice) + $(nproc)))'}]}, {put: got, value: int(item)}]}
  c: {stages: [{get: dead}, {put: got, value: 1000 * item.item}]}
  d: {stages: [{get: got}, {reduce: acc + item, init: 0}, {print: }]}
`, 0, "7544\n", `p\[[01]\]: memory limit of 60MB reached \(peak .*\); replaced, for the 1st time`},
}

// TestLimits: what is limited is so from the start, and what is exceeded is dealt with, in whatever kind of process.
func TestLimits(t *testing.T) {
	for _, row := range limited {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			need(t, "python3", "setsid", "nproc")
			s := hostile(t, row.spec)
			if err := os.WriteFile(filepath.Join(s.cmd.Dir, "garbage"), []byte("garbage\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			r := result{s.start().wait(), s.stdout.String(), s.stderr.String()}
			r.expect(t, row.code, row.stdout)
			if !regexp.MustCompile(row.says).MatchString(r.stderr) {
				t.Errorf("standard error does not say %s:\n%s", row.says, shorten(r.stderr))
			}
		})
	}
}

// TestLimitsWithoutPrivileges: a run needs none for limits; what does need them is found before anything is started.
func TestLimitsWithoutPrivileges(t *testing.T) {
	need(t, "setpriv", "python3", "nproc")
	without := func(spec string) result {
		t.Helper()
		s := hostile(t, spec)
		if os.Geteuid() == 0 {
			path, err := exec.LookPath("setpriv")
			if err != nil {
				t.Fatal(err)
			}
			s.cmd.Path, s.cmd.Args = path, append([]string{"setpriv", "--bounding-set=-all", "--inh-caps=-all", binary}, s.cmd.Args[1:]...)
		}
		return result{s.start().wait(), s.stdout.String(), s.stderr.String()}
	}
	without(`processes: {a: {limits: {open_files: 50, nice: 5, cpus: 1}, shell: `+showLimits+`, stdout: inherit}}`).expect(t, 0, "50 50 5 1\n")
	if r := without(`processes: {a: {limits: {memory: 60MB}, command: [python3, -c, ` + hog + `]}}`); r.code != 1 || !strings.Contains(r.stderr, "memory limit of 60MB reached") {
		r.expect(t, 1, "")
	}
	r := without(`processes: {a: {stages: [{print: no}]}, b: {depends_on: [a], limits: {nice: -5}, command: 'true'}}`)
	r.expect(t, 1, "")
	if !regexp.MustCompile(`process b: limits: nice: -5 is before mprun's own priority, \d+, and that needs privileges \(permission denied\): write \d+ or more, or run mprun with CAP_SYS_NICE`).MatchString(r.stderr) {
		t.Errorf("standard error does not say what is missing:\n%s", r.stderr)
	}
}

// hungryPool has a task, 7, that takes too much memory until that has been tried three times.
const hungryPool = `
pools: {p: {workers: 2, start_method: METHOD, limits: {memory: 60MB, cpus: 1, nice: 1, open_files: 50}, max_deliveries: 1000}}
processes:
  a:
    stages:
      - range: 150
      - pool: p
        do:
          - shell: test -e tries/3 || { cd tries; touch $(($(ls | wc -l) + 1)); exec python3 -c ` + hog + `; }
            when: item == 7
            as: tried
          - exec: [sh, -c, 'echo $(ulimit -n) $(nice) $(nproc) $1', sh, '${{ item }}']
      - print:
`

// TestLimitsUnderFire: workers that have come to a limit, and workers that are killed at the same time, lose and double nothing, and whoever takes
// their places is limited as they were.
func TestLimitsUnderFire(t *testing.T) {
	need(t, "python3", "nproc")
	var all strings.Builder
	for i := range 150 {
		fmt.Fprintf(&all, "50 1 1 %d\n", i)
	}
	for _, method := range []string{"spawn", "forkserver"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			seed := uint64(time.Now().UnixNano())
			s := hostile(t, strings.Replace(hungryPool, "METHOD", method, 1))
			if err := os.Mkdir(filepath.Join(s.cmd.Dir, "tries"), 0o700); err != nil {
				t.Fatal(err)
			}
			kills, code := s.start().underFire(rand.New(rand.NewPCG(seed, 0)), 10)
			result{code, s.stdout.String(), s.stderr.String()}.expect(t, 0, all.String())
			if tries := len(entries(filepath.Join(s.cmd.Dir, "tries"))); tries != 3 {
				t.Errorf("the task was tried %d times with too much memory", tries)
			}
			t.Logf("%d kills, seed %d", kills, seed)
		})
	}
}
