package spec

// FieldKind is what the value of a key is read as. The zero FieldKind is invalid.
type FieldKind uint8

const (
	KindExpression FieldKind = iota + 1 // an expression; a mapping or list has expressions as leaves
	KindText                            // a text with ${{ }}
	KindScript                          // a text for a shell
	KindPlace                           // something that can be changed or waited at: jobs, hist[item % 10], p.read
	KindData                            // YAML with ${{ }} in its leaves
	KindCount                           // a whole number, 0 or more
	KindInteger                         // a whole number
	KindDuration                        // 250ms, 1.5s, 2m
	KindSize                            // 64KiB, 10MB
	KindBool                            // true or false
	KindEnum                            // one of some words
	KindName                            // a name that is defined here or elsewhere
	KindType                            // a type: int32, or a name of `types`
	KindLock                            // true, false or the name of a lock
	KindUse                             // a name, or {name: what it may do}
	KindChain                           // a list of stages
	KindCommand                         // a list of texts, or one that is split into words
	KindList                            // a list of Elem
	KindMap                             // a mapping from names to Elem
	KindStruct                          // a mapping with the keys of Struct
)

// String is the kind as findings name it, with its article.
func (k FieldKind) String() string {
	switch k {
	case KindExpression:
		return "an expression"
	case KindText:
		return "a text"
	case KindScript:
		return "a script"
	case KindPlace:
		return "a place (a name, with index or field)"
	case KindData:
		return "data"
	case KindCount:
		return "a count"
	case KindInteger:
		return "a whole number"
	case KindDuration:
		return "a duration such as 250ms"
	case KindSize:
		return "a size such as 64KiB"
	case KindBool:
		return "true or false"
	case KindEnum:
		return "a word"
	case KindName:
		return "a name"
	case KindType:
		return "a type"
	case KindLock:
		return "true, false or the name of a lock"
	case KindUse:
		return "a name, or a mapping from one name to what it may do"
	case KindChain:
		return "a list of stages"
	case KindCommand:
		return "a command (a list of texts, or one text)"
	case KindList:
		return "a list"
	case KindMap, KindStruct:
		return "a mapping"
	}
	return "an invalid kind"
}

// TakesTemplate reports whether one `${{ }}` may stand for the value.
func (k FieldKind) TakesTemplate() bool {
	switch k {
	case KindCount, KindInteger, KindDuration, KindSize, KindBool, KindText:
		return true
	}
	return false
}

// Type describes the values that a key takes, beyond their kind.
type Type struct {
	Kind   FieldKind
	Elem   *Type    // of KindList and KindMap
	Struct string   // of KindStruct: the KeyDef with its keys
	Words  []string // of KindEnum all there are; of other kinds words that may stand for the value
	Ref    []string // of KindName and KindPlace the sections whose names fit, empty if any does
	Single bool     // of KindList: one element may stand without the list
	Names  string   // of KindMap: a list of names may stand for it, each with this word as its value
	Short  string   // of KindStruct: a value that is no mapping is taken as that of this key
	AnyKey bool     // of KindMap: keys need not be names
}
