//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mostInit is what the package-level variables and init functions of the whole binary may allocate, in bytes: every worker makes it at its start.
// Half of it is tables of the libraries for zstd, xz and yaml, made whether they are used or not; it takes a millisecond.
const mostInit = 192 << 10

// TestInitIsSmall measures the real binary, as the tests' own has their packages in it, too. What is allocated stands for the time, which would depend on
// what else the machine does.
func TestInitIsSmall(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "mprun")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("building mprun: %v\n%s", err, out)
	}
	cmd := exec.Command(binary, "version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("mprun version: %v\n%s", err, &errs)
	}
	inits := readInits(t, errs.String())
	total := 0
	for _, i := range inits {
		total += i.bytes
	}
	if len(inits) <= 10 || total > mostInit {
		slices.SortFunc(inits, func(a, b packageInit) int { return b.bytes - a.bytes })
		t.Errorf("the initialisation of %d packages allocates %d bytes, of %d that it may:\n%v", len(inits), total, mostInit, inits)
	}
}

// packageInit is what the initialisation of a package allocates.
type packageInit struct {
	name  string
	bytes int
}

// readInits reads lines like `init spec @1.5 ms, 0.02 ms clock, 416 bytes, 5 allocs`
// (https://pkg.go.dev/runtime#hdr-Environment_Variables).
func readInits(t *testing.T, trace string) (inits []packageInit) {
	t.Helper()
	for line := range strings.Lines(trace) {
		if !strings.HasPrefix(line, "init ") {
			continue
		}
		var i packageInit
		var at, took float64
		var allocs int
		if _, err := fmt.Sscanf(line, "init %s @%f ms, %f ms clock, %d bytes, %d allocs", &i.name, &at, &took, &i.bytes, &allocs); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		inits = append(inits, i)
	}
	return inits
}
