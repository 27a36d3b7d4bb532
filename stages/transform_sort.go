package stages

// sorting is `sort`: all items, in the order of a key. Items of different kinds have an order too; see Compare.
type sorting struct {
	key     *RowExpr
	desc    *RowExpr
	rows    heldRows
	keys    heldItems // of the rows; none, if each is its own key
	column  Column
	down    bool  // desc, as it was for the first item
	order   []int // of the rows, from the first Flush on
	emitted int
}

func buildSort(b *Builder, stage *Stage) (Node, error) {
	key, err := b.keyOf(stage.Operand.Source)
	if err != nil {
		return nil, err
	}
	desc, err := b.Option("desc")
	return &sorting{key: key, desc: desc, rows: heldRows{rows: b.NewBatch()}}, err
}

func (s *sorting) Step(r *Run, in, _ *Batch) error {
	if s.rows.rows.rows() == 0 {
		down, err := s.desc.Bool(in, 0)
		if err != nil {
			return err
		}
		s.down = down
	}
	few := isFew(in.Len(), r)
	if s.key.isItem {
		n := min(in.Len(), r.Limit)
		s.rows.keep(in, n, few)
		in.Drop(n)
		return nil
	}
	s.column.Reset()
	err := s.key.Column(&s.column, in, min(in.Len(), r.Limit))
	done, kept := s.column.Len(), s.keys.items.Len()
	s.keys.items.AppendRange(&s.column, 0, done)
	s.rows.keep(in, done, few)
	if few || s.rows.rows.item.Kind == Strings { // else they may be parts of the rows, and hold on to nothing else
		s.keys.items.detach(kept, few)
	}
	in.Drop(done)
	return before(done, err)
}

// sortedBy is what the rows are sorted by, in their order.
func (s *sorting) sortedBy() *Column {
	if s.key.isItem {
		return &s.rows.rows.item
	}
	return &s.keys.items
}

func (s *sorting) Flush(r *Run, out *Batch) (bool, error) {
	if s.order == nil {
		s.order = sortedOrder(s.sortedBy(), s.down)
	}
	n := min(r.Limit, len(s.order)-s.emitted)
	for _, row := range s.order[s.emitted : s.emitted+n] {
		out.EmitRows(s.rows.rows, row, row+1)
	}
	s.emitted += n
	return s.emitted == len(s.order), nil
}

func (s *sorting) Save(w *StateWriter, full bool) {
	s.rows.save(w, full)
	s.keys.save(w, full)
	w.Bool(s.down)
	w.Int(s.emitted)
}

func (s *sorting) Load(r *StateReader, _ bool) error {
	s.rows.load(r)
	s.keys.load(r)
	s.down, s.emitted = r.Bool(), r.Int()
	if n := s.sortedBy().Len(); n != s.rows.rows.rows() || s.emitted < 0 || s.emitted > n {
		r.fail()
	}
	return r.Err()
}

func (s *sorting) Reset() {
	s.rows.clear()
	s.keys.clear()
	s.order, s.emitted = nil, 0
}
