package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestLargeItemsDoNotPileUp: what a chain makes of small items is no more at a time than can go on, in bytes, so that a worker needs memory
// for a few of its items and not for a block of them. Here a block would be 360 MB, several times over while it is made. The workers are
// asked how much they had resident at most (proc_pid_status(5)) when all has gone through and they wait for more.
func TestLargeItemsDoNotPileUp(t *testing.T) {
	s := prepare(t, writeSpec(t, `
queues: {texts: {max_bytes: 10MB}}
processes:
  make: {stages: [{read: "-"}, {range: 120}, {map: 'repeat("x", 3000000) + string(item)'}, {put: texts}]}
  take: {stages: [{get: texts}, {map: len(item)}, {print: "${{ item }}"}]}
`))
	stdin, err := s.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.start()
	fmt.Fprintln(stdin, "go")
	eventually(t, "all texts", func() bool { return strings.Count(s.stdout.String(), "\n") == 120 })
	const most = 200 << 10
	workers := s.workers()
	for _, pid := range workers {
		if peak := peakOf(t, pid); peak > most {
			t.Errorf("a worker needed %d KiB, more than %d", peak, most)
		}
	}
	if len(workers) != 2 {
		t.Errorf("%d workers, not 2", len(workers))
	}
	stdin.Close()
	result{s.wait(), s.stdout.String(), s.stderr.String()}.expect(t, 0, strings.Repeat("3000001\n", 10)+strings.Repeat("3000002\n", 90)+strings.Repeat("3000003\n", 20))
}

// TestWhatAProgramWasGivenIsKeptSmall: what a program with `per: stream` was given, for another if its worker dies, is kept as it was
// written, not as the items that were: those of these lines would need 250 MB.
func TestWhatAProgramWasGivenIsKeptSmall(t *testing.T) {
	s := prepare(t, writeSpec(t, `
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
`))
	stdin, err := s.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.start()
	fmt.Fprintln(stdin, "go")
	eventually(t, "the last line", func() bool { return s.stdout.String() == "499999\n" })
	const most = 110 << 10
	workers := s.workers()
	for _, pid := range workers {
		if peak := peakOf(t, pid); peak > most {
			t.Errorf("a worker needed %d KiB, more than %d", peak, most)
		}
	}
	if len(workers) != 1 {
		t.Errorf("%d workers, not 1", len(workers))
	}
	stdin.Close()
	result{s.wait(), s.stdout.String(), s.stderr.String()}.expect(t, 0, "499999\n")
}

// peakOf is how many KiB a process has had resident at most.
func peakOf(t *testing.T, pid int) (kibibytes int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(rest, &kibibytes); err != nil {
		t.Fatal(err)
	}
	return kibibytes
}
