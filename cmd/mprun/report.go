//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/runtime"
)

// checkReport finds out before the run whether the report can be written.
func checkReport(path string) error {
	if path == "-" {
		return nil
	}
	info, err := os.Stat(filepath.Dir(path))
	switch {
	case err != nil:
		return fmt.Errorf("--report: there is no folder %s", filepath.Dir(path))
	case !info.IsDir():
		return fmt.Errorf("--report: %s is no folder", filepath.Dir(path))
	}
	there, err := os.Stat(path)
	if err == nil && there.IsDir() {
		return fmt.Errorf("--report: %s is a folder", path)
	}
	if err == nil && !there.Mode().IsRegular() {
		if err := unix.Access(path, unix.W_OK); err != nil {
			return fmt.Errorf("--report: cannot write to %s: %w", path, err)
		}
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // as it will be written
	if err != nil {
		return fmt.Errorf("--report: cannot write to the folder %s: %w", filepath.Dir(path), errors.Unwrap(err))
	}
	_ = f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	return nil
}

// writeReport writes the report so that it is there as a whole or not at all; "-" is standard output.
func (c *console) writeReport(path string, report *runtime.Report) error {
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	text = append(text, '\n')
	if path == "-" {
		if _, err := c.out.Write(text); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
		return nil
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		if err := os.WriteFile(path, text, 0o644); err != nil { // a pipe or a device
			return fmt.Errorf("writing the report: %w", err)
		}
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	_, err = f.Write(text)
	for _, step := range []func() error{func() error { return f.Chmod(0o644) }, f.Close, func() error { return os.Rename(f.Name(), path) }} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		_ = f.Close()
		_ = os.Remove(f.Name())
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
