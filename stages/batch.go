package stages

// Batch is the rows that wait before a stage, oldest first: each an item, the values bound to names by `as` earlier in the chain,
// and, where the chain needs it, the identity that the item keeps when it is delivered again.
//
// A stage takes rows from the front of its input with Drop and adds rows to the end of its output with the Emit methods, which
// carry the bindings and identities along. A Batch is not safe for concurrent use.
type Batch struct {
	item  Column
	bound []Column
	ids   []string // nil unless tracked

	head    int // rows before it have been taken
	hidden  int // rows at the end that the stage is not shown
	taken   int // rows ever taken: `index` of the first row
	tracked bool
	gone    int     // rows that ever stood here and do not any more: the number of the first row among all that were ever here
	written rowSpan // those that are written down
	// binds says that results emitted here are bound to the last name, while the item stays.
	binds bool
}

// NewBatch is an empty batch whose rows carry names bound values, and identities if tracked.
func NewBatch(names int, tracked bool) *Batch {
	return &Batch{bound: make([]Column, names), tracked: tracked}
}

// Len is the number of rows that the stage may see.
func (b *Batch) Len() int { return b.item.Len() - b.head - b.hidden }

// Item is the item of row i.
func (b *Batch) Item(i int) any {
	b.item.whole() // whoever wants one wants the others, too, and perhaps more than once
	return b.item.At(b.head + i)
}

// text is the item of row i if it is a text, without boxing it where the column has only texts.
func (b *Batch) text(i int) (string, bool) {
	if b.item.Kind == Strings {
		return b.item.Strings[b.head+i], true
	}
	s, ok := b.item.At(b.head + i).(string)
	return s, ok
}

// Bound is the value bound to name number j in row i.
func (b *Batch) Bound(i, j int) any { return b.bound[j].At(b.head + i) }

// Names is how many bound values a row carries.
func (b *Batch) Names() int { return len(b.bound) }

// ID is the identity of row i, or "" where the chain does not track identities.
func (b *Batch) ID(i int) string {
	if !b.tracked {
		return ""
	}
	return b.ids[b.head+i]
}

// Column is the items of all rows, sharing the batch's memory: valid until the batch is changed.
func (b *Batch) Column() Column { return b.item.Slice(b.head, b.head+b.Len()) }

// Drop takes n rows from the front.
func (b *Batch) Drop(n int) {
	b.head += n
	b.taken += n
	b.gone += n
	if b.head == b.item.Len() {
		b.reset()
	}
}

// unshift puts row i of src, which is of the same form, before the first row: it was taken from here.
func (b *Batch) unshift(src *Batch, i int) {
	one := NewBatch(len(b.bound), b.tracked)
	one.EmitRows(src, i, i+1)
	one.EmitRows(b, 0, b.rows())
	b.gone += b.rows() // each is another one now
	b.item, b.bound, b.ids = one.item, one.bound, one.ids
	b.head = 0
	b.taken--
}

// Truncate drops all rows.
func (b *Batch) Truncate() { b.reset() }

// Emit adds item as a result of row i of in.
func (b *Batch) Emit(in *Batch, i int, item any) {
	b.emit(in, i, item)
	if b.tracked {
		b.ids = append(b.ids, in.ID(i))
	}
}

// EmitPart adds item as result number part of row i of in, which has several: its identity is the row's with the part behind it.
func (b *Batch) EmitPart(in *Batch, i, part int, item any) {
	b.emit(in, i, item)
	if b.tracked {
		b.ids = append(b.ids, partID(in.ID(i), part))
	}
}

func (b *Batch) emit(in *Batch, i int, item any) {
	row := in.head + i
	inherited := b.bound
	if b.binds {
		last := len(b.bound) - 1
		b.bound[last].Append(item)
		b.item.AppendRange(&in.item, row, row+1)
		inherited = b.bound[:last]
	} else {
		b.item.Append(item)
	}
	for j := range inherited {
		inherited[j].AppendRange(&in.bound[j], row, row+1)
	}
}

// EmitColumn adds the items of results, each the only result of the row of in with the same number.
func (b *Batch) EmitColumn(in *Batch, results *Column) {
	n := results.Len()
	from, to := in.head, in.head+n
	inherited := b.bound
	if b.binds {
		last := len(b.bound) - 1
		b.bound[last].AppendRange(results, 0, n)
		b.item.AppendRange(&in.item, from, to)
		inherited = b.bound[:last]
	} else {
		b.item.AppendRange(results, 0, n)
	}
	for j := range inherited {
		inherited[j].AppendRange(&in.bound[j], from, to)
	}
	if b.tracked {
		b.ids = append(b.ids, in.ids[from:to]...)
	}
}

