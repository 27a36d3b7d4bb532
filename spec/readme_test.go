package spec

import (
	"os"
	"strings"
	"testing"
)

// TestReadmeAccidents tries each row of the README's table that has a mended line: the code and the line are what Load, or the
// field's own reading, find.
func TestReadmeAccidents(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 4 || !strings.HasPrefix(cells[0], "| `") || !strings.HasPrefix(cells[3], "`") {
			continue
		}
		written, code, mended := firstCode(cells[0]), firstCode(cells[2]), firstCode(cells[3])
		if strings.HasPrefix(written, "010") {
			continue // data, tested in data_numbers
		}
		rows++
		p, found := Load([]byte("processes:\n  p:\n    stages:\n      - "+written+"\n"), Options{})
		found = append(found, stageAccidents(p)...)
		if len(found) != 1 || found[0].Code != code || found[0].Hint != "write it as: "+mended && !strings.HasPrefix(found[0].Hint, "write it as: "+mended+", or") {
			t.Errorf("%s: want %s and %s, found %v", written, code, mended, found)
		}
	}
	if rows < 12 {
		t.Errorf("only %d rows were tried", rows)
	}
}

// firstCode is what stands between the first two backquotes.
func firstCode(cell string) string {
	_, rest, _ := strings.Cut(cell, "`")
	code, _, _ := strings.Cut(rest, "`")
	return code
}
