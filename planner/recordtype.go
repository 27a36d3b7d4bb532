package planner

import (
	"slices"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// maxFields bounds how many scalars a record has, those of the records in it included.
const maxFields = 4096

// recordType is a definition of `types` while it is read.
type recordType struct {
	def    *spec.TypeDef
	typ    stages.StoreType
	size   int  // scalars in it
	inside bool // it is being read: a record cannot contain itself
	done   bool
	ok     bool // it has no finding
}

// readTypes reads the records of `types`.
func (c *compiler) readTypes() {
	for _, def := range c.doc.Types {
		if _, isScalar := stages.ScalarType(def.Name); isScalar {
			c.errorAt(def.Key, spec.CodeReservedName, "", "the name %q is that of a type already", def.Name)
			continue
		}
		c.records = append(c.records, &recordType{def: def})
	}
	for _, r := range c.records {
		c.readRecord(r)
	}
}

// record is the record type of that name, nil without.
func (c *compiler) record(name string) *recordType {
	i := slices.IndexFunc(c.records, func(r *recordType) bool { return r.def.Name == name })
	if i < 0 {
		return nil
	}
	return c.records[i]
}

func (c *compiler) readRecord(r *recordType) {
	if r.done || r.inside {
		return
	}
	r.inside = true
	r.ok = true
	r.typ.Name = r.def.Name
	if len(r.def.Fields) == 0 {
		r.ok = false
		if !c.hasError(r.def.Node) && !c.opts.Partial {
			c.errorAt(r.def.Key, spec.CodeMissingKey, "for example "+r.def.Name+": {x: float64}", "the type %s has no fields", r.def.Name)
		}
	}
	for _, f := range r.def.Fields {
		typ, size, ok := c.storeType(f.Value)
		r.size += size
		if ok && r.size > maxFields {
			c.errorAt(f.Value.Node, spec.CodeTooLarge, "", "a type has at most %d numbers, with those of the types in it", maxFields)
			ok = false
		}
		r.ok = r.ok && ok
		r.typ.Fields = append(r.typ.Fields, stages.StoreField{Name: f.Name, Type: typ})
	}
	r.inside, r.done = false, true
}

// storeType is the type of a name; ok is false after a finding, here or where the type is defined.
func (c *compiler) storeType(t spec.TypeName) (typ stages.StoreType, size int, ok bool) {
	if !t.IsSet() {
		return typ, 0, false // reported when the document was read
	}
	if typ, ok = stages.ScalarType(t.Value); ok {
		return typ, 1, true
	}
	r := c.record(t.Value)
	switch {
	case r == nil:
		c.unknownType(t)
		return typ, 0, false
	case r.inside:
		c.errorAt(t.Node, CodeTypeCycle, "", "the type %s would contain itself", t.Value)
		return typ, 0, false
	}
	c.readRecord(r)
	c.places[t.Value] = append(c.places[t.Value], t.Node)
	return r.typ, r.size, r.ok
}

// unknownType reports a name that is no type.
func (c *compiler) unknownType(t spec.TypeName) {
	if s, ok := c.symbols[t.Value]; ok && s.kind != "type" {
		c.lookup(t.Value, t.Node.At(), t.Node, "type")
		return
	}
	if c.isRefused(t.Value, []string{"type"}) {
		return
	}
	names := stages.ScalarNames()
	for _, r := range c.records {
		names = append(names, r.def.Name)
	}
	hint := didYouMean(t.Value, names)
	switch t.Value {
	case "int", "integer", "long":
		hint = `did you mean "int64"?`
	case "float", "double", "number":
		hint = `did you mean "float64"?`
	case "string", "str", "text", "bytes", "any", "map", "list", "object":
		hint = "types are of numbers; leave type out, and the queue takes anything"
	}
	c.errorAt(t.Node, CodeUnknownName, hint, "there is no type %q", t.Value)
}

// readItemType reads the `type` of a queue.
func (c *compiler) readItemType(q *queue) {
	store, _, ok := c.storeType(q.def.Type)
	if !ok {
		return
	}
	typ := store.Type()
	q.declared, q.plan.Store = &typ, &store
}

// checkPut reports items none of which the type that the queue declares can hold. The others are checked when they are put.
func (c *compiler) checkPut(q *queue, typ stages.Type, n *spec.Node) {
	if q.plan.Store == nil {
		return
	}
	m := q.plan.Store.Misfit(typ)
	if m == nil {
		return
	}
	hint := ""
	switch kinds := q.declared.Kinds; {
	case m.Unknown != "":
		if hint = didYouMean(m.Unknown, m.Known); hint == "" {
			hint = "it has " + andList(m.Known)
		}
	case m.Path == "" && kinds == stages.KindInt:
		hint = "int(item) makes whole numbers"
	case m.Path == "" && kinds == stages.KindFloat:
		hint = "float(item) makes floats"
	}
	c.at(spec.Error, n.At(), n.Path(), CodeItemType, hint, q.plan.Name+" takes items of type "+q.def.Type.Value+": "+m.String(),
		spec.Related{Range: q.def.Type.Node.At(), Message: "the type is declared here"})
}

// checkDeadLetters reports queues that get dead letters, whose form is fixed, and declare a type that cannot hold these.
func (c *compiler) checkDeadLetters() {
	for _, q := range c.queues {
		if q.plan.DeadLetter == "" {
			continue
		}
		if to := c.symbols[q.plan.DeadLetter].queue; to != nil {
			letter := stages.RecordOf(field("item", q.typ), field("error", stages.MapOf(stages.StringType)))
			c.checkPut(to, letter, q.def.DeadLetter.Node)
		}
	}
}
