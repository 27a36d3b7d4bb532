package main

import (
	"fmt"
	"os/exec"
	"time"

	"golang.org/x/sync/errgroup"
)

// copying is the time to copy so many bytes within memory that no cache holds.
func copying(bytes int) func(*lab) (float64, error) {
	return func(*lab) (float64, error) {
		const size = 64 << 20
		from, to := make([]byte, size), make([]byte, size)
		for i := range from {
			from[i] = byte(i)
		}
		copy(to, from) // touches every page before the clock runs
		begin := time.Now()
		for range 4 {
			copy(to, from)
		}
		return time.Since(begin).Seconds() / (4 * size) * float64(bytes), nil
	}
}

// starting is the time to start `true` n times and wait for each.
func starting(n int) func(*lab) (float64, error) {
	return func(l *lab) (float64, error) {
		one, err := l.each(20, job{words: []string{"true"}})
		return one * float64(n), err
	}
}

// programsOfThreads is the cost of `true` when two threads do nothing else than start it and wait for it.
func programsOfThreads(l *lab) (float64, error) {
	n := l.amount(300)
	var threads errgroup.Group
	begin := time.Now()
	for range 2 {
		threads.Go(func() error {
			for range n {
				if err := exec.Command("true", "1").Run(); err != nil {
					return fmt.Errorf("true: %w", err)
				}
			}
			return nil
		})
	}
	err := threads.Wait()
	return time.Since(begin).Seconds() / float64(2*n), err
}
