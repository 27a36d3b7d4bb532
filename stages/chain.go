package stages

// Chain is a chain of stages as one state machine: before each stage stand the rows that wait for it, and the stage furthest down
// that has something to do goes first. So an item, or a batch of items, is through before the next is made, and nothing piles up.
//
//	rows -> [in 0] stage 0 -> [in 1] stage 1 -> ... -> [in n] stage n -> out
//
// Everything the machine knows is in those batches and in the nodes. Save writes it down at any step; a chain built of the same
// stages and Loaded from it goes on where the other stood. A commit that fails loses what its Save wrote: the next must be full.
//
// Before Advance returns an error of an item, everything that came before the item has been worked off, and nothing behind it.
//
// A Chain is used by one goroutine.
type Chain struct {
	links []*link
	out   *Batch
	hears bool // one of the stages may have something to say that no row waits for
	root  bool // not inside of a stage
	kept  []kept

	spoken    *bool // of the root: see Spoken
	workedOff int   // items of the source, as HowFar has said
}

// State says what a chain can do next.
type State uint8

const (
	// Idle: the chain has worked off all its rows and waits for more, or for End.
	Idle State = iota + 1
	// Results: rows stand in Out and must be taken before the chain goes on.
	Results
	// Done: the stream has ended and everything is worked off.
	Done
	// Called: a stage behind the one that this chain is inside of has something to say first. There is more to do here.
	Called
)

// Out is the rows that came out of the last stage.
func (c *Chain) Out() *Batch { return c.out }

// Push adds the row i of in to the rows before the first stage, with extra as the value of one more bound name, if given.
func (c *Chain) Push(in *Batch, i int, extra ...any) { c.first().push(in, i, extra) }

// Seed adds the row that a chain starts with: a null item.
func (c *Chain) Seed(id string) { c.first().EmitNew(nil, id) }

// End says that no more rows will be pushed.
func (c *Chain) End() {
	if len(c.links) > 0 {
		c.links[0].ended = true
	}
}

// Ended says whether the first stage wants nothing more.
func (c *Chain) Ended() bool { return len(c.links) > 0 && c.links[0].ended }

// Advance takes the chain on until it is Idle, has Results, is Done or is Called. A chain that is not inside of a stage is never Called.
func (c *Chain) Advance(r *Run) (State, error) {
	last := len(c.links) - 1
	for i := last; ; {
		if c.out.Len() > 0 {
			return Results, nil
		}
		for i >= 0 && !c.links[i].ready() {
			i--
		}
		if i < 0 {
			return c.rest(), nil
		}
		out := c.out
		if i < last {
			out = c.links[i+1].in
		}
		if r.section != nil {
			r.section.waited = false
		}
		if err := c.links[i].step(r, out); err != nil {
			return 0, err
		}
		if c.links[i].cut {
			if c.root { // the rows that are dropped inside of a stage do not come from a queue by themselves
				if err := r.Cut(); err != nil {
					return 0, err
				}
			}
			c.cutBefore(i)
		}
		if i < last {
			if c.links[i].done {
				c.links[i+1].ended = true
			}
			i++
		}
		if r.careful() {
			if err := r.Commit(); err != nil {
				return 0, err
			}
		}
		if c.hears {
			i = last
		}
		if c.out.Len() == 0 && r.mayCall() && anyPending(r.behind) {
			return Called, nil
		}
	}
}

// Reset makes a chain that is Done ready for another stream.
func (c *Chain) Reset() {
	c.workedOff = 0
	c.out.Truncate()
	for _, l := range c.links {
		l.reset()
	}
}

// dropRows drops whatever is in flight, after a failure that the stage around the chain deals with. The stages keep what they have
// seen before.
func (c *Chain) dropRows() {
	c.out.Truncate()
	for _, l := range c.links {
		l.drop()
	}
}

// abandon ends a chain whose end has failed: nothing more comes out of it.
func (c *Chain) abandon() {
	c.dropRows()
	for _, l := range c.links {
		l.ended, l.done, l.cut = true, true, false
		if open, ok := l.node.(Closer); ok {
			open.Close()
		}
	}
}

// Save writes down where the chain stands: what has changed since the last Save; everything if full.
func (c *Chain) Save(w *StateWriter, full bool) {
	c.out.save(w, full)
	for _, l := range c.links {
		l.save(w, full)
	}
}

// Load applies what one Save wrote.
func (c *Chain) Load(r *StateReader, full bool) error {
	if err := c.out.load(r, full); err != nil {
		return err
	}
	for _, l := range c.links {
		if err := l.load(r, full); err != nil {
			return err
		}
	}
	return nil
}

// Standing says whether items are in flight: rows wait before a stage, other than the one the chain started with.
func (c *Chain) Standing() bool {
	if c.out.Len() > 0 {
		return true
	}
	for i, l := range c.links {
		if (i > 0 && l.in.rows() > 0) || l.standing() {
			return true
		}
	}
	return false
}

// Spoken says, of a chain that Build has made, whether it has started a program that takes a stream. What that was given cannot be taken
// back: to go through the same rows once more is not as if they had not come.
func (c *Chain) Spoken() bool { return *c.spoken }

func (c *Chain) first() *Batch {
	if len(c.links) == 0 {
		return c.out
	}
	return c.links[0].in
}

// rest is the state of a chain in which no stage can do anything.
func (c *Chain) rest() State {
	if len(c.links) == 0 || c.links[len(c.links)-1].done {
		return Done
	}
	return Idle
}

// cutBefore drops the rows that stage i, which has ended the stream, and those before it have not come to.
func (c *Chain) cutBefore(i int) {
	c.links[i].cut = false
	for _, l := range c.links[:i+1] {
		l.drop()
		l.ended = true
	}
	if far, ok := c.links[i].node.(Cutter); ok {
		far.Cut()
	}
	for _, l := range c.links[:i] {
		l.done = true
		if open, ok := l.node.(Closer); ok {
			open.Close()
		}
	}
}
