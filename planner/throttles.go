package planner

import (
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// numberThrottles gives each throttle a limit of the arena, which the replicas of its process share. A throttle of a chain that several
// processes use, or one process several times, has one in each place.
func (c *compiler) numberThrottles() {
	for _, p := range c.processes {
		Walk(p.plan.Stages, func(st *stages.Stage) {
			if st.Op != "throttle" {
				return
			}
			c.limits++
			st.Limit = c.limits
			if note := c.notes[st]; c.limits == maxLimits+1 && note != nil {
				c.errorIn(note.key.At(), note.node, spec.CodeBadValue, "", "the spec has more than %d throttles", maxLimits)
			}
		})
	}
}
