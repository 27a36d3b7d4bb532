package stages

import "math"

// turn is a source's work on one row: it runs once for each. How many items it has made numbers them, so that they get the same
// identities when the row comes again.
//
// With `split` the items of a row are shared by the replicas of the process, each of which has the same row: item number n belongs to
// replica n modulo their number. The number of an item is the same as without `split`, and so is its identity.
type turn struct {
	count *RowExpr // the option: at most so many items
	split *RowExpr // the option
	self  share    // of this replica, where the source is split

	active bool
	made   int // items made of the row
	most   int // items to make at most
	share  share
}

// share is every so many-th item, from the first on.
type share struct{ first, stride int }

// newTurn compiles the options that all sources have.
func newTurn(b *Builder) (turn, error) {
	count, err := b.Option("count")
	return turn{count: count}, err
}

// newSharedTurn compiles the options of a source whose items replicas may share by their numbers.
func newSharedTurn(b *Builder) (turn, error) {
	t, err := newTurn(b)
	if err != nil {
		return t, err
	}
	t.self = share{0, 1}
	if replicas, ok := b.opts.Self["replicas"].(int); ok && replicas > 1 {
		index, _ := b.opts.Self["index"].(int)
		t.self = share{index, replicas}
	}
	t.split, err = b.Option("split")
	return t, err
}

// begin starts on the first row of in.
func (t *turn) begin(in *Batch) error {
	most := math.MaxInt
	if t.count != nil {
		n, err := t.count.Count(in, 0)
		if err != nil {
			return err
		}
		most = n
	}
	mine := share{0, 1}
	if t.split != nil {
		split, err := t.split.Bool(in, 0)
		if err != nil {
			return err
		}
		if split {
			mine = t.self
		}
	}
	t.active, t.made, t.most, t.share = true, 0, most, mine
	return nil
}

// part is how many of n items this replica makes, `count` applied: that is about all replicas together.
func (t *turn) part(n uint64) uint64 {
	if t.share.stride == 1 {
		return n
	}
	n = min(n, uint64(t.most))
	t.most = math.MaxInt
	first, stride := uint64(t.share.first), uint64(t.share.stride)
	if n <= first {
		return 0
	}
	return (n-first-1)/stride + 1
}

// parts is those of items that this replica makes.
func (t *turn) parts(items []any) []any {
	n := t.part(uint64(len(items)))
	if t.share.stride == 1 {
		return items
	}
	mine := make([]any, n)
	for i := range mine {
		mine[i] = items[t.number(i)]
	}
	return mine
}

// number is the number, among the items of all replicas, of this one's item i.
func (t *turn) number(i int) int { return t.share.first + i*t.share.stride }

// room is how many items may be made in this step.
func (t *turn) room(limit int) int { return min(max(limit, 1), t.most-t.made) }

// emit adds items made of the first row.
func (t *turn) emit(in, out *Batch, items *Column) {
	if t.share.stride == 1 {
		out.EmitParts(in, 0, t.made, items)
	} else {
		for i := range items.Len() {
			out.EmitPart(in, 0, t.number(t.made+i), items.At(i))
		}
	}
	t.made += items.Len()
}

// finish takes the row.
func (t *turn) finish(in *Batch) {
	t.active = false
	in.Drop(1)
}

func (t *turn) save(w *StateWriter) {
	w.Bool(t.active)
	if t.active {
		w.Int(t.made)
		w.Int(t.most)
		w.Int(t.share.first)
		w.Int(t.share.stride)
	}
}

func (t *turn) load(r *StateReader) {
	if t.active = r.Bool(); t.active {
		t.made, t.most, t.share.first, t.share.stride = r.Int(), r.Int(), r.Int(), r.Int()
	}
}
