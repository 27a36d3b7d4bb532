package planner

import (
	"slices"
	"strconv"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// standIn is a queue that the test writes or reads in place of the spec's processes.
type standIn struct {
	name   string // of the process
	key    *spec.Node
	value  *spec.Node
	queue  string
	member int
	items  []any
}

// readStandIns reads the items of queues that stand under a key of the test.
func (c *compiler) readStandIns(what string, queues spec.MapOf[spec.Data]) []standIn {
	var list []standIn
	for _, e := range queues {
		places, ok := c.decodePlaceList([]*spec.Node{e.Key}, []string{"queue"})
		items, good := c.itemList(e.Key, e.Value.Node)
		if !ok || !good {
			continue
		}
		s := standIn{key: e.Key, value: e.Value.Node, queue: places[0].Name, items: items}
		if s.member, ok = c.memberOf(&places[0]); !ok {
			continue
		}
		s.name = what + "." + s.queue
		if c.symbols[s.queue].queue.plan.Count > 0 {
			s.name += "." + strconv.Itoa(s.member) // brackets would be those of a replica
		}
		s.items = c.storeItems(e.Value.Node, c.symbols[s.queue].queue, items)
		if slices.ContainsFunc(list, func(other standIn) bool { return other.name == s.name }) {
			c.errorAt(e.Key, CodeBadPlace, "", "%s is there twice", s.key.Text)
			continue
		}
		list = append(list, s)
	}
	return list
}

// itemList works out a list of items.
func (c *compiler) itemList(key, n *spec.Node) ([]any, bool) {
	value, ok := c.data(n)
	if !ok {
		return nil, false
	}
	items, isList := value.([]any)
	if !isList {
		c.errorAt(n, CodePlanValue, "a list of one is [x]", "expected the items of %s as a list, found %s", key.Text, shortJSON(value))
	}
	return items, isList
}

// memberOf works out the index of a place.
func (c *compiler) memberOf(place *stages.Place) (int, bool) {
	outside := &process{plan: Process{Name: "test", Replicas: 1}, args: stages.RecordOf()}
	members, ok := c.membersOf(outside, place, true, true, false)
	if !ok || members == nil {
		return 0, ok
	}
	return members[0], true
}

// storeItems holds items to the type that a queue declares, and gives what becomes of them in it.
func (c *compiler) storeItems(n *spec.Node, q *queue, items []any) []any {
	if q.plan.Store == nil {
		return items
	}
	stored := make([]any, len(items))
	for i, item := range items {
		at := n
		if i < len(n.Items) {
			at = n.Items[i]
		}
		value, misfit := q.plan.Store.Store(item)
		if misfit != nil {
			c.errorAt(at, CodeItemType, "", "%s: %s", q.plan.Name, misfit)
		}
		stored[i] = value
	}
	return stored
}

// addStandIns adds the processes that write and read queues in place of those that a test leaves out. Their names are none that a spec
// could have.
func (c *compiler) addStandIns() {
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
