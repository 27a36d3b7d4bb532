package planner

import "github.com/mprun/mprun/spec"

// What one run can hold. Those of queues are shm's, of which this package, which any system can build, knows nothing; a test compares them.
const (
	maxReplicas   = 4096    // of one process
	maxWorkers    = 8000    // in all: less than shm.MaxSlots, for the supervisor has slots, too
	maxQueues     = 4095    // less than shm.MaxQueues: one is the run's own
	maxLimits     = 1024    // rates
	maxCapacity   = 1 << 24 // items of a bounded queue
	maxItem       = 1 << 30 // bytes of one item
	maxDeliveries = 4094    // of one item
	maxPrimitives = 1 << 16 // locks, semaphores, conditions with their locks, events and barriers
	maxSegments   = 64      // values and arrays with a name
	maxSemaphore  = 1<<31 - 1
)

// atMost finds a number of the spec that is greater than most, and gives fallback for it.
func (c *compiler) atMost(n *spec.Node, value, most, fallback int, what string) int {
	if n == nil || value <= most {
		return value
	}
	c.errorAt(n, spec.CodeBadValue, "", "expected %s of at most %d, found %d", what, most, value)
	return fallback
}

// checkTotals finds more workers and queues than one run can hold, at the first that is too many.
func (c *compiler) checkTotals() {
	workers := 0
	for _, p := range c.processes {
		if len(p.plan.Command) > 0 {
			continue
		}
		if workers += p.plan.Replicas; workers > maxWorkers {
			c.errorAt(p.def.Key, spec.CodeBadValue, "", "%s brings the workers of the run to %d; there can be %d", p.def.Name, workers, maxWorkers)
			break
		}
	}
	if len(c.queues) > maxQueues {
		c.errorAt(c.queues[maxQueues].def.Named.Key, spec.CodeBadValue, "", "the spec has %d queues; there can be %d", len(c.queues), maxQueues)
	}
}
