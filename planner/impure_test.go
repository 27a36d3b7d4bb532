package planner

import (
	"slices"
	"testing"

	"github.com/mprun/mprun/stages"
)

func TestImpureCall(t *testing.T) {
	rows := []struct {
		src string
		at  int
	}{
		{"1 + 2", -1},
		{`exists("x")`, 0},
		{"vars.n + now ()", 9},
		{`"now()" + 'size("x")'`, -1},
		{"vars.size", -1},
		{"item.size(3)", -1},
		{"resize(1)", -1},
		{"now", -1},
		{"[mtime(vars.file)]", 1},
		{"`exists(`", -1},
		{"", -1},
	}
	for _, row := range rows {
		if got := impureCall(row.src); got != row.at {
			t.Errorf("%s: %d, expected %d", row.src, got, row.at)
		}
	}
	for _, name := range []string{"exists", "mtime", "size", "now"} {
		if !slices.Contains(stages.Functions(), name) {
			t.Errorf("there is no function %s any more", name)
		}
	}
}
