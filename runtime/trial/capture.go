package trial

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// capture is a pipe whose reading end goes into memory.
type capture struct {
	in   *os.File // for the run
	out  *os.File
	to   io.Writer
	done chan struct{}
	once sync.Once
}

// afterwards is how long a capture waits for those who still hold its pipe when the run is over: programs that have hidden from mprun.
const afterwards = time.Second

func startCapture(to io.Writer) (*capture, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe for the output of a test: %w", err)
	}
	c := &capture{in: in, out: out, to: to, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		_, _ = io.Copy(to, out) // to takes everything; the pipe ends, or its time is over
	}()
	return c, nil
}

// close ends the capture and gives what it has written to.
func (c *capture) close() io.Writer {
	c.once.Do(func() {
		c.in.Close()
		_ = c.out.SetReadDeadline(time.Now().Add(afterwards)) // pipes have deadlines
		<-c.done
		c.out.Close()
	})
	return c.to
}

// What is kept of the output of a run, in bytes.
const (
	mostOutput = 16 << 20 // from its beginning
	mostLog    = 32 << 10 // of its end
)

// head keeps the beginning of what is written to it, and counts the rest.
type head struct {
	text    []byte
	dropped int
}

// Write implements io.Writer.
func (h *head) Write(p []byte) (int, error) {
	n := min(len(p), mostOutput-len(h.text))
	h.text = append(h.text, p[:n]...)
	h.dropped += len(p) - n
	return len(p), nil
}

// tail keeps the end of what is written to it. It may be used concurrently.
type tail struct {
	mu   sync.Mutex
	text []byte
	cut  bool
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if len(t.text) > 2*mostLog {
		t.text = append(t.text[:0], t.text[len(t.text)-mostLog:]...)
		t.cut = true
	}
	return len(p), nil
}

// String is what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cut {
		return "…" + string(t.text)
	}
	return string(t.text)
}
