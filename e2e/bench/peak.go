package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// peakFlag as the first word makes this program run the others and tell, on descriptor 3, how much memory the largest process among
// them needed. The kernel counts for a process what the one had that it was forked from (setmax_mm_hiwater_rss in fs/exec.c), so
// that this process, which has held inputs and outputs, cannot ask for itself; one that has just begun adds some 5 MiB at most.
const peakFlag = "-peak-of"

// peakOf is the main function of such a process.
func peakOf(words []string) int {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &usage); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if _, err := fmt.Fprintln(os.NewFile(3, "peak"), usage.Maxrss); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// peak is the most memory that any process of a job has had resident, in MiB: of getrusage(2), for processes that were waited for.
func (l *lab) peak(j job) (float64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(self, append([]string{peakFlag}, j.words...)...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = l.dir, j.stdin, &stdout, &stderr, []*os.File{w}
	err = cmd.Run()
	w.Close()
	if err == nil && j.check != nil {
		err = j.check(&stdout)
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", strings.Join(j.words, " "), err, stderr.Bytes())
	}
	text, err := io.ReadAll(r)
	kib, parseErr := strconv.Atoi(strings.TrimSpace(string(text)))
	return float64(kib) / 1024, errors.Join(err, parseErr)
}
