package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// decoder reads nodes into the structures of the Pipeline by their tags.
type decoder struct {
	*reader
	ns *namespace
}

// described is the structures that have been looked at, by their reflect.Type: whoever loads many documents, as an editor's server does,
// looks at each once. They are not changed.
var described sync.Map

func definitionOf(t reflect.Type) *structDef {
	if def, known := described.Load(t); known {
		return def.(*structDef)
	}
	def, _ := described.LoadOrStore(t, describe(t))
	return def.(*structDef)
}

// structure reads a mapping into v. Its own key is name, for findings.
func (d *decoder) structure(n *Node, v reflect.Value, name string) {
	def := definitionOf(v.Type())
	if n.Kind != Map {
		if !def.Named || !n.IsEmpty() {
			d.wrongKind(n, KindStruct)
			return
		}
	}
	if def.AllKeys != nil {
		d.value(n, v.FieldByIndex(def.all), *def.AllKeys)
		return
	}
	present := map[string]*Entry{}
	for _, e := range n.Keys {
		i := slices.IndexFunc(def.Fields, func(f FieldDef) bool { return f.Name == e.Key.Text && !f.Hidden })
		switch {
		case isOwnKey(e.Key.Text):
		case i < 0 && e.IsSplitOff(): // told of the value before
		case i < 0:
			where := in(name)
			if e.Merged {
				where = "" // one finding, however many mappings it is merged into
			}
			d.errorAt(e.Key, CodeUnknownKey, unknownKeyHint(e, def), "unknown key %s%s", quoteName(e.Key.Text), where)
		default:
			present[e.Key.Text] = e
			before := len(d.found)
			d.value(e.Value, v.FieldByIndex(def.index[i]), def.Fields[i].Type)
			exemplify(d.found[before:], e.Value, &def.Fields[i])
		}
	}
	d.checkPresence(n, def, present, name)
}

// exemplify shows the example of a field that takes a mapping, where something else stands for that or for what is in it.
func exemplify(found Diagnostics, n *Node, field *FieldDef) {
	if field.Type.Kind != KindStruct && field.Type.Kind != KindMap || field.Type.Short != "" || field.Example == "" {
		return
	}
	for i := range found {
		d := &found[i]
		if d.Code != CodeWrongKind || d.Hint != "" {
			continue
		}
		if d.Range == n.At() || field.Type.Kind == KindMap && slices.ContainsFunc(n.Keys, func(e *Entry) bool { return d.Range == e.Value.At() }) {
			d.Hint = "as in " + field.Example
		}
	}
}

// in names a mapping for a finding.
func in(name string) string {
	if name == "" {
		return ""
	}
	return " in " + name
}

func unknownKeyHint(e *Entry, def *structDef) string {
	if hint := foreignHint(e.Key.Text, def); hint != "" {
		return hint
	}
	if hint := didYouMean(e.Key.Text, def.names()); hint != "" {
		return hint
	}
	names := def.names()
	const most = 12
	if len(names) > most {
		return "keys of your own begin with x-"
	}
	return "keys here are " + strings.ReplaceAll(oneOf(names), " or ", " and ")
}

// checkPresence finds keys that are missing, and those that exclude each other. A key with a finding of its own is there.
func (d *decoder) checkPresence(n *Node, def *structDef, present map[string]*Entry, name string) {
	at := *n
	if len(n.Keys) > 0 && n.Keys[0].Key.Range.Start.File == n.Range.Start.File { // point at the beginning of the mapping, not at all of it
		at.Range.End = n.Keys[0].Key.Range.End
		if at.Range.End.Offset < at.Range.Start.Offset {
			at.Range.End = at.Range.Start
		}
	}
	for _, f := range def.Fields {
		if f.Required && present[f.Name] == nil && !misspelt(n, def, []string{f.Name}) {
			d.errorAt(&at, CodeMissingKey, exampleHint(f), "the key %s is missing%s", quoteName(f.Name), in(name))
		}
	}
	d.exclusive(n, def.AtMostOne, present)
	if d.exclusive(n, def.ExactlyOne, present) == 0 && len(def.ExactlyOne) > 0 && !misspelt(n, def, def.ExactlyOne) {
		d.errorAt(&at, CodeMissingKey, "", "one of %s is missing%s", oneOf(def.ExactlyOne), in(name))
	}
}

