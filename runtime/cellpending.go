package runtime

import (
	"slices"

	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// pendingNumber is a number that the chain has changed.
type pendingNumber struct {
	off    int64
	scalar stages.Scalar // NoScalar: a run has taken its place
	stored bool          // now is all that counts
	base   stages.Number // what was there when now was computed
	now    stages.Number // as the chain sees it
	sums   []stages.Number
}

// pendingRun is bytes that the chain has written.
type pendingRun struct {
	off int64
	buf []byte
}

func (r *pendingRun) end() int64 { return r.off + int64(len(r.buf)) }

const (
	// smallCell is up to how many bytes a cell has a table in place of a map.
	smallCell = 64 << 10
	// fullCell is the weight from which on what is pending must be committed.
	fullCell = 1 << 16
	// runPiece is how many bytes of a run weigh as much as a number.
	runPiece = 512
	// numberBytes is what a pending number counts as in a section: its entry, where it is found, and its place in a commit. Measured: 600 to 700.
	numberBytes = 512
	// addendBytes is what a float that waits to be added counts as: it is kept, and copied for the commit.
	addendBytes = 32
)

// runBytes is what a run of n bytes counts as.
func runBytes(n int64) int64 { return n + numberBytes }

// count notes that so much more is pending.
func (c *cell) count(bytes int64) {
	c.bytes += bytes
	c.host.changing += bytes
}

// touch has the next commit take what is pending.
func (c *cell) touch() {
	if !c.staged {
		c.staged, c.host.dirty = true, true
		c.host.effects = append(c.host.effects, c.stage)
		c.host.touched = append(c.host.touched, c)
	}
}

// pending is the entry of the number at off, or nil.
func (c *cell) pending(off int64) *pendingNumber {
	var i int32
	if c.small != nil {
		i = c.small[off]
	} else if len(c.large) > 0 {
		i = c.large[off]
	}
	if i == 0 {
		return nil
	}
	return &c.numbers[i-1]
}

// add makes the entry of a number.
func (c *cell) add(p pendingNumber) *pendingNumber {
	c.numbers = append(c.numbers, p)
	c.weight++
	c.count(numberBytes)
	switch i := int32(len(c.numbers)); {
	case c.small != nil:
		c.small[p.off] = i
	case c.array.Len() <= smallCell:
		c.small = make([]int32, c.array.Len())
		c.small[p.off] = i
	default:
		if c.large == nil {
			c.large = map[int64]int32{}
		}
		c.large[p.off] = i
	}
	return &c.numbers[len(c.numbers)-1]
}

// keep notes what is added to a number that was added to before.
func (c *cell) keep(p *pendingNumber, n stages.Number) {
	last := len(p.sums) - 1
	if !p.scalar.IsFloat() {
		x, y := int(p.sums[last]), int(n)
		if sum := x + y; (x^sum)&(y^sum) >= 0 {
			p.sums[last] = stages.Number(sum)
			return
		}
	}
	p.sums = append(p.sums, n)
	c.weight++
	c.count(addendBytes)
}

// refold computes how the chain sees a number that it has added to, if what is there has changed.
func (c *cell) refold(p *pendingNumber) {
	if p.stored {
		return
	}
	base := stages.Number(c.array.Load(p.off, numberKinds[p.scalar]))
	if base == p.base {
		return
	}
	now := base
	for _, n := range p.sums {
		sum, err := stages.Sum(p.scalar, now, n)
		if err != nil {
			return // the commit will say so; until then the chain sees what it saw
		}
		now = sum
	}
	p.base, p.now = base, now
}

// forget takes back the entry of a number that a run has written over.
func (c *cell) forget(p *pendingNumber) {
	if c.small != nil {
		c.small[p.off] = 0
	} else {
		delete(c.large, p.off)
	}
	p.scalar = stages.NoScalar
}

// run is the run that the number at off is in, or nil.
func (c *cell) run(off int64) *pendingRun {
	if len(c.runs) == 0 {
		return nil
	}
	i, found := slices.BinarySearchFunc(c.runs, off, func(r pendingRun, off int64) int {
		switch {
		case r.end() <= off:
			return -1
		case r.off > off:
			return 1
		}
		return 0
	})
	if !found {
		return nil
	}
	return &c.runs[i]
}

// covering is the run that covers others, which it meets, and writes over them.
func covering(old []pendingRun, fresh pendingRun) pendingRun {
	from, to := min(old[0].off, fresh.off), max(old[len(old)-1].end(), fresh.end())
	if from == fresh.off && to == fresh.end() {
		return fresh
	}
	all := pendingRun{from, make([]byte, to-from)}
	for _, r := range append(slices.Clone(old), fresh) {
		copy(all.buf[r.off-from:], r.buf)
	}
	return all
}

// stage adds what is pending to a commit.
func (c *cell) stage(tx *shm.Tx) {
	for i := range c.numbers {
		p := &c.numbers[i]
		change := shm.Change{Off: p.off, Kind: numberKinds[p.scalar]}
		switch {
		case p.scalar == stages.NoScalar:
		case p.stored:
			change.Number = shm.Number(p.now)
			tx.Change(c.array, change)
		case p.scalar.IsFloat():
			change.Add = true
			change.Floats = make([]float64, len(p.sums))
			for k, n := range p.sums {
				change.Floats[k] = n.Float()
			}
			tx.Change(c.array, change)
		default:
			change.Add = true
			for _, n := range p.sums {
				change.Number = shm.Number(n)
				tx.Change(c.array, change)
			}
		}
	}
	for i := range c.runs {
		tx.Change(c.array, shm.Change{Off: c.runs[i].off, Bytes: c.runs[i].buf})
	}
}

// settle forgets what was pending: it was committed, or is not to be.
func (c *cell) settle() {
	c.staged, c.weight = false, 0
	c.count(-c.bytes)
	for i := range c.numbers {
		if c.small != nil {
			c.small[c.numbers[i].off] = 0
		}
		c.numbers[i].sums = nil
	}
	clear(c.large)
	c.numbers, c.runs = c.numbers[:0], c.runs[:0]
}

// sumLost is the failure of a commit in which a sum did not fit that did when it was added: others had changed the number since. The worker
// goes back to its last commit, so that the add fails at its item. Where input cannot be read again, the run fails here.
func (h *host) sumLost(err error) error {
	if h.volatile != h.slot.Commits()+1 {
		h.letGo()
		h.undeliver()
		return errReplay
	}
	failure := &stages.StageError{Op: "add", Type: "range", Text: err.Error() + ", since another worker has changed it meanwhile"}
	if len(h.touched) > 0 {
		failure.Pos = h.touched[0].def
	}
	return failure
}
