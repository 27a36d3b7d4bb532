package planner

import (
	"slices"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// singular is what one of a section is called: "queue" for "queues".
func singular(section string) string {
	if section == "processes" {
		return "process"
	}
	return strings.TrimSuffix(section, "s")
}

// readNames notes what each name of the spec stands for. That names are unique is seen to when the document is read.
func (c *compiler) readNames() {
	for _, n := range c.doc.Names {
		c.symbols[n.Name] = symbol{kind: singular(n.Section), key: n.Key}
	}
}

// lookup finds what a name stands for, which must be of one of kinds; ok is false after a finding.
func (c *compiler) lookup(name string, at spec.Range, n *spec.Node, kinds ...string) (symbol, bool) {
	s, ok := c.symbols[name]
	if !ok && c.isRefused(name, kinds) {
		return symbol{}, false
	}
	if !ok {
		c.errorIn(at, n, CodeUnknownName, c.nameHint(name, kinds), "there is no %s %q", orList(kinds), name)
		return symbol{}, false
	}
	if !slices.Contains(kinds, s.kind) {
		expected := make([]string, len(kinds))
		for i, kind := range kinds {
			expected[i] = withArticle(kind)
		}
		c.at(spec.Error, at, n.Path(), CodeWrongResource, c.nameHint(name, kinds),
			name+" is "+withArticle(s.kind)+", expected "+orList(expected),
			spec.Related{Range: s.key.At(), Message: name + " is defined here"})
		return symbol{}, false
	}
	return s, true
}

// isRefused says whether the document defines the name, but loading it found something wrong with that.
func (c *compiler) isRefused(name string, kinds []string) bool {
	if !c.opts.Partial || c.doc.Root == nil {
		return c.opts.Partial
	}
	for _, section := range c.doc.Root.Keys {
		if slices.Contains(kinds, singular(section.Key.Text)) && section.Value.Get(name) != nil {
			return true
		}
	}
	return false
}

// nameHint proposes the nearest name of one of kinds, or lists them if they are few.
func (c *compiler) nameHint(name string, kinds []string) string {
	var names []string
	for _, n := range c.doc.Names {
		if slices.Contains(kinds, singular(n.Section)) && n.Name != name {
			names = append(names, n.Name)
		}
	}
	if hint := didYouMean(name, names); hint != "" {
		return hint
	}
	const few = 8
	if _, taken := c.symbols[name]; len(names) == 0 && slices.Equal(kinds, []string{"queue"}) && spec.IsName(name) && !taken {
		return "define it, at the top: queues: {" + name + ": {}}"
	}
	if len(names) == 0 || len(names) > few || len(kinds) != 1 {
		return ""
	}
	if len(names) == 1 {
		return "the only " + kinds[0] + " is " + names[0]
	}
	return "there are " + andList(names)
}

// resourceTypes are the types of the resources that expressions may read. A name that is also a function's cannot be read.
func (c *compiler) resourceTypes() map[string]stages.Type {
	types := map[string]stages.Type{}
	for _, n := range c.doc.Names {
		if s := c.symbols[n.Name]; s.kind == "value" || s.kind == "array" {
			types[n.Name] = s.cellType()
			continue
		}
		typ, ok := familyType(singular(n.Section))
		if !ok || stages.IsFunction(n.Name) {
			continue
		}
		types[n.Name] = typ
		if count, _, _ := c.symbols[n.Name].members(); count > 0 {
			types[n.Name] = stages.ListOf(typ)
		}
	}
	for _, p := range slices.Concat(c.processes, c.absent) {
		if name := p.plan.Name; !stages.IsFunction(name) {
			types[name] = processType(p.plan.Replicas)
		}
	}
	return types
}

// familyType is what expressions read of a resource that may be one of a family.
func familyType(kind string) (stages.Type, bool) {
	if kind == "queue" {
		return queueType(), true
	}
	return primitiveType(kind)
}

func queueType() stages.Type {
	return stages.RecordOf(field("size", stages.IntType), field("closed", stages.BoolType), field("unfinished", stages.IntType))
}

// processType is a process in an expression: its replicas are its elements. Of one that has a single replica the fields can be read
// without an index, too.
func processType(replicas int) stages.Type {
	replica := stages.RecordOf(
		field("alive", stages.BoolType), field("exitcode", stages.IntType.Nullable()), field("pid", stages.IntType.Nullable()),
		field("state", stages.StringType))
	typ := stages.ListOf(replica)
	if replicas == 1 {
		typ.Kinds |= stages.KindMap
		typ.Record, typ.Fields = true, replica.Fields
	}
	return typ
}
