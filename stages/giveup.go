package stages

// What a chain was at when its worker died. The stage furthest down that has something to do goes first, and it takes its first row
// first: so a chain that has been loaded says which row its predecessor was at, if that committed behind each step (Run.Careful).

// nesting is a Node with a chain inside.
type nesting interface {
	// atWork is the chain that works on the first row; nil if none does.
	atWork() *Chain
}

// InHand is the row that the chain will work on next: as it stands before the outermost stage that is at it, and the innermost stage.
// There is none if the next thing is something else: taking an item from a queue, or the end of the stream.
func (c *Chain) InHand() (stage *Stage, item any, ok bool) {
	l := c.working()
	if l == nil || l.in.rows() == 0 || l.takes() {
		return nil, nil, false
	}
	if t, ok := l.node.(*tasking); ok {
		item, ok := t.inHand(l.in)
		return l.innermost(), item, ok
	}
	return l.innermost(), l.in.Item(0), true
}

// GiveUp drops the row that InHand gives, with all that its stage was doing with it. What came of it before stays.
func (c *Chain) GiveUp() {
	l := c.working()
	if t, ok := l.node.(*tasking); ok {
		t.giveUp(l.in)
		return
	}
	l.leaveHandler()
	l.passed, l.tries = false, 0
	l.skip(&ItemError{})
}

// working is the stage whose turn it is, or nil.
func (c *Chain) working() *link {
	for i := len(c.links) - 1; i >= 0; i-- {
		if c.links[i].ready() {
			return c.links[i]
		}
	}
	return nil
}

// takes says whether the stage takes its items from outside, so that its row is not what it works on.
func (l *link) takes() bool {
	op := Lookup(l.stage.Op)
	return op != nil && op.Takes
}

// innermost is the stage inside of this one whose turn it is.
func (l *link) innermost() *Stage {
	var inner *Chain
	switch n, ok := l.node.(nesting); {
	case l.handler != nil:
		inner = l.handler.chain
	case ok:
		inner = n.atWork()
	}
	if inner == nil {
		return l.stage
	}
	if at := inner.working(); at != nil {
		return at.innermost()
	}
	return l.stage
}

func (d *doing) atWork() *Chain {
	if !d.running {
		return nil
	}
	return d.chain
}

func (t *routing) atWork() *Chain {
	if !t.given || t.at >= len(t.branches) {
		return nil
	}
	return t.branches[t.at].chain
}

func (t *teeing) atWork() *Chain {
	if !t.given || t.at >= len(t.chains) {
		return nil
	}
	return t.chains[t.at]
}
