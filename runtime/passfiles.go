package runtime

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// maxPassed is how many files a message hands over at most.
const maxPassed = 3

// sendFiles hands open files over a socket, and closes them here. A socket whose reader does not come to read is waited for by a goroutine, which
// ends with that socket. See SCM_RIGHTS in unix(7).
func sendFiles(socket *os.File, files ...*os.File) error {
	raw, err := socket.SyscallConn()
	if err != nil {
		closeAll(files...)
		return err
	}
	fds := make([]int, len(files))
	for i, f := range files {
		fds[i] = int(f.Fd())
	}
	rights := unix.UnixRights(fds...)
	var sent error
	try := func(fd uintptr) bool {
		sent = unix.Sendmsg(int(fd), []byte{1}, rights, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		return !errors.Is(sent, unix.EAGAIN)
	}
	if err := raw.Control(func(fd uintptr) { try(fd) }); err != nil {
		closeAll(files...)
		return err
	}
	if errors.Is(sent, unix.EAGAIN) {
		go func() {
			defer closeAll(files...)
			_ = raw.Write(try) // of one that dies before, the reaper tells
		}()
		return nil
	}
	closeAll(files...)
	return sent
}

// receiveFiles waits for a message of sendFiles, and gives the descriptors of its files; io.EOF when the other end is closed.
func receiveFiles(socket *os.File) ([]int, error) {
	buf, rights := make([]byte, 1), make([]byte, unix.CmsgSpace(maxPassed*4))
	for {
		n, nrights, _, _, err := unix.Recvmsg(int(socket.Fd()), buf, rights, unix.MSG_CMSG_CLOEXEC)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return nil, fmt.Errorf("receiving files: %w", err)
		case n == 0:
			return nil, io.EOF
		default:
			return passedFiles(rights[:nrights])
		}
	}
}

// passedFiles is the descriptors in the control messages of a message.
func passedFiles(rights []byte) (fds []int, err error) {
	messages, err := unix.ParseSocketControlMessage(rights)
	for i := range messages {
		more, rightsErr := unix.ParseUnixRights(&messages[i])
		fds, err = append(fds, more...), errors.Join(err, rightsErr)
	}
	if err != nil {
		return nil, fmt.Errorf("receiving files: %w", err)
	}
	return fds, nil
}
