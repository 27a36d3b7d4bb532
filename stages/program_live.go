package stages

import (
	"bytes"
	"context"
)

// liveOutput is `live`: what a program writes goes to the run's standard output and error as it comes, in whole lines, each behind a prefix.
// The goroutines that read of the program hand lines to the chain's, which prints and commits them. The commits find the stage where it is
// when its program has been started: a replacement of the worker runs the program again, and what had been printed of the one before stays.
type liveOutput struct {
	prefix []byte
	pieces chan livePiece
}

// livePiece is lines on their way.
type livePiece struct {
	to   Stream
	text []byte
}

// runLive runs a program to its end, and prints what it writes meanwhile. How it ended is one thing, another that the chain cannot go on.
func runLive(ctx context.Context, r *Run, program Program, prefix string) (ended, failed error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := &liveOutput{prefix: []byte(prefix), pieces: make(chan livePiece)}
	stdout, stderr := &liveLines{live: l, to: Stdout}, &liveLines{live: l, to: Stderr}
	program.Stdout, program.Stderr, program.LogsOutput = stdout, stderr, false
	go func() {
		defer close(l.pieces)
		ended = r.Programs().Run(ctx, program)
		stdout.last()
		stderr.last()
	}()
	for p := range l.pieces { // to the end, so that nothing of it is left when this returns
		if failed == nil {
			if failed = l.print(r, p); failed != nil {
				cancel()
			}
		}
	}
	return ended, failed
}

// print prints lines, and makes that visible.
func (l *liveOutput) print(r *Run, p livePiece) error {
	for {
		ok, err := r.Outlet().Print(p.to, p.text)
		if err != nil {
			return err
		}
		if ok {
			return r.Commit()
		}
		if err := r.Wait(r.Outlet(), 0); err != nil { // what stages behind have to say comes when the program has ended
			return err
		}
	}
}

// liveLines is one of a program's outputs. Its methods are called by one goroutine after the other.
type liveLines struct {
	live *liveOutput
	to   Stream
	rest []byte // of a line that has not ended
	torn bool   // the line has begun in a piece before this one
}

// longestLine is how much of a line is kept until its end comes, in bytes: one that is longer is printed in several pieces, between which
// lines of others may come.
const longestLine = 1 << 20

// Write implements io.Writer. It returns when the lines have been printed, so that a program is not read faster than that.
func (w *liveLines) Write(p []byte) (int, error) {
	end := 0
	if i := bytes.LastIndexByte(p, '\n'); i >= 0 {
		end = len(w.rest) + i + 1
	}
	w.rest = append(w.rest, p...)
	if end == 0 && len(w.rest) >= longestLine {
		end = len(w.rest)
	}
	if end > 0 {
		w.pass(w.rest[:end])
		w.rest = append([]byte(nil), w.rest[end:]...)
	}
	return len(p), nil
}

// last passes on what has no line end. Behind a prefix it gets one: what comes next would stand on the same line, prefix and all.
func (w *liveLines) last() {
	if len(w.live.prefix) > 0 && (w.torn || len(w.rest) > 0) {
		w.rest = append(w.rest, '\n')
	}
	if len(w.rest) > 0 {
		w.pass(w.rest)
	}
}

func (w *liveLines) pass(text []byte) {
	torn := w.torn
	w.torn = text[len(text)-1] != '\n'
	if len(w.live.prefix) == 0 {
		w.live.pieces <- livePiece{w.to, text}
		return
	}
	var out []byte
	for line := range bytes.Lines(text) {
		if !torn {
			out = append(out, w.live.prefix...)
		}
		torn = false
		out = append(out, line...)
	}
	w.live.pieces <- livePiece{w.to, out}
}
