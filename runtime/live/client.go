package live

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
)

// An Answer is what a run says to a call, reply by reply.
type Answer struct {
	conn *net.UnixConn
	from *receiver
	in   *bufio.Reader
}

// Call calls a run. The Answer must be closed. It belongs to one goroutine, but for Close.
func (i Info) Call(call string, args any) (*Answer, error) {
	var text json.RawMessage
	if args != nil {
		var err error
		if text, err = json.Marshal(args); err != nil {
			return nil, err
		}
	}
	conn, err := atSocket(i.path, func(addr *net.UnixAddr) (*net.UnixConn, error) { return net.DialUnix("unix", nil, addr) })
	if err != nil {
		return nil, fmt.Errorf("reaching run %s: %w", i.ID, err)
	}
	if err := sendLine(conn, request{Call: call, Args: text}, nil); err != nil {
		conn.Close()
		return nil, fmt.Errorf("calling run %s: %w", i.ID, err)
	}
	from := &receiver{conn: conn}
	return &Answer{conn: conn, from: from, in: bufio.NewReader(from)}, nil
}

// Next decodes the next reply into v and gives the files that came with it, which are the caller's. io.EOF says that there are no more; any other
// error is what the run says is wrong, or that it has gone.
func (a *Answer) Next(v any) ([]*os.File, error) {
	line, err := a.in.ReadBytes('\n')
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errEnded
		}
		return nil, fmt.Errorf("listening to the run: %w", err)
	}
	var r response
	if err := json.Unmarshal(line, &r); err != nil {
		return nil, fmt.Errorf("the run's answer is no JSON: %w", err)
	}
	switch {
	case r.Error != "":
		return nil, errors.New(r.Error)
	case r.End:
		return nil, io.EOF
	}
	files, err := a.from.take(r.Files)
	if err != nil {
		return nil, err
	}
	return files, json.Unmarshal(r.Reply, v)
}

// Close hangs up. Another goroutine may call it to end a Next.
func (a *Answer) Close() {
	a.conn.Close()
	a.from.close()
}
