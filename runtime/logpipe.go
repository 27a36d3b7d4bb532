package runtime

import (
	"bytes"
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

// LineLogger is a slog.Handler that takes the lines of a program many at a time, in place of a record for each: a program that floods its standard
// error waits for the log.
type LineLogger interface {
	slog.Handler
	// LogLines logs text, each line of it, which has an end, for itself. It is valid UTF-8.
	LogLines(level slog.Level, text string) error
}

// copy logs what comes, as many lines at a time as have come.
func (p *logPipe) copy(r io.Reader, log *slog.Logger, level slog.Level) {
	buf := make([]byte, maxLogLine)
	held := 0
	for {
		n, err := r.Read(buf[held:])
		whole := bytes.LastIndexByte(buf[held:held+n], '\n') + 1 // there is none in what was held
		if whole > 0 {
			whole += held
		}
		held += n
		if whole == 0 && held == len(buf) || err != nil {
			whole = held
		}
		if whole > 0 {
			p.log(string(buf[:whole]), log, level)
			held = copy(buf, buf[whole:held])
		}
		if err != nil {
			return
		}
	}
}

// log logs lines, the last of which may have no end.
func (p *logPipe) log(text string, log *slog.Logger, level slog.Level) {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	text = withoutReturns(text)
	p.remember(text)
	if lines, ok := log.Handler().(LineLogger); ok {
		_ = lines.LogLines(level, text)
		return
	}
	for line := range strings.Lines(text) {
		log.Log(context.Background(), level, strings.TrimSuffix(line, "\n"))
	}
}

// withoutReturns is lines without the carriage returns at their ends.
func withoutReturns(text string) string {
	if !strings.Contains(text, "\r\n") {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(line, "\r\n"))
		b.WriteByte('\n')
	}
	return b.String()
}

// remember keeps the latest lines.
func (p *logPipe) remember(text string) {
	for line := range strings.Lines(text[startOfLast(text, keptLines):]) {
		p.last = append(p.last, strings.TrimSuffix(line, "\n"))
	}
	p.last = p.last[max(0, len(p.last)-keptLines):]
}

// startOfLast is where the last n lines of a text begin, which ends with a line's end.
func startOfLast(text string, n int) int {
	at := len(text)
	for range n {
		if at = strings.LastIndexByte(text[:max(0, at-1)], '\n') + 1; at == 0 {
			break
		}
	}
	return at
}
