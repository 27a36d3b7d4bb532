package stages

// ColumnKind says which slice of a Column holds its items.
type ColumnKind uint8

const (
	// Mixed is a column whose items are of any kind; they are in Any. The zero Column is an empty Mixed one.
	Mixed ColumnKind = iota
	// Ints is a column of 64-bit integers only.
	Ints
	// Floats is a column of float64 only.
	Floats
	// Strings is a column of UTF-8 text only.
	Strings
	// Records is a column of records that have been read and not been taken apart. Only a chain has such columns, before stages that
	// can work on them.
	Records
)

// Column is a sequence of items. A column of one kind is kept unboxed, so that an operator can run over it in a loop.
//
// An item is nil, bool, int, float64, string, []byte, []any or map[string]any; strings and what is inside of lists and maps are
// never changed once they are in a column, so that items may be shared between columns.
// A Column is not safe for concurrent use.
type Column struct {
	Kind    ColumnKind
	Ints    []int
	Floats  []float64
	Strings []string
	Any     []any

	layout *recordLayout // of Records
	text   string        // of Records of JSON: the lines that they stand in
	pieces []piece       // of Records of JSON
}

// ColumnOf is a column of the given items.
func ColumnOf(items ...any) Column {
	var c Column
	for _, item := range items {
		c.Append(item)
	}
	return c
}

// Len is the number of items.
func (c *Column) Len() int {
	switch c.Kind {
	case Ints:
		return len(c.Ints)
	case Floats:
		return len(c.Floats)
	case Strings:
		return len(c.Strings)
	case Records:
		return c.recordCount()
	default:
		return len(c.Any)
	}
}

// At is item i, boxed.
func (c *Column) At(i int) any {
	switch c.Kind {
	case Ints:
		return c.Ints[i]
	case Floats:
		return c.Floats[i]
	case Strings:
		return c.Strings[i]
	case Records:
		return c.record(i)
	default:
		return c.Any[i]
	}
}

// Append adds one item. An empty column takes the item's kind; a column of another kind becomes Mixed.
func (c *Column) Append(item any) {
	if c.Len() == 0 {
		c.become(kindOf(item))
	}
	switch c.Kind {
	case Ints:
		if v, ok := item.(int); ok {
			c.Ints = append(c.Ints, v)
			return
		}
	case Floats:
		if v, ok := item.(float64); ok {
			c.Floats = append(c.Floats, v)
			return
		}
	case Strings:
		if v, ok := item.(string); ok {
			c.Strings = append(c.Strings, v)
			return
		}
	}
	c.box()
	c.Any = append(c.Any, item)
}

// AppendRange adds the items from up to, but without, to of src.
func (c *Column) AppendRange(src *Column, from, to int) {
	if from >= to {
		return
	}
	if c.Len() == 0 {
		c.become(src.Kind)
		c.layout, c.text = src.layout, src.text
	}
	if c.Kind != src.Kind || c.layout != src.layout || c.text != src.text {
		c.box()
		for i := from; i < to; i++ {
			c.Any = append(c.Any, src.At(i))
		}
		return
	}
	switch c.Kind {
	case Ints:
		c.Ints = append(c.Ints, src.Ints[from:to]...)
	case Floats:
		c.Floats = append(c.Floats, src.Floats[from:to]...)
	case Strings:
		c.Strings = append(c.Strings, src.Strings[from:to]...)
	case Records:
		c.appendRecords(src, from, to)
	default:
		c.Any = append(c.Any, src.Any[from:to]...)
	}
}

// pick is the items of these numbers.
func (c *Column) pick(numbers []int) Column {
	picked := Column{Kind: c.Kind}
	switch c.Kind {
	case Ints:
		picked.Ints = pickOf(c.Ints, numbers)
	case Floats:
		picked.Floats = pickOf(c.Floats, numbers)
	case Strings:
		picked.Strings = pickOf(c.Strings, numbers)
	case Mixed:
		picked.Any = pickOf(c.Any, numbers)
	default:
		for _, n := range numbers {
			picked.AppendRange(c, n, n+1)
		}
	}
	return picked
}

func pickOf[T any](items []T, numbers []int) []T {
	picked := make([]T, len(numbers))
	for i, n := range numbers {
		picked[i] = items[n]
	}
	return picked
}

// Slice is the items from up to, but without, to; it shares their memory.
func (c *Column) Slice(from, to int) Column {
	if c.Kind == Records {
		return c.records(from, to)
	}
	s := Column{Kind: c.Kind}
	switch c.Kind {
	case Ints:
		s.Ints = c.Ints[from:to:to]
	case Floats:
		s.Floats = c.Floats[from:to:to]
	case Strings:
		s.Strings = c.Strings[from:to:to]
	default:
		s.Any = c.Any[from:to:to]
	}
	return s
}

// Reset empties the column and keeps its memory. References are dropped, so that items can be collected.
func (c *Column) Reset() {
	clear(c.Strings)
	clear(c.Any)
	c.Ints, c.Floats, c.Strings, c.Any = c.Ints[:0], c.Floats[:0], c.Strings[:0], c.Any[:0]
	c.pieces = c.pieces[:0]
	c.become(Mixed)
}

// recycle is Reset for a column that may now and then be much larger than mostly: then its memory is let go of.
func (c *Column) recycle() {
	if c.Len() > keptItems {
		*c = Column{}
		return
	}
	c.Reset()
}

// keptItems is for how many items recycle keeps the memory.
const keptItems = 128 << 10

// truncate keeps the first n items of a column that is none of Records.
func (c *Column) truncate(n int) {
	switch c.Kind {
	case Ints:
		c.Ints = c.Ints[:n]
	case Floats:
		c.Floats = c.Floats[:n]
	case Strings:
		c.Strings = c.Strings[:n]
	default:
		c.Any = c.Any[:n]
	}
}

// become sets the kind of an empty column.
func (c *Column) become(kind ColumnKind) { c.Kind, c.layout, c.text = kind, nil, "" }

// box turns the column into a Mixed one.
func (c *Column) box() {
	if c.Kind == Mixed {
		return
	}
	c.Any = c.Any[:0]
	for i, n := 0, c.Len(); i < n; i++ {
		c.Any = append(c.Any, c.At(i))
	}
	c.Ints, c.Floats, c.Strings = c.Ints[:0], c.Floats[:0], c.Strings[:0]
	c.pieces = c.pieces[:0]
	c.become(Mixed)
}

func kindOf(item any) ColumnKind {
	switch item.(type) {
	case int:
		return Ints
	case float64:
		return Floats
	case string:
		return Strings
	default:
		return Mixed
	}
}

// set changes item i. A column of another kind becomes Mixed.
func (c *Column) set(i int, item any) {
	switch v := item.(type) {
	case int:
		if c.Kind == Ints {
			c.Ints[i] = v
			return
		}
	case float64:
		if c.Kind == Floats {
			c.Floats[i] = v
			return
		}
	case string:
		if c.Kind == Strings {
			c.Strings[i] = v
			return
		}
	}
	c.box()
	c.Any[i] = item
}
