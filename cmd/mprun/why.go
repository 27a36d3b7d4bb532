//go:build linux

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mprun/mprun/runtime"
)

func (c *console) whyCommand() *cobra.Command {
	var id, format string
	cmd := &cobra.Command{
		Use:   "why",
		Short: "Say who waits for what in a live run, and who holds it",
		Long: "Says of each process of a run that is under way what it does: what it waits for, since when, who holds it, and at which stage of the\n" +
			"spec. If processes wait for each other in a circle it says so; a run that nobody can take any further ends with exit code 4 by itself.",
		Example:           "  mprun why\n  mprun why --run 3f2a -o json",
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			if err := oneOf("output", format, textOrJSON()...); err != nil {
				return err
			}
			run, err := liveRun(id)
			if err != nil {
				return err
			}
			var why runtime.Why
			if _, err := askOnce(run, runtime.CallWhy, &why); err != nil {
				return err
			}
			if format == "json" {
				return c.printJSON(why)
			}
			return c.print(whyText(&why))
		},
	}
	runFlag(cmd, &id)
	outputFlag(cmd, &format, "it")
	return cmd
}

// whyText is where the processes stand, in words: first the answer, then a line for each process.
func whyText(w *runtime.Why) string {
	var b strings.Builder
	fmt.Fprintf(&b, "run %s: %s, process %d, for %s\n", w.Run.ID, w.Run.Spec, w.Run.PID, seconds(w.Seconds))
	b.WriteString(verdict(w) + "\n")
	width := 0
	for _, p := range w.Processes {
		width = max(width, len(p.Process))
	}
	for _, p := range w.Processes {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, p.Process, standingText(p))
	}
	return b.String()
}

// verdict is the answer in one line.
func verdict(w *runtime.Why) string {
	var stuck, working, stopped []string
	for _, p := range w.Processes {
		switch {
		case p.Stuck:
			stuck = append(stuck, p.Process)
		case p.State == "works":
			working = append(working, p.Process)
		case p.State == "stopped":
			stopped = append(stopped, p.Process)
		}
	}
	switch {
	case len(w.Cycle) == 1:
		return "stuck: " + w.Cycle[0] + " waits for itself"
	case len(w.Cycle) > 1:
		return "stuck: " + strings.Join(append(w.Cycle, w.Cycle[0]), " waits for ")
	case len(stuck) > 0:
		return "stuck: nobody is left who could bring about what " + someNames(stuck) + " waits for"
	case w.Stopping:
		return "the run is being stopped"
	case len(stopped) > 0:
		return "somebody has stopped " + someNames(stopped)
	case len(working) == 0:
		return "nothing is stuck"
	case len(working) == 1:
		return "nothing is stuck: " + working[0] + " works"
	default:
		return "nothing is stuck: " + someNames(working) + " work"
	}
}

// someNames is names as a line shows them.
func someNames(names []string) string {
	const most = 6
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return listed(names)
}

// standingText is what one process does.
func standingText(p runtime.Standing) string {
	if p.State == "stopped" {
		return fmt.Sprintf("is stopped by a signal: `kill -CONT -- -%d` has it go on (%s)", p.PID, p.Pos)
	}
	if len(p.Waits) == 0 && p.For == "" {
		switch {
		case p.State == "waiting":
			return "is not started yet"
		case p.PID > 0 && p.State == "works":
			return fmt.Sprintf("works, process %d", p.PID)
		}
		return p.State
	}
	text := p.String()
	if p.State == "waiting" {
		text = "is not started: it " + text
	}
	if p.Timed {
		text += ", for a time"
	}
	if p.Beside {
		text += ", beside a program"
	}
	for _, a := range p.Waits {
		if a.Come {
			text += "; it has come"
			break
		}
	}
	if p.Stage != "" {
		text += fmt.Sprintf(" (%s: %s)", p.Pos, p.Stage)
	} else {
		text += fmt.Sprintf(" (%s)", p.Pos)
	}
	return text
}

// seconds is a time as people read it.
func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	if d < 10*time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