func exampleHint(f FieldDef) string {
	if f.Example == "" {
		return ""
	}
	return "for example " + f.Example
}

// misspelt reports whether an unknown key is likely to be one of those that are missing: it has a finding already.
func misspelt(n *Node, def *structDef, missing []string) bool {
	return slices.ContainsFunc(n.Keys, func(e *Entry) bool {
		return !slices.Contains(def.names(), e.Key.Text) && Nearest(e.Key.Text, missing) != ""
	})
}

// exclusive reports keys of which only one can be there, each but the first, and counts them.
func (d *decoder) exclusive(n *Node, keys []string, present map[string]*Entry) int {
	var found []*Entry
	for _, e := range n.Keys {
		if slices.Contains(keys, e.Key.Text) && present[e.Key.Text] != nil {
			found = append(found, e)
		}
	}
	for i, e := range found {
		if i == 0 {
			continue
		}
		hint := "only one of " + oneOf(keys) + " can be there"
		if e.Key.At().Start.File != found[0].Key.At().Start.File {
			hint = fmt.Sprintf("%s: null beside it takes the other away", found[0].Key.Text)
		}
		d.add(Diagnostic{
			Code: CodeConflictingKeys, Range: e.Key.At(), Path: e.Value.Path(), Hint: hint,
			Summary: fmt.Sprintf("%s and %s cannot stand together", quoteName(found[0].Key.Text), quoteName(e.Key.Text)),
			Related: []Related{{Range: found[0].Key.At(), Message: "the first is here"}},
		})
	}
	return len(found)
}

// value reads a node into a field.
func (d *decoder) value(n *Node, v reflect.Value, t Type) {
	switch p := v.Addr().Interface().(type) {
	case *Expression:
		*p = d.expression(n)
	case *Text:
		*p = d.text(n, KindText)
	case *Script:
		*p = Script(d.text(n, KindScript))
	case *Place:
		*p = d.place(n)
	case *Data:
		*p = d.dataField(n)
	case *Count:
		*p = d.count(n, t.Words)
	case *Integer:
		*p = d.integer(n)
	case *Duration:
		*p = d.duration(n)
	case *Size:
		*p = d.size(n)
	case *Flag:
		*p = d.boolean(n)
	case *Enum:
		*p = d.enum(n, t.Words)
	case *Name:
		*p = d.name(n)
	case *LockRef:
		*p = d.lockRef(n)
	case *TypeName:
		*p = d.typeName(n)
	case *Chain:
		*p = d.chain(n)
	case *Command:
		*p = d.command(n)
	case *Use:
		*p = d.use(n)
	default:
		d.composite(n, v, t)
	}
}

// composite reads a node into a field that is made of others.
func (d *decoder) composite(n *Node, v reflect.Value, t Type) {
	switch t.Kind {
	case KindStruct:
		if v.Kind() == reflect.Pointer {
			v.Set(reflect.New(v.Type().Elem()))
			v = v.Elem()
		}
		d.setNode(n, v)
		if t.Short != "" && n.Kind != Map {
			d.short(n, v, t.Short)
			return
		}
		d.structure(n, v, n.key)
	case KindMap:
		d.mapping(n, v, t)
	case KindList:
		d.list(n, v, t)
	}
}

func (d *decoder) setNode(n *Node, v reflect.Value) {
	if f := v.FieldByName("Node"); f.IsValid() {
		f.Set(reflect.ValueOf(n))
	}
}

