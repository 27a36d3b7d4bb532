//go:build linux

package shm

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// A kept arena is one file with what there is in the files of an arena, which are almost all holes:
//
//	"mprunkep" | number of files
//	of each:     size | then for each extent: offset | length > 0 | bytes ... | and 0 | 0 behind the last
//
// Numbers are 64 bits, little-endian. It is read into memory files of its own, so that whatever is done to the file meanwhile faults nobody.

const (
	keptMagic = "mprunkep"
	keptFiles = 2 + MaxQueues + MaxSegments
	keptPiece = 1 << 20
)

// Keep writes the arena to w, for OpenKept. While somebody moves in it the parts do not fit together exactly.
func (a *Arena) Keep(w io.Writer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	if _, err := out.WriteString(keptMagic); err != nil {
		return err
	}
	k := &keeper{out: out, piece: make([]byte, keptPiece)}
	k.number(int64(len(a.files)))
	for i, f := range a.files {
		if err := k.file(f); err != nil {
			return fmt.Errorf("keep file %d of the arena: %w", i, err)
		}
	}
	return out.Flush()
}

type keeper struct {
	out   *bufio.Writer
	piece []byte
}

func (k *keeper) number(n int64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	_, _ = k.out.Write(b[:]) // an error stays, and Flush gives it
}

// file writes the extents of a file that are no holes. See lseek(2), SEEK_DATA.
func (k *keeper) file(f *os.File) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	k.number(st.Size())
	fd := int(f.Fd())
	for at := int64(0); at < st.Size(); {
		start, end, err := nextData(fd, at, st.Size())
		if err != nil {
			return err
		}
		if start == end {
			break
		}
		for start < end {
			piece := k.piece[:min(keptPiece, end-start)]
			n, err := f.ReadAt(piece, start)
			if n == 0 {
				if err == io.EOF {
					break // somebody has made it shorter
				}
				return err
			}
			k.number(start)
			k.number(int64(n))
			if _, err := k.out.Write(piece[:n]); err != nil {
				return err
			}
			start += int64(n)
		}
		at = end
	}
	k.number(0)
	k.number(0)
	return nil
}

// nextData is the first range with data from an offset on; empty if there is none.
func nextData(fd int, at, size int64) (start, end int64, err error) {
	start, err = unix.Seek(fd, at, unix.SEEK_DATA)
	switch {
	case errors.Is(err, unix.ENXIO):
		return 0, 0, nil
	case err != nil:
		return 0, 0, err
	}
	end, err = unix.Seek(fd, start, unix.SEEK_HOLE)
	return start, min(end, size), err
}

// OpenKept reads an arena that Keep has written. It is for looking at: Check, Stats. ErrLayout says that r is no such file, or that another version
// has written it.
func OpenKept(r io.Reader) (*Arena, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	magic := make([]byte, len(keptMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != keptMagic {
		return nil, fmt.Errorf("%w: it is no kept arena", ErrLayout)
	}
	n, err := keptNumber(in)
	if err != nil {
		return nil, err
	}
	if n < 2 || n > keptFiles {
		return nil, fmt.Errorf("%w: a kept arena of %d files", ErrLayout, n)
	}
	var files []*os.File
	for range n {
		f, err := keptFile(in)
		if err != nil {
			closeAll(files)
			return nil, err
		}
		files = append(files, f)
	}
	if _, err := in.ReadByte(); err != io.EOF {
		closeAll(files)
		return nil, fmt.Errorf("%w: there is more behind the kept arena", ErrLayout)
	}
	return Open(files)
}

func keptNumber(in io.Reader) (int64, error) {
	var b [8]byte
	if _, err := io.ReadFull(in, b[:]); err != nil {
		return 0, fmt.Errorf("%w: the kept arena is cut off", ErrLayout)
	}
	return int64(binary.LittleEndian.Uint64(b[:])), nil
}

// keptFile reads one file into memory.
func keptFile(in io.Reader) (*os.File, error) {
	size, err := keptNumber(in)
	if err != nil {
		return nil, err
	}
	if size < 0 {
		return nil, fmt.Errorf("%w: a file of %d bytes in the kept arena", ErrLayout, size)
	}
	f, err := createMemory("mprun-kept", size)
	if err != nil {
		return nil, err
	}
	for {
		at, err := keptNumber(in)
		if err == nil {
			var n int64
			if n, err = keptNumber(in); err == nil && n == 0 {
				return f, nil
			}
			if err == nil && (at < 0 || n < 0 || n > size || at > size-n) {
				err = fmt.Errorf("%w: %d bytes at %d of a file of %d in the kept arena", ErrLayout, n, at, size)
			}
			if err == nil {
				err = keptExtent(in, f, at, n)
			}
		}
		if err != nil {
			f.Close()
			return nil, err
		}
	}
}

func keptExtent(in io.Reader, f *os.File, at, n int64) error {
	copied, err := io.Copy(io.NewOffsetWriter(f, at), io.LimitReader(in, n))
	if err != nil {
		return fmt.Errorf("read a kept arena: %w", err)
	}
	if copied < n {
		return fmt.Errorf("%w: the kept arena is cut off", ErrLayout)
	}
	return nil
}
