package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestLargeItemsDoNotPileUp: what a chain makes of small items is no more at a time than can go on, in bytes, so that a worker needs memory
// for a few of its items and not for a block of them. Here a block would be 360 MB, several times over while it is made. The workers are
// asked how much they had resident at most (proc_pid_status(5)) when all has gone through and they wait for more.
func TestLargeItemsDoNotPileUp(t *testing.T) {
	t.Parallel()
	texts := strings.Repeat("3000001\n", 10) + strings.Repeat("3000002\n", 90) + strings.Repeat("3000003\n", 20)
	staysSmall(t, `
queues: {texts: {max_bytes: 10MB}}
processes:
  make: {stages: [{read: "-"}, {range: 120}, {map: 'repeat("x", 3000000) + string(item)'}, {put: texts}]}
  take: {stages: [{get: texts}, {map: len(item)}, {print: "${{ item }}"}]}
`, texts, 2, map[string]int{"VmHWM:": 200 << 10})
}

// TestWhatAProgramWasGivenIsKeptSmall: what a program with `per: stream` was given, for another if its worker dies, is kept as it was
// written, not as the items that were: those of these lines would need 250 MB.
func TestWhatAProgramWasGivenIsKeptSmall(t *testing.T) {
	t.Parallel()
	staysSmall(t, `
processes:
  p:
    stages:
      - read: "-"
      - range: 500000
      - map: {a: item, b: item}
      - through: sh -c 'head -n 500000 | tail -n 1; cat > /dev/null'
        per: stream
        format: jsonl
      - print: ${{ item.a }}
`, "499999\n", 1, map[string]int{"VmHWM:": 110 << 10})
}

// A worker that does little is small: what the binary has beside the worker's own code and data (the libraries of the command line, of formats, of a
// display) costs no memory of each worker. What is mapped of the binary is one copy for all, but counts as each one's.
func TestWorkersAreSmall(t *testing.T) {
	t.Parallel()
	staysSmall(t, `
queues: {q: {}}
processes:
  make: {stages: [{read: "-"}, {put: q}]}
  take: {stages: [{get: q}, {map: 'item + "!"'}, {print: "${{ item }}"}]}
`, "go!\n", 2, map[string]int{"RssAnon:": 3 << 10, "VmHWM:": 15 << 10})
}

// staysSmall gives a line to a run, which must print all of that, and then holds its workers, which wait for more, against what they may have at
// most, in KiB, by the name that it has in their status.
func staysSmall(t *testing.T, spec, prints string, workers int, most map[string]int) {
	t.Helper()
	s := prepare(t, writeSpec(t, spec))
	stdin, err := s.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.start()
	fmt.Fprintln(stdin, "go")
	s.stdout.is(t, prints)
	running := s.workers()
	for _, pid := range running {
		for name, bound := range most {
			if n := statusOf(t, pid, name); n > bound {
				t.Errorf("%s a worker has %d KiB, more than %d", name, n, bound)
			}
		}
	}
	if len(running) != workers {
		t.Errorf("%d workers, not %d", len(running), workers)
	}
	stdin.Close()
	result{s.wait(), s.stdout.String(), s.stderr.String()}.expect(t, 0, prints)
}

// statusOf is a number of KiB in the status of a process; VmHWM is what it has had resident at most (proc_pid_status(5)).
func statusOf(t *testing.T, pid int, name string) (kibibytes int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), name)
	if _, err := fmt.Sscan(rest, &kibibytes); err != nil {
		t.Fatal(err)
	}
	return kibibytes
}

// What a worker's Go is told by its environment is not the environment of the chain and its programs.
func TestProgramsHaveTheUsersEnvironment(t *testing.T) {
	t.Parallel()
	for _, row := range [][]string{{"none none none"}, {"44 none x=1", "GOGC=44", "GODEBUG=x=1"}, {"none 3 none", "GOMAXPROCS=3"}} {
		s := prepare(t, writeSpec(t, `
processes:
  a:
    stages:
      - items: [x]
      - exec: sh -c 'echo "${GOGC-none} ${GOMAXPROCS-none} ${GODEBUG-none}"'
      - print: "${{ item }} = ${{ env.GOGC ?? 'none' }} ${{ env.GOMAXPROCS ?? 'none' }} ${{ env.GODEBUG ?? 'none' }}"
`))
		s.cmd.Env = append(slices.DeleteFunc(s.cmd.Env, func(entry string) bool { return strings.HasPrefix(entry, "GO") }), row[1:]...)
		s.start()
		result{s.wait(), s.stdout.String(), s.stderr.String()}.expect(t, 0, row[0]+" = "+row[0]+"\n")
	}
}
