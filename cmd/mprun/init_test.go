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

// TestInitIsShort measures the real binary, as the tests' own has their packages in it, too. Other load only makes a run longer, so
// the shortest of several counts.
func TestInitIsShort(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "mprun")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("building mprun: %v\n%s", err, out)
	}
	const most = 20
	shortest, trace := time.Duration(0), ""
	for range most {
		cmd := exec.Command(binary, "version")
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
		var errs bytes.Buffer
		cmd.Stderr = &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("mprun version: %v\n%s", err, &errs)
		}
		took, packages := sumInits(t, errs.String())
		if packages < 10 {
			t.Fatalf("the trace has %d packages:\n%s", packages, &errs)
		}
		if shortest == 0 || took < shortest {
			shortest, trace = took, errs.String()
		}
		if shortest <= longestInit {
			return
		}
	}
	t.Errorf("package initialisation takes %s, more than %s:\n%s", shortest, longestInit, trace)
}

// sumInits adds up the clock times of lines like `init spec @1.5 ms, 0.02 ms clock, 416 bytes, 5 allocs`
// (https://pkg.go.dev/runtime#hdr-Environment_Variables) and counts them.
func sumInits(t *testing.T, trace string) (total time.Duration, packages int) {
	t.Helper()
	for line := range strings.Lines(trace) {
		fields := strings.Fields(line)
		if len(fields) < 7 || fields[0] != "init" || fields[6] != "clock," {
			continue
		}
		ms, err := strconv.ParseFloat(fields[4], 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		total += time.Duration(ms * float64(time.Millisecond))
		packages++
	}
	return total, packages
}
