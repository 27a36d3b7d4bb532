//go:build linux

package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestAFullStandardOutput is one line on standard error and exit code 1.
func TestAFullStandardOutput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.yaml")
	if err := os.WriteFile(file, []byte("processes:\n  a:\n    stages:\n      - items: [1]\n      - print: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("processes: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for _, args := range [][]string{
		{"schema"},
		{"version"},
		{"plan", file},
		{"plan", "-o", "json", file},
		{"validate", file},
		{"validate", "--format", "json", file},
		{"validate", "--format", "github", wrong},
		{"--help"},
		{"help", "plan"},
		{"plan", "--help"},
		{"--version"},
		{"completion", "bash"},
		{"completion", "--help"},
	} {
		errs, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
		if err != nil {
			t.Fatal(err)
		}
		code := execute(args, os.Stdin, full, errs)
		said, err := os.ReadFile(errs.Name())
		errs.Close()
		if want := "mprun: writing to standard output: no space left on device\n"; code != 1 || err != nil || string(said) != want {
			t.Errorf("%v: exit code %d, %q, %v", args, code, said, err)
		}
	}
}
