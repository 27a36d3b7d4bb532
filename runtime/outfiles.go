package runtime

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
)

// outFiles is the files that the run writes. A file that is not appended to is written under a temporary name in its folder and
// renamed when all processes that wrote to it ended well; else it is removed, and what stood at its path stays.
type outFiles struct {
	guardian *guardian
	runID    string
	open     map[string]*outFile // by path
	placed   map[string]bool     // paths of files that this run has put in place
	made     int                 // temporary files so far
}

type outFile struct {
	file    *os.File
	path    string          // where it is put: behind the links of the path that was written to
	temp    string          // "": written in place
	writers map[string]bool // processes that wrote; false: still running
	failed  bool
}

func newOutFiles(g *guardian, runID string) *outFiles {
	return &outFiles{guardian: g, runID: runID, open: map[string]*outFile{}, placed: map[string]bool{}}
}

// write appends data to the file of a process.
func (o *outFiles) write(process, path string, appends bool, data []byte) error {
	f, ok := o.open[path]
	if !ok {
		var err error
		if f, err = o.create(path, appends); err != nil {
			return &fileError{process, path, err}
		}
		o.open[path] = f
	}
	f.writers[process] = false
	if _, err := f.file.Write(data); err != nil {
		return &fileError{process, path, err}
	}
	return nil
}

// create opens a file for the first time, or again after it was put in place: then what comes is added to it.
func (o *outFiles) create(path string, appends bool) (*outFile, error) {
	f := &outFile{path: path, writers: map[string]bool{}}
	var err error
	if appends {
		f.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
		return f, err
	}
	mode := fs.FileMode(0o666) // less the umask
	info, err := os.Stat(path)
	switch {
	case err != nil:
	case info.IsDir():
		return nil, syscall.EISDIR
	case !info.Mode().IsRegular() || isKernels(path):
		f.file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0) // a device or named pipe has no temporary twin
		return f, err
	default:
		mode = info.Mode().Perm()
		if f.path, err = filepath.EvalSymlinks(path); err != nil {
			return nil, err
		}
	}
	o.made++
	f.temp = filepath.Join(filepath.Dir(f.path), fmt.Sprintf(".%.100s.mprun-%s-%d", filepath.Base(f.path), o.runID, o.made))
	o.guardian.file(f.temp)
	if f.file, err = os.OpenFile(f.temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode); err != nil {
		return nil, err
	}
	if o.placed[path] {
		err = f.takeOver(mode)
	} else if info != nil {
		err = f.file.Chmod(mode)
	}
	if err != nil {
		_ = os.Remove(f.temp)
		f.file.Close()
	}
	return f, err
}

// takeOver copies what was put in place before, with its mode.
func (f *outFile) takeOver(mode fs.FileMode) error {
	old, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer old.Close()
	if _, err := io.Copy(f.file, old); err != nil {
		return err
	}
	return f.file.Chmod(mode)
}

// isKernels says whether a path is in a folder in which files cannot be renamed: /dev/stdout is a link to an open file, whatever that is.
func isKernels(path string) bool {
	return strings.HasPrefix(path, "/proc/") || (strings.HasPrefix(path, "/dev/") && !strings.HasPrefix(path, "/dev/shm/"))
}

// settle deals with the files of a process that has ended.
func (o *outFiles) settle(process string, success bool) error {
	paths := make([]string, 0, len(o.open))
	for path := range o.open {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	var errs []error
	for _, path := range paths {
		f := o.open[path]
		if _, wrote := f.writers[process]; !wrote {
			continue
		}
		f.writers[process] = true
		f.failed = f.failed || !success
		if f.settled() {
			delete(o.open, path)
			if err := o.complete(path, f); err != nil {
				errs = append(errs, &fileError{process, path, err})
			}
		}
	}
	return errors.Join(errs...)
}

func (f *outFile) settled() bool {
	for _, ended := range f.writers {
		if !ended {
			return false
		}
	}
	return true
}

// complete puts a file in place, or removes it.
func (o *outFiles) complete(path string, f *outFile) error {
	err := f.file.Close()
	if f.temp == "" {
		return err
	}
	defer o.guardian.fileGone(f.temp)
	if f.failed || err != nil {
		return errors.Join(err, os.Remove(f.temp))
	}
	if err := os.Rename(f.temp, f.path); err != nil {
		return errors.Join(fmt.Errorf("putting it in place: %w", reason(err)), os.Remove(f.temp))
	}
	o.placed[path] = true
	return nil
}

// close removes what was not completed.
func (o *outFiles) close() {
	for path, f := range o.open {
		f.failed = true
		_ = o.complete(path, f)
		delete(o.open, path)
	}
}

// reason is an error without the operation and path that messages name themselves.
func reason(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
