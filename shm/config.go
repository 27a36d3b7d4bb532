//go:build linux

package shm

import (
	"fmt"
	"hash/fnv"
	"slices"
)

// Limits of one arena. They are part of the layout: a change of one is a change of layoutVersion.
const (
	MaxSlots    = 8190    // slots of one arena; the owner tag has 13 bits
	MaxQueues   = 4096    // queues of one arena
	MaxOutputs  = 64      // blocks published by one commit, and blocks that a slot may hold reserved at a time
	MaxBoard    = 1 << 24 // words of the board
	MaxInputs   = 16      // blocks released or advanced by one commit, and leases that a slot may hold at a time
	MaxCapacity = 1 << 24 // items of a bounded queue
	MaxTries    = 4095    // deliveries that are counted; more count as this
)

// Defaults of [QueueConfig].
const (
	DefaultMaxItem  = 16 << 20
	DefaultMaxBytes = 256 << 20
)

const (
	maxItemLimit   = 1 << 30 // bytes of one item, at most
	nameBytes      = 128     // of a queue's name, kept in the arena for tools
	blockSlack     = 64 << 10
	spillEntries   = 1 << 20
	spillFileLimit = 8 << 40 // ext4 ends at 16 TiB
)

// Config describes an arena.
type Config struct {
	Slots      int               // worker slots, 1 to MaxSlots; the supervisor's own outlets count
	Queues     []QueueConfig     // at most MaxQueues
	Board      int               // words of the board, at most MaxBoard
	Limits     int               // rates, at most MaxLimits
	PlanHash   uint64            // the caller's digest of its plan; part of the layout hash that Open checks
	Primitives []PrimitiveConfig // at most MaxPrimitives; their order is that in which their locks are taken
	SpillDir   string            // where unbounded queues keep their unlinked files; empty: os.TempDir()
	SegmentDir string            // where segments are made; empty: SegmentFolder
}

// QueueConfig describes one queue.
type QueueConfig struct {
	Name          string // for tools; the first 128 bytes are kept
	Capacity      int    // items that may wait (not counting leased ones), 1 to MaxCapacity; 0: unbounded, kept in a file
	MaxItem       int    // bytes of one item, encoded; 0: DefaultMaxItem; at most 1 GiB
	MaxBytes      int64  // bytes that may wait; 0: DefaultMaxBytes; one block is always admitted; an unbounded queue ignores it
	MaxDeliveries int    // how often an item may be delivered before its reader gives it up; 0: no limit; see Block.Tries
	Readers       int    // slots that may lease from it; 0: all
}

func (c QueueConfig) withDefaults(slots int) QueueConfig {
	if c.MaxItem == 0 {
		c.MaxItem = DefaultMaxItem
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	if c.Readers == 0 {
		c.Readers = slots
	}
	if len(c.Name) > nameBytes {
		c.Name = c.Name[:nameBytes]
	}
	return c
}

func (c QueueConfig) validate(slots int) error {
	switch {
	case c.Capacity < 0 || c.Capacity > MaxCapacity:
		return fmt.Errorf("capacity %d is not between 0 and %d", c.Capacity, MaxCapacity)
	case c.MaxItem < 1 || c.MaxItem > maxItemLimit:
		return fmt.Errorf("max item of %d bytes is not between 1 and %d", c.MaxItem, maxItemLimit)
	case c.MaxBytes < 1:
		return fmt.Errorf("max bytes %d is not positive", c.MaxBytes)
	case c.MaxDeliveries < 0 || c.MaxDeliveries >= MaxTries:
		return fmt.Errorf("max deliveries %d is not between 0 and %d", c.MaxDeliveries, MaxTries-1)
	case c.Readers < 0 || c.Readers > slots:
		return fmt.Errorf("%d readers for %d slots", c.Readers, slots)
	}
	return nil
}

// normalise fills in defaults and validates. It copies the queues.
func (c Config) normalise() (Config, error) {
	if c.Slots < 1 || c.Slots > MaxSlots {
		return c, fmt.Errorf("%d slots are not between 1 and %d", c.Slots, MaxSlots)
	}
	if len(c.Queues) > MaxQueues {
		return c, fmt.Errorf("%d queues are more than %d", len(c.Queues), MaxQueues)
	}
	if c.Board < 0 || c.Board > MaxBoard {
		return c, fmt.Errorf("a board of %d words is not between 0 and %d", c.Board, MaxBoard)
	}
	if c.Limits < 0 || c.Limits > MaxLimits {
		return c, fmt.Errorf("%d limits are not between 0 and %d", c.Limits, MaxLimits)
	}
	queues := make([]QueueConfig, len(c.Queues))
	for i, q := range c.Queues {
		queues[i] = q.withDefaults(c.Slots)
		if err := queues[i].validate(c.Slots); err != nil {
			return c, fmt.Errorf("queue %d (%s): %w", i, q.Name, err)
		}
	}
	c.Queues = queues
	return c, c.checkPrimitives()
}

// segments is the number of segments.
func (c *Config) segments() int {
	n := 0
	for i := range c.Primitives {
		if p := &c.Primitives[i]; p.Kind == KindArray {
			n = max(n, p.Segment)
		}
	}
	return n
}

// checkPrimitives validates the primitives. Their names are cut in a copy.
func (c *Config) checkPrimitives() error {
	if len(c.Primitives) > MaxPrimitives {
		return fmt.Errorf("%d primitives are more than %d", len(c.Primitives), MaxPrimitives)
	}
	c.Primitives = slices.Clone(c.Primitives)
	for i := range c.Primitives {
		p := &c.Primitives[i]
		p.Name = p.Name[:min(len(p.Name), primitiveNameBytes)]
		if err := p.validate(c.Primitives); err != nil {
			return fmt.Errorf("%v %d (%s): %w", p.Kind, i, p.Name, err)
		}
	}
	for n := c.segments(); n > 0; n-- {
		if !slices.ContainsFunc(c.Primitives, func(p PrimitiveConfig) bool { return p.Kind == KindArray && p.Segment == n }) {
			return fmt.Errorf("segment %d has no array", n)
		}
	}
	return nil
}

// hash is the layout hash: everything that decides an offset or the meaning of a word. The configuration must be normalised.
func (c Config) hash() uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, layoutVersion, c.Slots, len(c.Queues), c.Board, c.Limits, c.PlanHash)
	for _, q := range c.Queues {
		fmt.Fprintf(h, "|%q %d %d %d %d %d", q.Name, q.Capacity, q.MaxItem, q.MaxBytes, q.MaxDeliveries, q.Readers)
	}
	for _, p := range c.Primitives {
		fmt.Fprintf(h, "|%q %d %d %d %d %d %d", p.Name, p.Kind, p.flags(), p.Value, p.Lock, p.Unit, p.Segment)
	}
	return h.Sum64()
}
