//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/mprun/mprun/planner"
)

// runLog is the log of a run: lines on standard error, each with the name of the process that speaks in front, or as JSON. Processes
// may have levels of their own. It may be used concurrently.
type runLog struct {
	shared *logState
	attrs  []slog.Attr
}

// logState is what all loggers of a run share.
type logState struct {
	level     slog.Level
	processes map[string]slog.Level
	least     slog.Level // of all levels
	json      slog.Handler
	mu        sync.Mutex // guards out and spoken
	out       io.Writer
	spoken    map[string]bool
}

// newRunLog is the log that the spec asks for, where the flags do not say otherwise.
func newRunLog(out io.Writer, spec planner.Log, f runFlags) *runLog {
	s := &logState{out: out, spoken: map[string]bool{}, processes: map[string]slog.Level{}}
	s.level = levelOf(f.logLevel, levelOf(spec.Level, slog.LevelInfo))
	s.least = s.level
	for name, word := range spec.Processes {
		s.processes[name] = levelOf(word, s.level)
		s.least = min(s.least, s.processes[name])
	}
	format := spec.Format
	if f.logFormat != "" {
		format = f.logFormat
	}
	if format == "json" {
		s.json = slog.NewJSONHandler(lockedWriter{s}, &slog.HandlerOptions{Level: s.least})
	}
	return &runLog{shared: s}
}

// lockedWriter writes what the JSON handler makes.
type lockedWriter struct{ *logState }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Write(p)
}

// Enabled implements slog.Handler.
func (l *runLog) Enabled(_ context.Context, level slog.Level) bool { return level >= l.shared.least }

// WithAttrs implements slog.Handler.
func (l *runLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	all := append(append([]slog.Attr{}, l.attrs...), attrs...)
	return &runLog{shared: l.shared, attrs: all}
}

// WithGroup implements slog.Handler. The run's loggers have no groups, so their names stand for themselves.
func (l *runLog) WithGroup(string) slog.Handler { return l }

// Handle implements slog.Handler.
func (l *runLog) Handle(ctx context.Context, r slog.Record) error {
	process := ""
	var rest []slog.Attr
	take := func(a slog.Attr) bool {
		if a.Key == "process" {
			process = a.Value.String()
		} else {
			rest = append(rest, a)
		}
		return true
	}
	for _, a := range l.attrs {
		take(a)
	}
	r.Attrs(take)
	if r.Level < l.shared.levelOf(process) {
		return nil
	}
	l.shared.hear(process)
	if l.shared.json != nil {
		return l.shared.json.WithAttrs(l.attrs).Handle(ctx, r)
	}
	return l.shared.write(process, r, rest)
}

// LogLines implements runtime.LineLogger.
func (l *runLog) LogLines(level slog.Level, text string) error {
	s, process := l.shared, ""
	for _, a := range l.attrs {
		if a.Key == "process" {
			process = a.Value.String()
		}
	}
	if level < s.levelOf(process) {
		return nil
	}
	s.hear(process)
	var b bytes.Buffer
	now := time.Now()
	var json slog.Handler
	if s.json != nil {
		json = slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: s.least}).WithAttrs(l.attrs)
	}
	for line := range strings.Lines(text) {
		if json == nil {
			b.WriteString(process)
			b.WriteString(": ")
			b.WriteString(line)
		} else if err := json.Handle(context.Background(), slog.NewRecord(now, level, strings.TrimSuffix(line, "\n"), 0)); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.out.Write(b.Bytes())
	return err
}

// baseName is a process's name without the number of the replica.
func baseName(process string) string {
	name, _, _ := strings.Cut(process, "[")
	return name
}

func (s *logState) levelOf(process string) slog.Level {
	if level, ok := s.processes[baseName(process)]; ok {
		return level
	}
	return s.level
}

func (s *logState) hear(process string) {
	if process == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spoken[baseName(process)] = true
}

// spoke says whether anything was logged for a process.
func (l *runLog) spoke(process string) bool {
	l.shared.mu.Lock()
	defer l.shared.mu.Unlock()
	return l.shared.spoken[process]
}

// write writes one line. A failure names its process and its place in the spec itself.
func (s *logState) write(process string, r slog.Record, attrs []slog.Attr) error {
	var b strings.Builder
	switch {
	case process == "":
		b.WriteString("mprun: ")
	case !strings.Contains(r.Message, ": process "+baseName(process)):
		b.WriteString(process + ": ")
	}
	if r.Level == slog.LevelWarn {
		b.WriteString("warning: ")
	}
	b.WriteString(r.Message)
	for _, a := range attrs {
		fmt.Fprintf(&b, " (%s %s)", a.Key, a.Value)
	}
	b.WriteByte('\n')
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := io.WriteString(s.out, b.String())
	return err
}

// levelOff is above every level.
const levelOff = slog.Level(100)

func levelOf(word string, otherwise slog.Level) slog.Level {
	switch word {
	case "debug":
		return slog.LevelDebug
	case "info":
		return slog.LevelInfo
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	case "off":
		return levelOff
	}
	return otherwise
}
