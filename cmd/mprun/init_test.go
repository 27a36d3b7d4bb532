//go:build linux

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// longestInit is what the package-level variables and init functions of the whole binary may cost. Every worker pays it at its start.
// A third of it is tables of checksums that the libraries for zstd and xz make, whether they are used or not.
const longestInit = time.Millisecond

// TestInitIsShort measures the real binary, as the tests' own has their packages in it, too. Other load only makes a package's
// initialisation longer, so the shortest of several runs counts, of each package by itself.
func TestInitIsShort(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "mprun")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("building mprun: %v\n%s", err, out)
	}
	shortest := map[string]time.Duration{}
	for range 20 {
		cmd := exec.Command(binary, "version")
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
		var errs bytes.Buffer
		cmd.Stderr = &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("mprun version: %v\n%s", err, &errs)
		}
		for name, took := range inits(t, errs.String()) {
			if before, ok := shortest[name]; !ok || took < before {
				shortest[name] = took
			}
		}
		total := time.Duration(0)
		for _, took := range shortest {
			total += took
		}
		if len(shortest) > 10 && total <= longestInit {
			return
		}
	}
	t.Errorf("package initialisation takes more than %s:\n%v", longestInit, shortest)
}

// inits reads the clock times of lines like `init spec @1.5 ms, 0.02 ms clock, 416 bytes, 5 allocs`
// (https://pkg.go.dev/runtime#hdr-Environment_Variables).
func inits(t *testing.T, trace string) map[string]time.Duration {
	t.Helper()
	took := map[string]time.Duration{}
	for line := range strings.Lines(trace) {
		fields := strings.Fields(line)
		if len(fields) < 7 || fields[0] != "init" || fields[6] != "clock," {
			continue
		}
		ms, err := strconv.ParseFloat(fields[4], 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		took[fields[1]] = time.Duration(ms * float64(time.Millisecond))
	}
	return took
}
