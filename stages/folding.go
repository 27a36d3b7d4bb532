package stages

import (
	"math"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// folding is the expression of a `reduce`. The forms that nearly all of them have, `acc + 1`, `acc + item` and `acc + ` something that
// does not read acc, are added up without the expression as long as the numbers are of one kind; anything else, an overflow too, is
// the expression's business.
type folding struct {
	expr *RowExpr
	form foldForm
	step int // of foldCount

	term  *RowExpr // of foldTerm: what is added
	terms Column   // its values for the first rows of the batch that is worked on, from prepare; empty: they are not known
}

// foldForm is a form of expression.
type foldForm uint8

const (
	foldAny   foldForm = iota // acc becomes the value of the expression
	foldCount                 // acc + step
	foldSum                   // acc + item
	foldTerm                  // acc + an expression of the item
)

func (b *Builder) folding(src *Source) (*folding, error) {
	expr, err := b.Expr(src)
	if err != nil {
		return nil, err
	}
	f := &folding{expr: expr}
	if src != nil && src.Kind == SourceExpr {
		f.form, f.step = formOf(src.Text)
		if text, ok := termOf(src.Text); ok && f.form == foldAny {
			f.form = foldTerm
			if f.term, err = b.Expr(&Source{Kind: SourceExpr, Text: text, Pos: src.Pos}); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

// termOf is what an expression adds to acc: `acc + term`, where the term does not read acc and is all that is behind the plus.
func termOf(text string) (string, bool) {
	left, right, ok := strings.Cut(text, "+")
	if !ok || strings.TrimSpace(left) != "acc" {
		return "", false
	}
	whole, failure := parseExpr(text)
	if failure != nil {
		return "", false
	}
	sum, ok := whole.node.(*ast.BinaryNode)
	if !ok || sum.Operator != "+" {
		return "", false
	}
	// In `acc + a - b` the last operator is the minus, and in `acc + a + b` what is left of the last plus is not acc.
	if acc, ok := sum.Left.(*ast.IdentifierNode); !ok || acc.Value != "acc" || mentions(sum.Right, "acc") {
		return "", false
	}
	return right, true
}

// mentions says whether a name is read in a tree.
func mentions(node ast.Node, name string) bool {
	m := &mention{name: name}
	ast.Walk(&node, m)
	return m.found
}

type mention struct {
	name  string
	found bool
}

// Visit implements ast.Visitor.
func (m *mention) Visit(node *ast.Node) {
	if id, ok := (*node).(*ast.IdentifierNode); ok && id.Value == m.name {
		m.found = true
	}
}

// prepare computes what the first n rows add, if loops can do that for all of them. It is called before rows, ints and floats.
func (f *folding) prepare(in *Batch, n int) {
	f.terms.Reset()
	if f.form != foldTerm || f.term.loop(in, n) == nil {
		return
	}
	if f.term.Column(&f.terms, in, n) != nil || f.terms.Len() < n {
		f.terms.Reset() // one of them fails: the expression will say so at its row
	}
}

// intTerms is what the rows add, as ints: of row i number i+at; nil if that is not known.
func (f *folding) intTerms(in *Batch) (terms []int, at int) {
	switch {
	case f.form == foldSum && in.item.Kind == Ints:
		return in.item.Ints, in.head
	case f.form == foldTerm && f.terms.Kind == Ints:
		return f.terms.Ints, 0
	}
	return nil, 0
}

// floatTerms is the same for floats.
func (f *folding) floatTerms(in *Batch) (terms []float64, at int) {
	switch {
	case f.form == foldSum && in.item.Kind == Floats:
		return in.item.Floats, in.head
	case f.form == foldTerm && f.terms.Kind == Floats:
		return f.terms.Floats, 0
	}
	return nil, 0
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
		if f.form == foldCount {
			if n := to - i; sum <= math.MaxInt-n*f.step {
				return sum + n*f.step, to
			}
			return acc, i
		}
		terms, at := f.intTerms(in)
		if terms == nil {
			return acc, i
		}
		start := i
		for _, v := range terms[at+i : at+to] {
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
	case float64:
		if terms, at := f.floatTerms(in); terms != nil {
			for _, v := range terms[at+i : at+to] {
				sum += v
			}
		} else if terms, at := f.intTerms(in); terms != nil {
			for _, v := range terms[at+i : at+to] {
				sum += float64(v)
			}
		} else {
			return acc, i
		}
		if sum-sum == 0 {
			return sum, to
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
	if f.form != foldCount {
		terms, at := f.intTerms(in)
		if terms == nil {
			return 0, false
		}
		v = terms[at+i]
	}
	sum := acc + v
	return sum, (sum > acc) == (v > 0) || v == 0
}

// floats folds row i into a float, if that needs no expression.
func (f *folding) floats(acc float64, in *Batch, i int) (float64, bool) {
	var sum float64
	if terms, at := f.floatTerms(in); terms != nil {
		sum = acc + terms[at+i]
	} else if terms, at := f.intTerms(in); terms != nil {
		sum = acc + float64(terms[at+i])
	} else {
		return 0, false
	}
	return sum, sum-sum == 0
}
