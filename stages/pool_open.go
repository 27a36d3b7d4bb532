package stages

import (
	"fmt"
	"slices"
)

// open reads the chunk.
func (t *tasking) open(in *Batch) error {
	if t.chunk != nil {
		return nil
	}
	data, _ := in.Item(0).([]byte)
	c, err := decodeChunk(data)
	if err != nil {
		return err
	}
	if c.site < 0 || c.site >= len(t.sites) {
		return errState
	}
	context, names, err := readContext(c.context, c.n)
	if err != nil {
		return err
	}
	s := t.sites[c.site]
	rows := NewBatch(len(s.names), s.rows.tracked)
	rows.item = context.item
	for j, name := range s.def.Names {
		if k := slices.Index(names, name); k >= 0 {
			rows.bound[j] = context.bound[k]
		} else {
			rows.bound[j] = nulls(c.n)
		}
	}
	if s.def.Args {
		rows.bound[len(s.def.Names)] = c.args
	}
	for i := len(t.numbers); i < c.n; i++ {
		t.numbers = append(t.numbers, i)
	}
	rows.bound[len(rows.bound)-1] = Column{Kind: Ints, Ints: t.numbers[:c.n:c.n]}
	if rows.tracked {
		for i := range c.n {
			rows.ids = append(rows.ids, fmt.Sprintf("%s[%d]#%d", s.def.Results, c.replica, c.first+i))
		}
	}
	rows.taken = c.first
	t.chunk, t.rows = c, rows
	return nil
}

func nulls(n int) Column { return Column{Any: make([]any, n)} }
