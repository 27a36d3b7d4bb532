package planner

import (
	"slices"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// maxUsedStages bounds the stages that all uses of chains come to: chains that use each other several times multiply.
const maxUsedStages = 20000

// chain is a chain of the spec. Each use of it has stages of its own, as the items that come to them differ.
type chain struct {
	def     *spec.ChainDef
	params  []string
	decoded bool // somebody uses it
}

// readChains notes the chains of the spec and their parameters.
func (c *compiler) readChains() {
	for _, def := range c.doc.Chains {
		ch := &chain{def: def}
		for _, p := range def.Params {
			switch {
			case !p.Node.IsScalar():
			case slices.Contains(ch.params, p.Value):
				c.errorAt(p.Node, spec.CodeDuplicateName, "", "the parameter %s is there twice", p.Value)
			default:
				ch.params = append(ch.params, p.Value)
			}
		}
		if n := def.Stages.Node; n != nil && len(n.Items) == 0 {
			c.errorAt(n, CodeNoStages, "", "the chain has no stages")
		}
		c.chains[def.Name] = ch
	}
}

// decodeUse puts the stages of a chain into the stage that uses it.
func (c *compiler) decodeUse(n *spec.Node, operator *spec.Entry, st *stages.Stage) bool {
	name := operator.Value.Text
	if _, ok := c.lookup(name, operator.Value.At(), operator.Value, "chain"); !ok {
		return false
	}
	c.places[name] = append(c.places[name], operator.Value)
	ch := c.chains[name]
	if ch == nil { // what is wrong with it was found when the document was read
		return false
	}
	if slices.Contains(c.using, ch) {
		c.recursive(ch, operator)
		return false
	}
	ok := c.checkArguments(n, operator, ch)
	list, good := c.chainStages(ch)
	st.Operand.Stages = list
	if c.usedStages += len(list); c.usedStages > maxUsedStages && !c.usedTooMany {
		c.usedTooMany = true
		c.errorAt(operator.Value, spec.CodeBadValue, "a queue and a process of its own do the same once",
			"the chains that are used here and before come to more than %d stages", maxUsedStages)
	}
	return ok && good
}

// chainStages decodes the stages of a chain once more.
func (c *compiler) chainStages(ch *chain) ([]stages.Stage, bool) {
	ch.decoded = true
	if c.usedTooMany {
		return nil, false
	}
	c.using = append(c.using, ch)
	defer func() { c.using = c.using[:len(c.using)-1] }()
	if n := ch.def.Returns.Node; n != nil {
		list := make([]stages.Stage, 1)
		list[0] = stages.Stage{Op: "map", Pos: posOf(n), Operand: stages.Field{Source: c.expression(n)}}
		c.notes[&list[0]] = &stageNote{op: stages.Lookup("map"), key: n, node: n}
		return list, true
	}
	def := ch.def.Stages
	if !def.IsSet() {
		return nil, false
	}
	list, ok := c.decodeStages(def.Stages)
	return list, ok && len(def.Stages) == len(def.Node.Items)
}

// recursive reports chains that use each other in a circle, once for each circle.
func (c *compiler) recursive(ch *chain, at *spec.Entry) {
	circle := c.using[slices.Index(c.using, ch):]
	names := make([]string, len(circle))
	for i, one := range circle {
		names[i] = one.def.Name
	}
	key := strings.Join(slices.Sorted(slices.Values(names)), " ")
	if c.circles[key] {
		return
	}
	c.circles[key] = true
	way := strings.Join(append(names, ch.def.Name), " uses ")
	c.at(spec.Error, at.Value.At(), at.Value.Path(), CodeChainCycle, "a chain is put in the place of each use of it; a queue that is read by the process which writes it goes round",
		"a chain must not use itself: "+way, spec.Related{Range: ch.def.Key.At(), Message: ch.def.Name + " is defined here"})
}

// checkArguments holds the arguments of a use against the parameters of the chain.
func (c *compiler) checkArguments(n *spec.Node, operator *spec.Entry, ch *chain) bool {
	name := ch.def.Name
	defined := spec.Related{Range: ch.def.Key.At(), Message: name + " is defined here"}
	given := n.Get("args")
	if given != nil && given.Value.Kind != spec.Map && !given.Value.IsEmpty() {
		if !given.Value.IsUnknown() {
			c.errorAt(given.Value, spec.CodeWrongKind, argsHint(ch), "expected a mapping from parameters to values, found %s", given.Value.Kind)
		}
		return false
	}
	var entries []*spec.Entry
	if given != nil {
		entries = given.Value.Keys
	}
	ok := true
	for _, e := range entries {
		if slices.Contains(ch.params, e.Key.Text) {
			continue
		}
		hint := didYouMean(e.Key.Text, ch.params)
		if hint == "" {
			hint = "it takes " + andList(ch.params)
		}
		if len(ch.params) == 0 {
			hint = "it takes none; add params: [" + e.Key.Text + "] to it"
		}
		c.at(spec.Error, e.Key.At(), e.Value.Path(), CodeArguments, hint, name+" has no parameter "+shortJSON(e.Key.Text), defined)
		ok = false
	}
	var missing []string
	for _, p := range ch.params {
		if !slices.ContainsFunc(entries, func(e *spec.Entry) bool { return e.Key.Text == p }) {
			missing = append(missing, p)
		}
	}
	if len(missing) > 0 {
		at := operator.Value
		if given != nil {
			at = given.Key
		}
		c.at(spec.Error, at.At(), n.Path(), CodeArguments, argsHint(ch), name+" needs "+andList(missing)+" in args", defined)
		ok = false
	}
	return ok
}

// argsHint shows how arguments are given.
func argsHint(ch *chain) string {
	if len(ch.params) == 0 {
		return ""
	}
	return "as in: args: {" + strings.Join(ch.params, ": …, ") + ": …}"
}

// readUnusedChains decodes the chains that nobody uses, so that what is wrong in them is found all the same.
func (c *compiler) readUnusedChains() {
	for _, def := range c.doc.Chains {
		ch := c.chains[def.Name]
		if ch == nil || ch.decoded {
			continue
		}
		p := &process{def: &spec.Process{}, args: stages.AnyType, unknown: true}
		if len(ch.params) == 0 {
			p.args = stages.RecordOf()
		} else {
			fields := make([]stages.FieldType, len(ch.params))
			for i, name := range ch.params {
				fields[i] = field(name, stages.AnyType)
			}
			p.args = stages.RecordOf(fields...)
		}
		p.plan.Stages, _ = c.chainStages(ch)
		c.loose = append(c.loose, p)
	}
}

// checkChains warns of chains that nobody uses.
func (c *compiler) checkChains() {
	if c.partial || c.found.HasErrors() {
		return
	}
	for _, def := range c.doc.Chains {
		if len(c.places[def.Name]) == 0 && !c.allows(def.Node, CodeUnused) {
			c.warnAt(def.Key, CodeUnused, "", "nothing uses the chain %s", def.Name)
		}
	}
}

// inlined is the stages of a chain, with those of the chains it uses in their place.
func inlined(list []stages.Stage) []*stages.Stage {
	var all []*stages.Stage
	for i := range list {
		if st := &list[i]; st.Op == useOperator {
			all = append(all, inlined(st.Operand.Stages)...)
		} else {
			all = append(all, st)
		}
	}
	return all
}

// useOperator is the operator that puts a chain in its place.
const useOperator = "use"
