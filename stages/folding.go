package stages

import (
	"math"
	"strconv"
	"strings"
)

// folding is the expression of a `reduce`. The forms that nearly all of them have, `acc + 1` and `acc + item`, are added up
// without the expression as long as the numbers are of one kind; anything else, an overflow too, is the expression's business.
type folding struct {
	expr *RowExpr
	form foldForm
	step int // of foldCount
}

// foldForm is a form of expression.
type foldForm uint8

const (
	foldAny   foldForm = iota // acc becomes the value of the expression
	foldCount                 // acc + step
	foldSum                   // acc + item
)

func (b *Builder) folding(src *Source) (*folding, error) {
	expr, err := b.Expr(src)
	if err != nil {
		return nil, err
	}
	f := &folding{expr: expr}
	if src != nil && src.Kind == SourceExpr {
		f.form, f.step = formOf(src.Text)
	}
	return f, nil
}

// formOf recognises a form.
func formOf(text string) (foldForm, int) {
	left, right, ok := strings.Cut(text, "+")
	left, right = strings.TrimSpace(left), strings.TrimSpace(right)
	switch {
	case !ok || left != "acc":
		return foldAny, 0
	case right == "item":
		return foldSum, 0
	}
	if len(right) > 9 || right == "" || right[0] < '1' || right[0] > '9' { // neither sign, nor 0x10, nor 1_000
		return foldAny, 0
	}
	step, err := strconv.Atoi(right)
	if err != nil {
		return foldAny, 0
	}
	return foldCount, step
}

// begin is the first value of acc for row i, and whether that is the row itself, which then has been used.
func (f *folding) begin(init *RowExpr, in *Batch, i int) (acc any, used bool, err error) {
	if init == nil {
		return in.Item(i), true, nil
	}
	acc, err = init.At(in, i)
	return acc, false, err
}

// rows folds the rows from up to, but without, to into acc. It stops before the first that fails; done is the row that it came to.
func (f *folding) rows(acc any, in *Batch, from, to int) (result any, done int, err error) {
	i := from
	for {
		if acc, i = f.loop(acc, in, i, to); i == to {
			return acc, i, nil
		}
		next, err := f.expr.AtAcc(in, i, acc)
		if err != nil {
			return acc, i, err
		}
		acc = next
		i++
	}
}

// loop folds rows as long as they are of the form and kind that need no expression, and says at which row that ended.
func (f *folding) loop(acc any, in *Batch, i, to int) (any, int) {
	switch sum := acc.(type) {
	case int:
		switch {
		case f.form == foldCount:
			n := to - i
			if sum <= math.MaxInt-n*f.step {
				return sum + n*f.step, to
			}
		case f.form == foldSum && in.item.Kind == Ints:
			start := i
			for _, v := range in.item.Ints[in.head+i : in.head+to] {
				next := sum + v
				if (next > sum) != (v > 0) && v != 0 {
					break
				}
				sum = next
				i++
			}
			if i > start {
				return sum, i
			}
		}
	case float64:
		if f.form == foldSum && in.item.Kind == Floats {
			for _, v := range in.item.Floats[in.head+i : in.head+to] {
				sum += v
			}
			if sum-sum == 0 {
				return sum, to
			}
		}
	}
	return acc, i
}

// one folds row i into acc.
func (f *folding) one(acc any, in *Batch, i int) (any, error) {
	return f.expr.AtAcc(in, i, acc)
}

// ints folds row i into an int, if that needs no expression.
func (f *folding) ints(acc int, in *Batch, i int) (int, bool) {
	v := f.step
	switch {
	case f.form == foldAny:
		return 0, false
	case f.form == foldSum:
		if in.item.Kind != Ints {
			return 0, false
		}
		v = in.item.Ints[in.head+i]
	}
	sum := acc + v
	return sum, (sum > acc) == (v > 0) || v == 0
}
