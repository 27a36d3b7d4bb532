package e2e

import (
	"syscall"
	"testing"
)

// TestLargeItemsDoNotPileUp: what a chain makes of small items is no more at a time than can go on, in bytes, so that a run needs memory
// for a few of its items and not for a block of them. Here a block would be 360 MB, several times over while it is made.
func TestLargeItemsDoNotPileUp(t *testing.T) {
	s := prepare(t, writeSpec(t, `
queues: {texts: {max_bytes: 10MB}}
processes:
  make: {stages: [{range: 120}, {map: 'repeat("x", 3000000) + string(item)'}, {put: texts}]}
  take: {stages: [{get: texts}, {reduce: acc + len(item), init: 0}, {print: "${{ item }}"}]}
`))
	code := s.start().wait()
	result{code, s.stdout.String(), s.stderr.String()}.expect(t, 0, "360000250\n")
	// Of all processes of the run the largest: getrusage(2) has those that were waited for, too.
	const most = 200 << 10
	if used := s.cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss; used > most {
		t.Errorf("a process of the run needed %d KiB, more than %d", used, most)
	}
}
