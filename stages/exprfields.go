package stages

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// fieldsOf is which fields of the item a shape reads; whole says that it reads the item in any other way than by the name of a field.
func fieldsOf(s *Shape) (names []string, whole bool) {
	var uses fieldUses
	uses.shape(s)
	return uses.names, uses.items != uses.fields
}

// fieldUses counts how often the item is read, and how often of that by a field.
type fieldUses struct {
	items, fields int
	names         []string
}

func (u *fieldUses) shape(s *Shape) {
	u.expr(s.expr)
	for i := range s.parts {
		u.expr(s.parts[i].expr)
	}
	for _, item := range s.items {
		u.shape(item)
	}
}

func (u *fieldUses) expr(e *Expr) {
	if e != nil {
		ast.Walk(&e.tree.node, u)
	}
}

// Visit looks at a node; it is what ast.Walk calls.
func (u *fieldUses) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if n.Value == "item" {
			u.items++
		}
	case *ast.MemberNode:
		base, isName := n.Node.(*ast.IdentifierNode)
		property, isText := n.Property.(*ast.StringNode)
		if isName && isText && base.Value == "item" {
			u.fields++
			if !slices.Contains(u.names, property.Value) {
				u.names = append(u.names, property.Value)
			}
		}
	}
}
