package stages

// chosen is what the places of a stage mean for its first row: worked out once, whatever changes while the stage waits.
type chosen struct {
	members []*member
	at      []int // the members; nil: not worked out yet
	list    []Ref // of at
}

// chosen compiles the places of the stage.
func (b *Builder) chosen(stage *Stage) (chosen, error) {
	var c chosen
	for i := range stage.Operand.Places {
		m, err := b.member(&stage.Operand.Places[i])
		if err != nil {
			return c, err
		}
		c.members = append(c.members, m)
	}
	return c, nil
}

// refs is what the places mean for the first row of in. The slice is valid until the next call.
func (c *chosen) refs(in *Batch) ([]Ref, error) {
	if c.at == nil {
		at := make([]int, len(c.members))
		for i, m := range c.members {
			var err error
			if at[i], err = m.of(in); err != nil {
				return nil, err
			}
		}
		c.at = at
	}
	c.list = c.list[:0]
	for i, m := range c.members {
		c.list = append(c.list, Ref{Name: m.place.Name, Member: c.at[i]})
	}
	return c.list, nil
}

// of is the member that the place means for the first row of in.
func (m *member) of(in *Batch) (int, error) {
	if m.index == nil {
		if m.place.Kind == "process" || m.place.Kind == "pool" {
			return AllReplicas, nil
		}
		return 0, nil
	}
	v, err := m.index.At(in, 0)
	if err != nil {
		return 0, err
	}
	return m.number(v)
}

// Skip forgets the first row.
func (c *chosen) Skip() { c.at = nil }

// Reset implements Stateful.
func (c *chosen) Reset() { c.at = nil }

// Save implements Stateful.
func (c *chosen) Save(w *StateWriter, _ bool) {
	w.Uint(uint64(len(c.at)))
	for _, at := range c.at {
		w.Int(at)
	}
}

// Load implements Stateful.
func (c *chosen) Load(r *StateReader, _ bool) error {
	c.at = nil
	switch n := r.Uint(); n {
	case 0:
	case uint64(len(c.members)):
		for range n {
			c.at = append(c.at, r.Int())
		}
	default:
		r.fail()
	}
	return r.Err()
}
