package planner

import (
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// Primitive is a lock, semaphore, condition, event or barrier of the spec, or a family of them. Fields that belong to another kind are
// zero.
type Primitive struct {
	Name  string     `json:"name"`
	Kind  string     `json:"kind"` // lock, semaphore, condition, event, barrier: as stages.Place.Kind
	Pos   stages.Pos `json:"pos"`
	Count int        `json:"count,omitempty"` // members of a family; 0: it is none

	Recursive    bool   `json:"recursive,omitempty"`      // lock: its holder may take it again
	OnOwnerDeath string `json:"on_owner_death,omitempty"` // lock: release, fail

	Value   int  `json:"value,omitempty"`   // semaphore: what it starts with, from 0
	Bounded bool `json:"bounded,omitempty"` // semaphore: it never has more than Value
	Owned   bool `json:"owned,omitempty"`   // semaphore: whoever takes it gives it back, so that it comes back from one who is gone for good

	Lock string `json:"lock,omitempty"` // condition: the lock that goes with it, member by member if that is a family; "": one of its own

	Set bool `json:"set,omitempty"` // event: it starts set

	Parties  int       `json:"parties,omitempty"`  // barrier: how many meet; 0: as many as wait at it
	Timeout  string    `json:"timeout,omitempty"`  // barrier: a duration as Go writes it; "": none. The stages that wait have it
	OnDeath  string    `json:"on_death,omitempty"` // barrier: break, shrink, wait; "": wait if the process is replaced, else break
	Action   bool      `json:"action,omitempty"`   // barrier: the last to arrive runs something, which the stages that wait have
	Meetings []Meeting `json:"meetings,omitempty"` // barrier: who meets at each member
}

// Members is how many the primitive is: 1 if it is no family.
func (p *Primitive) Members() int { return max(1, p.Count) }

// Member is the name of a member: fork[2] of a family, the primitive's own else.
func (p *Primitive) Member(i int) string { return memberName(p.Name, p.Count, i) }

// primitive is a primitive with what the passes find out of it.
type primitive struct {
	plan Primitive
	node *spec.Node // its definition
	key  *spec.Node // its name there

	barrier barrierDef // of a barrier
}

// readPrimitives reads the five kinds, in the order that decides in which order several locks are taken.
func (c *compiler) readPrimitives() {
	for _, def := range c.doc.Locks {
		p := c.primitive("lock", &def.Resource)
		p.plan.Recursive = c.flag(def.Recursive, false)
		p.plan.OnOwnerDeath = enumWord(def.OnOwnerDeath, "release")
	}
	for _, def := range c.doc.Semaphores {
		p := c.primitive("semaphore", &def.Resource)
		p.plan.Value = c.atMost(def.Value.Node, c.count(def.Value, 0, 1), maxSemaphore, 1, "a count")
		p.plan.Bounded = c.flag(def.Bounded, false)
	}
	for _, def := range c.doc.Conditions {
		p := c.primitive("condition", &def.Resource)
		c.readConditionLock(p, def.Lock)
	}
	for _, def := range c.doc.Events {
		p := c.primitive("event", &def.Resource)
		p.plan.Set = c.flag(def.Set, false)
	}
	for _, def := range c.doc.Barriers {
		p := c.primitive("barrier", &def.Resource)
		p.plan.Parties = c.atMost(def.Parties.Node, c.count(def.Parties, 1, 0), maxWorkers, 0, "a count")
		p.plan.Timeout = durationText(c.duration(def.Timeout, 0))
		p.plan.OnDeath = enumWord(def.OnDeath, "")
		p.barrier.def = def
		if p.plan.Action = def.Action.IsSet(); p.plan.Action && len(def.Action.Node.Items) == 0 {
			c.errorAt(def.Action.Node, CodeNoStages, "", "the action has no stages")
		}
	}
	c.checkPrimitiveTotal()
}

// primitive begins a primitive of a kind, with what all of them share.
func (c *compiler) primitive(kind string, def *spec.Resource) *primitive {
	p := &primitive{node: def.Node, key: def.Key, plan: Primitive{Name: def.Name, Kind: kind, Pos: posOf(def.Key)}}
	if def.Count.IsSet() {
		p.plan.Count = c.atMost(def.Count.Node, c.count(def.Count, 1, 1), maxPrimitives, 1, "a count")
	}
	c.primitives = append(c.primitives, p)
	if s, ok := c.symbols[def.Name]; ok && s.key == def.Key {
		s.primitive = p
		c.symbols[def.Name] = s
	}
	return p
}

// enumWord is the word of an enumeration, or what it is without one.
func enumWord(e spec.Enum, fallback string) string {
	if !e.IsSet() {
		return fallback
	}
	return e.Word
}

// readConditionLock finds the lock of a condition. The members of a family of conditions share one lock, or have one each.
func (c *compiler) readConditionLock(p *primitive, name spec.Name) {
	if !name.IsSet() {
		return
	}
	s, ok := c.lookup(name.Value, name.Node.At(), name.Node, "lock")
	if !ok {
		return
	}
	c.places[name.Value] = append(c.places[name.Value], name.Node)
	p.plan.Lock = name.Value
	if s.primitive == nil || s.primitive.plan.Count == 0 || s.primitive.plan.Count == p.plan.Count {
		return
	}
	c.errorAt(name.Node, CodeBadPlace, "give the condition the same count, or name a lock that is no family",
		"%s, so that %s needs as many: each condition has a lock of its own of them", stages.FamilyText(name.Value, s.primitive.plan.Count), p.plan.Name)
}

// checkPrimitiveTotal finds more primitives than one run can hold, at the first that is too many.
func (c *compiler) checkPrimitiveTotal() {
	total := 0
	for _, p := range c.primitives {
		total += p.plan.Members()
		if p.plan.Kind == "condition" && p.plan.Lock == "" {
			total += p.plan.Members() // their own locks
		}
		if total > maxPrimitives {
			c.errorAt(p.key, spec.CodeBadValue, "", "%s brings the locks, semaphores, conditions, events and barriers of the run to %d; there can be %d", p.plan.Name, total, maxPrimitives)
			return
		}
	}
}

// primitiveType is what expressions read of a primitive: values of the moment.
func primitiveType(kind string) (typ stages.Type, ok bool) {
	switch kind {
	case "lock":
		return stages.RecordOf(field("locked", stages.BoolType)), true
	case "semaphore":
		return stages.RecordOf(field("value", stages.IntType)), true
	case "condition":
		return stages.RecordOf(field("waiting", stages.IntType)), true
	case "event":
		return stages.RecordOf(field("set", stages.BoolType)), true
	case "barrier":
		return stages.RecordOf(field("waiting", stages.IntType), field("parties", stages.IntType), field("broken", stages.BoolType)), true
	}
	return typ, false
}

// findOwned finds the semaphores that are held as locks are: each process that takes one gives it back. Others are signals, which one process
// gives and another uses up.
func (c *compiler) findOwned() {
	for _, p := range c.primitives {
		p.plan.Owned = p.plan.Kind == "semaphore"
	}
	for _, proc := range c.processes {
		taken, given := map[*primitive]bool{}, map[*primitive]bool{}
		Walk(proc.plan.Stages, func(st *stages.Stage) {
			for i := range st.Operand.Places {
				switch p := c.symbols[st.Operand.Places[i].Name].primitive; {
				case p == nil:
				case st.Op == "acquire":
					taken[p] = true
				case st.Op == "release":
					given[p] = true
				}
			}
		})
		for _, p := range c.primitives {
			p.plan.Owned = p.plan.Owned && taken[p] == given[p]
		}
	}
}

// checkPrimitivesUsed warns of primitives that nothing uses.
func (c *compiler) checkPrimitivesUsed() {
	for _, p := range c.primitives {
		if len(c.places[p.plan.Name]) == 0 && !c.allows(p.node, CodeUnused) {
			c.warnAt(p.key, CodeUnused, "", "nothing uses the %s %s", p.plan.Kind, p.plan.Name)
		}
	}
}
