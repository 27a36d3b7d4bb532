//go:build linux

package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// planTable is a part of a plan whose columns stand below each other; tabs part them.
type planTable struct {
	*tabwriter.Writer
	text strings.Builder
}

func newPlanTable() *planTable {
	t := &planTable{}
	t.Writer = tabwriter.NewWriter(&t.text, 0, 0, 2, ' ', 0)
	return t
}

// resource adds the line of a resource, or of a family of count: what kind it is, and what is particular about it.
func (t *planTable) resource(name string, count int, kind string, particulars []string) {
	if count > 0 {
		name += fmt.Sprintf(" x %d", count)
	}
	fmt.Fprintf(t, "  %s\t%s\t%s\n", name, kind, strings.Join(particulars, ", "))
}

// writeTo writes the table without the blanks at the ends of its lines.
func (t *planTable) writeTo(b *strings.Builder) {
	t.Flush() //nolint:errcheck // a strings.Builder takes everything
	for line := range strings.Lines(t.text.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}
