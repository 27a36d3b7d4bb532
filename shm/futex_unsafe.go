//go:build linux

package shm

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Operations of futex(2), shared between processes (no FUTEX_PRIVATE_FLAG).
const (
	futexOpWait = 0
	futexOpWake = 1
)

// futexWait sleeps while *addr is value, for at most d. It may return early without a reason (EINTR, EAGAIN): callers look again.
// It enters the kernel by Syscall6, so that the Go scheduler knows of it. See futex(2), FUTEX_WAIT.
func futexWait(addr *atomic.Uint32, value uint32, d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(addr)), futexOpWait, uintptr(value), uintptr(unsafe.Pointer(&ts)), 0, 0)
}

// futexHold is futexWait without the Go scheduler knowing of it: the goroutine keeps its processor.
func futexHold(addr *atomic.Uint32, value uint32, d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	_, _, _ = unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(addr)), futexOpWait, uintptr(value), uintptr(unsafe.Pointer(&ts)), 0, 0)
}

// futexWake wakes at most n sleepers of addr.
func futexWake(addr *atomic.Uint32, n int) unix.Errno {
	_, _, errno := unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(addr)), futexOpWake, uintptr(n), 0, 0, 0)
	return errno
}

func futexWakeAll(addr *atomic.Uint32) { futexWake(addr, math.MaxInt32) }

// checkFutex says whether the kernel offers futexes at all (a seccomp filter may not).
func checkFutex(addr *atomic.Uint32) error {
	if errno := futexWake(addr, 0); errno != 0 {
		return fmt.Errorf("try the futex system call: %w", errno)
	}
	return nil
}

// futexWaiter is struct futex_waitv of linux/futex.h.
type futexWaiter struct {
	value uint64
	addr  uintptr
	flags uint32
	_     uint32
}

const futexSize32 = 2 // FUTEX2_SIZE_U32, shared

// A futexSet is several words to sleep on at once. The zero value is empty.
type futexSet struct {
	n       int
	waiters [MaxInputs]futexWaiter
	words   [MaxInputs]*atomic.Uint32
}

func (f *futexSet) reset() { f.n = 0 }

func (f *futexSet) add(addr *atomic.Uint32, value uint32) {
	f.waiters[f.n] = futexWaiter{value: uint64(value), addr: uintptr(unsafe.Pointer(addr)), flags: futexSize32}
	f.words[f.n] = addr
	f.n++
}

// wait sleeps while every word has its value, for at most d. Several words need futex_waitv(2) of Linux 5.16; without it the first
// word is waited for a millisecond at a time. A single word may be waited for held, see Wait.Hold.
func (f *futexSet) wait(d time.Duration, held bool) {
	if f.n == 1 && held {
		futexHold(f.words[0], uint32(f.waiters[0].value), d)
		return
	}
	if f.n == 1 {
		futexWait(f.words[0], uint32(f.waiters[0].value), d)
		return
	}
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) == nil {
		ts = unix.NsecToTimespec(ts.Nano() + int64(d))
		_, _, errno := unix.Syscall6(unix.SYS_FUTEX_WAITV, uintptr(unsafe.Pointer(&f.waiters)), uintptr(f.n), 0,
			uintptr(unsafe.Pointer(&ts)), unix.CLOCK_MONOTONIC, 0)
		if errno != unix.ENOSYS && errno != unix.EPERM {
			return
		}
	}
	futexWait(f.words[0], uint32(f.waiters[0].value), min(d, time.Millisecond))
}
