package runtime

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// dropChildSignals sets the action for SIGCHLD to the default, by which it is not even sent: for each program that ends the kernel would wake a
// thread, for a handler of Go's that has nobody to tell in a worker. It fails nowhere that would matter: then the signal goes on coming. See
// signal(7), and rt_sigaction(2), whose struct is all zero here.
func dropChildSignals() {
	var standard [8]uint64
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), uintptr(unsafe.Pointer(&standard)), 0, 8, 0, 0)
}
