package planner

import (
	"cmp"
	"slices"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// What a chain holds at each of its stages is followed along the ways through it, replica by replica where the index of a family differs
// between them. Three things come of it: who waits for a condition or notifies it without its lock, who takes a lock again that it has and
// that is not recursive, and in which order locks are taken (lockorder.go).

// held is a lock in the hands of a chain. A semaphore of which there is one counts as a lock.
type held struct {
	lockKey
	recursive bool
	key       *spec.Node // the operator of the stage that takes it
}

// lockKey tells a lock from others.
type lockKey struct {
	name   string
	member int // of a family; -1: only the item decides which
}

// text is the lock as the spec has it.
func (k lockKey) text(c *compiler) string {
	count, _, _ := c.symbols[k.name].members()
	if k.member < 0 {
		return "one of " + k.name
	}
	return memberName(k.name, count, k.member)
}

// holder follows what one replica of a process holds.
type holder struct {
	*compiler
	replica int
	members map[*stages.Place][]int // of the places of the process, for each replica
	order   *lockOrder
}

// checkHolding checks what is held where.
func (c *compiler) checkHolding() {
	if c.partial || len(c.primitives)+len(c.cells) == 0 {
		return
	}
	order := newLockOrder(c)
	for _, p := range c.processes {
		members, differ := c.heldMembers(p)
		replicas := 1
		if differ {
			replicas = p.plan.Replicas
		}
		for i := range replicas {
			h := &holder{compiler: c, replica: i, members: members, order: order}
			h.chain(p.plan.Stages, nil)
		}
		c.checkSections(p.plan.Stages)
	}
	order.report()
}

// heldMembers is the members that each replica of a process means by its places, and whether they differ.
func (c *compiler) heldMembers(p *process) (members map[*stages.Place][]int, differ bool) {
	members = map[*stages.Place][]int{}
	c.eachPlace(p, func(st *stages.Stage, place *stages.Place, inUsed bool) {
		if st.Op != "lock" && c.symbols[place.Name].primitive == nil || len(place.Index) == 0 {
			return
		}
		if list, ok := c.membersOf(p, place, false, st.When == nil && isOwn(p, st), inUsed); ok && list != nil {
			members[place] = list
			differ = differ || slices.ContainsFunc(list, func(m int) bool { return m != list[0] })
		}
	})
	return members, differ
}

// lockOf is the lock that a place stands for, if it is one that is held by one at a time. That of a condition, a value or an array is its own,
// which is recursive, or one of the spec, member by member if that is a family.
func (h *holder) lockOf(place *stages.Place) (l held, ok bool) {
	l = held{lockKey: lockKey{place.Name, 0}, recursive: true}
	if len(place.Index) > 0 {
		l.member = -1
		if list := h.members[place]; list != nil {
			l.member = list[h.replica]
		}
	}
	lock := ""
	switch s := h.symbols[place.Name]; {
	case s.cell != nil:
		lock = s.cell.plan.Lock
	case s.primitive == nil:
		return l, false
	case s.primitive.plan.Kind == "condition":
		lock = s.primitive.plan.Lock
	case s.primitive.plan.Kind == "semaphore":
		l.recursive = false
		return l, s.primitive.plan.Value <= 1
	default:
		lock = place.Name
	}
	if p := h.symbols[lock].primitive; p != nil {
		l.name, l.recursive = lock, p.plan.Recursive
		if p.plan.Count == 0 {
			l.member = 0
		}
	}
	return l, true
}

// chain follows a chain, and gives what is held behind it.
func (h *holder) chain(list []stages.Stage, now []held) []held {
	for i := range list {
		now = h.stage(&list[i], now)
	}
	return now
}

func (h *holder) stage(st *stages.Stage, now []held) []held {
	note := h.notes[st]
	if note == nil || note.op == nil {
		return now
	}
	after := now
	switch st.Op {
	case "lock":
		h.chain(st.Options["do"].Stages, h.take(st, note, now))
	case "acquire":
		after = h.take(st, note, now)
	case "release":
		after = h.release(st, now)
	case "wait", "notify":
		h.condition(st, note, now)
	case useOperator:
		after = h.chain(st.Operand.Stages, now)
	default:
		for _, inner := range chainsInside(st) {
			h.chain(inner, now)
		}
	}
	for _, handler := range []*stages.Handler{st.OnError, st.OnTimeout} {
		if handler != nil {
			h.chain(handler.Do, now)
		}
	}
	return after
}

// chainsInside is the chains of a stage's operand and options.
func chainsInside(st *stages.Stage) [][]stages.Stage {
	chains := [][]stages.Stage{st.Operand.Stages}
	for i := range st.Operand.Branches {
		chains = append(chains, st.Operand.Branches[i].Stages)
	}
	for _, name := range optionNames(st) {
		chains = append(chains, st.Options[name].Stages)
	}
	return chains
}

// take is what is held once a stage has taken its places, in the order of their numbers.
func (h *holder) take(st *stages.Stage, note *stageNote, now []held) []held {
	var taken []held
	for i := range st.Operand.Places {
		place := &st.Operand.Places[i]
		l, ok := h.lockOf(place)
		if !ok || st.Op == "acquire" && place.Kind == "semaphore" { // which may be a signal
			continue
		}
		l.key = note.key
		taken = append(taken, l)
	}
	slices.SortStableFunc(taken, func(a, b held) int {
		return cmp.Or(cmp.Compare(h.rank(a.name), h.rank(b.name)), cmp.Compare(a.member, b.member))
	})
	now = slices.Clip(now)
	for _, l := range taken {
		for _, other := range now {
			if other.lockKey == l.lockKey && l.member >= 0 && !l.recursive {
				h.once(note, CodeLockTwice, "take it once, or give it recursive: true", other.key, "it is taken here",
					l.text(h.compiler)+" is taken while this process holds it already: it would wait for itself")
			}
			h.order.note(other, l, note)
		}
		now = append(now, l)
	}
	return now
}

// rank is the number of a primitive in the order in which several are taken.
func (c *compiler) rank(name string) int {
	i := slices.IndexFunc(c.primitives, func(p *primitive) bool { return p.plan.Name == name })
	if i < 0 {
		return len(c.primitives)
	}
	return i
}

func (h *holder) release(st *stages.Stage, now []held) []held {
	for i := range st.Operand.Places {
		l, ok := h.lockOf(&st.Operand.Places[i])
		if !ok {
			continue
		}
		for j := len(now) - 1; j >= 0; j-- {
			if now[j].lockKey == l.lockKey {
				now = slices.Delete(slices.Clone(now), j, j+1)
				break
			}
		}
	}
	return now
}

// condition checks that the lock of a condition is held. Who waits takes it again behind the wait, while holding what else there is.
func (h *holder) condition(st *stages.Stage, note *stageNote, now []held) {
	for i := range st.Operand.Places {
		place := &st.Operand.Places[i]
		if place.Kind != "condition" {
			continue
		}
		l, ok := h.lockOf(place)
		at := slices.IndexFunc(now, func(other held) bool {
			return other.name == l.name && (other.member == l.member || other.member < 0 || l.member < 0)
		})
		switch {
		case !ok:
		case at < 0:
			verb := map[string]string{"wait": "waited for", "notify": "notified"}[st.Op]
			h.once(note, CodeConditionLock, "put it into the do of lock: "+place.Name, nil, "",
				"the condition "+place.Name+" is "+verb+" without holding its lock")
		case st.Op == "wait":
			l.key = note.key
			for _, other := range now[at+1:] {
				if other.lockKey != l.lockKey {
					h.order.note(other, l, note)
				}
			}
		}
	}
}

// once reports an error about a stage, if no other replica has brought it about already.
func (h *holder) once(note *stageNote, code, hint string, related *spec.Node, what, text string) {
	at := note.key.At()
	if slices.ContainsFunc(h.found, func(d spec.Diagnostic) bool { return d.Code == code && d.Range == at }) {
		return
	}
	var list []spec.Related
	if related != nil {
		list = append(list, spec.Related{Range: related.At(), Message: what})
	}
	h.at(spec.Error, at, note.node.Path(), code, hint, text, list...)
}
