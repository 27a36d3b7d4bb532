//go:build linux

package main

import (
	"slices"
	"strings"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// anyName stands in a path for a name that the spec chooses: of a queue, a process.
const anyName = "*"

// keyPage is what is known of a key of the spec, of any stage, or of an option of an operator, at one place.
type keyPage struct {
	path     []string
	kind     string
	doc      string
	example  string
	typ      string
	fallback string // what counts without it
	later    string // that this version cannot run it; "" if it can
	rules    []string
	below    []spec.FieldDef // the keys of its value
}

// name is the path without the names that a spec chooses: queues.capacity.
func (k *keyPage) name() string {
	return strings.Join(slices.DeleteFunc(slices.Clone(k.path), func(p string) bool { return p == anyName }), ".")
}

// place is the path with NAME where a spec chooses one.
func (k *keyPage) place() string {
	return strings.ReplaceAll(strings.Join(k.path, "."), anyName, "NAME")
}

// same says whether a key is the same one at two places, as those of processes and of defaults are.
func (k *keyPage) same(other *keyPage) bool {
	return k.path[len(k.path)-1] == other.path[len(other.path)-1] && k.kind == other.kind && k.doc == other.doc && k.example == other.example && k.typ == other.typ && k.later == other.later
}

// keyPages is the keys of the spec, in the order of their definitions, those of any stage, and the options of operators.
func keyPages() []keyPage {
	w := keyWalk{defs: map[string]*spec.KeyDef{}}
	all := spec.Keys()
	for i := range all {
		w.defs[all[i].Struct] = &all[i]
	}
	w.keysOf(&all[0], nil, nil)
	defaults := func(k keyPage) bool { return k.path[0] == "defaults" && len(k.path) > 1 }
	own := slices.DeleteFunc(slices.Clone(w.pages), defaults)
	w.pages = append(own, slices.DeleteFunc(w.pages, func(k keyPage) bool { return !defaults(k) })...) // behind what they are defaults of
	for _, key := range stages.GeneralKeys(true) {
		w.pages = append(w.pages, keyPage{path: []string{"stage", key}, kind: "key of any stage", doc: stages.GeneralDoc(key)})
	}
	for _, op := range stages.Operators() {
		for _, o := range op.Options {
			page := keyPage{path: []string{op.Name, o.Name}, kind: "option of " + op.Name, doc: o.Doc, fallback: o.Default}
			if o.Kind == stages.EnumField {
				page.typ = choice(o.Values)
			}
			if o.Later != "" {
				page.later = cannotYet
			}
			w.pages = append(w.pages, page)
		}
	}
	return w.pages
}

const cannotYet = "This version of mprun cannot run it yet."

// keyWalk goes through the definitions of keys.
type keyWalk struct {
	defs  map[string]*spec.KeyDef
	pages []keyPage
}

// keysOf adds the keys of a mapping at a path. above are the mappings that it is in: one that is in itself is not gone through again.
func (w *keyWalk) keysOf(def *spec.KeyDef, path, above []string) {
	if slices.Contains(above, def.Struct) {
		return
	}
	above = append(slices.Clip(above), def.Struct)
	if def.AllKeys != nil {
		w.below(*def.AllKeys, path, above)
	}
	for i := range def.Fields {
		f := &def.Fields[i]
		if f.Hidden {
			continue
		}
		at := append(slices.Clip(path), f.Name)
		page := keyPage{path: at, kind: "key", doc: f.Doc, example: f.Example, typ: w.typeText(f.Type), fallback: f.Default, later: notYetAt(at), rules: rulesOf(def, f)}
		if d := w.defs[structOf(f.Type)]; d != nil {
			page.below = slices.DeleteFunc(slices.Clone(d.Fields), func(f spec.FieldDef) bool { return f.Hidden })
		}
		w.pages = append(w.pages, page)
		w.below(f.Type, at, above)
	}
}

// below adds the keys of the mappings that a value has, in lists and under names.
func (w *keyWalk) below(t spec.Type, path, above []string) {
	switch t.Kind {
	case spec.KindMap:
		w.below(*t.Elem, append(slices.Clip(path), anyName), above)
	case spec.KindList:
		w.below(*t.Elem, path, above)
	case spec.KindStruct:
		w.keysOf(w.defs[t.Struct], path, above)
	}
}

// structOf is the mapping that a value is or has, "" without.
func structOf(t spec.Type) string {
	for t.Elem != nil {
		t = *t.Elem
	}
	return t.Struct
}

// notYetAt says that a key cannot be run by this version, if so.
func notYetAt(path []string) string {
	at := strings.Join(path, ".") + "."
	if slices.ContainsFunc(planner.Unavailable(), func(u string) bool { return strings.HasPrefix(at, u+".") }) {
		return cannotYet
	}
	return ""
}

// rulesOf says what else the mapping needs or refuses beside a key.
func rulesOf(def *spec.KeyDef, f *spec.FieldDef) []string {
	var rules []string
	if f.Required {
		rules = append(rules, "must be there")
	}
	others := func(keys []string) string {
		return choice(slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return k == f.Name }))
	}
	if slices.Contains(def.ExactlyOne, f.Name) {
		rules = append(rules, "either it or "+others(def.ExactlyOne)+" must be there")
	}
	if slices.Contains(def.AtMostOne, f.Name) {
		rules = append(rules, "not beside "+others(def.AtMostOne))
	}
	return rules
}

// typeText says what a key takes.
func (w *keyWalk) typeText(t spec.Type) string {
	text := t.Kind.String()
	switch t.Kind {
	case spec.KindEnum:
		text = choice(t.Words)
	case spec.KindName, spec.KindPlace:
		if len(t.Ref) > 0 {
			text += " of " + choice(t.Ref)
		}
	case spec.KindList:
		text = "a list; each element is " + w.typeText(*t.Elem)
		if t.Single {
			text += "; one may stand without the list"
		}
	case spec.KindMap:
		elem := w.typeText(*t.Elem)
		if t.Elem.Kind == spec.KindStruct {
			elem = "mappings"
		}
		text = "a mapping from names to " + elem
		if t.Names != "" {
			text += ", or a list of names"
		}
	case spec.KindStruct:
		fields := w.defs[t.Struct].Fields
		if i := slices.IndexFunc(fields, func(f spec.FieldDef) bool { return f.Name == t.Short }); i >= 0 {
			text += ", or " + w.typeText(fields[i].Type)
		}
	}
	if t.Kind != spec.KindEnum && len(t.Words) > 0 {
		text += ", or " + choice(t.Words)
	}
	if t.Kind != spec.KindText && t.Kind.TakesTemplate() {
		text += ", or ${{ }}"
	}
	return text
}
