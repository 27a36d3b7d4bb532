//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/runtime"
	"github.com/mprun/mprun/stages"
)

// patience is how many seconds a run goes on before its progress is shown to somebody who has not asked for it.
const patience = 2

// newProgress gives what writes progress to standard error; nil if none is wanted.
func (c *console) newProgress(how string) func(runtime.Progress) {
	switch {
	case how == "json":
		return func(p runtime.Progress) { writeJSONProgress(c.err, p) }
	case how == "plain":
		return func(p runtime.Progress) { fmt.Fprintln(c.err, progressLine(p)) }
	case how == "auto" && isTerminal(c.err):
		return func(p runtime.Progress) {
			if p.Seconds >= patience { // a short run needs no progress
				fmt.Fprintln(c.err, progressLine(p))
			}
		}
	}
	return nil
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

// progressLine is progress for people: how long, what runs, how far the queues are.
func progressLine(p runtime.Progress) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%6.1fs", p.Seconds)
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
