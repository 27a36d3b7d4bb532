package stages

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// StoreType is a declared type of shared memory or of a queue's items: a scalar, or a record of `types`. Storing is checked: an item
// is stored as what the type holds, or not at all.
type StoreType struct {
	Name   string       `json:"name"`             // of a scalar its canonical one: int8
	Fields []StoreField `json:"fields,omitempty"` // of a record, in the order of the spec
}

// StoreField is a field of a record.
type StoreField struct {
	Name string    `json:"name"`
	Type StoreType `json:"type"`
}

// Misfit is why an item cannot be stored.
type Misfit struct {
	Path    string // of the field in the item; "" for the item itself
	Text    string // int8 takes whole numbers from -128 to 127, not 300
	Unknown string // the field that the record lacks
	Known   []string
}

// String is the misfit in one line.
func (m *Misfit) String() string {
	switch {
	case m.Path == "":
		return m.Text
	case m.Path[0] == '[':
		return "element " + m.Path + ": " + m.Text
	}
	return "field " + m.Path + ": " + m.Text
}

// ScalarNames are the scalar types by their names.
func ScalarNames() []string {
	return []string{"bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", "char"}
}

// ScalarType is the scalar type of a name, or of a code of Python's array module (https://docs.python.org/3/library/array.html) as it
// is on 64-bit Linux; ok is false if there is none.
func ScalarType(name string) (t StoreType, ok bool) {
	switch name {
	case "b":
		name = "int8"
	case "B":
		name = "uint8"
	case "h":
		name = "int16"
	case "H":
		name = "uint16"
	case "i":
		name = "int32"
	case "I":
		name = "uint32"
	case "l", "q":
		name = "int64"
	case "L", "Q":
		name = "uint64"
	case "f":
		name = "float32"
	case "d":
		name = "float64"
	case "u":
		name = "w"
	}
	switch name {
	case "bool", "float32", "float64", "char", "w":
		return StoreType{Name: name}, true
	}
	_, _, ok = wholeRange(name)
	return StoreType{Name: name}, ok
}

// wholeRange is what an integer type holds. Items are int64, so that uint64 ends where they do.
func wholeRange(name string) (least, most int, ok bool) {
	switch name {
	case "int8":
		return math.MinInt8, math.MaxInt8, true
	case "uint8":
		return 0, math.MaxUint8, true
	case "int16":
		return math.MinInt16, math.MaxInt16, true
	case "uint16":
		return 0, math.MaxUint16, true
	case "int32":
		return math.MinInt32, math.MaxInt32, true
	case "uint32":
		return 0, math.MaxUint32, true
	case "int64":
		return math.MinInt64, math.MaxInt64, true
	case "uint64":
		return 0, math.MaxInt64, true
	}
	return 0, 0, false
}

// Type is what items of the type are like in expressions.
func (t *StoreType) Type() Type {
	switch t.Name {
	case "bool":
		return BoolType
	case "float32", "float64":
		return FloatType
	case "char", "w":
		return StringType
	}
	if _, _, ok := wholeRange(t.Name); ok {
		return IntType
	}
	fields := make([]FieldType, len(t.Fields))
	for i := range t.Fields {
		fields[i] = FieldType{Name: t.Fields[i].Name, Type: t.Fields[i].Type.Type()}
	}
	return RecordOf(fields...)
}

// isRecord says whether it is a record.
func (t *StoreType) isRecord() bool { return len(t.Fields) > 0 }

// takes says which items the type takes, for people, and their kinds.
func (t *StoreType) takes() (string, Kinds) {
	switch t.Name {
	case "bool":
		return "true or false", KindBool
	case "float32", "float64":
		return "a number", KindNumber
	case "char":
		return "a text of one ASCII character", KindString
	case "w":
		return "a text of one character", KindString
	}
	if t.isRecord() {
		return "a map, or a list of " + strconv.Itoa(len(t.Fields)), KindMap | KindList
	}
	return "a whole number", KindNumber
}

// Store gives what the type holds of an item: whole floats as integers in integer types, integers as floats in float types where
// these have them, maps or lists as maps of a record. The item is not changed.
func (t *StoreType) Store(item any) (any, *Misfit) {
	if t.isRecord() {
		return t.storeRecord(item)
	}
	switch v := item.(type) {
	case bool:
		if t.Name == "bool" {
			return v, nil
		}
	case int:
		return t.storeInt(v)
	case float64:
		return t.storeFloat(v)
	case string:
		if t.Name == "w" && utf8.RuneCountInString(v) == 1 || t.Name == "char" && len(v) == 1 && v[0] < utf8.RuneSelf {
			return v, nil
		}
		if t.Name == "w" || t.Name == "char" {
			return nil, t.misfit(ShortJSON(v))
		}
	}
	return nil, t.misfit(withArticle(KindOf(item).String()))
}

// misfit is that an item is none that the type takes.
func (t *StoreType) misfit(found string) *Misfit {
	what, _ := t.takes()
	return &Misfit{Text: t.name() + " takes " + what + ", not " + found}
}

// name is the name as people know it.
func (t *StoreType) name() string {
	if t.Name == "w" {
		return "u"
	}
	return t.Name
}

func withArticle(noun string) string {
	switch {
	case noun == "null" || noun == "bytes":
		return noun
	case strings.HasPrefix(noun, "int"):
		return "an " + noun
	}
	return "a " + noun
}

