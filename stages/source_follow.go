package stages

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// followInterval is how often a file that is followed is looked at while nothing comes. Looking is two calls of stat(2); it sees what
// is written on any kind of file system, which inotify(7) does not.
const followInterval = 50 * time.Millisecond

// fileID tells a file from others that have, had or will have its name, as long as it exists.
type fileID struct{ dev, ino uint64 }

func idOf(info fs.FileInfo) fileID {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fileID{}
	}
	return fileID{uint64(stat.Dev), stat.Ino}
}

// followInput is a file that grows, as `tail -F` reads it. At its end it waits for more. When another file has taken its name, or it
// has become shorter, what is left of the old one is read, and then it ends: the other one is another input.
type followInput struct {
	path string
	file *os.File // nil: it is not there yet
	id   fileID   // of file, or of the file that is to be read on; zero: any
	at   int64
}

// openFollow follows the file at path from offset on; before was the file that the offset is of.
func openFollow(path string, offset int64, before fileID) input {
	return &followInput{path: path, id: before, at: offset}
}

// open opens the file, as soon as it is there.
func (f *followInput) open() error {
	path := f.path
	info, err := os.Stat(path)
	if f.id != (fileID{}) && (err != nil || idOf(info) != f.id) {
		if moved := findFile(filepath.Dir(path), f.id); moved != "" { // it was renamed while nobody had it open
			path = moved
			info, err = os.Stat(path)
		} else if err == nil {
			return io.EOF // it is gone: on with the one that has its name now
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errNotYet
	case err != nil:
		return shortPathError(err)
	case !info.Mode().IsRegular():
		return errors.New("is no regular file, and only those are followed")
	}
	file, err := os.Open(path)
	if err != nil {
		return shortPathError(err)
	}
	if info, err = file.Stat(); err != nil {
		file.Close()
		return shortPathError(err)
	}
	if f.id != (fileID{}) && idOf(info) != f.id { // it was renamed between the two looks
		file.Close()
		return errNotYet
	}
	f.file, f.id = file, idOf(info)
	return nil
}

// findFile is the path of a file in a folder, or "".
func findFile(dir string, id fileID) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && idOf(info) == id {
			return filepath.Join(dir, e.Name())
		}
	}
	return ""
}

func (f *followInput) Read(p []byte) (int, error) {
	if f.file == nil {
		if err := f.open(); err != nil {
			return 0, err
		}
	}
	over := false
	for {
		n, err := f.file.ReadAt(p, f.at)
		f.at += int64(n)
		switch {
		case n > 0:
			return n, nil
		case !errors.Is(err, io.EOF):
			return 0, shortPathError(err)
		case over:
			return 0, io.EOF
		case f.isShorter():
			return 0, io.EOF
		case !f.isReplaced():
			return 0, errNotYet
		}
		over = true // once more: it may have been written to before it was replaced
	}
}

// isShorter says whether the file has less than was read of it.
func (f *followInput) isShorter() bool {
	info, err := f.file.Stat()
	return err == nil && info.Size() < f.at
}

// isReplaced says whether another file has the name now.
func (f *followInput) isReplaced() bool {
	info, err := os.Stat(f.path)
	return err == nil && idOf(info) != f.id
}

func (f *followInput) waiter() Waiter { return inputWaiter(f.wait) }

// wait waits until Read has something to say.
func (f *followInput) wait(ctx context.Context) error {
	look := time.NewTicker(followInterval)
	defer look.Stop()
	for !f.hasNews() {
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (f *followInput) hasNews() bool {
	if f.file == nil {
		_, err := os.Stat(f.path)
		return !errors.Is(err, fs.ErrNotExist)
	}
	info, err := f.file.Stat()
	return err != nil || info.Size() != f.at || f.isReplaced()
}

func (f *followInput) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

func (f *followInput) again() bool { return true }
func (f *followInput) size() int64 { return 0 }
