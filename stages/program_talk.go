package stages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

const (
	// talkAhead is how many bytes wait between the chain and a program, in each direction, before the faster one has to wait.
	talkAhead = 256 << 10
	// talkChunk is how many bytes are read of a program at a time.
	talkChunk = 64 << 10
)

// talk is a program beside a chain. One goroutine writes to it and one reads from it, so that the program and the chain never wait
// for each other both: what the program has to say is read while it is spoken to.
//
// It is an input for a reader. Its methods are for the chain's goroutine, but for Wait, which is called while that one waits.
type talk struct {
	name    string
	running Running
	news    chan struct{} // something has changed; holds one
	group   sync.WaitGroup

	mu      sync.Mutex // guards what follows
	changed sync.Cond
	unsaid  []byte // to be written
	hangUp  bool   // nothing more will be written
	deaf    bool   // the program does not read any more
	heard   []byte // read, and not taken from taken on
	taken   int
	last    byte  // the last byte that was read
	mute    bool  // the program has closed its output
	ended   bool  // the program has closed its output and has exited
	exit    error // how
	failed  error // of reading
	stopped bool
}

// startTalk starts a program.
func startTalk(programs Programs, p Program) (*talk, error) {
	running, err := programs.Start(p)
	if err != nil {
		return nil, programError(p.Words[0], err)
	}
	t := &talk{name: p.Words[0], running: running, news: make(chan struct{}, 1)}
	t.changed.L = &t.mu
	t.group.Go(t.write)
	t.group.Go(t.read)
	return t, nil
}

// tell notes that something has changed, for the chain and for the goroutines.
func (t *talk) tell() {
	t.changed.Broadcast()
	select {
	case t.news <- struct{}{}:
	default:
	}
}

// write writes what is unsaid until there is nothing more.
func (t *talk) write() {
	stdin := t.running.Stdin()
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		for len(t.unsaid) == 0 && !t.hangUp && !t.stopped {
			t.changed.Wait()
		}
		if len(t.unsaid) == 0 || t.stopped {
			break
		}
		saying := t.unsaid
		t.unsaid = nil
		t.mu.Unlock()
		_, err := stdin.Write(saying)
		t.mu.Lock()
		if err != nil { // EPIPE; what else it might be, the exit code tells
			t.deaf, t.unsaid = true, nil
			t.tell()
			break
		}
		t.tell()
	}
	t.mu.Unlock()
	_ = stdin.Close() // the program learns of it by its end of input, if it still wants to know
	t.mu.Lock()
}

// read reads what the program writes to its end, and how it ends.
func (t *talk) read() {
	stdout := t.running.Stdout()
	chunk := make([]byte, talkChunk)
	for {
		n, err := stdout.Read(chunk)
		t.mu.Lock()
		if t.taken > talkAhead {
			t.heard, t.taken = append(t.heard[:0], t.heard[t.taken:]...), 0
		}
		t.heard = append(t.heard, chunk[:n]...)
		if n > 0 {
			t.last = chunk[n-1]
			t.tell()
		}
		for len(t.heard)-t.taken >= talkAhead && !t.stopped {
			t.changed.Wait()
		}
		if err != nil && !errors.Is(err, io.EOF) && !t.stopped {
			t.failed = fmt.Errorf("reading what %s writes: %w", t.name, err)
		}
		t.mu.Unlock()
		if err != nil {
			break
		}
	}
	t.mu.Lock()
	t.mute = true
	t.tell()
	t.mu.Unlock()
	exit := t.running.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended, t.exit = true, exit
	t.tell()
}

// say hands over data to be written. It takes more than there is room for; ask room before.
func (t *talk) say(data []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unsaid = append(t.unsaid, data...)
	t.changed.Broadcast()
}

// room says whether the program should be given more.
func (t *talk) room() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.unsaid) < talkAhead && !t.deaf && !t.hangUp
}

// isDeaf says whether the program has closed its standard input.
func (t *talk) isDeaf() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.deaf
}

// isMute says whether the program has closed its standard output, and runs on.
func (t *talk) isMute() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mute && !t.ended
}

// finish closes the program's standard input when everything has been written.
func (t *talk) finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hangUp = true
	t.changed.Broadcast()
}

// hasNews says whether Read would give something, be it the end.
func (t *talk) hasNews() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.heard) > t.taken || t.ended
}

// Read gives what the program has written; the end when it has exited.
func (t *talk) Read(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken == len(t.heard) {
		switch {
		case t.failed != nil:
			return 0, t.failed
		case t.ended:
			return 0, io.EOF
		}
		return 0, errNotYet
	}
	n := copy(p, t.heard[t.taken:])
	t.taken += n
	if t.taken == len(t.heard) {
		t.heard, t.taken = t.heard[:0], 0
	}
	t.changed.Broadcast()
	return n, nil
}

// result is how the program ended, after Read has given io.EOF.
func (t *talk) result() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.exit != nil {
		return programError(t.name, t.exit)
	}
	return nil
}

// hasEnded says whether the program has exited and its output is at its end.
func (t *talk) hasEnded() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ended
}

// endsWith says whether the last byte that the program has written, which is at its end, is that one.
func (t *talk) endsWith(c byte) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last == c
}

// exitCode is how a program has ended, -N after signal N.
func (t *talk) exitCode() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	var exit *ExitError
	if errors.As(t.exit, &exit) {
		return exit.Code
	}
	return 0
}

// Wait waits until something has changed.
func (t *talk) Wait(ctx context.Context) error {
	select {
	case <-t.news:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends the program and waits for it.
func (t *talk) Close() error {
	t.mu.Lock()
	running := !t.ended
	t.stopped = true
	t.tell()
	t.mu.Unlock()
	if running {
		t.running.Kill()
		if c, ok := t.running.Stdout().(io.Closer); ok {
			_ = c.Close() // for a read that waits for a child of the program
		}
	}
	_ = t.running.Stdin().Close() // for a write that does
	t.group.Wait()
	return nil
}

func (t *talk) waiter() Waiter { return t }
func (t *talk) again() bool    { return true } // the reader need not write down what it has read
func (t *talk) size() int64    { return 0 }
