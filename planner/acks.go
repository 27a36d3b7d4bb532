package planner

import (
	"github.com/mprun/mprun/stages"
)

// checkAcks brings `get` with `ack: manual` and `ack` together: an item that is to be acknowledged must come to an `ack`, and one that is
// acknowledged must have been got so, by the nearest get before it. What a queue says goes into each get, for the workers.
func (c *compiler) checkAcks() {
	for _, p := range c.processes {
		a := acks{compiler: c}
		a.chain(p.plan.Stages, acked{})
		for _, get := range a.gets {
			if !get.answered && !p.unknown && !c.opts.Partial {
				c.neverAcked(p, get)
			}
		}
	}
}

// neverAcked reports a get whose items nothing acknowledges.
func (c *compiler) neverAcked(p *process, get *manualGet) {
	if !p.def.Stages.IsSet() {
		c.errorAt(get.note.key, CodeAck, "read it in stages: through or exec run the program", "the items of this queue are to be acknowledged, which a program cannot do")
		return
	}
	c.errorAt(get.note.key, CodeAck, "put ack: item behind what must have happened",
		"items are got with ack: manual here, but no ack stands behind: each would be delivered again")
}

// acks follows the chains of a process.
type acks struct {
	*compiler
	gets []*manualGet
}

// manualGet is a get whose items are to be acknowledged.
type manualGet struct {
	note     *stageNote
	answered bool
}

// acked is what is known at a place of a chain.
type acked struct {
	get    *manualGet    // whose items the rows come from; nil: none
	merged *stages.Stage // behind it they come from no single item any more
}

// chain follows a chain, and gives what is known behind it.
func (a *acks) chain(list []stages.Stage, at acked) acked {
	for i := range list {
		st := &list[i]
		note := a.notes[st]
		if note == nil || note.op == nil {
			continue
		}
		switch {
		case readsQueue(note.op) && a.isManual(st, note):
			at = acked{get: &manualGet{note: note, answered: note.unknown || a.isMixed(st, note)}}
			a.gets = append(a.gets, at.get)
		case note.op.Name == "ack":
			a.ack(note, at)
		case at.get != nil && at.merged == nil && mergesItems(st, note.op):
			at.merged = st
		}
		at = a.inside(st, at)
	}
	return at
}

// inside follows the chains inside of a stage. Those of `use` and `route` go on behind it.
func (a *acks) inside(st *stages.Stage, at acked) acked {
	behind := at
	if inner := a.chain(st.Operand.Stages, at); st.Op == useOperator {
		behind = inner
	}
	for i := range st.Operand.Branches {
		inner := a.chain(st.Operand.Branches[i].Stages, at)
		if st.Op == "route" && behind.merged == nil {
			behind.merged = inner.merged
		}
	}
	for i := range st.Sites { // tasks of a pool: their items come from no queue of the spec
		a.chain(st.Sites[i].Do, acked{})
	}
	for _, h := range []*stages.Handler{st.OnError, st.OnTimeout} {
		if h != nil {
			a.chain(h.Do, at)
		}
	}
	return behind
}

func (a *acks) ack(note *stageNote, at acked) {
	switch {
	case at.get == nil:
		a.errorAt(note.key, CodeAck, "give the queue, or the get before it, ack: manual", "there is nothing to acknowledge: no get with ack: manual stands before this")
	case at.merged != nil:
		at.get.answered = true
		a.errorAt(note.key, CodeAck, "acknowledge before it", "behind %s (line %d) it is not known any more which items are to be acknowledged", at.merged.Op, at.merged.Pos.Line)
	default:
		at.get.answered = true
	}
}

// mergesItems says whether results of a stage come later than the items that they are made of, or of several.
func mergesItems(st *stages.Stage, op *stages.Operator) bool {
	if givesAtEnd(op) || op.Name == "pool" {
		return true
	}
	per := st.Options["per"].Source
	return op.Name == "through" && per != nil && per.Value == "stream"
}

// isManual says whether the items of a get are to be acknowledged, by its own word or that of a queue; then it has that word.
func (a *acks) isManual(st *stages.Stage, note *stageNote) bool {
	if option, ok := st.Options["ack"]; ok {
		return option.Source != nil && option.Source.Value == "manual"
	}
	if manual, _ := a.byQueues(st); manual == "" {
		return note.unknown // it may have been meant
	}
	if st.Options == nil {
		st.Options = map[string]stages.Field{}
	}
	st.Options["ack"] = stages.Field{Source: &stages.Source{Kind: stages.SourceLiteral, Value: "manual", Pos: posOf(note.key)}}
	return true
}

// isMixed reports a get that says nothing itself and reads queues of both kinds.
func (a *acks) isMixed(st *stages.Stage, note *stageNote) bool {
	manual, auto := a.byQueues(st)
	if written := note.node.Get("ack"); written != nil || manual == "" || auto == "" {
		return false
	}
	a.errorAt(note.key, CodeAck, "give this get ack: manual or ack: auto",
		"the items of %s are to be acknowledged, those of %s are not: which are these?", manual, auto)
	return true
}

// byQueues names a queue whose items are to be acknowledged, and one of which they are not, of those that a get reads.
func (a *acks) byQueues(st *stages.Stage) (manual, auto string) {
	for _, place := range st.Operand.Places {
		switch q := a.symbols[place.Name].queue; {
		case q == nil:
		case q.def.Ack.Word == "manual":
			manual = place.Name
		default:
			auto = place.Name
		}
	}
	return manual, auto
}
