//go:build linux

package shm

import (
	"time"

	"golang.org/x/sys/unix"
)

// Now is the time by a clock that all processes of the machine share and nobody sets: CLOCK_MONOTONIC (clock_gettime(2)), which does not
// pass while the machine sleeps. It may be called concurrently.
func Now() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // fails for clocks that are not there, which this one is
	return time.Duration(t.Nano())
}
