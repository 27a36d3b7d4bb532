package stages

import (
	"container/heap"
	"slices"
)

// topping is `top`: so many items with the largest keys, the largest first; of equal ones, those that came first.
type topping struct {
	count *RowExpr
	by    *RowExpr
	known bool // the count has been computed, for the first item
	size  int
	best  ranking
	seen  int // rows
	keys  Column

	rows    *Batch // the best, as Flush emits them
	emitted int

	unsaved []ranked // that got into best since the last Save
	fresh   bool
}

// ranked is a row with its key. Rows are written down and emitted through a batch, since each has bound values and an identity.
type ranked struct {
	key   any
	seq   int // of its row in the stream
	item  any
	bound []any
	id    string
}

// ranking is a heap with the worst on top.
type ranking []ranked

func (k ranking) Len() int           { return len(k) }
func (k ranking) Less(i, j int) bool { return k[i].worse(&k[j]) }
func (k ranking) Swap(i, j int)      { k[i], k[j] = k[j], k[i] }
func (k *ranking) Push(x any)        { *k = append(*k, x.(ranked)) }
func (k *ranking) Pop() any {
	last := len(*k) - 1
	x := (*k)[last]
	(*k)[last] = ranked{}
	*k = (*k)[:last]
	return x
}

// worse says whether a comes behind b.
func (a *ranked) worse(b *ranked) bool {
	c := Compare(a.key, b.key)
	return c < 0 || c == 0 && a.seq > b.seq
}

func buildTop(b *Builder, stage *Stage) (Node, error) {
	count, err := b.Expr(stage.Operand.Source)
	if err != nil {
		return nil, err
	}
	by, err := b.keyOf(stage.Options["by"].Source)
	return &topping{count: count, by: by, rows: b.NewBatch()}, err
}

func (t *topping) Step(r *Run, in, _ *Batch) error {
	if !t.known {
		n, err := t.count.Count(in, 0)
		if err != nil {
			return err
		}
		t.known, t.size = true, n
	}
	t.keys.Reset()
	err := t.by.Column(&t.keys, in, min(in.Len(), r.Limit))
	done := t.keys.Len()
	for i := range done {
		t.offer(in, i)
		t.seen++
	}
	in.Drop(done)
	return before(done, err)
}

// offer lets row i in if it is among the best so far.
func (t *topping) offer(in *Batch, i int) {
	if t.size == 0 {
		return
	}
	if len(t.best) == t.size && t.below(i) {
		return
	}
	row := ranked{key: detached(t.keys.At(i)), seq: t.seen, item: detached(in.Item(i)), id: in.ID(i)}
	for j := range in.Names() {
		row.bound = append(row.bound, detached(in.Bound(i, j)))
	}
	t.admit(row)
	t.unsaved = append(t.unsaved, row)
}

// below says whether the key of row i is not above the worst of the best.
func (t *topping) below(i int) bool {
	worst := t.best[0].key
	switch t.keys.Kind {
	case Ints:
		if k, ok := worst.(int); ok {
			return t.keys.Ints[i] <= k
		}
	case Strings:
		if k, ok := worst.(string); ok {
			return t.keys.Strings[i] <= k
		}
	}
	return Compare(t.keys.At(i), worst) <= 0
}

// admit puts a row among the best and drops the worst if there are too many.
func (t *topping) admit(row ranked) {
	if len(t.best) < t.size {
		heap.Push(&t.best, row)
		return
	}
	t.best[0] = row
	heap.Fix(&t.best, 0)
}

func (t *topping) Flush(r *Run, out *Batch) (bool, error) {
	if t.rows.rows() == 0 {
		best := slices.Clone(t.best)
		slices.SortFunc(best, func(a, b ranked) int {
			if b.worse(&a) {
				return -1
			}
			return 1
		})
		for i := range best {
			t.rows.pushRanked(&best[i])
		}
	}
	n := min(r.Limit, t.rows.rows()-t.emitted)
	out.EmitRows(t.rows, t.emitted, t.emitted+n)
	t.emitted += n
	return t.emitted == t.rows.rows(), nil
}

// pushRanked adds a row that was ranked.
func (b *Batch) pushRanked(row *ranked) {
	b.item.Append(row.item)
	for j := range b.bound {
		b.bound[j].Append(row.bound[j])
	}
	if b.tracked {
		b.ids = append(b.ids, row.id)
	}
}

func (t *topping) Save(w *StateWriter, full bool) {
	w.Bool(t.known)
	w.Int(t.size)
	w.Int(t.seen)
	w.Int(t.emitted)
	rows := t.unsaved
	whole := full || t.fresh
	w.Bool(whole)
	if whole {
		rows = t.best
	}
	w.Uint(uint64(len(rows)))
	for i := range rows {
		row := &rows[i]
		w.Int(row.seq)
		w.Text(row.id)
		columns := Column{Any: append([]any{row.key, row.item}, row.bound...)}
		w.Column(&columns, 0, columns.Len())
	}
	clear(t.unsaved)
	t.unsaved, t.fresh = t.unsaved[:0], false
}

func (t *topping) Load(r *StateReader, _ bool) error {
	t.known, t.size, t.seen, t.emitted = r.Bool(), r.Int(), r.Int(), r.Int()
	if r.Bool() {
		t.best = nil
	}
	t.rows.Truncate()
	for n := r.Uint(); n > 0 && r.Err() == nil; n-- {
		row := ranked{seq: r.Int(), id: r.Text()}
		values := r.Column()
		if values.Len() != 2+t.rows.Names() || t.size <= 0 {
			r.fail()
			break
		}
		row.key, row.item = values.At(0), values.At(1)
		for j := 2; j < values.Len(); j++ {
			row.bound = append(row.bound, values.At(j))
		}
		t.admit(row)
	}
	if t.emitted < 0 || t.emitted > len(t.best) {
		r.fail()
	}
	t.unsaved, t.fresh = nil, false
	return r.Err()
}

func (t *topping) Reset() {
	t.known, t.size, t.seen, t.emitted = false, 0, 0, 0
	t.best, t.unsaved, t.fresh = nil, nil, true
	t.rows.Truncate()
}
