//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// host is the machine as package planner sees it.
type host struct {
	environ map[string]string
	started time.Time
}

func newHost() host {
	h := host{environ: map[string]string{}, started: time.Now()}
	for _, entry := range os.Environ() {
		if name, value, ok := strings.Cut(entry, "="); ok && name != "" {
			h.environ[name] = value
		}
	}
	return h
}

// Environ implements planner.Host.
func (h host) Environ() map[string]string { return h.environ }

// CPUs implements planner.Host: those that the affinity mask and the cgroup's quota leave.
func (h host) CPUs() int { return goruntime.GOMAXPROCS(0) }

// Started implements planner.Host.
func (h host) Started() time.Time { return h.started }

// ReadFile implements planner.Host.
func (h host) ReadFile(path string, limit int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, plainError(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	switch {
	case err != nil:
		return nil, plainError(err)
	case len(text) > limit:
		return nil, fmt.Errorf("it is larger than %d bytes", limit)
	}
	return text, nil
}

// OpenFile implements planner.Host. What is no file (a folder, a pipe that nobody writes) is an error, and no wait.
func (h host) OpenFile(path string) (io.ReadCloser, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, errors.New("it is no file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, plainError(err)
	}
	return f, nil
}

// plainError is why a file cannot be read, without its name.
func plainError(err error) error {
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such file")
	case errors.As(err, &path):
		return path.Err
	}
	return err
}

// LookPath implements planner.Host.
func (h host) LookPath(program, dir, path string) error {
	if program == "" {
		return errors.New("the name is empty")
	}
	if strings.Contains(program, "/") {
		if !filepath.IsAbs(program) {
			program = filepath.Join(dir, program)
		}
		return executable(program)
	}
	denied := false
	for _, folder := range filepath.SplitList(path) {
		err := executable(filepath.Join(inDir(folder, dir), program))
		if err == nil {
			return nil
		}
		denied = denied || errors.Is(err, errNotExecutable)
	}
	if denied {
		return errNotExecutable
	}
	return errors.New("there is no such program in PATH")
}

var errNotExecutable = errors.New("it is not executable")

// inDir is a folder of PATH: an empty or relative one counts from dir.
func inDir(folder, dir string) string {
	if filepath.IsAbs(folder) {
		return folder
	}
	return filepath.Join(dir, folder)
}

// executable says whether a file can be run, as execve(2) would by its mode.
func executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return errors.New("there is no such file")
	case info.IsDir():
		return errors.New("it is a folder")
	case unix.Access(path, unix.X_OK) != nil:
		return errNotExecutable
	}
	return nil
}

// Programs implements planner.Host.
func (h host) Programs(path string) []string {
	var names []string
	for _, folder := range filepath.SplitList(path) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue // PATH may well name folders that are not there
		}
		for _, e := range entries {
			if !e.IsDir() {
				names = append(names, e.Name())
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
