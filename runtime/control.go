package runtime

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/stages"
)

// message is one datagram on the socket between the supervisor and a worker. The end of the socket tells a worker that the
// supervisor is dead.
type message struct {
	Stop     bool               `json:"stop,omitempty"`     // to a worker: finish the item in hand and end
	Cut      bool               `json:"cut,omitempty"`      // with Stop: what it is at is not to be finished
	Forsaken bool               `json:"forsaken,omitempty"` // from a worker: it does not want some results of a pool any more; to one of the pool: it is to look
	Failed   *stages.StageError `json:"failed,omitempty"`   // from a worker, its last: an item failed
	Fault    string             `json:"fault,omitempty"`    // from a worker, its last: mprun's own
	Lacks    string             `json:"lacks,omitempty"`    // from a worker, its last: the machine has run out of something, as disk space
	Signal   syscall.Signal     `json:"signal,omitempty"`   // from a worker that has the terminal: it is for the run
	Volatile *volatileInput     `json:"volatile,omitempty"` // from a worker: input that cannot be read again is about to be read
	Guard    []byte             `json:"guard,omitempty"`    // from a worker: a path to remove should it die
	Guarded  bool               `json:"guarded,omitempty"`  // to a worker: that is certain now
	Unguard  []byte             `json:"unguard,omitempty"`  // from a worker: nothing is at that path any more
	Warning  string             `json:"warning,omitempty"`  // from a worker: for the log
	Reached  *int               `json:"reached,omitempty"`  // from a worker: it has the item of that fault in hand and stands still
	GoOn     bool               `json:"go_on,omitempty"`    // to a worker that stands still
	Ended    *int               `json:"ended,omitempty"`    // from a thread, its last: what would be the exit code of a worker
}

// volatileInput says that until the worker has committed more than Commits times, it may hold input that died with it.
type volatileInput struct {
	Pos     stages.Pos `json:"pos"`
	Commits uint64     `json:"commits"`
}

// stageError is the failure of a run whose input was lost with a worker. died is what that died of, if that is known.
func (l *volatileInput) stageError(died string) *stages.StageError {
	if died != "" {
		died = ": " + died
	}
	return &stages.StageError{
		Op: "read", Pos: l.Pos, Type: "input-lost",
		Text: "the worker died between reading and committing, and this input cannot be read again" + died + " [input-lost]",
	}
}

// maxMessage bounds a datagram, in bytes, and maxText a text in it: each of its bytes may be six in JSON.
const (
	maxMessage = 64 << 10
	maxText    = 4 << 10
)

// shortened is the message with texts that fit.
func (m message) shortened() message {
	if m.Failed != nil {
		failed := *m.Failed
		failed.Text, failed.Item = shorten(failed.Text), shorten(failed.Item)
		m.Failed = &failed
	}
	m.Fault, m.Lacks = shorten(m.Fault), shorten(m.Lacks)
	return m
}

func shorten(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "..."
}

// socketPair is the two ends of a control socket. Datagrams keep messages whole.
func socketPair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("creating a control socket: %w", err)
	}
	// Only our end is non-blocking, and so in Go's poller; the flag is not shared by the two ends.
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return nil, nil, fmt.Errorf("creating a control socket: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "control"), os.NewFile(uintptr(fds[1]), "control"), nil
}

func send(f *os.File, m message) error {
	data, err := json.Marshal(m.shortened())
	if err != nil {
		return err
	}
	if len(data) > maxMessage {
		return fmt.Errorf("message of %d bytes", len(data))
	}
	_, err = f.Write(data)
	return err
}

// receive waits for a message; io.EOF when the other end is closed.
func receive(f *os.File) (message, error) {
	buf := make([]byte, maxMessage)
	n, err := f.Read(buf)
	if err != nil {
		return message{}, err
	}
	var m message
	if err := json.Unmarshal(buf[:n], &m); err != nil {
		return message{}, fmt.Errorf("decoding a message: %w", err)
	}
	return m, nil
}

// control is the supervisor's end of a worker's control socket. A goroutine reads it until the worker is gone.
type control struct {
	socket *os.File
	done   chan struct{}

	// What the worker said; read after done.
	last     message
	volatile *volatileInput
	guarded  map[string]bool // paths of what it was about to create
}

// newControl reads the socket. said is called with what is for the supervisor to act on at once, a signal, a warning or a fault's item; it must not
// wait. The guardian is told of
// what the worker has guarded, and folders of the folders that it makes for that.
func newControl(socket *os.File, g *guardian, folders *outFolders, said func(message)) *control {
	c := &control{socket: socket, done: make(chan struct{}), guarded: map[string]bool{}}
	go func() {
		defer close(c.done)
		for {
			m, err := receive(socket)
			if errors.Is(err, unix.ECONNRESET) {
				continue // it ended without reading all that it was told; what it said still comes
			}
			if err != nil {
				return
			}
			switch {
			case m.Volatile != nil:
				c.volatile = m.Volatile
			case m.Ended != nil:
				c.last = m
				said(m)
			case m.Signal != 0, m.Reached != nil, m.Warning != "", m.Forsaken:
				said(m)
			case m.Guard != nil:
				c.guarded[string(m.Guard)] = true
				folders.expect(string(m.Guard))
				g.tree(string(m.Guard))
				_ = send(socket, message{Guarded: true}) // a worker that is gone does not hear it
			case m.Unguard != nil:
				delete(c.guarded, string(m.Unguard))
				g.treeGone(string(m.Unguard))
			default:
				c.last = m
			}
		}
	}()
	return c
}

// stop asks the worker to end; with cut, in the middle of what it is at. A worker that is gone does not hear it.
func (c *control) stop(cut bool) { _ = send(c.socket, message{Stop: true, Cut: cut}) }

// look has a worker of a pool look whether what it is at is still wanted.
func (c *control) look() { _ = send(c.socket, message{Forsaken: true}) }

// goOn lets the worker go on that stands still at an item. One that is gone does not hear it.
func (c *control) goOn() { _ = send(c.socket, message{GoOn: true}) }

// final is what a worker that has ended said last. All its group is dead, so that the socket has come to its end.
func (c *control) final() message {
	<-c.done
	c.socket.Close()
	return c.last
}

// hangUp closes the socket of a thread that has said its last, before final: its process goes on, and might not close its end soon.
func (c *control) hangUp() { c.socket.Close() }

// discard removes what the worker's programs were creating when it died; after final.
func (c *control) discard(g *guardian) {
	for path := range c.guarded {
		_ = os.RemoveAll(path)
		g.treeGone(path)
	}
}