// EmitParts adds the items of results as results of row i of in, numbered from part on.
func (b *Batch) EmitParts(in *Batch, i, part int, results *Column) {
	if len(b.bound) > 0 {
		for k, n := 0, results.Len(); k < n; k++ {
			b.EmitPart(in, i, part+k, results.At(k))
		}
		return
	}
	b.item.AppendRange(results, 0, results.Len())
	if b.tracked {
		for k := range results.Len() {
			b.ids = append(b.ids, partID(in.ID(i), part+k))
		}
	}
}

// EmitRows adds the rows from up to, but without, to of in as they are: the item passes.
// Where the stage binds its results to a name, the item itself is bound.
func (b *Batch) EmitRows(in *Batch, from, to int) {
	if from >= to {
		return
	}
	b.item.AppendRange(&in.item, in.head+from, in.head+to)
	for j := range b.bound {
		src := &in.item
		if j < len(in.bound) {
			src = &in.bound[j]
		}
		b.bound[j].AppendRange(src, in.head+from, in.head+to)
		b.bound[j].whole()
	}
	if b.tracked {
		b.ids = append(b.ids, in.ids[in.head+from:in.head+to]...)
	}
}

// EmitNew adds an item that comes from no single row: the result of an aggregate, or what starts a chain.
// It has no bound values (the planner refuses names bound before an aggregate after it); id is its identity.
func (b *Batch) EmitNew(item any, id string) {
	b.item.Append(item)
	for j := range b.bound {
		if b.binds && j == len(b.bound)-1 {
			b.bound[j].Append(item)
		} else {
			b.bound[j].Append(nil)
		}
	}
	if b.tracked {
		b.ids = append(b.ids, id)
	}
}

// show limits what the stage sees to the first n rows, until showAll.
func (b *Batch) show(n int) {
	if rows := b.item.Len() - b.head; n < rows {
		b.hidden = rows - n
	}
}

func (b *Batch) showAll() { b.hidden = 0 }

// rows is the number of rows, shown or not.
func (b *Batch) rows() int { return b.item.Len() - b.head }

// Index is the number of row i among all rows that ever stood here, from 0.
func (b *Batch) Index(i int) int { return b.taken + i }

// push adds row i of in, with extra as the value of one more bound name than in has, if given.
func (b *Batch) push(in *Batch, i int, extra []any) {
	row := in.head + i
	b.item.AppendRange(&in.item, row, row+1)
	for j := range b.bound {
		switch {
		case j < len(in.bound):
			b.bound[j].AppendRange(&in.bound[j], row, row+1)
		case j-len(in.bound) < len(extra):
			b.bound[j].Append(extra[j-len(in.bound)])
		default:
			b.bound[j].Append(nil)
		}
	}
	if b.tracked {
		b.ids = append(b.ids, in.ID(i))
	}
}

func (b *Batch) reset() {
	b.gone += b.rows()
	b.item.Reset()
	for j := range b.bound {
		b.bound[j].Reset()
	}
	clear(b.ids)
	b.ids = b.ids[:0]
	b.head, b.hidden = 0, 0
}

// pushPiece adds a row like the first one of in, with another item, and with extra as the value of one more bound name. Where in
// has no row, as at the end of a stream, the names bound before stand for null.
func (b *Batch) pushPiece(in *Batch, item, extra any) {
	if in.rows() == 0 {
		b.EmitNew(item, "")
		b.bound[len(b.bound)-1].set(b.item.Len()-1, extra)
		return
	}
	b.push(in, 0, []any{extra})
	b.item.set(b.item.Len()-1, item)
}

// emitNested adds row i of nested, the output of a chain inside of a stage, as a result of the first row of in. Of the names that
// nested has bound, those that the row came with stay. At the end of the stream in has no row: then the item that `as` would keep
// is null.
func (b *Batch) emitNested(in, nested *Batch, i int) {
	row := nested.head + i
	inherited := b.bound
	if b.binds {
		last := len(b.bound) - 1
		b.bound[last].AppendRange(&nested.item, row, row+1)
		if in.rows() > 0 {
			b.item.AppendRange(&in.item, in.head, in.head+1)
		} else {
			b.item.Append(nil)
		}
		inherited = b.bound[:last]
	} else {
		b.item.AppendRange(&nested.item, row, row+1)
	}
	for j := range inherited {
		inherited[j].AppendRange(&nested.bound[j], row, row+1)
	}
	if b.tracked {
		b.ids = append(b.ids, nested.ID(i))
	}
}
