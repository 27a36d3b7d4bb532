package planner

import (
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// readStandIns adds the processes that write and read queues in place of those that a test leaves out. Their names are none that a spec
// could have.
func (c *compiler) readStandIns() {
	if c.trial == nil {
		return
	}
	for i := range c.trial.inputs {
		in := &c.trial.inputs[i]
		items := stages.Stage{Op: "items", Operand: stages.Field{Source: literal(in.items, in.value)}}
		put := stages.Stage{Op: "put", Operand: stages.Field{Places: c.placeOf(in)}}
		c.addStandIn(in, []stages.Stage{items, put})
		if q := c.symbols[in.queue].queue; len(in.items) == 0 {
			q.typ = stages.AnyType // nothing is known of none
		}
	}
	for i := range c.trial.outputs {
		out := &c.trial.outputs[i]
		get := stages.Stage{Op: "get", Operand: stages.Field{Places: c.placeOf(out)}}
		result := stages.Stage{
			Op: "result", Operand: stages.Field{Source: literal(out.name, out.key)},
			Options: map[string]stages.Field{"value": {Source: &stages.Source{
				Kind: stages.SourceList, Items: []stages.Source{{Kind: stages.SourceExpr, Text: "item", Pos: posOf(out.key)}}, Pos: posOf(out.key),
			}}},
		}
		c.addStandIn(out, []stages.Stage{get, result})
	}
}

// placeOf is the queue of a stand-in as a place of a stage.
func (c *compiler) placeOf(s *standIn) []stages.Place {
	places, _ := c.decodePlaceList([]*spec.Node{s.key}, []string{"queue"}) // what is wrong with it has been found before
	return places
}

func (c *compiler) addStandIn(s *standIn, list []stages.Stage) {
	def := &spec.Process{}
	def.Name, def.Key, def.Node = s.name, s.key, s.value
	p := &process{def: def, args: stages.RecordOf(), plan: Process{
		Name: s.name, Pos: posOf(s.key), Replicas: 1, StandIn: true, Stages: list, Stop: c.stop(nil), Restart: c.restart(nil, true),
	}}
	for i := range list {
		list[i].Pos = posOf(s.key)
		c.notes[&list[i]] = &stageNote{op: stages.Lookup(list[i].Op), key: s.key, node: s.key}
	}
	c.processes = append(c.processes, p)
	c.symbols[s.name] = symbol{kind: "process", key: s.key, process: p}
}

// unties says whether the test takes the readers or writers of a member of a queue away, so that it is no mistake that there are none; t may
// be nil.
func (t *trial) unties(member string) bool { return t != nil && t.untied[member] }

// untiesAny says the same of any member of a queue.
func (t *trial) untiesAny(q *Queue) bool {
	for m := range max(1, q.Count) {
		if t.unties(q.Member(m)) {
			return true
		}
	}
	return false
}
