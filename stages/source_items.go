package stages

// itemsNode is `items`: the elements of a list, one after the other. The list is made once a row and written down, because
// expressions in it may give something else the next time.
type itemsNode struct {
	turn
	operand *RowExpr
	list    listing
	column  Column
}

func buildItems(b *Builder, stage *Stage) (Node, error) {
	t, err := newSharedTurn(b)
	if err != nil {
		return nil, err
	}
	operand, err := b.Expr(stage.Operand.Source)
	return &itemsNode{turn: t, operand: operand}, err
}

func (n *itemsNode) Step(r *Run, in, out *Batch) error {
	if !n.active {
		v, err := n.operand.At(in, 0)
		if err != nil {
			return err
		}
		list, ok := v.([]any)
		if !ok && v != nil {
			return Failf("expression", "a list is needed, not %s", aKind(v))
		}
		if err := n.begin(in); err != nil {
			return err
		}
		n.list.set(n.parts(list))
	}
	n.column.Reset()
	for _, item := range n.list.take(n.room(r.Limit)) {
		n.column.Append(item)
	}
	n.emit(in, out, &n.column)
	if n.list.empty() || n.room(1) == 0 {
		n.finish(in)
	}
	return nil
}

func (n *itemsNode) Skip()  { n.active = false }
func (n *itemsNode) Reset() { n.active = false }

func (n *itemsNode) Save(w *StateWriter, full bool) {
	n.save(w)
	if n.active {
		n.list.save(w, full)
	}
}

func (n *itemsNode) Load(r *StateReader, _ bool) error {
	n.load(r)
	if n.active {
		n.list.load(r)
	}
	return r.Err()
}

// itemsType is the join of the elements' types, if they are written out in the spec.
func itemsType(stage *Stage, _ *Scope, _ Type) Type {
	src := stage.Operand.Source
	switch {
	case src == nil:
		return AnyType
	case src.Kind == SourceLiteral:
		if list, ok := src.Value.([]any); ok && len(list) > 0 {
			return TypeOf(list).Element()
		}
	case src.Kind == SourceList && len(src.Items) > 0:
		var elem Type
		for i := range src.Items {
			if src.Items[i].Kind != SourceLiteral {
				return AnyType
			}
			elem = Join(elem, TypeOf(src.Items[i].Value))
		}
		return elem
	}
	return AnyType
}

// listing is a list that is worked off: written down once, and then only how far it is.
type listing struct {
	items []any
	at    int
	saved bool // items are written down
}

func (l *listing) set(items []any) { *l = listing{items: items} }

// empty says whether everything has been taken.
func (l *listing) empty() bool { return l.at >= len(l.items) }

// take takes up to n items.
func (l *listing) take(n int) []any {
	from := l.at
	l.at = min(len(l.items), from+n)
	return l.items[from:l.at]
}

func (l *listing) save(w *StateWriter, full bool) {
	w.Int(l.at)
	whole := full || !l.saved
	w.Bool(whole)
	if whole {
		c := Column{Kind: Mixed, Any: l.items}
		w.Column(&c, 0, len(l.items))
		l.saved = true
	}
}

func (l *listing) load(r *StateReader) {
	l.at = max(0, r.Int())
	if r.Bool() {
		c := r.Column()
		l.items = make([]any, c.Len())
		for i := range l.items {
			l.items[i] = c.At(i)
		}
		l.saved = true
	}
	l.at = min(l.at, len(l.items))
}

// texts is a list of texts as a listing has them.
func texts(list []string) []any {
	items := make([]any, 0, len(list))
	for _, s := range list {
		items = append(items, s)
	}
	return items
}
