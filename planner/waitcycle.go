package planner

import (
	"strings"

	"github.com/mprun/mprun/spec"
)

// waitingText is how a cycle of processes that wait for each other is told.
type waitingText struct {
	own    string // what one that waits for itself waits for
	mutual string // what several wait for
	where  string // behind each of the others' waits
}

// waitCycle reports processes that wait for each other: way is their numbers, as graph.cycleThrough gives them, and at where one of them waits
// for the next, with the path of that.
func (c *compiler) waitCycle(code string, way []int, text waitingText, at func(i, next int) (spec.Range, string)) {
	names := make([]string, 0, len(way)+1)
	var related []spec.Related
	for k, i := range way {
		next := way[(k+1)%len(way)]
		names = append(names, c.processes[i].plan.Name)
		if k > 0 {
			place, _ := at(i, next)
			related = append(related, spec.Related{
				Range: place, Message: c.processes[i].plan.Name + " waits for " + c.processes[next].plan.Name + text.where,
			})
		}
	}
	summary := names[0] + " waits for " + text.own
	if len(names) > 1 {
		summary = "these wait for " + text.mutual + ": " + strings.Join(append(names, names[0]), " -> ")
	}
	place, path := at(way[0], way[1%len(way)])
	c.at(spec.Error, place, path, code, "", summary, related...)
}
