package runtime

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"
)

// logPipe takes what a process writes to its standard error, or to an output that goes to the log, and logs it line by line.
type logPipe struct {
	done chan struct{}
	last []string // the latest lines; read after done
}

// tail is the latest lines as an addition to a message, if the pipe has come to its end.
func (p *logPipe) tail() string {
	select {
	case <-p.done:
		if len(p.last) > 0 {
			return ": " + strings.Join(p.last, " | ")
		}
	case <-time.After(tailPatience):
	}
	return ""
}

// tailPatience bounds how long a message waits for the last lines: a program that has left its group may keep the pipe open.
const tailPatience = 200 * time.Millisecond

// maxLogLine is the longest line that is logged whole, in bytes; a longer one is logged in pieces.
const maxLogLine = 64 << 10

// keptLines is how many lines an error may repeat.
const keptLines = 5

// newLogPipe gives the end to be inherited by the process, and starts to log what comes out of the other one until all processes
// that hold it have closed it.
func newLogPipe(log *slog.Logger, level slog.Level) (*logPipe, *os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	p := &logPipe{done: make(chan struct{})}
	go func() {
		defer close(p.done)
		defer r.Close()
		p.copy(r, log, level)
	}()
	return p, w, nil
}

func (p *logPipe) copy(r io.Reader, log *slog.Logger, level slog.Level) {
	lines := bufio.NewReaderSize(r, maxLogLine)
	for {
		line, err := lines.ReadSlice('\n')
		if len(line) > 0 {
			text := strings.ToValidUTF8(strings.TrimRight(string(line), "\r\n"), "\uFFFD")
			p.last = append(p.last, text)
			if len(p.last) > keptLines {
				p.last = p.last[1:]
			}
			log.Log(context.Background(), level, text)
		}
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
	}
}
