package planner

import (
	"io"
	"time"
)

// Host is what a plan depends on beside the document: the machine and the moment. Compile asks it and nothing else.
type Host interface {
	// Environ is the environment, by name. Compile does not change it.
	Environ() map[string]string
	// CPUs is the number of CPUs that the run may use, at least 1.
	CPUs() int
	// Started is the moment that the run counts as its start: spec.started.
	Started() time.Time
	// ReadFile reads the file at an absolute path to its end; more than limit bytes is an error. The error says in a few words, without
	// the name, why it cannot be read.
	ReadFile(path string, limit int) ([]byte, error)
	// OpenFile opens the file at an absolute path, of which the caller reads the beginning and closes it. The error says in a few words,
	// without the name, why it cannot be read.
	OpenFile(path string) (io.ReadCloser, error)
	// LookPath finds a program as execvp(3) would: by the folders of path (as in PATH, divided by colons) unless the name has a
	// slash, then relative to dir. The error says in a few words, without the name, why it cannot be run; nil if it can.
	LookPath(program, dir, path string) error
	// Programs lists the names of the programs that the folders of path hold, for suggestions. It is asked only after LookPath
	// found nothing.
	Programs(path string) []string
}

// Options is what the caller of Compile sets for one run.
type Options struct {
	// Vars override vars of the spec; the values are data as YAML has it.
	Vars map[string]any
	// Dir is the absolute folder of the spec: paths in it are relative to it.
	Dir string
	// Seed seeds random().
	Seed int64
	// BlockItems is the most items of a batch; 0 leaves the choice to mprun.
	BlockItems int
	// Scratch is the absolute path of a folder that a test has for its files, which is not there yet: spec.scratch in the vars of the test.
	// CompileTest takes ScratchPlaceholder for none; Compile does not look at it.
	Scratch string
	// Partial says that loading the document found errors: what seems to be missing may be there, and is not reported.
	Partial bool
}
