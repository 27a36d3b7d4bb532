//go:build linux

package shm

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// createFiles makes the arena's memfd, the state memfd, the spill files and the segments, in the order of Arena.Files.
func createFiles(l *layout) ([]*os.File, error) {
	var files []*os.File
	arena, err := createMemory("mprun-arena", l.size)
	if err != nil {
		return nil, err
	}
	files = append(files, arena)
	state, err := createMemory("mprun-state", stateOffset(l.config.Slots, 0))
	if err != nil {
		closeAll(files)
		return nil, err
	}
	files = append(files, state)
	for range l.spills() {
		f, err := createSpill(l.config.SpillDir)
		if err != nil {
			closeAll(files)
			return nil, err
		}
		files = append(files, f)
	}
	for _, size := range l.segments {
		f, err := createSegment(l.config.SegmentDir, size)
		if err != nil {
			closeAll(files)
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// createMemory makes a memfd of the given size, sealed against shrinking: nobody can take mapped pages away. See memfd_create(2).
func createMemory(name string, size int64) (*os.File, error) {
	if err := checkFileLimit(size); err != nil {
		return nil, err
	}
	flags := unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate(name, flags|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		fd, err = unix.MemfdCreate(name, flags)
	}
	if err != nil {
		return nil, fmt.Errorf("make shared memory: %w", err)
	}
	f := os.NewFile(uintptr(fd), name)
	if err := unix.Ftruncate(fd, size); err != nil {
		return nil, errors.Join(fmt.Errorf("size shared memory to %d MiB: %w", size>>20, err), f.Close())
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK); err != nil {
		return nil, errors.Join(fmt.Errorf("seal shared memory: %w", err), f.Close())
	}
	return f, nil
}

// checkFileLimit refuses a size that the process may not give to a file: the kernel would answer with SIGXFSZ. See setrlimit(2).
func checkFileLimit(size int64) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return fmt.Errorf("read the limit on file sizes: %w", err)
	}
	if limit.Cur < uint64(size) {
		return fmt.Errorf("make shared memory: the limit on file sizes (ulimit -f) is %d bytes: %w", limit.Cur, unix.EFBIG)
	}
	return nil
}

// createSpill makes a file without a name in dir; the kernel removes it with its last descriptor.
func createSpill(dir string) (*os.File, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err == nil {
		return os.NewFile(uintptr(fd), filepath.Join(dir, "mprun-spill")), nil
	}
	f, err := os.CreateTemp(dir, "mprun-spill-*") // a file system without O_TMPFILE
	if err != nil {
		return nil, fmt.Errorf("make a file for an unbounded queue: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("unlink the file of an unbounded queue: %w", err), f.Close())
	}
	return f, nil
}

func closeAll(files []*os.File) error {
	var errs []error
	for _, f := range files {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// punch gives the pages of a range back to the kernel; they read as zeros afterwards. It only saves memory: an error (a file system
// that cannot) changes nothing that anybody reads.
func punch(f *os.File, off, n int64) {
	if n > 0 {
		_ = unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, off, n)
	}
}
