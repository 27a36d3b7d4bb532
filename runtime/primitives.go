package runtime

import (
	"fmt"
	"maps"
	"slices"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/shm"
	"github.com/mprun/mprun/stages"
)

// primitives is where the arena has the primitives of a plan. They are numbered in the order of the plan, member by member, then its values
// and arrays; what has a lock of its own is followed by that. Several locks are always taken in the order of these numbers.
type primitives struct {
	entries  map[string]primitiveEntry
	end      int      // the number behind the last
	segments []string // names of segments, in the order of their numbers
}

// primitiveEntry is a primitive, or a family of them, in the arena.
type primitiveEntry struct {
	def     *planner.Primitive
	first   int             // number of the first member
	step    int             // from member to member
	lock    *primitiveEntry // of a condition, a value, an array; nil: it has none
	bytes   int64           // of a value or an array
	unit    int64           // bytes of an element of it
	segment int             // that all members of it are in, from 1; 0: none
}

// numberPrimitives gives the plan's primitives their numbers, then its values and arrays.
func numberPrimitives(list []planner.Primitive, cells []planner.Cell) primitives {
	p := primitives{entries: make(map[string]primitiveEntry, len(list)+len(cells))}
	for i := range list {
		def := &list[i]
		e := primitiveEntry{def: def, first: p.end, step: 1}
		switch lock, named := p.entries[def.Lock]; {
		case def.Kind != "condition":
		case named:
			e.lock = &lock
		default:
			e.step = 2
			e.lock = &primitiveEntry{def: &planner.Primitive{Name: def.Name, Kind: "lock", Count: def.Count, Recursive: true}, first: e.first + 1, step: 2}
		}
		p.entries[def.Name] = e
		p.end += e.step * def.Members()
	}
	for i := range cells {
		p.numberCell(&cells[i])
	}
	return p
}

// numberCell gives the members of a value or an array their numbers, each followed by its lock if it has one of its own.
func (p *primitives) numberCell(c *planner.Cell) {
	e := primitiveEntry{def: &planner.Primitive{Name: c.Name, Kind: c.Kind, Count: c.Count, Pos: c.Pos}, first: p.end, step: 1, bytes: c.Bytes(), unit: c.Type.Layout().Size}
	switch lock, named := p.entries[c.Lock]; {
	case named:
		e.lock = &lock
	case c.OwnLock:
		e.step = 2
		e.lock = &primitiveEntry{def: &planner.Primitive{Name: c.Name, Kind: "lock", Count: c.Count, Recursive: true}, first: e.first + 1, step: 2}
	}
	if c.Segment != "" {
		p.segments = append(p.segments, c.Segment)
		e.segment = len(p.segments)
	}
	p.entries[c.Name] = e
	p.end += e.step * c.Members()
}

// number is that of a member.
func (e *primitiveEntry) number(member int) int {
	if e.def.Count == 0 {
		return e.first
	}
	return e.first + e.step*member
}

// configs is the primitives as the arena is to make them.
func (p primitives) configs() []shm.PrimitiveConfig {
	list := make([]shm.PrimitiveConfig, p.end)
	for _, e := range p.entries {
		for i := range e.def.Members() {
			list[e.number(i)] = e.config(i)
			if e.step == 2 {
				list[e.lock.number(i)] = e.lock.config(i)
			}
		}
	}
	return list
}

// config is a member as the arena is to make it.
func (e *primitiveEntry) config(member int) shm.PrimitiveConfig {
	c := shm.PrimitiveConfig{Name: e.def.Member(member)}
	switch e.def.Kind {
	case "lock":
		c.Kind, c.Recursive = shm.KindLock, e.def.Recursive
	case "semaphore":
		c.Kind, c.Value, c.Bounded, c.Owned = shm.KindSemaphore, int64(e.def.Value), e.def.Bounded, e.def.Owned
	case "condition":
		c.Kind, c.Lock = shm.KindCondition, e.lock.number(member)
	case "value", "array":
		c.Kind, c.Value, c.Unit, c.Segment = shm.KindArray, e.bytes, e.unit, e.segment
	case "event":
		c.Kind, c.Set = shm.KindEvent, e.def.Set
	case "barrier":
		c.Kind, c.Value, c.Action = shm.KindBarrier, int64(e.def.MeetingAt(member).Parties), e.def.Action
	}
	return c
}

// find is the number in the arena of the primitive that a stage means, which must be of a kind.
func (p primitives) find(kind string, ref stages.Ref) (int, error) {
	e, ok := p.entries[ref.Name]
	if !ok || e.def.Kind != kind || ref.Member < 0 || ref.Member >= e.def.Members() {
		return 0, fmt.Errorf("the plan has no %s %s", kind, refText(ref))
	}
	return e.number(ref.Member), nil
}

// names are those that expressions may read, sorted.
func (p primitives) names() []string { return slices.Sorted(maps.Keys(p.entries)) }

// object is a primitive, or a family of them, in an expression.
func (p primitives) object(arena *shm.Arena, name string) (any, bool) {
	e, ok := p.entries[name]
	switch {
	case !ok:
		return nil, false
	case e.def.Count > 0:
		return primitiveFamily{arena: arena, entry: e}, true
	}
	return primitiveObject{arena: arena, kind: e.def.Kind, index: e.first}, true
}

// primitiveObject is a primitive in an expression: what it says is of the moment.
type primitiveObject struct {
	arena *shm.Arena
	kind  string
	index int
}

// fields is what can be read.
func (o primitiveObject) fields() map[string]any {
	switch o.kind {
	case "lock":
		return map[string]any{"locked": o.arena.Lock(o.index).Locked()}
	case "semaphore":
		return map[string]any{"value": int(o.arena.Semaphore(o.index).Value())}
	case "condition":
		return map[string]any{"waiting": o.arena.Condition(o.index).Waiting()}
	case "event":
		return map[string]any{"set": o.arena.Event(o.index).IsSet()}
	}
	b := o.arena.Barrier(o.index)
	return map[string]any{"waiting": int(b.Waiting()), "parties": int(b.Parties()), "broken": b.Broken()}
}

// Value implements stages.Object.
func (o primitiveObject) Value() (any, error) { return o.fields(), nil }

// Field implements stages.Fielded.
func (o primitiveObject) Field(name string) (any, error) {
	fields := o.fields()
	if v, ok := fields[name]; ok {
		return v, nil
	}
	return nil, fmt.Errorf("a %s has no field %s; it has %v", o.kind, name, slices.Sorted(maps.Keys(fields)))
}

// primitiveFamily is a family of primitives in an expression.
type primitiveFamily struct {
	arena *shm.Arena
	entry primitiveEntry
}

// Len implements stages.Indexed.
func (f primitiveFamily) Len() int { return f.entry.def.Count }

// At implements stages.Indexed.
func (f primitiveFamily) At(i int) (any, error) {
	return primitiveObject{arena: f.arena, kind: f.entry.def.Kind, index: f.entry.number(i)}, nil
}

// Value implements stages.Object.
func (f primitiveFamily) Value() (any, error) {
	all := make([]any, f.Len())
	for i := range all {
		all[i] = primitiveObject{arena: f.arena, kind: f.entry.def.Kind, index: f.entry.number(i)}.fields()
	}
	return all, nil
}
