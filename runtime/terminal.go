package runtime

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

func isTerminal(f *os.File) bool { return f != nil && term.IsTerminal(int(f.Fd())) }

// inForeground says whether this process's group has the terminal; see tcgetpgrp(3). What a shell has started in the background has not.
func inForeground(terminal *os.File) bool {
	group, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// takeTerminal takes the terminal back that a process was handed.
func takeTerminal(terminal *os.File) { handTerminal(terminal, unix.Getpgrp()) }

// handTerminal hands a group the terminal. Who is in the background must not be stopped for it: see SIGTTOU in tcsetpgrp(3).
func handTerminal(terminal *os.File, group int) {
	signal.Ignore(syscall.SIGTTOU)
	defer signal.Reset(syscall.SIGTTOU)
	_ = unix.IoctlSetPointerInt(int(terminal.Fd()), unix.TIOCSPGRP, group) // it is gone: then nobody needs it
}
