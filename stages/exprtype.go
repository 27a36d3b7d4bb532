package stages

import (
	"slices"
	"strings"
)

// Kinds is a set of item kinds, one bit each.
type Kinds uint8

// The kinds of item. In Go they are nil, bool, int, float64, string, []byte, []any and map[string]any.
const (
	KindNull Kinds = 1 << iota
	KindBool
	KindInt
	KindFloat
	KindString
	KindBytes
	KindList
	KindMap

	KindNumber = KindInt | KindFloat
	KindAny    = Kinds(255)
)

// kindNames is in the order of the bits.
var kindNames = [...]string{"null", "bool", "int", "float", "string", "bytes", "list", "map"}

// String names the kinds: "list or map".
func (k Kinds) String() string {
	var names []string
	for i, name := range kindNames {
		if k&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " or ")
}

// KindOf is the kind of an item, or 0 if v is no item.
func KindOf(v any) Kinds {
	switch v.(type) {
	case nil:
		return KindNull
	case bool:
		return KindBool
	case int:
		return KindInt
	case float64:
		return KindFloat
	case string:
		return KindString
	case []byte:
		return KindBytes
	case []any:
		return KindList
	case map[string]any:
		return KindMap
	}
	return 0
}

// Type is what is known of an item before the run: the kinds it may have and, of lists and maps, what they hold. It is sound:
// an item of a type really is of one of its kinds; where nothing is known, a Type says any. The zero Type has no values; it is
// the type of what cannot happen and joins with everything.
//
// A Type is a value, never changed once made.
type Type struct {
	Kinds  Kinds
	Elem   *Type       // of a list's elements; nil: any
	Values *Type       // of a map's values where the keys are not known; nil: any
	Fields []FieldType // of a record, sorted by name
	Record bool        // the map has Fields and no others
}

// FieldType is one field of a record.
type FieldType struct {
	Name     string
	Type     Type
	Optional bool // may be absent, and reads as null then
}

// The types without parts.
var (
	AnyType    = Type{Kinds: KindAny}
	NullType   = Type{Kinds: KindNull}
	BoolType   = Type{Kinds: KindBool}
	IntType    = Type{Kinds: KindInt}
	FloatType  = Type{Kinds: KindFloat}
	NumberType = Type{Kinds: KindNumber}
	StringType = Type{Kinds: KindString}
	BytesType  = Type{Kinds: KindBytes}
)

// maxTypeDepth bounds how deep types nest, so that joining in a loop ends; what lies deeper is any.
const maxTypeDepth = 8

// ListOf is the type of lists of elem.
func ListOf(elem Type) Type {
	if elem.Kinds == KindAny {
		return Type{Kinds: KindList}
	}
	return Type{Kinds: KindList, Elem: &elem}
}

// MapOf is the type of maps from unknown keys to values.
func MapOf(values Type) Type {
	if values.Kinds == KindAny {
		return Type{Kinds: KindMap}
	}
	return Type{Kinds: KindMap, Values: &values}
}

// RecordOf is the type of maps with the given fields and no others. A field given twice counts as the last says.
func RecordOf(fields ...FieldType) Type {
	sorted := slices.Clone(fields)
	slices.SortStableFunc(sorted, func(a, b FieldType) int { return strings.Compare(a.Name, b.Name) })
	kept := sorted[:0]
	for i, f := range sorted {
		if i+1 < len(sorted) && sorted[i+1].Name == f.Name {
			continue
		}
		kept = append(kept, f)
	}
	if len(kept) == 0 {
		kept = nil
	}
	return Type{Kinds: KindMap, Record: true, Fields: kept}
}

// Nullable is t or null.
func (t Type) Nullable() Type {
	t.Kinds |= KindNull
	return t
}

// NotNull is t without null.
func (t Type) NotNull() Type {
	t.Kinds &^= KindNull
	return t
}

// Is says that every value of t is of one of the kinds.
func (t Type) Is(kinds Kinds) bool { return t.Kinds&^kinds == 0 }

// May says that a value of t can be of one of the kinds.
func (t Type) May(kinds Kinds) bool { return t.Kinds&kinds != 0 }

