package planner_test

import (
	"strings"
	"testing"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/spec"
)

// TestLimits holds that what a run cannot hold is found before it starts, where it is written.
func TestLimits(t *testing.T) {
	const queue, run = "queues:\n  q: {", "}\nprocesses:\n  p:\n    stages:\n      - items: [1]\n      - put: q\n  c:\n    stages:\n      - get: q\n      - print: x\n"
	replicas := func(n string) string {
		return "processes:\n  p:\n    replicas: " + n + "\n    stages:\n      - items: [1]\n      - print: x\n"
	}
	var three strings.Builder
	three.WriteString("processes:\n")
	for _, name := range []string{"a", "b", "c"} {
		three.WriteString("  " + name + ": {replicas: 4000, stages: [items: [1], print: x]}\n")
	}
	for _, test := range []struct {
		name, src string
		line      int    // of the finding; 0: none
		want      string // within it
	}{
		{"replicas", replicas("100000000"), 3, "at most 4096, found 100000000"},
		{"replicas worked out", replicas("${{ 5000 }}"), 3, "at most 4096, found 5000"},
		{"replicas at the limit", replicas("4096"), 0, ""},
		{"workers in all", three.String(), 4, "to 12000; there can be 8000"},
		{"capacity", queue + "capacity: 16777217" + run, 2, "at most 16777216, found 16777217"},
		{"capacity at the limit", queue + "capacity: 16777216" + run, 0, ""},
		{"negative capacity", queue + "capacity: -1" + run, 2, "found -1"},
		{"max_item", queue + "max_item: 2GiB" + run, 2, "at most 1073741824, found 2147483648"},
		{"max_item at the limit", queue + "max_item: 1GiB" + run, 0, ""},
		{"max_deliveries", queue + "max_deliveries: 4095" + run, 2, "at most 4094, found 4095"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, found := compile(t, "limits.yaml", []byte(test.src), planner.Options{})
			var errs []spec.Diagnostic
			for _, d := range found {
				if d.Severity == spec.Error {
					errs = append(errs, d)
				}
			}
			if test.line == 0 {
				if len(errs) > 0 {
					t.Fatalf("found %v", errs)
				}
				return
			}
			if len(errs) != 1 || errs[0].Range.Start.Line != test.line || !strings.Contains(errs[0].Summary, test.want) {
				t.Errorf("found %v, expected one error in line %d with %q", errs, test.line, test.want)
			}
		})
	}
}
