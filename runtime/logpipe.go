package runtime

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"
)

// logPipe takes what a process writes to its standard error, or to an output that goes to the log, and logs it line by line.
type logPipe struct {
	read *os.File
	done chan struct{}
	last []string // the latest lines; read after done
}

// tail is the latest lines as an addition to a message, if the pipe has come to its end.
func (p *logPipe) tail() string {
	select {
	case <-p.done:
		if len(p.last) > 0 {
			return ": " + shorten(strings.Join(p.last, " | "))
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

// openLogPipe gives the end to be inherited by the process, and starts to log what comes out of the other one until all processes
// that hold it have closed it.
func (s *supervisor) openLogPipe(log *slog.Logger, level slog.Level) (*logPipe, *os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	p := &logPipe{read: r, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		defer r.Close()
		p.copy(r, log, level)
	}()
	s.logPipes = append(slices.DeleteFunc(s.logPipes, (*logPipe).ended), p)
	return p, w, nil
}

func (p *logPipe) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// endLogPipes waits until all that was written to log pipes is logged. Nothing of the run is running any more, but for what has hidden
// from it and may hold a pipe.
func (s *supervisor) endLogPipes() {
	patience := time.After(tailPatience)
	for _, p := range s.logPipes {
		select {
		case <-p.done:
		case <-patience:
			patience = nil
			for _, p := range s.logPipes {
				p.read.Close()
			}
		}
		<-p.done
	}
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
