package live

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// request is the line of a client.
type request struct {
	Call string          `json:"call"`
	Args json.RawMessage `json:"args,omitempty"`
}

// response is a line of the server.
type response struct {
	Reply json.RawMessage `json:"reply,omitempty"`
	Files int             `json:"files,omitempty"`
	End   bool            `json:"end,omitempty"`
	Error string          `json:"error,omitempty"`
}

// maxFiles is how many descriptors one message carries: SCM_MAX_FD, unix(7). More of them come with further bytes of the same line.
const maxFiles = 253

// atSocket calls use with a name for the socket in a folder that is short enough for an address (108 bytes, unix(7)).
func atSocket[T any](folder string, use func(*net.UnixAddr) (T, error)) (T, error) {
	var none T
	dir, err := os.OpenFile(folder, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return none, err
	}
	defer dir.Close()
	name := filepath.Join("/proc/self/fd", strconv.Itoa(int(dir.Fd())), socketName)
	return use(&net.UnixAddr{Name: name, Net: "unix"})
}

// peer is the user at the other end of a connection.
func peer(c *net.UnixConn) (int, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) { cred, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return 0, err
	}
	if failed != nil {
		return 0, failed
	}
	return int(cred.Uid), nil
}

// sendLine writes a line, and files with its first bytes.
func sendLine(c *net.UnixConn, v any, files []*os.File) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	for len(files) > 0 {
		n := min(len(files), maxFiles)
		fds := make([]int, n)
		for i, f := range files[:n] {
			fds[i] = int(f.Fd())
		}
		if _, _, err := c.WriteMsgUnix(line[:1], unix.UnixRights(fds...), nil); err != nil {
			return err
		}
		files, line = files[n:], line[1:]
	}
	_, err = c.Write(line)
	return err
}

// receiver reads a connection and keeps the files that come with it.
type receiver struct {
	conn  *net.UnixConn
	files []*os.File
}

// Read implements io.Reader.
func (r *receiver) Read(p []byte) (int, error) {
	oob := make([]byte, unix.CmsgSpace(maxFiles*4))
	n, oobn, _, _, err := r.conn.ReadMsgUnix(p, oob)
	if oobn > 0 {
		messages, parseErr := unix.ParseSocketControlMessage(oob[:oobn])
		if parseErr != nil {
			return n, parseErr
		}
		for i := range messages {
			fds, parseErr := unix.ParseUnixRights(&messages[i])
			if parseErr != nil {
				return n, parseErr
			}
			for _, fd := range fds {
				unix.CloseOnExec(fd)
				r.files = append(r.files, os.NewFile(uintptr(fd), "received"))
			}
		}
	}
	return n, err
}

// take gives the first n files.
func (r *receiver) take(n int) ([]*os.File, error) {
	if n < 0 || n > len(r.files) {
		return nil, fmt.Errorf("%d files were announced and %d came", n, len(r.files))
	}
	files := r.files[:n:n]
	r.files = r.files[n:]
	return files, nil
}

func (r *receiver) close() {
	for _, f := range r.files {
		f.Close()
	}
	r.files = nil
}
