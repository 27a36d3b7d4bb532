package stages

// recordFields is what an expression reads of the item, and how it gets that of Records.
type recordFields struct {
	names []string
	whole bool // it reads more than these fields, or the item otherwise

	layout *recordLayout // of the column that slots are of
	slots  []int         // by name: of the field, or -1
	known  bool          // the layout has all that is read
	item   map[string]any

	loop   *ColumnLoop // over fields of the lanes that nodes have; nil: there is none for these
	nodes  map[string]*loopNode
	misses int // how often in a row a column had other lanes
}

// item is row i as the expression reads it: of a record the fields that it reads, which is a map that changes with the next row.
func (e *RowExpr) item(b *Batch, i int) any {
	if b.item.Kind != Records {
		return b.item.At(b.head + i)
	}
	c, row, f := &b.item, b.head+i, &e.fields
	if f.whole || !f.fit(c.layout) || !c.isObject(row) {
		return b.Item(i)
	}
	for j, slot := range f.slots {
		if slot >= 0 {
			if value, ok := c.field(row, slot); ok {
				f.item[f.names[j]] = value
				continue
			}
		}
		delete(f.item, f.names[j])
	}
	return f.item
}

// fit says whether columns of a layout have all that is read.
func (f *recordFields) fit(layout *recordLayout) bool {
	if f.layout == layout {
		return f.known
	}
	f.layout, f.slots, f.known = layout, f.slots[:0], true
	if f.item == nil {
		f.item = map[string]any{}
	}
	for _, name := range f.names {
		slot := layout.slot(name)
		f.slots = append(f.slots, slot)
		f.known = f.known && (slot >= 0 || layout.csv) // of CSV there are no other fields
	}
	return f.known
}

// recordNode is a Node that can work on Records.
type recordNode interface {
	// readsOf is what it reads of the rows, and whether these go on.
	readsOf() (exprs []*RowExpr, passes bool)
}

// leaveRecords finds out which readers of a chain can leave their records as they are: those behind which comes a stage that reads
// nothing but their fields.
func leaveRecords(links []*link) {
	for i, l := range links {
		read, ok := l.node.(*readNode)
		if !ok || l.binds {
			continue
		}
		read.fields, read.bare = fieldsWanted(links[i+1:])
	}
	for _, l := range links {
		_, l.records = l.node.(recordNode)
	}
}

// fieldsWanted is which fields the stages read before one changes the item or wants it whole; some is false if the first does.
func fieldsWanted(links []*link) (names []string, some bool) {
	seen := map[string]bool{}
	for _, l := range links {
		node, ok := l.node.(recordNode)
		if !ok {
			return names, some
		}
		exprs, passes := node.readsOf()
		exprs = append(exprs, l.when)
		for _, e := range exprs {
			if e != nil && (e.fields.whole || e.isItem) {
				return names, some
			}
		}
		for _, e := range exprs {
			if e == nil {
				continue
			}
			for _, name := range e.fields.names {
				if !seen[name] {
					seen[name] = true
					names = append(names, name)
				}
			}
		}
		some = true
		if !passes {
			break
		}
	}
	return names, some
}

func (m *mapping) readsOf() ([]*RowExpr, bool)   { return []*RowExpr{m.expr}, false }
func (f *filtering) readsOf() ([]*RowExpr, bool) { return []*RowExpr{f.cond}, true }
func (c *counting) readsOf() ([]*RowExpr, bool)  { return nil, true }
func (p *printing) readsOf() ([]*RowExpr, bool)  { return []*RowExpr{p.text, p.end}, true }
func (d *reducing) readsOf() ([]*RowExpr, bool)  { return []*RowExpr{d.fold.expr}, false }
func (d *reducingBy) readsOf() ([]*RowExpr, bool) {
	return []*RowExpr{d.fold.expr, d.by}, false
}