// short reads a value that stands for one key of a mapping.
func (d *decoder) short(n *Node, v reflect.Value, key string) {
	def := definitionOf(v.Type())
	for i, f := range def.Fields {
		if f.Name == key {
			switch {
			case !n.IsScalar() || n.IsEmpty():
				d.errorAt(n, CodeWrongKind, "", "expected %s, found %s", oneOf(append(slices.Clone(f.Type.Words), "a mapping")), n.found())
			case f.Type.Kind == KindEnum && !slices.Contains(f.Type.Words, n.Text):
				hint := foreignWord(n.Text, f.Type.Words)
				if hint == "" {
					hint = didYouMean(n.Text, f.Type.Words)
				}
				if hint == "" {
					hint = longHint(n.Text, def.ExactlyOne)
				}
				d.errorAt(n, CodeBadValue, hint, "expected %s, found %s", oneOf(append(slices.Clone(f.Type.Words), "a mapping")), quoteName(n.Text))
			default:
				d.value(n, v.FieldByIndex(def.index[i]), f.Type)
			}
		}
	}
}

// longHint says how a mapping is written in place of a word that is none: keys are those of which it has one. A pipe has ends, and is no
// mere name.
func longHint(text string, keys []string) string {
	if strings.ContainsAny(text, ",{}[]\n#:") {
		return ""
	}
	var ways []string
	for _, key := range keys {
		if key == "file" || key != "pipe" && IsName(text) {
			ways = append(ways, "{"+key+": "+text+"}")
		}
	}
	if len(ways) == 0 {
		return ""
	}
	return "write " + oneOf(ways)
}

func (d *decoder) list(n *Node, v reflect.Value, t Type) {
	items := n.Items
	if n.Kind != Seq {
		if !t.Single || n.IsEmpty() {
			d.errorAt(n, CodeWrongKind, listHint(n, t), "expected a list, found %s", n.found())
			return
		}
		items = []*Node{n}
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		d.value(item, list.Index(i), *t.Elem)
	}
	v.Set(list)
}

func listHint(n *Node, t Type) string {
	if n.IsScalar() && n.Text != "" && n.Style == Plain && t.Elem.Kind != KindStruct {
		return "write [" + n.Text + "]"
	}
	return ""
}

// mapping reads a MapOf, or a list of named definitions.
func (d *decoder) mapping(n *Node, v reflect.Value, t Type) {
	if n.Kind == Seq && t.Names != "" {
		d.names(n, v, t)
		return
	}
	if n.Kind != Map {
		hint := ""
		switch {
		case t.Names != "" && n.IsScalar():
			hint = listHint(n, t)
		case n.Kind == Seq:
			hint = mappingHint(n, t.Elem)
		}
		d.errorAt(n, CodeWrongKind, hint, "expected a mapping from names, found %s", n.found())
		return
	}
	list := reflect.MakeSlice(v.Type(), 0, len(n.Keys))
	for _, e := range n.Keys {
		if isOwnKey(e.Key.Text) && !t.AnyKey {
			continue
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		if elem.Kind() == reflect.Pointer {
			elem.Set(reflect.New(elem.Type().Elem()))
			d.definition(n.key, e, elem.Elem())
		} else {
			if !t.AnyKey {
				d.name(e.Key)
			}
			setEntry(elem, e)
			d.value(e.Value, elem.Field(2), *t.Elem)
		}
		list = reflect.Append(list, elem)
	}
	v.Set(list)
}

// setEntry fills the name and key of a MapEntry.
func setEntry(entry reflect.Value, e *Entry) {
	entry.Field(0).SetString(e.Key.Text)
	entry.Field(1).Set(reflect.ValueOf(e.Key))
}

// names reads a list of names that stands for a mapping.
func (d *decoder) names(n *Node, v reflect.Value, t Type) {
	list := reflect.MakeSlice(v.Type(), 0, len(n.Items))
	for _, item := range n.Items {
		if d.name(item).Node == nil {
			continue
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		setEntry(elem, &Entry{Key: item})
		elem.Field(2).Set(reflect.ValueOf(Enum{Node: item, Word: t.Names}))
		list = reflect.Append(list, elem)
	}
	v.Set(list)
}

// definition reads what is defined under a name.
func (d *decoder) definition(section string, e *Entry, v reflect.Value) {
	named := v.FieldByName("Named").Addr().Interface().(*Named)
	*named = Named{Name: e.Key.Text, Section: section, Key: e.Key, Node: e.Value}
	d.define(d.ns, named)
	d.structure(e.Value, v, section+"."+e.Key.Text)
}
