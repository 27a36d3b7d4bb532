package stages

// FieldKind is how an operand or option is written, and so how it is decoded.
type FieldKind uint8

const (
	// NoField is an operator without operand or an invalid kind.
	NoField FieldKind = iota
	// Expression is expr-lang, bare; a mapping or list builds a value whose leaves are expressions.
	Expression
	// Text is text with ${{ }}.
	Text
	// TextList is one text or a list of texts.
	TextList
	// Data is YAML with ${{ }} in its leaves.
	Data
	// Count is a whole number from 0, or ${{ }}.
	Count
	// Duration is 250ms, 1.5s, 2m, or ${{ }}.
	Duration
	// Size is 64KiB, 10MB, a count of bytes, or ${{ }}.
	Size
	// Bool is true or false, or ${{ }}.
	Bool
	// Enum is one of the words in Values.
	Enum
	// Name is a name of the spec: of a result, a chain.
	Name
	// Places is a place or a list of places of the kinds in Values.
	Places
	// Command is a list of texts, or one text that is split into words as a shell would.
	Command
	// Script is a text for the shell; ${{ }} of run-time data is refused in it.
	Script
	// Regexp is a regular expression in Go's syntax (RE2).
	Regexp
	// Chain is a list of stages.
	Chain
	// Chains is a list of chains (`tee`).
	Chains
	// Branches is a list of {when, do} (`route`).
	Branches
	// Header is true, false, or a list of names (csv).
	Header
	// Ranged is a stop, or [start, stop, step]: expressions (`range`).
	Ranged
	// Batched is a count, a duration, or {count, every} (`batch`).
	Batched
)

// FieldDef defines an operand or an option.
type FieldDef struct {
	Name     string // "" for the operand
	Kind     FieldKind
	Values   []string // Enum: the words; Places: the kinds of resource
	Doc      string   // one sentence
	Default  string   // as written in a spec, "" if there is none
	Optional bool     // of an operand: may be empty (null)
	Acc      bool     // acc is in scope
}

// Group orders the operators in documentation.
type Group uint8

const (
	// Sources make items.
	Sources Group = iota + 1
	// Transforms change items.
	Transforms
	// Synchronisation is what waits for others.
	Synchronisation
	// Sinks send items somewhere; the item goes on.
	Sinks
)

// Operator is one row of the operator table: everything that the planner, the schema, the documentation and the workers know
// of a stage's operator.
type Operator struct {
	Name    string
	Group   Group
	Doc     string // one sentence
	Example string // a stage as written in a spec
	Operand FieldDef
	Options []FieldDef

	// Effect: something outside the chain changes (a queue, standard output, a program is called). With two of them in a chain, or
	// one before something that may fail, items go through it one by one, so that nobody can tell batches.
	Effect bool
	// Pure: cannot fail and cannot end the stream on any item.
	Pure bool
	// Source: makes items, without end perhaps; where the chain commits.
	Source bool
	// Waits: takes `timeout` and `on_timeout`.
	Waits bool
	// Aggregate: its results come from no single row, so that names bound before it are gone.
	Aggregate bool
	// Later names the capability that the operator still waits for; such an operator cannot be planned yet.
	Later string

	// Infer gives the type of the items that go out, from what comes in. nil: the same type.
	Infer func(stage *Stage, scope *Scope, in Type) Type
	// Build makes the node that runs the stage.
	Build func(b *Builder, stage *Stage) (Node, error)
}

// Option is the definition of an option, or nil.
func (o *Operator) Option(name string) *FieldDef {
	for i := range o.Options {
		if o.Options[i].Name == name {
			return &o.Options[i]
		}
	}
	return nil
}
