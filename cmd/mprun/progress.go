//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/runtime"
	"github.com/mprun/mprun/stages"
)

// progress shows how far a run has come, on standard error.
type progress struct {
	tell   func(runtime.Progress) // nil: nobody wants to know
	every  time.Duration
	screen *screen // nil: there is no line that must be kept out of the way
}

// patience is how long a run goes on before its progress is shown to somebody who has not asked for it.
const patience = time.Second

// How often progress is looked at: for a line that moves, and for lines below each other.
const (
	barEvery  = 200 * time.Millisecond
	lineEvery = time.Second
)

// newProgress is what the flag --progress says. A bar needs a terminal that only mprun writes to; where a process of the plan has it, too,
// lines take its place.
func (c *console) newProgress(how string, plan *planner.Plan, patience time.Duration) *progress {
	switch {
	case how == "json":
		return &progress{every: lineEvery, tell: func(p runtime.Progress) { writeJSONProgress(c.err, p) }}
	case how == "plain":
		return plainProgress(c.err, 0)
	case how != "auto" || !isTerminal(c.err):
		return &progress{}
	case handsTerminal(plan) || os.Getenv("TERM") == "dumb":
		return plainProgress(c.err, patience)
	}
	s := &screen{to: c.err}
	return &progress{every: barEvery, screen: s, tell: func(p runtime.Progress) {
		if p.Over || p.Elapsed < patience { // a short run needs no progress
			s.show("")
			return
		}
		s.show(barLine(&p))
	}}
}

// plainProgress writes lines, fewer the longer the run takes: each second at first, then each tenth of the time that has passed.
func plainProgress(to io.Writer, after time.Duration) *progress {
	next := after
	return &progress{every: lineEvery, tell: func(p runtime.Progress) {
		if p.Elapsed < next && (!p.Over || after > p.Elapsed) {
			return
		}
		next = p.Elapsed + p.Elapsed/10
		fmt.Fprintln(to, progressLine(&p))
	}}
}

// end takes away what stands on the terminal.
func (p *progress) end() {
	if p.screen != nil {
		p.screen.show("")
	}
}

// log is where the log goes.
func (p *progress) log(otherwise io.Writer) io.Writer {
	if p.screen != nil {
		return p.screen
	}
	return otherwise
}

// around is what is called around what the run prints; nil: nothing.
func (p *progress) around() func(*os.File, []byte, func() error) error {
	if p.screen == nil {
		return nil
	}
	return p.screen.around
}

// handsTerminal says whether a process of the plan writes to mprun's own standard output or error, or reads from its input.
func handsTerminal(plan *planner.Plan) bool {
	for i := range plan.Processes {
		p := &plan.Processes[i]
		if len(p.Command) > 0 && (p.Stdin.Kind == "inherit" || p.Stdout.Kind == "inherit" || p.Stderr.Kind == "inherit") {
			return true
		}
	}
	return false
}

// writeJSONProgress writes progress as a line of JSON. If standard error is gone there is nobody to be told.
func writeJSONProgress(out io.Writer, p runtime.Progress) {
	if p.Queues == nil {
		p.Queues = []runtime.QueueProgress{} // a list in JSON, too
	}
	line, err := json.Marshal(p)
	if err == nil {
		_, _ = out.Write(append(line, '\n'))
	}
}

// barCells is how long a bar is, in characters.
const barCells = 24

// barLine is progress as the last line of a terminal.
func barLine(p *runtime.Progress) string {
	var b strings.Builder
	if f, ok := p.Fraction(); ok {
		full := int(f * barCells)
		fmt.Fprintf(&b, "[%s%s] ", strings.Repeat("#", full), strings.Repeat("-", barCells-full))
	} else {
		b.WriteString(clock(p.Seconds) + "  ")
	}
	b.WriteString(doneText(p))
	if p.Replaced > 0 {
		fmt.Fprintf(&b, "  %d replaced", p.Replaced)
	}
	return b.String()
}

// doneText is how much is done, how fast, and when it will be over.
func doneText(p *runtime.Progress) string {
	var parts []string
	if f, ok := p.Fraction(); ok {
		parts = append(parts, fmt.Sprintf("%3d%%", int(f*100)), fmt.Sprintf("%d/%d", p.Done, p.Total))
	} else {
		parts = append(parts, fmt.Sprintf("%d done", p.Done))
	}
	parts = append(parts, rate(p.Rate)+"/s")
	if p.Left > 0 && !p.Over {
		parts = append(parts, clock(p.Left)+" left")
	}
	return strings.Join(parts, "  ")
}

// rate is a number with as many digits as it is worth.
func rate(f float64) string {
	units := []string{"", "k", "M", "G"}
	for f >= 1000 && len(units) > 1 {
		f, units = f/1000, units[1:]
	}
	switch {
	case f == 0, f >= 100, units[0] == "" && f >= 10:
		return fmt.Sprintf("%.0f%s", f, units[0])
	default:
		return fmt.Sprintf("%.1f%s", f, units[0])
	}
}

// clock is a number of seconds as m:ss or h:mm:ss.
func clock(seconds float64) string {
	n := int(seconds + 0.5)
	if n >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", n/3600, n/60%60, n%60)
	}
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}

// progressLine is progress for people: how long, how much, how far the queues are, what runs.
func progressLine(p *runtime.Progress) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%6.1fs  %s", p.Seconds, doneText(p))
	for _, q := range p.Queues {
		fmt.Fprintf(&b, "  %s %d/%d", q.Name, q.Finished, q.Put)
	}
	var running []string
	for _, proc := range p.Processes {
		if proc.Running == 0 {
			continue
		}
		text := proc.Name
		if proc.Replicas > 1 {
			text += fmt.Sprintf(" %d/%d", proc.Running, proc.Replicas)
		}
		if proc.Replaced > 0 {
			text += fmt.Sprintf(" (%d replaced)", proc.Replaced)
		}
		running = append(running, text)
	}
	if len(running) > 0 {
		b.WriteString("  running: " + strings.Join(running, ", "))
	}
	return b.String()
}

// printsStages says whether any stage writes to standard output.
func printsStages(list []stages.Stage) bool {
	prints := false
	planner.Walk(list, func(st *stages.Stage) {
		prints = prints || st.Op == "print" || st.Op == "write"
	})
	return prints
}
