//go:build linux && !crashpoints

package shm

import "time"

// No sleep is longer than these, but for a wait that has lasted for long already (see longer): a wake may have gone to a process that is stopped.
const (
	waitBound = 100 * time.Millisecond
	lockBound = 20 * time.Millisecond
)

// crashpoint is nothing in a program without the tag crashpoints.
func crashpoint(point) {}
