package planner

import (
	"slices"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// members is how many members the resource has as a family, 0 if it is none. It is not known of one that could not be read; ok is false of
// kinds that have none.
func (s symbol) members() (count int, known, ok bool) {
	switch {
	case s.queue != nil:
		return s.queue.plan.Count, true, true
	case s.primitive != nil:
		return s.primitive.plan.Count, true, true
	}
	return 0, false, slices.Contains(familyKinds[:], s.kind)
}

// familyKinds are the kinds of resource that may be families.
var familyKinds = [...]string{"queue", "lock", "semaphore", "condition", "event", "barrier"}

// familyText is what a family of a kind is called.
func familyText(kind string) string { return "a family of " + kind + "s" }

// decodeIndex decodes the [index] behind the name of a family of count members, which begins at the byte at of the place's text.
func (c *compiler) decodeIndex(n *spec.Node, at int, p *stages.Place, count int, known bool) bool {
	rest := n.Text[at:]
	switch {
	case !known || count == 0 && rest == "":
		return true
	case count == 0:
		c.errorIn(n.RangeAt(at, len(n.Text)), n, CodeBadPlace, "", "%s is %s, which has no %s", p.Name, withArticle(p.Kind), partName(rest))
		return false
	case rest == "":
		c.errorAt(n, CodeBadPlace, "say which, as in "+p.Name+"[0]", "%s is %s: %s", p.Name, familyText(p.Kind), stages.FamilyText(p.Name, count))
		return false
	case rest[0] != '[' || rest[len(rest)-1] != ']' || len(rest) < 3:
		c.errorIn(n.RangeAt(at, len(n.Text)), n, CodeBadPlace, "as in "+p.Name+"[0]", "behind %s, which is a family, belongs an index in [ ] and nothing else", p.Name)
		return false
	}
	p.Count = count
	p.Index = []stages.Source{{Kind: stages.SourceExpr, Text: rest[1 : len(rest)-1], Pos: stagePos(n.PosAt(at + 1))}}
	return true
}

// noteIndex keeps where the index of a place was written; the place has its final address.
func (c *compiler) noteIndex(n *spec.Node, p *stages.Place) {
	parts, _ := splitPlace(n.Text, len(p.Name))
	for i := range p.Index { // fields come behind all of them
		c.origins[&p.Index[i]] = origin{node: n, offsets: []int{parts[i].at}}
	}
}

// membersOf is the member of a family that each replica of a process means by a place, nil where the item, or what else is known in the
// run only, decides that, or where there is no family; -1 stands for none. Which queue a process reads must be known.
//
// inUsed says that the place is in a chain that a stage uses, whose args are not those of the process.
func (c *compiler) membersOf(p *process, place *stages.Place, reads, sure, inUsed bool) ([]int, bool) {
	if len(place.Index) == 0 {
		return nil, true
	}
	index := &place.Index[0]
	scope := c.replicaScope(p)
	if inUsed {
		delete(scope.Vars, "args")
	}
	shape, err := stages.Compile(index, scope)
	if err != nil || isImpureSource(index) {
		if reads {
			c.unknownMember(p, index, place, inUsed)
			return nil, false
		}
		return nil, true // whether it is an expression at all is seen with the types
	}
	members := make([]int, p.plan.Replicas)
	for i := range members {
		value, err := shape.Run(c.replicaEnv(p, i))
		if err == nil {
			members[i], err = stages.MemberIndex(place.Name, value, place.Count)
		}
		switch {
		case err == nil:
			continue
		case !reads && shape.Type().Kinds != 0 && !shape.Type().May(stages.KindInt|stages.KindFloat):
			return nil, true // reported with the types
		}
		members[i] = -1
		if !reads && !sure && own(shape) {
			continue // a condition may keep this replica from it
		}
		where := ""
		if own(shape) && p.plan.Replicas > 1 {
			where = " (in " + Worker{p.plan.Name, i}.String() + ")"
		}
		o := c.origins[index]
		c.errorIn(o.node.RangeAt(o.offset(0), o.offset(0)+len(index.Text)), o.node, CodeBadPlace, "", "%s%s", err, where)
		return nil, false
	}
	return members, true
}

// own says whether the value may be another in each replica.
func own(shape *stages.Shape) bool {
	return slices.ContainsFunc(shape.Names(), func(name string) bool { return name == "self" || name == "args" })
}

// unknownMember reports the index of a place to read from that is not known before the run.
func (c *compiler) unknownMember(p *process, index *stages.Source, place *stages.Place, inUsed bool) {
	scope := &stages.Scope{Vars: map[string]stages.Type{}, Resources: map[string]stages.Type{}}
	for _, name := range stages.Variables() {
		scope.Vars[name] = stages.AnyType
	}
	args := ""
	scope.Vars["vars"] = c.planScope.Vars["vars"]
	if !inUsed {
		args, scope.Vars["args"] = "args, ", p.args
	}
	for name := range c.symbols {
		scope.Resources[name] = stages.AnyType
	}
	if _, err := stages.Compile(index, scope); err != nil {
		c.sourceErrors(index, scope)
		return
	}
	o := c.origins[index]
	c.errorIn(o.node.RangeAt(o.offset(0), o.offset(0)+len(index.Text)), o.node, CodeBadPlace, "read all of them in processes of their own, or get from a list of them",
		"which member of %s is read must be known before the run: the index can read self.index, self.name, self.replicas, %svars and len(%s)", place.Name, args, place.Name)
}

// replicaScope is what is known of a replica of a process when the plan is made, and does not change when its worker is replaced.
func (c *compiler) replicaScope(p *process) *stages.Scope {
	s := &stages.Scope{
		Vars: map[string]stages.Type{
			"self": stages.RecordOf(field("name", stages.StringType), field("index", stages.IntType), field("replicas", stages.IntType)),
			"vars": c.planScope.Vars["vars"],
		},
		Resources: map[string]stages.Type{},
	}
	for name, sym := range c.symbols {
		if count, _, _ := sym.members(); count > 0 && !stages.IsFunction(name) {
			s.Resources[name] = stages.ListOf(stages.RecordOf())
		}
	}
	if p.plan.Args == nil {
		s.Vars["args"] = p.args
	} else if shape, err := stages.Compile(p.plan.Args, s); err == nil {
		s.Vars["args"] = shape.Type()
	}
	return s
}

// replicaEnv is the values of replicaScope.
func (c *compiler) replicaEnv(p *process, index int) *stages.Env {
	name := Worker{p.plan.Name, index}
	if p.plan.Replicas == 1 {
		name.Replica = AllReplicas
	}
	env := &stages.Env{
		Vars: c.vars, Resources: families{c},
		Self: map[string]any{"name": name.String(), "index": index, "replicas": p.plan.Replicas},
	}
	if p.plan.Args == nil {
		return env
	}
	scope := c.replicaScope(p)
	delete(scope.Vars, "args")
	if shape, err := stages.Compile(p.plan.Args, scope); err == nil {
		if args, err := shape.Run(env); err == nil {
			env.Args, _ = args.(map[string]any)
		}
	}
	return env
}

// families is the families as far as they are known when the plan is made: it implements stages.Resources.
type families struct{ *compiler }

// Lookup implements stages.Resources.
func (f families) Lookup(name string) (any, bool) {
	count, _, _ := f.symbols[name].members()
	if count == 0 {
		return nil, false
	}
	list := make([]any, count)
	for i := range list {
		list[i] = map[string]any{}
	}
	return list, true
}
