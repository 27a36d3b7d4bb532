package planner_test

import (
	"testing"

	"github.com/mprun/mprun/planner"
)

func TestSizeText(t *testing.T) {
	for _, test := range []struct {
		n        int64
		text, as string
	}{
		{0, "0B", "1100000000.00B"},
		{999, "999B", "1100000000.00B"},
		{1000, "1kB", "1100000.00kB"},
		{1024, "1KiB", "1074218.75KiB"},
		{1536 << 20, "1536MiB", "1049.04MiB"},
		{100e6, "100MB", "1100.00MB"},
		{1 << 30, "1GiB", "1.02GiB"},
		{3 << 40, "3TiB", "0.00TiB"},
	} {
		if got := planner.SizeText(test.n); got != test.text {
			t.Errorf("%d bytes are %s, not %s", test.n, got, test.text)
		}
		if got := planner.SizeTextAs(1.1e9, test.n); got != test.as {
			t.Errorf("in the unit of %s: %s, not %s", test.text, got, test.as)
		}
	}
}

func TestProcessLimitsInWords(t *testing.T) {
	zero := 0
	for want, l := range map[string]planner.ProcessLimits{
		"":                                    {},
		"64MiB of memory":                     {Memory: 64 << 20},
		"1 processor":                         {CPUs: 1},
		"2 processors, 64 open files, nice 0": {CPUs: 2, OpenFiles: 64, Nice: &zero},
	} {
		if got := l.String(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
