//go:build linux && crashpoints

package shm

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// With crash points, sleeps are as good as unbounded: a lost wake-up is then seen as a run that hangs, not as a delay.
const (
	waitBound = time.Hour
	lockBound = time.Hour
)

// crashAt reads MPRUN_CRASH=name:n, the passage at which the process kills itself.
var crashAt = sync.OnceValues(func() (point, int64) {
	name, count, _ := strings.Cut(os.Getenv("MPRUN_CRASH"), ":")
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		return pointNone, 0
	}
	for p := range pointEnd {
		if p.String() == name {
			return p, n
		}
	}
	return pointNone, 0
})

var passages atomic.Int64

func crashpoint(p point) {
	if at, n := crashAt(); p == at && at != pointNone && passages.Add(1) == n {
		_ = unix.Kill(unix.Getpid(), unix.SIGKILL)
		select {} // SIGKILL does not return; the other threads may still run for a moment
	}
}
