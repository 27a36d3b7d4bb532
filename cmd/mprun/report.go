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
	if err := checkFolder("report", filepath.Dir(path)); err != nil {
		return err
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

// checkFolder finds out before the run whether there is the folder that a file of a flag is to be in.
func checkFolder(flag, path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("--%s: there is no folder %s", flag, path)
	case !info.IsDir():
		return fmt.Errorf("--%s: %s is no folder", flag, path)
	}
	return nil
}

// checkKept finds out before the run whether its shared memory can be kept.
func checkKept(path string) error {
	dir := path
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		dir = filepath.Dir(path)
	}
	if err := checkFolder("keep-arena", dir); err != nil {
		return err
	}
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return fmt.Errorf("--keep-arena: cannot write to the folder %s: %w", dir, err)
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
