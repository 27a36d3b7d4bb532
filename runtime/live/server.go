package live

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
)

// A Call answers one kind of request. It runs in a goroutine of its own, and ends soon when ctx does: then the client has hung up, or the run
// is over. An error is told to the client.
type Call func(ctx context.Context, e *Exchange) error

// errEnded is the end of a call by the end of the run.
var errEnded = errors.New("the run has ended")

// maxRequest bounds the line of a client, in bytes.
const maxRequest = 1 << 20

// A Server answers calls at the socket of a folder.
type Server struct {
	listener *net.UnixListener
	calls    map[string]Call
	ctx      context.Context
	stop     context.CancelFunc
	group    sync.WaitGroup
}

// Serve begins to answer calls. Close ends that.
func (f *Folder) Serve(calls map[string]Call) (*Server, error) {
	listener, err := atSocket(f.path, func(addr *net.UnixAddr) (*net.UnixListener, error) { return net.ListenUnix("unix", addr) })
	if err != nil {
		return nil, fmt.Errorf("making the run's socket: %w", err)
	}
	listener.SetUnlinkOnClose(false) // it goes with the folder
	s := &Server{listener: listener, calls: calls}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.group.Go(s.accept)
	return s, nil
}

// Close ends the calls that are under way and waits for them.
func (s *Server) Close() {
	s.stop()
	s.listener.Close()
	s.group.Wait()
}

func (s *Server) accept() {
	for {
		c, err := s.listener.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // a client that has hung up already, or no descriptor left: others are served when there are
		}
		s.group.Go(func() { s.serve(c) })
	}
}

// serve answers one connection.
func (s *Server) serve(c *net.UnixConn) {
	ctx, hangUp := context.WithCancel(s.ctx)
	defer hangUp()
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if uid, err := peer(c); err != nil || uid != os.Getuid() && uid != 0 {
		_ = sendLine(c, response{Error: "this run is another user's"}, nil)
		return
	}
	in := bufio.NewReader(io.LimitReader(c, maxRequest))
	line, err := in.ReadBytes('\n')
	if err != nil {
		return // it hung up, or says more than there is to say
	}
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		_ = sendLine(c, response{Error: "the request is no JSON: " + err.Error()}, nil)
		return
	}
	call := s.calls[r.Call]
	if call == nil {
		_ = sendLine(c, response{Error: fmt.Sprintf("the run knows no call %q; it knows %s", r.Call, strings.Join(s.names(), ", "))}, nil)
		return
	}
	s.group.Go(func() { // a client says nothing more: the end of what it says is that it has hung up
		_, _ = io.Copy(io.Discard, c)
		hangUp()
	})
	last := response{End: true}
	err = call(ctx, &Exchange{conn: c, args: r.Args})
	switch {
	case s.ctx.Err() != nil:
		last = response{Error: errEnded.Error()}
	case err != nil:
		last = response{Error: err.Error()}
	}
	_ = sendLine(c, last, nil)
}

func (s *Server) names() []string {
	var names []string
	for name := range s.calls {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// An Exchange is a call as who answers it sees it.
type Exchange struct {
	conn *net.UnixConn
	args json.RawMessage
}

// Args decodes the arguments of the call; none leave v as it is.
func (e *Exchange) Args(v any) error {
	if len(e.args) == 0 {
		return nil
	}
	if err := json.Unmarshal(e.args, v); err != nil {
		return fmt.Errorf("the arguments are wrong: %w", err)
	}
	return nil
}

// Reply sends one reply, and files with it, which stay the caller's. It waits for a client that is slow.
func (e *Exchange) Reply(v any, files ...*os.File) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return sendLine(e.conn, response{Reply: text, Files: len(files)}, files)
}
