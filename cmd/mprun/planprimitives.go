//go:build linux

package main

import (
	"fmt"
	"strings"

	"github.com/mprun/mprun/planner"
)

// writePrimitives writes locks, semaphores, conditions, events and barriers, a line each.
func writePrimitives(b *strings.Builder, primitives []planner.Primitive) {
	t := newPlanTable()
	for i := range primitives {
		p := &primitives[i]
		t.resource(p.Name, p.Count, p.Kind, primitiveText(p))
	}
	t.writeTo(b)
}

// primitiveText says what is particular about a primitive.
func primitiveText(p *planner.Primitive) []string {
	var parts []string
	say := func(when bool, format string, args ...any) {
		if when {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	say(p.Recursive, "recursive")
	say(p.OnOwnerDeath == "fail", "fails when its owner dies")
	say(p.Kind == "semaphore", "value %d", p.Value)
	say(p.Bounded, "bounded")
	say(p.Lock != "", "with the lock %s", p.Lock)
	say(p.Set, "set")
	if p.Kind == "barrier" {
		parts = append(parts, partiesText(p))
	}
	say(p.Timeout != "", "breaks after %s", p.Timeout)
	say(p.OnDeath != "", "%s when a party dies", p.OnDeath)
	say(p.Action, "with an action")
	return parts
}

// partiesText is how many meet at a barrier, or at each member of a family.
func partiesText(p *planner.Primitive) string {
	least, most := p.Meetings[0].Parties, p.Meetings[0].Parties
	for _, m := range p.Meetings {
		least, most = min(least, m.Parties), max(most, m.Parties)
	}
	switch {
	case least < most:
		return fmt.Sprintf("%d to %d parties", least, most)
	case least == 1:
		return "1 party"
	}
	return fmt.Sprintf("%d parties", least)
}
