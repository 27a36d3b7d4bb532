package planner

import (
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// What queues are without a word in the spec (spec-language, Resources).
const (
	defaultCapacity      = 1024      // items
	defaultMaxItem       = 16 << 20  // bytes
	defaultMaxBytes      = 256 << 20 // bytes
	defaultMaxDeliveries = 3
)

// queue is a queue with what the passes find out of it.
type queue struct {
	def      *spec.Queue
	plan     Queue
	bounded  bool // capacity is not unbounded
	declared *stages.Type
	typ      stages.Type // of its items, as far as it has been inferred
	readers  []use
	writers  []use
	dead     bool       // items that were given up come into it
	cycles   [][]string // of each member: the queues of the cycle that it is on; nil: none
}

// use is a process that reads or writes a queue, and where that is written.
type use struct {
	process *process
	node    *spec.Node
	queue   *queue
	members []int // of a family, for each replica of the process, -1: none; nil: any of them, or it is no family
}

func (c *compiler) readQueues() {
	for _, def := range c.doc.Queues {
		q := &queue{def: def, plan: Queue{
			Name: def.Name, Pos: posOf(def.Named.Key),
			Capacity:      defaultCapacity,
			MaxItem:       c.atMost(def.MaxItem.Node, c.size(def.MaxItem, defaultMaxItem), maxItem, defaultMaxItem, "a size in bytes"),
			MaxBytes:      c.size(def.MaxBytes, defaultMaxBytes),
			MaxDeliveries: c.atMost(def.MaxDeliveries.Node, c.count(def.MaxDeliveries, 1, defaultMaxDeliveries), maxDeliveries, defaultMaxDeliveries, "a count"),
		}}
		c.readSharing(q)
		c.readCapacity(q)
		c.readItemType(q)
		c.queues = append(c.queues, q)
		if s, ok := c.symbols[def.Name]; ok && s.key == def.Named.Key {
			s.queue = q
			c.symbols[def.Name] = s
		}
	}
	for _, q := range c.queues {
		c.readDeadLetter(q)
	}
}

// readSharing reads how the items of a queue are shared by those who read it.
func (c *compiler) readSharing(q *queue) {
	if q.def.Count.IsSet() {
		q.plan.Count = c.atMost(q.def.Count.Node, c.count(q.def.Count, 1, 1), maxQueues, 1, "a count")
	}
	q.plan.Broadcast = c.flag(q.def.Broadcast, false)
	if q.def.Key.IsSet() {
		q.plan.Key = c.expression(q.def.Key.Node)
	}
}

// readCapacity leaves a queue on a cycle without a capacity of its own to be made unbounded when cycles are known.
func (c *compiler) readCapacity(q *queue) {
	capacity := q.def.Capacity
	q.bounded = true
	switch {
	case c.trial.untiesAny(&q.plan): // those who would make room, or wait for it, have no part in the test
		q.plan.Capacity, q.bounded = 0, false
		return
	case capacity.Word == "unbounded":
		q.plan.Capacity, q.bounded = 0, false
		return
	case capacity.Template != nil:
		value, ok := c.whole(capacity.Template)
		if ok && value == "unbounded" {
			q.plan.Capacity, q.bounded = 0, false
			return
		}
		n, isInt := value.(int)
		if ok && !isInt {
			c.unfit(capacity.Node, "a count or unbounded", value)
		}
		if !isInt {
			return
		}
		capacity = spec.Count{Node: capacity.Node, Value: n}
	}
	q.plan.Capacity = c.atMost(capacity.Node, c.count(capacity, 1, defaultCapacity), maxCapacity, defaultCapacity, "a capacity")
}

func (c *compiler) readDeadLetter(q *queue) {
	name := q.def.DeadLetter
	if !name.IsSet() {
		return
	}
	s, ok := c.lookup(name.Value, name.Node.At(), name.Node, "queue")
	if !ok {
		return
	}
	c.places[name.Value] = append(c.places[name.Value], name.Node)
	if s.queue == nil {
		return
	}
	if s.queue == q {
		c.errorAt(name.Node, spec.CodeBadValue, "", "%s cannot be its own dead letter queue", name.Value)
		return
	}
	if s.queue.plan.Count > 0 {
		c.errorAt(name.Node, CodeBadPlace, "name a queue that is none", "%s is a family of queues, and items that were given up go to one queue", name.Value)
		return
	}
	s.queue.dead = true
	q.plan.DeadLetter = name.Value
}
