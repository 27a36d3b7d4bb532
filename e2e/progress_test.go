package e2e

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/mprun/mprun/runtime/terminaltest"
)

// TestBar: what a run prints and logs on a terminal is whole while a bar moves below it, and the bar is gone at the end.
func TestBar(t *testing.T) {
	t.Parallel()
	spec := writeSpec(t, `
queues: {q: {}}
processes:
  gen: {stages: [{range: 60}, {put: q}]}
  work:
    replicas: 2
    stages:
      - get: q
      - sleep: 50ms
      - print: item ${{ item }}
      - when: item % 20 == 0
        log: note ${{ item }}
`)
	master, slave := terminaltest.Open(t)
	s := prepare(t, spec)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = slave, slave, slave
	s.cmd.Env = append(s.cmd.Env, "TERM=xterm")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	s.start()
	slave.Close()
	raw, _ := io.ReadAll(master) // EIO when nobody has the terminal any more
	if code := s.wait(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, raw)
	}
	if !regexp.MustCompile(`\[#+-+\] +\d+%  \d+/60  \d+/s  0:0\d left`).Match(raw) {
		t.Errorf("no bar was drawn:\n%q", raw)
	}
	var want []string
	for i := range 60 {
		want = append(want, fmt.Sprintf("item %d", i))
		if i%20 == 0 {
			want = append(want, fmt.Sprintf("note %d", i))
		}
	}
	got := onScreen(string(raw))
	for i, line := range got {
		_, after, found := strings.Cut(line, ": ") // the log names who speaks
		if found {
			got[i] = after
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("on the screen is\n%q\nwant\n%q", got, want)
	}
}

// onScreen is the lines that are on a terminal after raw, as far as carriage returns and erased lines go.
func onScreen(raw string) []string {
	var lines []string
	for _, line := range strings.Split(raw, "\n") {
		var cells []byte
		at := 0
		for len(line) > 0 {
			rest, erases := strings.CutPrefix(line, "\x1b[K")
			switch {
			case erases:
				cells, line = cells[:min(at, len(cells))], rest
				continue
			case line[0] == '\r':
				at = 0
			default:
				cells = append(cells[:at], append([]byte{line[0]}, cells[min(at+1, len(cells)):]...)...)
				at++
			}
			line = line[1:]
		}
		if len(cells) > 0 {
			lines = append(lines, string(cells))
		}
	}
	return lines
}
