package stages

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// fakePython is an interpreter made of Go, which is there at once: it speaks as bootstrap.py does. A world has it as its programs.
type fakePython struct {
	// call is the function: results of an item, one or a generator's, or its failure.
	call func(item any) (results []any, generator bool, failure string)
	// endless says that a generator's last result comes again and again.
	endless func(item any) bool
	// dies says whether the interpreter is killed when it is called for an item.
	dies func(item any) bool

	mu      sync.Mutex
	calls   map[any]int
	running []*fakeInterpreter
}

func (*fakePython) Guard(string) error                 { return nil }
func (*fakePython) Unguard(string)                     {}
func (*fakePython) Spill() string                      { return "" }
func (*fakePython) Run(context.Context, Program) error { return errors.New("there are no programs") }

func (f *fakePython) Start(Program) (Running, error) {
	p := &fakeInterpreter{python: f, ended: make(chan struct{})}
	p.in, p.stdin = io.Pipe()
	p.stdout, p.out = io.Pipe()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running = append(f.running, p)
	go func() {
		defer close(p.ended)
		p.exit = p.run()
		_ = p.in.CloseWithError(io.ErrClosedPipe)
		_ = p.out.Close()
	}()
	return p, nil
}

// kill ends all interpreters, as when their worker dies.
func (f *fakePython) kill() {
	f.mu.Lock()
	running := f.running
	f.running = nil
	f.mu.Unlock()
	for _, p := range running {
		p.Kill()
		<-p.ended
	}
}

// count is how often the function has been called for an item, which it notes.
func (f *fakePython) count(item any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls == nil {
		f.calls = map[any]int{}
	}
	f.calls[item]++
}

type fakeInterpreter struct {
	python *fakePython
	in     *io.PipeReader
	stdin  *io.PipeWriter
	stdout *io.PipeReader
	out    *io.PipeWriter
	ended  chan struct{}
	exit   error
}

func (p *fakeInterpreter) Stdin() io.WriteCloser { return p.stdin }
func (p *fakeInterpreter) Stdout() io.Reader     { return p.stdout }

func (p *fakeInterpreter) Wait() error {
	<-p.ended
	return p.exit
}

func (p *fakeInterpreter) Kill() {
	_ = p.in.CloseWithError(io.ErrClosedPipe)
	_ = p.out.CloseWithError(io.ErrClosedPipe)
}

// run answers until its input ends.
func (p *fakeInterpreter) run() error {
	killed := &ExitError{Program: "python3", Code: -9}
	in := bufio.NewReader(p.in)
	line, err := in.ReadString('\n')
	if err != nil {
		return killed
	}
	size, _ := strconv.Atoi(strings.TrimSpace(line))
	if _, err := in.Discard(size); err != nil {
		return killed
	}
	if p.send(pythonRuns, nil) != nil {
		return killed
	}
	for range 2 { // the settings, and the word to begin
		if _, err := p.receive(in); err != nil {
			return killed
		}
	}
	if p.send(pythonReady, nil) != nil {
		return killed
	}
	for {
		items, err := p.receive(in)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil || p.work(&items) != nil:
			return killed
		}
	}
}

func (p *fakeInterpreter) receive(in io.Reader) (items Column, err error) {
	var head [8]byte
	if _, err = io.ReadFull(in, head[:]); err != nil {
		return items, err
	}
	body := make([]byte, binary.LittleEndian.Uint32(head[4:]))
	if _, err = io.ReadFull(in, body); err == nil {
		_, err = unpickle(body, &items)
	}
	return items, err
}

func (p *fakeInterpreter) send(kind byte, results []any) error {
	frame := append([]byte{kind}, make([]byte, pythonHead-1)...)
	if results != nil {
		column := Column{Any: results}
		var err error
		if frame, err = appendPickle(frame, &column, 0, len(results)); err != nil {
			return err
		}
	}
	binary.LittleEndian.PutUint32(frame[1:], uint32(len(results)))
	binary.LittleEndian.PutUint64(frame[5:], uint64(1000*len(results)))
	binary.LittleEndian.PutUint64(frame[13:], uint64(len(frame)-pythonHead))
	_, err := p.out.Write(frame)
	return err
}

// work answers some items: results that stand together in one frame.
func (p *fakeInterpreter) work(items *Column) error {
	var plain []any
	flush := func() (err error) {
		if len(plain) > 0 {
			err = p.send(pythonAnswer, plain)
			plain = nil
		}
		return err
	}
	for i := range items.Len() {
		item := items.At(i)
		if p.python.dies(item) {
			return errKilled
		}
		p.python.count(item)
		results, generator, failure := p.python.call(item)
		if !generator && failure == "" {
			plain = append(plain, results...)
			continue
		}
		if err := flush(); err != nil {
			return err
		}
		if err := p.stream(item, results, failure); err != nil {
			return err
		}
	}
	return flush()
}

// stream sends what a generator gives, one by one, or the failure.
func (p *fakeInterpreter) stream(item any, results []any, failure string) error {
	for _, result := range results {
		if err := p.send(pythonPart, []any{result}); err != nil {
			return err
		}
	}
	for p.python.endless(item) {
		if err := p.send(pythonPart, slices.Clone(results[len(results)-1:])); err != nil {
			return err
		}
	}
	if failure != "" {
		return p.send(pythonFailed, []any{"ValueError", failure, "", 0})
	}
	return p.send(pythonLast, []any{})
}
