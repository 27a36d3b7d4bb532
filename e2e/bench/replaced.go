package main

import (
	"bufio"
	"errors"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// betweenKills is how long a worker is left in peace: its reserve is filled by then, with an interpreter, too.
const betweenKills = 300 * time.Millisecond

// replaced is the cost of a kill, with a worker in reserve or without: from the signal to the first line of another worker, which is its first commit on its
// way through the outlet. A line comes every 200 us. reserve is the spec that adds the reserve; "": none.
func replaced(spec, reserve string) func(*lab) (float64, error) {
	return func(l *lab) (float64, error) {
		words := l.spec(spec)
		if reserve != "" {
			words = append(words, "--file", filepath.Join(l.dir, reserve+".yaml"))
		}
		return endless(words, func(_ int, lines *bufio.Scanner) (float64, error) { return killAgain(lines, l.amount(20)) })
	}
}

// killAgain kills n workers, each of which prints its pid, and gives the mean of the times to the next one's first line.
func killAgain(pids *bufio.Scanner, n int) (float64, error) {
	next := func() (int, error) {
		if !pids.Scan() {
			return 0, errors.New("the run has ended")
		}
		return strconv.Atoi(pids.Text())
	}
	sum := time.Duration(0)
	for range n {
		pid := 0
		for begin := time.Now(); time.Since(begin) < betweenKills; {
			var err error
			if pid, err = next(); err != nil {
				return 0, err
			}
		}
		begin := time.Now()
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			return 0, err
		}
		for other := pid; other == pid; {
			var err error
			if other, err = next(); err != nil {
				return 0, err
			}
		}
		sum += time.Since(begin)
	}
	return sum.Seconds() / float64(n), nil
}

// replacedInPython is the same for a pool of multiprocessing, or an executor of concurrent.futures.
func replacedInPython(how string) func(*lab) (float64, error) {
	return func(l *lab) (float64, error) { return l.own(l.peer("replaced", strconv.Itoa(l.amount(10)), how)) }
}
