//go:build linux

package shm

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// TestMain is also the other process of a pairing, removes the crash worker, and fails on leaked descriptors.
func TestMain(m *testing.M) {
	if told := os.Getenv(pairVariable); told != "" {
		if err := otherHalf(told); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	before := memoryFiles()
	code := m.Run()
	if builtWorkerDir != "" {
		if err := os.RemoveAll(builtWorkerDir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if after := memoryFiles(); code == 0 && after > before {
		fmt.Fprintf(os.Stderr, "%d descriptors of shared memory are open after the tests, %d before\n", after, before)
		code = 1
	}
	os.Exit(code)
}

// memoryFiles counts the open descriptors of arenas and spill files.
func memoryFiles() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		panic(err)
	}
	n := 0
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && (len(to) > 6 && to[:7] == "/memfd:" || len(to) > 9 && to[len(to)-9:] == "(deleted)") {
			n++
		}
	}
	return n
}

// need skips a test whose programs are not there; where MPRUN_CI is set they must be.
func need(t testing.TB, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("MPRUN_CI") != "" {
				t.Fatal(err)
			}
			t.Skipf("the test needs %s: %v", program, err)
		}
	}
}
