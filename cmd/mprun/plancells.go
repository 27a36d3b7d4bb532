//go:build linux

package main

import (
	"strconv"
	"strings"

	"github.com/mprun/mprun/planner"
)

// writeCells writes values and arrays, a line each.
func writeCells(b *strings.Builder, cells []planner.Cell) {
	t := newPlanTable()
	for i := range cells {
		c := &cells[i]
		t.resource(c.Name, c.Count, c.Kind, cellText(c))
	}
	t.writeTo(b)
}

// cellText says what a value or an array holds, and what is particular about it.
func cellText(c *planner.Cell) []string {
	what := c.Type.Name
	if len(c.Shape) > 0 {
		dims := make([]string, len(c.Shape))
		for i, d := range c.Shape {
			dims[i] = strconv.Itoa(d)
		}
		what = strings.Join(dims, " x ") + " of " + what
	}
	parts := []string{what, byteText(c.Memory())}
	if c.File != "" {
		parts = append(parts, "starts with "+c.File)
	}
	if c.Segment != "" {
		parts = append(parts, "in /dev/shm/"+c.Segment)
	}
	if c.Save != "" {
		parts = append(parts, "saved to "+c.Save)
	}
	if c.Lock != "" {
		parts = append(parts, "with the lock "+c.Lock)
	}
	return parts
}
