package stages

import (
	"strconv"
	"strings"
	"time"
)

// RowExpr is a field of a stage whose value is computed for a row: an expression, a text, data, or a composite of them.
// Its errors are *ItemError of type "expression". A nil RowExpr is a field that was not given: it reads as null, zero, false, "".
//
// A RowExpr shares its Env with the others of its chain, so it is used by the chain's goroutine only.
type RowExpr struct {
	shape    *Shape
	env      *Env
	attempt  *int   // of the delivery that is worked on
	isItem   bool   // the value is the item itself
	bound    []int  // the numbers of the bound names that are read
	names    int    // how many bound names there are in its scope
	delivery bool   // it reads delivery
	draws    bool   // it calls random()
	salt     uint64 // of random(): the run's seed and the stage
	fields   recordFields

	args    map[string]any // those that are the same for all rows
	argsRow int            // the number of the bound value with the arguments of a row; -1: it does not matter

	loops [Strings + 1]columnLoop // by kind of column
}

// columnLoop is an expression as loops over columns of one kind, made when the first such column comes.
type columnLoop struct {
	tried bool
	loop  *ColumnLoop // nil: it runs item by item
}

// minLoop is how many rows a column must have for loops to be worth their while.
const minLoop = 8

// At is the value for row i of b.
func (e *RowExpr) At(b *Batch, i int) (any, error) {
	if e == nil {
		return nil, nil
	}
	if e.isItem {
		return b.Item(i), nil
	}
	e.load(b, i)
	v, err := e.shape.Run(e.env)
	return v, e.failure(err)
}

// AtAcc is the value for row i of b with acc as the variable of that name.
func (e *RowExpr) AtAcc(b *Batch, i int, acc any) (any, error) {
	e.env.Acc = acc
	v, err := e.At(b, i)
	e.env.Acc = nil
	return v, err
}

// Alone is the value where there is no row, as for an empty stream; the item reads as null.
func (e *RowExpr) Alone() (any, error) {
	if e == nil {
		return nil, nil
	}
	none := NewBatch(e.names, false)
	none.EmitNew(nil, "")
	return e.At(none, 0)
}

// Bool is the value, which must be true or false.
func (e *RowExpr) Bool(b *Batch, i int) (bool, error) {
	v, err := e.At(b, i)
	if err != nil || e == nil {
		return false, err
	}
	is, ok := v.(bool)
	if !ok {
		return false, Failf("expression", "a condition must be true or false, not %s", aKind(v))
	}
	return is, nil
}

// Int is the value, which must be an integer.
func (e *RowExpr) Int(b *Batch, i int) (int, error) {
	v, err := e.At(b, i)
	if err != nil || e == nil {
		return 0, err
	}
	return wholeNumber(v)
}

// Count is the value, which must be an integer from 0.
func (e *RowExpr) Count(b *Batch, i int) (int, error) {
	n, err := e.Int(b, i)
	if err == nil && n < 0 {
		err = Failf("expression", "a count cannot be negative: %d", n)
	}
	return n, err
}

// wholeNumber is an item as an integer: an int, a whole float, or a text that is one.
func wholeNumber(v any) (int, error) {
	switch n := v.(type) {
	case int:
		return n, nil
	case float64:
		if i, ok := wholeFloat(n); ok {
			return i, nil
		}
	case string:
		if i, err := strconv.Atoi(strings.TrimSpace(n)); err == nil {
			return i, nil
		}
	}
	return 0, Failf("expression", "a whole number is needed, not %s", ShortJSON(v))
}

// Duration is the value, which must be a text such as 250ms, 1.5s or 2m. It is not negative.
func (e *RowExpr) Duration(b *Batch, i int) (time.Duration, error) {
	v, err := e.At(b, i)
	if err != nil || e == nil {
		return 0, err
	}
	text, ok := v.(string)
	if !ok {
		return 0, Failf("expression", "a duration such as 250ms, 1.5s or 2m is needed, not %s", ShortJSON(v))
	}
	d, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil || d < 0 {
		return 0, Failf("expression", "a duration such as 250ms, 1.5s or 2m is needed, not %s", ShortJSON(v))
	}
	return d, nil
}

