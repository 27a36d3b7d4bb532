package stages

import "slices"

// What a saved change says of what was held before.
const (
	heldSame  = iota // nothing has changed
	heldMore         // what follows came on top
	heldFresh        // what follows is all
)

// held writes what has become of n things held, of which saved are written down, and gives the first that must follow: more than n
// if nothing does.
func (w *StateWriter) held(saved, n int, fresh bool) (from int) {
	switch {
	case fresh:
		w.Uint(heldFresh)
		return 0
	case saved < n:
		w.Uint(heldMore)
		return saved
	default:
		w.Uint(heldSame)
		return n + 1
	}
}

// heldItems is items that a node keeps until later, written down as they come: a Save writes what has come since the last.
type heldItems struct {
	items Column
	saved int  // how many of them are written down
	fresh bool // what is written down is no longer true
}

// keep adds the items of the first n rows of in. few is as in Column.detach.
func (h *heldItems) keep(in *Batch, n int, few bool) {
	before := h.items.Len()
	h.items.AppendRange(&in.item, in.head, in.head+n)
	h.items.detach(before, few)
}

// clear forgets all items.
func (h *heldItems) clear() {
	h.items = Column{} // what was handed on may share its memory
	h.saved, h.fresh = 0, true
}

// empty forgets all items, of whose memory nobody else has a part.
func (h *heldItems) empty() {
	h.fresh = h.fresh || h.saved > 0
	h.items.recycle()
	h.saved = 0
}

func (h *heldItems) save(w *StateWriter, full bool) {
	n := h.items.Len()
	if from := w.held(h.saved, n, full || h.fresh); from <= n {
		w.Column(&h.items, from, n)
	}
	h.saved, h.fresh = n, false
}

func (h *heldItems) load(r *StateReader) {
	switch r.Uint() {
	case heldSame:
		return
	case heldFresh:
		h.items = Column{}
	}
	more := r.Column()
	h.items.AppendRange(&more, 0, more.Len())
	h.saved, h.fresh = h.items.Len(), false
}

// heldRows is rows that a node keeps until later, with their bound values and identities, written down as they come.
type heldRows struct {
	rows  *Batch
	saved int
	fresh bool
}

// keep adds the first n rows of in. few is as in Column.detach.
func (h *heldRows) keep(in *Batch, n int, few bool) {
	before := h.rows.item.Len()
	h.rows.EmitRows(in, 0, n)
	h.rows.item.detach(before, few)
	for j := range h.rows.bound {
		h.rows.bound[j].detach(before, few)
	}
}

// drop forgets the first n rows.
func (h *heldRows) drop(n int) {
	rows := h.rows.rows()
	if n < rows {
		rest := NewBatch(len(h.rows.bound), h.rows.tracked)
		rest.EmitRows(h.rows, n, rows)
		h.rows = rest
		h.saved, h.fresh = 0, true
		return
	}
	h.clear()
}

func (h *heldRows) clear() {
	h.rows.Truncate()
	h.saved, h.fresh = 0, true
}

func (h *heldRows) save(w *StateWriter, full bool) {
	n := h.rows.rows()
	if from := w.held(h.saved, n, full || h.fresh); from <= n {
		w.rowRange(h.rows, from, n)
	}
	h.saved, h.fresh = n, false
}

func (h *heldRows) load(r *StateReader) {
	switch r.Uint() {
	case heldSame:
		return
	case heldFresh:
		h.rows.Truncate()
	}
	r.appendRows(h.rows)
	h.saved, h.fresh = h.rows.rows(), false
}

// origin makes identities for results that come from no single row: they hang from the first row of the stream, so that they are
// the same when it comes again.
type origin struct {
	stage string // what tells this stage's results from those of others
	first string
	made  int
}

// note is told of every row that comes in.
func (o *origin) note(in *Batch) {
	if o.first == "" && in.tracked {
		o.first = in.ID(0)
	}
}

// next is the identity of the next result.
func (o *origin) next() string {
	o.made++
	return partID(o.first+"/"+o.stage, o.made-1)
}

func (o *origin) reset() { o.first, o.made = "", 0 }

func (o *origin) save(w *StateWriter) {
	w.Text(o.first)
	w.Int(o.made)
}

func (o *origin) load(r *StateReader) { o.first, o.made = r.Text(), r.Int() }

// rowRange writes the rows at from up to, but without, to in the columns of b.
func (w *StateWriter) rowRange(b *Batch, from, to int) {
	w.Uint(uint64(to - from))
	if from == to {
		return
	}
	w.Column(&b.item, from, to)
	for j := range b.bound {
		w.Column(&b.bound[j], from, to)
	}
	if b.tracked {
		for _, id := range b.ids[from:to] {
			w.Text(id)
		}
	}
}

// appendRows reads rows to the end of b. Damaged ones are not added.
func (r *StateReader) appendRows(b *Batch) {
	n := int(min(r.Uint(), uint64(len(r.buf)))) // a row has some byte at least
	if n == 0 {
		return
	}
	if b.item.Len() == 0 {
		r.fillRows(b, n)
		return
	}
	columns := []Column{r.Column()}
	for range b.bound {
		columns = append(columns, r.Column())
	}
	var ids []string
	if b.tracked {
		for range n {
			ids = append(ids, r.Text())
		}
	}
	if r.err == nil && slices.ContainsFunc(columns, func(c Column) bool { return c.Len() != n }) {
		r.fail()
	}
	if r.err != nil {
		return
	}
	b.item.AppendRange(&columns[0], 0, n)
	for j := range b.bound {
		b.bound[j].AppendRange(&columns[j+1], 0, n)
	}
	b.ids = append(b.ids, ids...)
}

// fillRows reads n rows into a batch that has none. Damaged ones are not kept.
func (r *StateReader) fillRows(b *Batch, n int) {
	r.columnInto(&b.item)
	whole := b.item.Len() == n
	for j := range b.bound {
		r.columnInto(&b.bound[j])
		whole = whole && b.bound[j].Len() == n
	}
	if b.tracked {
		for range n {
			b.ids = append(b.ids, r.Text())
		}
	}
	if !whole {
		r.fail()
	}
	if r.err != nil {
		b.Truncate()
	}
}
