//go:build linux

package main

import (
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// screen is a terminal whose last line shows how far a run has come, while other things are printed to it. Whoever prints goes by it: the line is
// taken away, the text is written, and the line is drawn again below, unless the text has left off in the middle of a line: that is nobody
// else's. What the escape sequences mean is in ECMA-48 (EL).
//
// A Screen may be used concurrently.
type screen struct {
	mu     sync.Mutex // guards what follows, and whole writes
	to     *os.File
	line   string // to be shown; "": nothing
	shown  bool   // it stands on the terminal
	inLine bool   // what was printed last has no end of line
}

const (
	lineStart = "\r"
	lineClear = "\r\x1b[K"
)

// show has the last line say text; "" takes it away.
func (s *screen) show(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line = text
	if text == "" {
		s.clear()
		return
	}
	s.draw()
}

// draw draws the line, if it may stand there. Who cannot be written to is not told.
func (s *screen) draw() {
	width, _, err := term.GetSize(int(s.to.Fd()))
	if s.line == "" || s.inLine || err != nil || width < 2 || !ownsTerminal(s.to) {
		return
	}
	text := s.line
	if len(text) >= width {
		text = text[:width-1] // a full line would begin another
	}
	_, _ = io.WriteString(s.to, lineStart+text+"\x1b[K")
	s.shown = true
}

// clear takes the line away.
func (s *screen) clear() {
	if s.shown {
		_, _ = io.WriteString(s.to, lineClear)
		s.shown = false
	}
}

// around is runtime.Options.Around.
func (s *screen) around(to *os.File, text []byte, write func() error) error {
	if !isTerminal(to) {
		return write()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	err := write()
	if len(text) > 0 {
		s.inLine = text[len(text)-1] != '\n'
	}
	s.draw()
	return err
}

// Write implements io.Writer, for the log.
func (s *screen) Write(p []byte) (n int, err error) {
	err = s.around(s.to, p, func() error {
		n, err = s.to.Write(p)
		return err
	})
	return n, err
}

// ownsTerminal says whether this process's group has the terminal; see tcgetpgrp(3). What a shell has put into the background draws nothing.
func ownsTerminal(terminal *os.File) bool {
	group, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