// Text is the value as text: a string as it is, everything else as JSON.
func (e *RowExpr) Text(b *Batch, i int) (string, error) {
	if e == nil {
		return "", nil
	}
	if e.isItem {
		return TextOf(b.Item(i)), nil
	}
	e.load(b, i)
	text, err := e.shape.RunText(e.env)
	return text, e.failure(err)
}

// AppendText appends the value as text.
func (e *RowExpr) AppendText(dst []byte, b *Batch, i int) ([]byte, error) {
	if e.isItem {
		return AppendText(dst, b.Item(i)), nil
	}
	e.load(b, i)
	dst, err := e.shape.AppendText(dst, e.env)
	return dst, e.failure(err)
}

// Column appends the values for the first n rows of b to dst. It stops at the first row that has none, with its error.
func (e *RowExpr) Column(dst *Column, b *Batch, n int) error { return e.column(dst, b, n, nil) }

// Results is Column for results of a step: it stops as well when they are large, and without an error.
func (e *RowExpr) Results(dst *Column, b *Batch, n int) error { return e.column(dst, b, n, &scales{}) }

func (e *RowExpr) column(dst *Column, b *Batch, n int, scales *scales) error {
	if e.isItem {
		b.item.whole()
		dst.AppendRange(&b.item, b.head, b.head+n)
		return nil
	}
	if loop := e.loop(b, n); loop != nil { // its texts are parts of items that are there
		items := b.item.Slice(b.head, b.head+n)
		if loop.Map(e.env, &items, dst) {
			return nil
		}
	}
	for i := range n {
		e.load(b, i)
		v, err := e.shape.Run(e.env)
		if err != nil {
			return e.failure(err)
		}
		dst.Append(v)
		if scales != nil && scales.full(v) {
			return nil
		}
	}
	return nil
}

// Conditions appends whether the condition holds to dst, for the first n rows of b. It stops at the first row that has no answer,
// with its error.
func (e *RowExpr) Conditions(dst []bool, b *Batch, n int) ([]bool, error) {
	if loop := e.loop(b, n); loop != nil {
		items := b.item.Slice(b.head, b.head+n)
		if is, ok := loop.Select(e.env, &items); ok {
			return append(dst, is...), nil
		}
	}
	for i := range n {
		is, err := e.Bool(b, i)
		if err != nil {
			return dst, err
		}
		dst = append(dst, is)
	}
	return dst, nil
}

// loop is the loops for the first n rows of b, with the Env of the first one; nil if they run item by item.
func (e *RowExpr) loop(b *Batch, n int) *ColumnLoop {
	kind := b.item.Kind
	if n < minLoop || kind == Mixed || e.shape.expr == nil || len(e.bound) > 0 || e.argsRow >= 0 || e.delivery || e.draws {
		return nil
	}
	if kind == Records {
		return e.recordLoop(b, n)
	}
	l := &e.loops[kind]
	if !l.tried {
		l.tried = true
		if loop, ok := e.shape.expr.ColumnLoop(kind); ok {
			l.loop = loop
		}
	}
	if l.loop != nil {
		e.env.Index, e.env.Args = b.Index(0), e.args
	}
	return l.loop
}

// Const is the value, if it is the same for every row.
func (e *RowExpr) Const() (value any, ok bool) {
	if e == nil {
		return nil, true
	}
	return e.shape.Const()
}

// load makes the Env that of row i.
func (e *RowExpr) load(b *Batch, i int) {
	env := e.env
	env.Item, env.Index, env.Args = e.item(b, i), b.Index(i), e.args
	if e.argsRow >= 0 {
		if args, ok := b.Bound(i, e.argsRow).(map[string]any); ok { // else it comes from no single row
			env.Args = args
		}
	}
	if len(e.bound) > 0 {
		if len(env.Bound) < e.names {
			env.Bound = make([]any, e.names)
		}
		for _, j := range e.bound {
			env.Bound[j] = b.Bound(i, j)
		}
	}
	if e.delivery {
		env.Delivery = map[string]any{"id": b.ID(i), "attempt": *e.attempt}
	}
	if e.draws {
		env.Seed = mix64(e.salt ^ hashString(hashSeed, b.ID(i)))
	}
}

// failure puts an error of an expression into the words of a chain.
func (e *RowExpr) failure(err error) error {
	if err == nil {
		return nil
	}
	return &ItemError{Type: "expression", Message: err.Error()}
}
