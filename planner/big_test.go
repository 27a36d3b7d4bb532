package planner_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/spec"
)

// TestBigSpec compiles 3000 stages: as they should be, and each with a misspelt operator. The bound is ample; both take some tens of
// milliseconds.
func TestBigSpec(t *testing.T) {
	const n = 3000
	for _, test := range []struct {
		stage    string
		findings int
	}{
		{"      - map: item + 1\n", 0},
		{"      - fliter: item + 1\n", n},
		{"      - exec: nosuch ${{ item }}\n", n},
	} {
		start := time.Now()
		plan, found := compile(t, "big.yaml", []byte("processes:\n  p:\n    stages:\n      - items: [1]\n"+strings.Repeat(test.stage, n)), planner.Options{})
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s took %s", strings.TrimSpace(test.stage), took)
		}
		if len(found) != test.findings || (plan == nil) != (test.findings > 0) {
			t.Errorf("%s: %d findings, expected %d; plan: %t", strings.TrimSpace(test.stage), len(found), test.findings, plan != nil)
		}
	}
}

// countingHost counts how often the programs are listed.
type countingHost struct {
	machine
	listed int
}

func (h *countingHost) Programs(path string) []string {
	h.listed++
	return h.machine.Programs(path)
}

// TestProgramsAreListedOnce: to list the folders of PATH takes milliseconds, which many missing programs must not pay each.
func TestProgramsAreListedOnce(t *testing.T) {
	doc, found := spec.Load([]byte("processes: {a: {command: aws}, b: {command: soort}, c: {command: gzpi}}\n"), planner.SpecOptions("f"))
	host := &countingHost{machine: newMachine()}
	_, more := planner.Compile(doc, host, planner.Options{})
	if len(found) > 0 || len(more) != 3 || host.listed != 1 {
		t.Errorf("listed %d times; findings: %v %v", host.listed, found, more)
	}
}
