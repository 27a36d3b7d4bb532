package stages

import "math"

// turn is a source's work on one row: it runs once for each. How many items it has made numbers them, so that they get the same
// identities when the row comes again.
type turn struct {
	count *RowExpr // the option: at most so many items

	active bool
	made   int // items made of the row
	most   int // items to make at most
}

// newTurn compiles the options that all sources have.
func newTurn(b *Builder) (turn, error) {
	count, err := b.Option("count")
	return turn{count: count}, err
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
	t.active, t.made, t.most = true, 0, most
	return nil
}

// room is how many items may be made in this step.
func (t *turn) room(limit int) int { return min(max(limit, 1), t.most-t.made) }

// emit adds items made of the first row.
func (t *turn) emit(in, out *Batch, items *Column) {
	out.EmitParts(in, 0, t.made, items)
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
	}
}

func (t *turn) load(r *StateReader) {
	if t.active = r.Bool(); t.active {
		t.made, t.most = r.Int(), r.Int()
	}
}
