package stages

// rowSpan is rows by their numbers among all that ever stood in a batch, from one up to, but without, another.
type rowSpan struct{ from, to int }

// save writes down what has become of the rows since the last save: how many of those that stood here then have gone, and those that have
// come. So a row is written down once, however many commits it waits through.
//
//	written.from ... gone ... written.to ... end
//	     | have gone  | stand still | have come |
func (b *Batch) save(w *StateWriter, full bool) {
	if full {
		b.written = rowSpan{b.gone, b.gone}
	}
	left := min(b.gone, b.written.to)
	w.Uint(uint64(b.taken))
	w.Uint(uint64(left - b.written.from))
	w.rowRange(b, b.head+max(0, b.written.to-b.gone), b.item.Len())
	b.written = rowSpan{b.gone, b.gone + b.rows()}
}

// load applies what one save wrote.
func (b *Batch) load(r *StateReader, full bool) error {
	if full {
		b.reset()
	}
	taken, left := int(r.Uint()), r.Uint()
	if left > uint64(b.rows()) {
		r.fail()
		return r.err
	}
	b.Drop(int(left))
	r.appendRows(b)
	b.taken = taken
	b.written = rowSpan{b.gone, b.gone + b.rows()}
	return r.err
}
