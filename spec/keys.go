package spec

import (
	"reflect"
	"slices"
	"strings"
)

// KeyDef describes a mapping of the document with the keys it takes.
type KeyDef struct {
	Struct     string // its name here: pipeline, queue, process
	Fields     []FieldDef
	ExactlyOne []string // of these keys exactly one must be there
	AtMostOne  []string // of these keys one may be there
	AllKeys    *Type    // of a mapping whose keys are the user's, in place of Fields: a KindMap
	Named      bool     // it is defined under a name, and may be empty
}

// FieldDef describes a key.
type FieldDef struct {
	Name     string
	Type     Type
	Doc      string // a sentence
	Example  string // YAML: the key with a value
	Default  string // for people; "" if there is none
	Required bool
	Hidden   bool // not a key: the form that Type.Short of its mapping stands for
	Later    bool // this version reads it but does not run it
}

// Keys describes every mapping of the document but stages, whose keys the operator table has: the first is the document itself, the
// others follow in the order in which they are first used. The JSON Schema and `mprun explain` come from it. The caller owns it.
func Keys() []KeyDef {
	var defs []KeyDef
	seen := map[reflect.Type]bool{}
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		if seen[t] {
			return
		}
		seen[t] = true
		def := describe(t)
		defs = append(defs, def.KeyDef)
		for _, f := range def.Fields {
			if st := structBelow(def.goType(f.Name)); st != nil {
				visit(st)
			}
		}
	}
	visit(reflect.TypeFor[Pipeline]())
	return defs
}

// structDef is a KeyDef with where its fields are in the Go structure.
type structDef struct {
	KeyDef
	typ   reflect.Type
	index [][]int // of each of Fields
	all   []int   // of the field that AllKeys describes
}

func (d *structDef) goType(field string) reflect.Type {
	for i, f := range d.Fields {
		if f.Name == field {
			return d.typ.FieldByIndex(d.index[i]).Type
		}
	}
	return nil
}

// names are the keys that the mapping takes.
func (d *structDef) names() []string {
	var names []string
	for _, f := range d.Fields {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	}
	return names
}

// describe reads the tags of a structure.
func describe(t reflect.Type) *structDef {
	d := &structDef{typ: t, KeyDef: KeyDef{Struct: structName(t)}}
	for _, f := range reflect.VisibleFields(t) {
		switch {
		case f.Name == "_":
			d.ExactlyOne = append(d.ExactlyOne, words(f.Tag.Get("one"))...)
			d.AtMostOne = append(d.AtMostOne, words(f.Tag.Get("most"))...)
		case f.Type == reflect.TypeFor[Named]():
			d.Named = true
		case f.Tag.Get("yaml") == "*":
			elem := typeOf(f.Type, f.Tag)
			d.AllKeys, d.all = &elem, f.Index
		case f.Tag.Get("yaml") != "" && f.Tag.Get("yaml") != "-":
			d.Fields = append(d.Fields, describeField(f))
			d.index = append(d.index, f.Index)
		}
	}
	return d
}

func describeField(f reflect.StructField) FieldDef {
	return FieldDef{
		Name: f.Tag.Get("yaml"), Type: typeOf(f.Type, f.Tag), Doc: f.Tag.Get("doc"), Example: f.Tag.Get("example"), Default: f.Tag.Get("default"),
		Required: f.Tag.Get("required") == "true", Hidden: f.Tag.Get("hidden") == "true", Later: f.Tag.Get("later") == "true",
	}
}

func words(tag string) []string {
	if tag == "" {
		return nil
	}
	return strings.Split(tag, "|")
}

// structName is the name of a structure in KeyDef and Type: that of the Go type in the style of keys.
func structName(t reflect.Type) string {
	var b strings.Builder
	for i, c := range t.Name() {
		if c >= 'A' && c <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// mapOf is implemented by every MapOf.
type mapOf interface{ isMapOf() }

func (MapOf[T]) isMapOf() {}

// leafKind is the kind of the field types that are not made of others, 0 for those that are.
func leafKind(t reflect.Type) FieldKind {
	switch reflect.Zero(t).Interface().(type) {
	case Expression:
		return KindExpression
	case Text:
		return KindText
	case Script:
		return KindScript
	case Place:
		return KindPlace
	case Data:
		return KindData
	case Count:
		return KindCount
	case Integer:
		return KindInteger
	case Duration:
		return KindDuration
	case Size:
		return KindSize
	case Flag:
		return KindBool
	case Enum:
		return KindEnum
	case Name:
		return KindName
	case LockRef:
		return KindLock
	case TypeName:
		return KindType
	case Chain:
		return KindChain
	case Command:
		return KindCommand
	case Use:
		return KindUse
	}
	return 0
}

// typeOf describes the type of a field.
func typeOf(t reflect.Type, tag reflect.StructTag) Type {
	typ := Type{
		Words: words(tag.Get("words")), Ref: words(tag.Get("ref")), Single: tag.Get("single") == "true",
		Names: tag.Get("names"), Short: tag.Get("short"), AnyKey: tag.Get("keys") == "any",
	}
	if kind := leafKind(t); kind != 0 {
		typ.Kind = kind
		return typ
	}
	elem := Type{Words: typ.Words}
	switch {
	case t.Kind() != reflect.Slice:
		typ.Kind, typ.Struct = KindStruct, structName(structBelow(t))
		return typ
	case t.Implements(reflect.TypeFor[mapOf]()):
		typ.Kind = KindMap
		elem.Kind, elem.Struct = elemKind(t.Elem().Field(2).Type)
	case isNamed(t.Elem()):
		typ.Kind = KindMap
		elem.Kind, elem.Struct = elemKind(t.Elem())
	default:
		typ.Kind = KindList
		elem.Kind, elem.Struct = elemKind(t.Elem())
	}
	if elem.Kind == KindName || elem.Kind == KindType || elem.Kind == KindUse {
		elem.Ref, typ.Ref = typ.Ref, nil
	}
	typ.Words, typ.Elem = nil, &elem
	return typ
}

func elemKind(t reflect.Type) (FieldKind, string) {
	if kind := leafKind(t); kind != 0 {
		return kind, ""
	}
	return KindStruct, structName(structBelow(t))
}

// structBelow is the structure that a field holds, by pointer, in a list or in a mapping; nil if it holds none with keys.
func structBelow(t reflect.Type) reflect.Type {
	for {
		switch {
		case leafKind(t) != 0:
			return nil
		case t.Kind() == reflect.Slice && t.Implements(reflect.TypeFor[mapOf]()):
			t = t.Elem().Field(2).Type
		case t.Kind() == reflect.Slice, t.Kind() == reflect.Pointer:
			t = t.Elem()
		case t.Kind() == reflect.Struct:
			return t
		default:
			return nil
		}
	}
}

// isNamed reports whether a type is a pointer to a structure with Named in it.
func isNamed(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && slices.ContainsFunc(reflect.VisibleFields(t.Elem()), func(f reflect.StructField) bool {
		return f.Type == reflect.TypeFor[Named]()
	})
}
