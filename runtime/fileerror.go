package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// fileError is that a process's file cannot be written.
type fileError struct {
	to  destination // with the path that the process wrote to, not that of the temporary file
	err error
}

func (e *fileError) Error() string { return "process " + e.to.process + ": " + e.text() }

func (e *fileError) Unwrap() error { return e.err }

// text is the error without the name of the process.
func (e *fileError) text() string {
	folder := filepath.Dir(e.to.path)
	switch _, err := os.Stat(folder); {
	case errors.Is(err, fs.ErrNotExist) && errors.Is(e.err, fs.ErrNotExist):
		return "write: there is no folder " + folder
	case errors.Is(e.err, syscall.EISDIR):
		return fmt.Sprintf("write: %s is a folder", e.to.path)
	}
	return fmt.Sprintf("write: %s: %s", e.to.path, reason(e.err))
}
