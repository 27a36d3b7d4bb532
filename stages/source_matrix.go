package stages

import (
	"errors"
	"math/bits"
)

// matrixNode is `matrix`: one map for each combination of one element out of every list, in the order of the lists, the last of which
// varies fastest. The lists are made once a row and written down, because expressions in them may give something else the next time.
type matrixNode struct {
	turn
	keys   []string
	exprs  []*RowExpr
	lists  listing // all of them, as items
	next   int     // combinations made
	left   uint64  // combinations that are still to come
	column Column
}

func buildMatrix(b *Builder, stage *Stage) (Node, error) {
	t, err := newSharedTurn(b)
	if err != nil {
		return nil, err
	}
	src := stage.Operand.Source
	if src == nil || src.Kind != SourceMap || len(src.Items) == 0 || len(src.Items) != len(src.Keys) {
		return nil, errors.New("a mapping of lists is needed")
	}
	exprs, err := b.Exprs(src.Items)
	return &matrixNode{turn: t, keys: src.Keys, exprs: exprs}, err
}

func (n *matrixNode) Step(r *Run, in, out *Batch) error {
	if !n.active {
		if err := n.start(in); err != nil {
			return err
		}
	}
	k := int(min(uint64(n.room(r.Limit)), n.left))
	n.column.Reset()
	for range k {
		n.column.Append(n.combination(n.number(n.next)))
		n.next++
	}
	n.left -= uint64(k)
	n.emit(in, out, &n.column)
	if n.left == 0 || n.room(1) == 0 {
		n.finish(in)
	}
	return nil
}

// start makes the lists for the first row.
func (n *matrixNode) start(in *Batch) error {
	lists := make([]any, len(n.exprs))
	total := uint64(1)
	for i, expr := range n.exprs {
		v, err := expr.At(in, 0)
		if err != nil {
			return err
		}
		list, ok := v.([]any)
		if !ok {
			return Failf("expression", "a list is needed for %s, not %s", n.keys[i], aKind(v))
		}
		lists[i] = list
		if over, product := bits.Mul64(total, uint64(len(list))); over == 0 && product <= maxCombinations {
			total = product
		} else {
			total = maxCombinations + 1
		}
	}
	if total > maxCombinations && !anyEmpty(lists) {
		return Failf("expression", "the lists have more than %d combinations", maxCombinations)
	}
	if anyEmpty(lists) {
		total = 0
	}
	if err := n.begin(in); err != nil {
		return err
	}
	n.lists.set(lists)
	n.next, n.left = 0, n.part(total)
	return nil
}

// maxCombinations bounds the combinations, so that numbers of items stay within an int.
const maxCombinations = 1 << 60

func anyEmpty(lists []any) bool {
	for _, list := range lists {
		if len(list.([]any)) == 0 {
			return true
		}
	}
	return false
}

// combination is the item of that number.
func (n *matrixNode) combination(number int) map[string]any {
	item := make(map[string]any, len(n.keys))
	for i := len(n.keys) - 1; i >= 0; i-- {
		list := n.lists.items[i].([]any)
		item[n.keys[i]] = list[number%len(list)]
		number /= len(list)
	}
	return item
}

func (n *matrixNode) Skip()  { n.active = false }
func (n *matrixNode) Reset() { n.active = false }

func (n *matrixNode) Save(w *StateWriter, full bool) {
	n.save(w)
	if n.active {
		w.Int(n.next)
		w.Uint(n.left)
		n.lists.save(w, full)
	}
}

func (n *matrixNode) Load(r *StateReader, _ bool) error {
	n.load(r)
	if !n.active {
		return r.Err()
	}
	n.next, n.left = r.Int(), r.Uint()
	n.lists.load(r)
	if len(n.lists.items) != len(n.keys) || n.next < 0 {
		r.fail()
	}
	for _, list := range n.lists.items {
		if elements, ok := list.([]any); !ok || len(elements) == 0 && n.left > 0 {
			r.fail()
			n.left = 0
		}
	}
	return r.Err()
}

// matrixType is a map with an element of each list.
func matrixType(stage *Stage, scope *Scope, _ Type) Type {
	src := stage.Operand.Source
	if src == nil || src.Kind != SourceMap {
		return AnyType
	}
	fields := make([]FieldType, len(src.Keys))
	for i := range src.Items {
		fields[i] = FieldType{Name: src.Keys[i], Type: inferSource(&src.Items[i], scope).Element()}
	}
	return RecordOf(fields...)
}
