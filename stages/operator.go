package stages

// FieldKind is how an operand or option is written, and so how it is decoded.
type FieldKind uint8

const (
	// NoField is an operator without operand or an invalid kind.
	NoField FieldKind = iota
	// ExpressionField is expr-lang, bare; a mapping or list builds a value whose leaves are expressions.
	ExpressionField
	// TextField is text with ${{ }}.
	TextField
	// TextListField is one text or a list of texts.
	TextListField
	// DataField is YAML with ${{ }} in its leaves.
	DataField
	// CountField is a whole number from 0, or ${{ }}.
	CountField
	// DurationField is 250ms, 1.5s, 2m, or ${{ }}.
	DurationField
	// SizeField is 64KiB, 10MB, a count of bytes, or ${{ }}.
	SizeField
	// BoolField is true or false, or ${{ }}.
	BoolField
	// EnumField is one of the words in Values.
	EnumField
	// NameField is a name of the spec: of a result, a chain.
	NameField
	// PlacesField is a place or a list of places of the kinds in Values.
	PlacesField
	// CommandField is a list of texts, or one text that is split into words as a shell would.
	CommandField
	// ScriptField is a text for the shell; ${{ }} of run-time data is refused in it.
	ScriptField
	// RegexpField is a regular expression in Go's syntax (RE2).
	RegexpField
	// ChainField is a list of stages.
	ChainField
	// ChainsField is a list of chains (`tee`).
	ChainsField
	// BranchesField is a list of {when, do} (`route`).
	BranchesField
	// HeaderField is true, false, or a list of names (csv).
	HeaderField
	// RangedField is a stop, or [start, stop, step]: expressions (`range`).
	RangedField
	// MatrixField is a mapping of lists, with ${{ }} in their leaves or in place of a list (`matrix`).
	MatrixField
	// BatchedField is a count, a duration, or {count, every} (`batch`).
	BatchedField
	// EmitField is one of the words in Values, or a duration (`emit` of `reduce`).
	EmitField
	// AwaitedField is a place of the kinds in Values, or {any: [places]} or {all: [places]} (`wait`). Source is the word, Places what is waited
	// for, Stages the action of a barrier.
	AwaitedField
	// PoolField is the name of a pool, or a mapping of its fields (`pool`).
	PoolField
	// RateField is so many in a time, as in 100/s, or ${{ }} (`throttle`).
	RateField
)

// FieldDef defines an operand or an option.
type FieldDef struct {
	Name     string // "" for the operand
	Kind     FieldKind
	Values   []string // EnumField: the words; PlacesField: the kinds of resource
	Doc      string   // one sentence
	Default  string   // as written in a spec, "" if there is none
	Optional bool     // of an operand: may be empty (null)
	Acc      bool     // acc is in scope
	Uniform  bool     // it is the same for all items: no ${{ }} in it reads one
	Positive bool     // a duration in it must be above 0s, a size above 0B
	List     bool     // data in it must be a list
	Map      bool     // data in it must be a mapping
	Filled   bool     // a text in it must not be empty
	Most     int      // a count in it must not be above this; 0: it may be anything

	// Later names the capability that the option still waits for; LaterWords and LaterForms do so for some of an Enum's words, and
	// for ways to write the value other than the plain one, as `{count, every}` of batch. Such a value cannot be planned yet.
	Later      string
	LaterWords []string
	LaterForms string
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
	// Takes: what it takes from outside is gone for others, as from a queue.
	Takes bool
	// Ends: may end the stream before its source does.
	Ends bool
	// Single: works on rows one by one, for a long time or with a commit each; stages before it hand it one at a time.
	Single bool
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
