package stages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// errNotYet says that an input has nothing at the moment: wait for it.
var errNotYet = errors.New("nothing to read yet")

// input is where the bytes of a reader come from.
type input interface {
	// Read is as in io.Reader, and returns errNotYet instead of blocking.
	io.ReadCloser
	// waiter is what waits for bytes after errNotYet; nil for what never returns it.
	waiter() Waiter
	// again says whether what was read can be read again, from any offset, after the input has been closed.
	again() bool
	// size is how many bytes there are about, or 0 if that is not known.
	size() int64
}

// inputWaiter is the waiter of an input whose bytes come when they come.
type inputWaiter func(ctx context.Context) error

// Wait calls the function.
func (f inputWaiter) Wait(ctx context.Context) error { return f(ctx) }

// openInput opens the file at path, "-" being standard input, so that the first byte read is the one at offset, counted in bytes
// after decompression. Decompression begins at from, which lies before offset.
func openInput(path string, squeezed compression, offset int64, from place) (input, error) {
	if path == "-" {
		return openStdin(offset)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, shortPathError(err)
	}
	if mode := info.Mode(); !mode.IsRegular() && !mode.IsDir() {
		if squeezed != notCompressed {
			return nil, errors.New("is no regular file, and only those are decompressed")
		}
		return openStream(path, offset)
	}
	if info.IsDir() {
		return nil, errors.New("is a directory (`files` lists what is in one)")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, shortPathError(err)
	}
	if squeezed != notCompressed {
		return openPacked(file, squeezed, offset, from)
	}
	return openFile(file, offset)
}

// shortPathError drops the operation and the path, which the message names anyway.
func shortPathError(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// fileInput is a file that can be read at any offset.
type fileInput struct {
	file *os.File
	at   int64
	keep bool // standard input stays open
}

// openFile reads file from offset on. A file that has become shorter than what was read of it is an error.
func openFile(file *os.File, offset int64) (input, error) {
	if err := checkLength(file, offset); err != nil {
		file.Close()
		return nil, err
	}
	return &fileInput{file: file, at: offset}, nil
}

// checkLength says so when a file has become shorter than what was read of it.
func checkLength(file *os.File, offset int64) error {
	info, err := file.Stat()
	if err == nil && info.Mode().IsRegular() && info.Size() < offset {
		return fmt.Errorf("has %d bytes, but %d were read of it before: it was changed", info.Size(), offset)
	}
	return shortPathError(err)
}

func (f *fileInput) Read(p []byte) (int, error) {
	n, err := f.file.ReadAt(p, f.at)
	f.at += int64(n)
	switch {
	case n > 0:
		return n, nil // an error comes again with the next call
	case errors.Is(err, io.EOF):
		if changed := checkLength(f.file, f.at); changed != nil {
			return 0, changed
		}
	}
	return n, shortPathError(err)
}

func (f *fileInput) Close() error {
	if f.keep {
		return nil
	}
	return f.file.Close()
}

func (f *fileInput) waiter() Waiter { return nil }
func (f *fileInput) again() bool    { return true }

func (f *fileInput) size() int64 {
	info, err := f.file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return max(0, info.Size()-f.at)
}