func (t *StoreType) storeInt(v int) (any, *Misfit) {
	if least, most, ok := wholeRange(t.Name); ok {
		if v < least || v > most {
			return nil, t.outside(strconv.Itoa(v))
		}
		return v, nil
	}
	f := float64(v)
	switch t.Name {
	case "float32":
		f = float64(float32(v))
	case "float64":
	default:
		return nil, t.misfit(strconv.Itoa(v))
	}
	if f >= 1<<63 || int(f) != v {
		return nil, &Misfit{Text: t.Name + " cannot hold " + strconv.Itoa(v) + " exactly"}
	}
	return f, nil
}

// outside is that a number is beyond what the type holds.
func (t *StoreType) outside(number string) *Misfit {
	least, most, _ := wholeRange(t.Name)
	return &Misfit{Text: t.Name + " takes whole numbers from " + strconv.Itoa(least) + " to " + strconv.Itoa(most) + ", not " + number}
}

func (t *StoreType) storeFloat(v float64) (any, *Misfit) {
	least, most, whole := wholeRange(t.Name)
	switch {
	case whole && v != math.Trunc(v) || whole && math.IsInf(v, 0):
		return nil, t.misfit(TextOf(v))
	case whole && (v < float64(least) || v >= 1<<63 || int(v) > most):
		return nil, t.outside(TextOf(v))
	case whole:
		return int(v), nil
	case t.Name == "float64":
		return v, nil
	case t.Name != "float32":
		return nil, t.misfit(TextOf(v))
	}
	narrow := float64(float32(v))
	if math.IsInf(narrow, 0) && !math.IsInf(v, 0) {
		return nil, &Misfit{Text: "float32 cannot hold " + TextOf(v) + ": it is too large"}
	}
	return narrow, nil
}

func (t *StoreType) storeRecord(item any) (any, *Misfit) {
	switch v := item.(type) {
	case map[string]any:
		return t.storeMap(v)
	case []any:
		if len(v) != len(t.Fields) {
			return nil, t.misfit("a list of " + strconv.Itoa(len(v)))
		}
		stored := make(map[string]any, len(v))
		for i := range t.Fields {
			f := &t.Fields[i]
			value, m := f.Type.Store(v[i])
			if m != nil {
				return nil, m.in(f.Name)
			}
			stored[f.Name] = value
		}
		return stored, nil
	}
	return nil, t.misfit(withArticle(KindOf(item).String()))
}

func (t *StoreType) storeMap(item map[string]any) (any, *Misfit) {
	stored := make(map[string]any, len(t.Fields))
	for i := range t.Fields {
		f := &t.Fields[i]
		value, ok := item[f.Name]
		if !ok {
			return nil, t.missing(f.Name)
		}
		value, m := f.Type.Store(value)
		if m != nil {
			return nil, m.in(f.Name)
		}
		stored[f.Name] = value
	}
	if len(item) > len(t.Fields) {
		first := ""
		for name := range item {
			if _, ok := stored[name]; !ok && (first == "" || name < first) {
				first = name
			}
		}
		return nil, t.unknown(first)
	}
	return stored, nil
}

func (t *StoreType) missing(field string) *Misfit {
	return &Misfit{Text: t.Name + " needs the field " + field + ", which is missing"}
}

func (t *StoreType) unknown(field string) *Misfit {
	m := &Misfit{Text: t.Name + " has no field " + ShortJSON(field), Unknown: field}
	for i := range t.Fields {
		m.Known = append(m.Known, t.Fields[i].Name)
	}
	return m
}

// in is the misfit of a field as one of the record.
func (m *Misfit) in(field string) *Misfit {
	inner := *m
	inner.Path = field
	if m.Path != "" {
		inner.Path += "." + m.Path
	}
	return &inner
}

// StoreColumn appends to dst what the type holds of the items from up to, but without, to of c, up to the first that does not fit.
func (t *StoreType) StoreColumn(dst, c *Column, from, to int) *Misfit {
	for i := from; i < to; i++ {
		stored, m := t.Store(c.At(i))
		if m != nil {
			return m
		}
		dst.Append(stored)
	}
	return nil
}

// Holds says that the items of a column are all as the type stores them, as far as that can be seen at once.
func (t *StoreType) Holds(c *Column) bool {
	return t.Name == "int64" && c.Kind == Ints || t.Name == "float64" && c.Kind == Floats
}

// Misfit is why no value of typ can be stored; nil if one may.
func (t *StoreType) Misfit(typ Type) *Misfit {
	what, kinds := t.takes()
	if typ.Kinds == 0 {
		return nil
	}
	if !typ.May(kinds) {
		return &Misfit{Text: t.name() + " takes " + what + ", this is of type " + typ.String()}
	}
	switch {
	case !t.isRecord():
		return nil
	case !typ.May(KindMap):
		for i := range t.Fields {
			if m := t.Fields[i].Type.Misfit(typ.Element()); m != nil {
				return m.in(t.Fields[i].Name)
			}
		}
		return nil
	case typ.May(KindList):
		return nil
	}
	return t.misfitOfMap(typ)
}

// misfitOfMap is why no map of typ can be stored.
func (t *StoreType) misfitOfMap(typ Type) *Misfit {
	known := make(map[string]bool, len(t.Fields))
	for i := range t.Fields {
		f := &t.Fields[i]
		known[f.Name] = true
		value := typ.Value()
		if typ.Record {
			field, ok := typ.Field(f.Name)
			if !ok {
				return t.missing(f.Name)
			}
			value = field
		}
		if m := f.Type.Misfit(value); m != nil {
			return m.in(f.Name)
		}
	}
	for _, f := range typ.Fields {
		if !known[f.Name] && !f.Optional {
			return t.unknown(f.Name)
		}
	}
	return nil
}
