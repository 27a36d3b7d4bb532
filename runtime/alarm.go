package runtime

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// alarm is a timer of the kernel's that kills the worker (timer_create(2)): where the worker has been stopped (SIGSTOP) its own timers do not
// run, and it would be at a task for ever. It dies with the worker, whose group the supervisor then ends.
type alarm struct {
	id   int32
	made bool
}

// alarmAfter is how long after the deadline it goes off: where the worker runs, its own timer comes first, and kills its programs as well.
const alarmAfter = 50 * time.Millisecond

// sigevent is struct sigevent of <signal.h>, whose default, without one, would be SIGALRM.
type sigevent struct {
	value  uintptr
	signo  int32
	notify int32
	_      [64 - unsafe.Sizeof(uintptr(0)) - 8]byte
}

// itimerspec is struct itimerspec of <time.h>.
type itimerspec struct{ interval, value unix.Timespec }

// set has it go off at a time of shm.Now; 0: never. Where the kernel gives no timer (its number of signals in wait is limited: RLIMIT_SIGPENDING),
// the worker's own is all there is.
func (a *alarm) set(at time.Duration) {
	if !a.made {
		if at == 0 {
			return
		}
		kill := sigevent{signo: int32(unix.SIGKILL)} // SIGEV_SIGNAL is 0
		_, _, errno := unix.Syscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&kill)), uintptr(unsafe.Pointer(&a.id)))
		if errno != 0 {
			return
		}
		a.made = true
	}
	spec := itimerspec{value: unix.NsecToTimespec(int64(at))}
	_, _, _ = unix.Syscall6(unix.SYS_TIMER_SETTIME, uintptr(a.id), unix.TIMER_ABSTIME, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
}
