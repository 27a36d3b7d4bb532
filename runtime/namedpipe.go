package runtime

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/planner"
)

// openEvery is how often a command that is to be started looks whether somebody has come to the other ends of the named pipes that are its
// standard streams. There is no event for that.
const openEvery = 20 * time.Millisecond

// openNamedPipes opens the named pipes among the standard streams of a command. To wait in open(2), as a shell does, would stop the
// supervisor (see fifo(7)): ready is false as long as nobody writes to one that is read, or reads one that is written to. What has been
// opened stays so: whoever is at the other end counts on it.
func (s *supervisor) openNamedPipes(r *replica) (ready bool, err error) {
	ready = true
	if r.slot >= 0 {
		return ready, nil
	}
	p := r.process.plan
	for fd, io := range []planner.Stdio{p.Stdin, p.Stdout, p.Stderr} {
		path := s.stdioPath(r, io)
		if info, err := os.Stat(path); io.Kind != "file" || err != nil || info.Mode().Type() != fs.ModeNamedPipe {
			continue // what else may be wrong shows when it is opened
		}
		if r.pipes[fd] == nil {
			if r.pipes[fd], err = openNamedPipe(path, fd == 0); err != nil {
				return false, err
			}
		}
		ready = ready && r.pipes[fd] != nil && (fd > 0 || hasWriter(r.pipes[fd]))
	}
	return ready, nil
}

// openNamedPipe opens a named pipe without waiting; nil if it is to be written to and nobody reads it.
func openNamedPipe(path string, read bool) (*os.File, error) {
	flags := unix.O_WRONLY
	if read {
		flags = unix.O_RDONLY
	}
	fd, err := unix.Open(path, flags|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENXIO) {
		return nil, nil
	}
	if err == nil {
		err = unix.SetNonblock(fd, false) // the program is not prepared for it
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// hasWriter says whether somebody has written to a named pipe, or had it open to write: until then there is nothing to read, and it is not
// at its end either.
func hasWriter(f *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
	_, err := unix.Poll(fds, 0)
	return err == nil && fds[0].Revents != 0
}

// startWithPipes starts a command when there is somebody at the other ends of its named pipes.
func (s *supervisor) startWithPipes(r *replica) {
	if r.state == replicaRunning { // it was
		s.become(r, replicaBackoff)
	}
	r.againTimer = s.later(openEvery, func() {
		if r.state == replicaBackoff || r.state == replicaWaiting {
			s.start(r)
		}
	})
}

// takePipe hands out the named pipe that has been opened for a descriptor; nil if it is none.
func (r *replica) takePipe(fd int) *os.File {
	file := r.pipes[fd]
	r.pipes[fd] = nil
	return file
}

// closePipes closes named pipes that were opened for a program which is not started.
func (r *replica) closePipes() {
	closeAll(r.pipes[:]...)
	r.pipes = [3]*os.File{}
}

// stdioPath is the path of a standard stream that is a file.
func (s *supervisor) stdioPath(r *replica, io planner.Stdio) string {
	if filepath.IsAbs(io.Path) {
		return io.Path
	}
	return filepath.Join(s.dir(r.process.plan), io.Path)
}
