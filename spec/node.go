package spec

import (
	"strconv"
	"strings"
)

// Kind is the kind of a value by YAML 1.2's core schema. The zero Kind is invalid.
type Kind uint8

const (
	Null   Kind = iota + 1 // nothing, `null` or `~`
	Bool                   // true, false
	Int                    // 12, 0x1f, 0o17
	Float                  // 1.5, 1e3, .inf, .nan
	String                 // everything else, and all that is quoted
	Seq                    // a list
	Map                    // a mapping
)

// String is the kind as findings name it.
func (k Kind) String() string {
	switch k {
	case Null:
		return "nothing"
	case Bool:
		return "true or false"
	case Int:
		return "a whole number"
	case Float:
		return "a number"
	case String:
		return "a text"
	case Seq:
		return "a list"
	case Map:
		return "a mapping"
	}
	return "an invalid value"
}

// Style is how a value was written. The zero Style is invalid.
type Style uint8

const (
	Plain        Style = iota + 1 // a scalar without quotes
	SingleQuoted                  // 'it''s'
	DoubleQuoted                  // "a\n"
	Literal                       // | block scalar
	Folded                        // > block scalar
	Block                         // a list or mapping by indentation
	Flow                          // [a, b], {a: b}
)

// Node is a value of the document, with its position. Aliases and merge keys are resolved: a Node that was reached by an alias is
// a copy that shares its children with the original, so walking a document is bounded by Limits.Nodes, but a Node has no one
// parent. Nodes are immutable.
type Node struct {
	Kind  Kind
	Style Style
	// Text is a scalar's characters as they were written, before YAML gives them a type: `010` stays `010`. Of a quoted or block
	// scalar it is the content.
	Text  string
	Items []*Node  // of a Seq
	Keys  []*Entry // of a Map, in the document's order, each key once
	// Range is where the value was written, without a tag or anchor in front of it. Of what an alias stands for it is the original.
	Range Range
	// Alias is where the alias stands by which the value was reached, nil without one.
	Alias *Range

	layers []*Node // of a Map that was merged of several: those, the last counting most
	src    *Source
	parent *Node  // of the first place that leads here
	key    string // in the parent, if that is a Map
	index  int    // in the parent, if that is a Seq
	size   int    // values below and with this one, aliases expanded
	inFlow bool   // the parent is a flow collection
	tagged bool   // a core tag such as !!str set the kind
	bad    bool   // it has a finding already, and is not known well enough for another
}

// Entry is a key of a mapping with its value.
type Entry struct {
	Key, Value *Node
	Merged     bool // it came by a merge key, `<<`
}

// At is the range that a finding about the node points at: its value, or the alias where it was used.
func (n *Node) At() Range {
	if n == nil {
		return Range{}
	}
	if n.Alias != nil {
		return *n.Alias
	}
	return n.Range
}

// Source is the document that the node is part of; of a mapping that was merged of several, the first.
func (n *Node) Source() *Source { return n.src }

// IsScalar reports whether the node is neither a list nor a mapping.
func (n *Node) IsScalar() bool { return n.Kind != Seq && n.Kind != Map }

// IsUnknown reports whether reading the document found the value itself wrong, so that nothing more is to be said about it.
func (n *Node) IsUnknown() bool { return n.bad }

// IsEmpty reports whether nothing was written: `key:` with no value behind it. `null` and `~` are not nothing.
func (n *Node) IsEmpty() bool { return n.Kind == Null && n.Text == "" }

// Get is the entry of a mapping with that key, nil without one.
func (n *Node) Get(key string) *Entry {
	for _, e := range n.Keys {
		if e.Key.Text == key {
			return e
		}
	}
	return nil
}

// Path names the node's place in the document: processes.top.stages[2].map.
func (n *Node) Path() string {
	if n == nil {
		return ""
	}
	var steps []string
	for ; n.parent != nil; n = n.parent {
		if n.parent.Kind == Seq {
			steps = append(steps, "["+strconv.Itoa(n.index)+"]")
		} else if n.key != "" {
			steps = append(steps, "."+n.key)
		}
	}
	var b strings.Builder
	for i := len(steps) - 1; i >= 0; i-- {
		b.WriteString(steps[i])
	}
	return strings.TrimPrefix(b.String(), ".")
}
