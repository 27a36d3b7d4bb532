package stages

// Key computes the `key` of a queue: to which replica each item goes. It belongs to one goroutine.
type Key struct {
	queue string
	expr  *RowExpr
	batch *Batch
	keys  Column
}

// NewKey compiles the expression of a queue's key, which reads the item, vars and env.
func NewKey(queue string, src *Source, vars, env map[string]any) (*Key, error) {
	b := &Builder{building: &building{attempt: 1, env: Env{Vars: vars, Env: env}}, frame: &frame{row: -1}}
	expr, err := b.Expr(src)
	if err != nil {
		return nil, err
	}
	return &Key{queue: queue, expr: expr, batch: NewBatch(0, false)}, nil
}

// Hashes appends the hash of the key of each item from up to, but without, to. Where an item has no key it ends before it, with its
// error. Equal keys have equal hashes, in every process and every run.
func (k *Key) Hashes(dst []uint64, c *Column, from, to int) ([]uint64, error) {
	k.batch.item, k.batch.head = c.Slice(from, to), 0
	k.keys.Reset()
	err := k.expr.Column(&k.keys, k.batch, to-from)
	k.batch.item = Column{}
	for i := range k.keys.Len() {
		dst = append(dst, k.keys.hash(i))
	}
	if err != nil {
		err = Failf("expression", "the key of queue %s: %s", k.queue, err)
	}
	return dst, err
}

// hash is the Hash of item i, without boxing the usual kinds.
func (c *Column) hash(i int) uint64 {
	switch c.Kind {
	case Ints:
		return mix64(hashWord(hashByte(hashSeed, 'i'), uint64(c.Ints[i])))
	case Strings:
		return mix64(hashString(hashByte(hashSeed, 's'), c.Strings[i]))
	}
	return Hash(c.At(i))
}
