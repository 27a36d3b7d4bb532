package planner_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mprun/mprun/planner"
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
