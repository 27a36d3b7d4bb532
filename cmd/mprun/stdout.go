//go:build linux

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// standardOutput is standard output, or if a shell has closed it (>&-) a file that cannot be written, so that what is printed fails as it does
// for every other program.
//
// Go's runtime opens /dev/null for reading and writing in the place of a standard stream that is closed (checkfds of its fds_unix.go), before any code of
// a program. That keeps other files from the number, but looks as if it had been asked for. Shells open /dev/null for writing alone; so it is the
// runtime's if the parent is a shell that has not got it itself. Who starts mprun in another way, as Python with subprocess.DEVNULL, may mean
// just that, and is not to be told apart; of a shell, 1<>/dev/null is taken for a closed one.
func standardOutput() *os.File {
	if !isNullBothWays(os.Stdout) || !closedByShell(os.Getppid()) {
		return os.Stdout
	}
	unwritable, err := os.Open(os.DevNull)
	if err != nil {
		return os.Stdout
	}
	return unwritable
}

// isNullBothWays says whether a file is /dev/null, open for reading and writing.
func isNullBothWays(f *os.File) bool {
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDWR {
		return false
	}
	info, err := f.Stat()
	null, nullErr := os.Stat(os.DevNull)
	return err == nil && nullErr == nil && os.SameFile(info, null)
}

// stdoutShells are the programs that are taken for shells.
var stdoutShells = [...]string{"sh", "bash", "dash", "zsh", "ksh", "ksh93", "mksh", "ash", "busybox", "fish"}

// closedByShell says whether a parent whose child has /dev/null for standard output is a shell that has not: it has something else there, or nothing.
func closedByShell(parent int) bool {
	of := fmt.Sprintf("/proc/%d/", parent)
	program, err := os.Readlink(of + "exe")
	if err != nil || !slices.Contains(stdoutShells[:], filepath.Base(program)) {
		return false
	}
	has, err := os.Readlink(of + "fd/1")
	return err == nil && has != os.DevNull || errors.Is(err, fs.ErrNotExist)
}
