package stages

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/klauspost/compress/gzip"
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

// openInput opens the file at path, "-" being standard input, so that the first byte read is the one at offset, counted in bytes
// after decompression.
func openInput(path string, squeezed compression, offset int64) (input, error) {
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
	if squeezed == gzipped {
		return openGzip(file, offset)
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
	info, err := file.Stat()
	if err == nil && info.Mode().IsRegular() && info.Size() < offset {
		err = fmt.Errorf("has %d bytes, but %d were read of it before: it was changed", info.Size(), offset)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &fileInput{file: file, at: offset}, nil
}

func (f *fileInput) Read(p []byte) (int, error) {
	n, err := f.file.ReadAt(p, f.at)
	f.at += int64(n)
	if n > 0 {
		err = nil // it comes again with the next call
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

// gzipInput is a gzip file (RFC 1952) of any number of members.
type gzipInput struct {
	file *os.File
	from *gzip.Reader
}

// openGzip decompresses file, and drops what comes before offset.
func openGzip(file *os.File, offset int64) (input, error) {
	from, err := gzip.NewReader(bufio.NewReaderSize(file, 64<<10))
	if errors.Is(err, io.EOF) { // an empty file: what `gzip` itself reads as nothing
		return &gzipInput{file: file}, nil
	}
	if err == nil {
		_, err = io.CopyN(io.Discard, from, offset)
	}
	if err != nil {
		file.Close()
		return nil, gzipError(err)
	}
	return &gzipInput{file: file, from: from}, nil
}

func (g *gzipInput) Read(p []byte) (int, error) {
	if g.from == nil {
		return 0, io.EOF
	}
	n, err := io.ReadFull(g.from, p)
	switch {
	case n > 0:
		err = nil // it comes again with the next call
	case errors.Is(err, io.EOF):
		err = io.EOF
	default:
		err = gzipError(err)
	}
	return n, err
}

// gzipError says what is wrong with a gzip file.
func gzipError(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("the gzip file is cut off")
	case errors.Is(err, gzip.ErrChecksum):
		return errors.New("the gzip file is damaged: its checksum is wrong")
	case errors.Is(err, gzip.ErrHeader):
		return errors.New("not a gzip file, or something else follows its data")
	}
	return fmt.Errorf("the gzip file is damaged: %w", shortPathError(err))
}

func (g *gzipInput) Close() error   { return g.file.Close() }
func (g *gzipInput) waiter() Waiter { return nil }
func (g *gzipInput) again() bool    { return true }
func (g *gzipInput) size() int64    { return 0 }
