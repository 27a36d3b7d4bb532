package stages

// chunk is rows on their way to a pool. Its form, which only one version of mprun reads, is that of a StateWriter.
type chunk struct {
	site    int
	replica int
	first   int // number of the first row in the caller's stage
	n       int
	echo    bool   // the caller needs the context back for every row, not only for those that fail
	context []byte // what the caller needs to go on with the rows: names, items, bound values, identities
	args    Column // of each row, or nothing
}

// appendChunk writes the rows of b as a chunk; names are those of its bound values.
func appendChunk(w *StateWriter, c *chunk, b *Batch, names []string, from, to int) {
	w.Int(c.site)
	w.Int(c.replica)
	w.Int(c.first)
	w.Int(to - from)
	w.Bool(c.echo)
	w.Column(&c.args, 0, c.args.Len())
	w.Bool(b.tracked)
	w.Int(len(names))
	for _, name := range names {
		w.Text(name)
	}
	w.rowRange(b, b.head+from, b.head+to)
}

// decodeChunk reads a chunk.
func decodeChunk(data []byte) (*chunk, error) {
	r := &StateReader{buf: data}
	c := &chunk{site: r.Int(), replica: r.Int(), first: r.Int(), n: r.Int(), echo: r.Bool(), args: r.Column(), context: r.buf}
	if c.n <= 0 || c.args.Len() != 0 && c.args.Len() != c.n {
		r.fail()
	}
	return c, r.Err()
}

// readContext reads the context: the rows as they stood before the caller's stage, and the names of their bound values.
func readContext(data []byte, n int) (*Batch, []string, error) {
	r := &StateReader{buf: data}
	tracked := r.Bool()
	count := r.Int()
	if count < 0 || count > len(data) {
		r.fail()
		count = 0
	}
	names := make([]string, count)
	for i := range names {
		names[i] = r.Text()
	}
	b := NewBatch(count, tracked)
	r.appendRows(b)
	if b.item.Len() != n {
		r.fail()
	}
	return b, names, r.Err()
}

// buffers is memory for what is put into a queue: an Outbox has what was put last until the next is.
type buffers struct {
	two [2]StateWriter
	at  int
}

// next is the memory for what is put next.
func (b *buffers) next() *StateWriter {
	b.at = 1 - b.at
	w := &b.two[b.at]
	if cap(w.buf) > keptState {
		w.buf = nil
	}
	w.buf = w.buf[:0]
	return w
}
