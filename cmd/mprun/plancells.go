//go:build linux

package main

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/mprun/mprun/planner"
)

// writeCells writes values and arrays, a line each.
func writeCells(b *strings.Builder, cells []planner.Cell) {
	var table strings.Builder
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for i := range cells {
		c := &cells[i]
		name := c.Name
		if c.Count > 0 {
			name += fmt.Sprintf(" x %d", c.Count)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\n", name, c.Kind, strings.Join(cellText(c), ", "))
	}
	flushTrimmed(b, &table, t)
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
	if c.Save != "" {
		parts = append(parts, "saved to "+c.Save)
	}
	if c.Lock != "" {
		parts = append(parts, "with the lock "+c.Lock)
	}
	return parts
}