// Element is the type of the elements, if t is a list.
func (t Type) Element() Type {
	if t.Elem == nil {
		return AnyType
	}
	return *t.Elem
}

// Field is the type that reading a field gives, if t is a map; ok is false if t is a record without it.
func (t Type) Field(name string) (typ Type, ok bool) {
	switch {
	case t.Record:
		i, found := slices.BinarySearchFunc(t.Fields, name, func(f FieldType, name string) int { return strings.Compare(f.Name, name) })
		if !found {
			return NullType, false
		}
		if t.Fields[i].Optional {
			return t.Fields[i].Type.Nullable(), true
		}
		return t.Fields[i].Type, true
	case t.Values != nil:
		return t.Values.Nullable(), true
	}
	return AnyType, true
}

// Value is the type of a map's values, whichever the key; reading one that is absent gives null on top of it.
func (t Type) Value() Type {
	if t.Record {
		var all Type
		for _, f := range t.Fields {
			all = Join(all, f.Type)
		}
		return all
	}
	if t.Values == nil {
		return AnyType
	}
	return *t.Values
}

// Join is the narrowest type that has the values of both, as far as Type can say; nesting deeper than 8 becomes any.
func Join(a, b Type) Type { return join(a, b, maxTypeDepth) }

func join(a, b Type, depth int) Type {
	if a.Kinds|b.Kinds == KindAny || depth == 0 {
		return AnyType
	}
	joined := Type{Kinds: a.Kinds | b.Kinds}
	switch {
	case !a.May(KindList):
		joined.Elem = b.Elem
	case !b.May(KindList):
		joined.Elem = a.Elem
	case a.Elem != nil && b.Elem != nil:
		joined.Elem = part(join(*a.Elem, *b.Elem, depth-1))
	}
	switch {
	case !a.May(KindMap):
		joined.Values, joined.Fields, joined.Record = b.Values, b.Fields, b.Record
	case !b.May(KindMap):
		joined.Values, joined.Fields, joined.Record = a.Values, a.Fields, a.Record
	case a.Record && b.Record:
		joined.Fields, joined.Record = joinFields(a.Fields, b.Fields, depth), true
	default:
		joined.Values = part(join(a.Value(), b.Value(), depth-1))
	}
	return joined
}

// part is a type as Elem and Values hold it.
func part(t Type) *Type {
	if t.Kinds == KindAny {
		return nil
	}
	return &t
}

// joinFields merges two sorted lists of fields; what only one of them has is optional.
func joinFields(a, b []FieldType, depth int) []FieldType {
	var joined []FieldType
	for len(a) > 0 && len(b) > 0 {
		switch strings.Compare(a[0].Name, b[0].Name) {
		case -1:
			joined, a = append(joined, FieldType{a[0].Name, a[0].Type, true}), a[1:]
		case 1:
			joined, b = append(joined, FieldType{b[0].Name, b[0].Type, true}), b[1:]
		default:
			joined = append(joined, FieldType{a[0].Name, join(a[0].Type, b[0].Type, depth-1), a[0].Optional || b[0].Optional})
			a, b = a[1:], b[1:]
		}
	}
	for _, rest := range [][]FieldType{a, b} {
		for _, f := range rest {
			joined = append(joined, FieldType{f.Name, f.Type, true})
		}
	}
	return joined
}

// TypeOf is the type of one value; what is no item, or nests deeper than 8, is any.
func TypeOf(v any) Type { return typeOf(v, maxTypeDepth) }

func typeOf(v any, depth int) Type {
	if depth == 0 {
		return AnyType
	}
	switch v := v.(type) {
	case []any:
		var elem Type
		for _, e := range v {
			if elem = join(elem, typeOf(e, depth-1), depth-1); elem.Kinds == KindAny {
				break
			}
		}
		return Type{Kinds: KindList, Elem: part(elem)}
	case map[string]any:
		fields := make([]FieldType, 0, len(v))
		for name, value := range v {
			fields = append(fields, FieldType{Name: name, Type: typeOf(value, depth-1)})
		}
		return RecordOf(fields...)
	}
	if kind := KindOf(v); kind != 0 {
		return Type{Kinds: kind}
	}
	return AnyType
}
