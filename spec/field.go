package spec

import "time"

// The types of the fields of a Pipeline. Each keeps the node that it was read from, nil where the key is not there, and what could
// be read of it already; `${{ }}` remains for the planner.

// Expression is an expression, or a mapping or list with expressions as leaves.
type Expression struct{ Node *Node }

// Place names something that can be changed or waited at, with index or field.
type Place struct{ Node *Node }

// Data is a value with `${{ }}` in its leaves.
type Data struct{ Node *Node }

// Text is a text with `${{ }}` in it.
type Text struct {
	Node     *Node
	Template Template
}

// Script is a text for a shell. What `${{ }}` it may have is for the planner to decide.
type Script struct {
	Node     *Node
	Template Template
}

// Template is the one `${{ }}` that stands for a value which is not known before the plan is made; nil for a literal one.
type valueTemplate = *Template

// Count is a whole number, 0 or more, or one of the words its key takes.
type Count struct {
	Node     *Node
	Value    int    // of a literal number
	Word     string // "" unless it is a word
	Template valueTemplate
}

// Integer is a whole number.
type Integer struct {
	Node     *Node
	Value    int
	Template valueTemplate
}

// Duration is a length of time, 0 or more.
type Duration struct {
	Node     *Node
	Value    time.Duration
	Template valueTemplate
}

// Size is a number of bytes.
type Size struct {
	Node     *Node
	Value    int64
	Template valueTemplate
}

// Flag is true or false.
type Flag struct {
	Node     *Node
	Value    bool
	Template valueTemplate
}

// Enum is one of the words its key takes.
type Enum struct {
	Node *Node
	Word string
}

// Name is a name that something else defines.
type Name struct {
	Node  *Node
	Value string
}

// TypeName is a type: that of the array module or of a number, or a name of `types`.
type TypeName struct {
	Node  *Node
	Value string
}

// Chain is a list of stages.
type Chain struct {
	Node   *Node
	Stages []Stage
}

// Stage is one stage, as it was written: a mapping that the planner decodes against the operator table.
type Stage struct{ Node *Node }

// MapOf is a mapping from names to values of one type, in the document's order.
type MapOf[T any] []MapEntry[T]

// MapEntry is an entry of a MapOf.
type MapEntry[T any] struct {
	Name  string
	Key   *Node
	Value T
}

// Get is the value of a key, and whether it is there.
func (m MapOf[T]) Get(name string) (T, bool) {
	for _, e := range m {
		if e.Name == name {
			return e.Value, true
		}
	}
	var zero T
	return zero, false
}

// IsSet reports whether the key is there.
func (e Expression) IsSet() bool { return e.Node != nil }

// IsSet reports whether the key is there.
func (p Place) IsSet() bool { return p.Node != nil }

// IsSet reports whether the key is there.
func (d Data) IsSet() bool { return d.Node != nil }

// IsSet reports whether the key is there.
func (t Text) IsSet() bool { return t.Node != nil }

// IsSet reports whether the key is there.
func (s Script) IsSet() bool { return s.Node != nil }

// IsSet reports whether the key is there.
func (c Count) IsSet() bool { return c.Node != nil }

// IsSet reports whether the key is there.
func (i Integer) IsSet() bool { return i.Node != nil }

// IsSet reports whether the key is there.
func (d Duration) IsSet() bool { return d.Node != nil }

// IsSet reports whether the key is there.
func (s Size) IsSet() bool { return s.Node != nil }

// IsSet reports whether the key is there.
func (b Flag) IsSet() bool { return b.Node != nil }

// IsSet reports whether the key is there.
func (e Enum) IsSet() bool { return e.Node != nil }

// IsSet reports whether the key is there.
func (n Name) IsSet() bool { return n.Node != nil }

// IsSet reports whether the key is there.
func (t TypeName) IsSet() bool { return t.Node != nil }

// IsSet reports whether the key is there.
func (c Chain) IsSet() bool { return c.Node != nil }

// IsSet reports whether the key is there.
func (c Command) IsSet() bool { return c.Node != nil }
