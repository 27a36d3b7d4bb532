package stages

import "math"

// Counted is a source that knows how many items it has made of its row.
type Counted interface {
	// HowFar is how many items the row has given, and how many it will have given at its end: -1 if that is not known.
	HowFar() (made, total int)
}

// HowFar is how many items of the chain's source have been worked off, and how many there will have been at its end: -1 if that is not
// known. ok says whether the chain has a source that counts. Items are worked off when nothing that came of them stands before a stage
// any more; what a window keeps (`batch`, `reduce`) counts as worked off.
//
// Where one item becomes many, those in flight may be more than the source has made: then nothing that is in the source's hands counts, but
// what was said before holds. So the number never falls, but by a death, after which the replacement counts from the last commit.
func (c *Chain) HowFar() (done, total int, ok bool) {
	if len(c.links) == 0 {
		return 0, 0, false
	}
	source, ok := c.links[0].node.(Counted)
	if !ok {
		return 0, 0, false
	}
	made, total := source.HowFar()
	flying := 0
	for _, l := range c.links[1:] {
		flying += l.in.rows()
	}
	c.workedOff = max(c.workedOff, made-flying)
	return c.workedOff, total, true
}

// howFar is what a source has to say that has so many items left; -1: it does not know.
func (t *turn) howFar(left int) (made, total int) {
	switch {
	case !t.active && t.made > 0: // all there were
		return t.made, t.made
	case !t.active || left < 0 && t.most == math.MaxInt:
		return t.made, -1
	case left < 0 || left > t.most-t.made:
		return t.made, t.most
	}
	return t.made, t.made + left
}

// HowFar implements Counted.
func (n *rangeNode) HowFar() (made, total int) { return n.howFar(itemsLeft(n.left)) }

// HowFar implements Counted.
func (n *matrixNode) HowFar() (made, total int) { return n.howFar(itemsLeft(n.left)) }

// HowFar implements Counted.
func (n *itemsNode) HowFar() (made, total int) { return n.howFar(n.list.left()) }

// HowFar implements Counted.
func (n *filesNode) HowFar() (made, total int) { return n.howFar(n.names.left()) }

// HowFar implements Counted.
func (n *everyNode) HowFar() (made, total int) { return n.howFar(-1) }

// HowFar implements Counted. How many records there are in a file is known when it has been read.
func (n *readNode) HowFar() (made, total int) { return n.made, -1 }

// itemsLeft is a number of items as an int; what does not fit is not known.
func itemsLeft(n uint64) int {
	if n > math.MaxInt>>1 {
		return -1
	}
	return int(n)
}

// left is how many items have not been taken.
func (l *listing) left() int { return len(l.items) - l.at }
