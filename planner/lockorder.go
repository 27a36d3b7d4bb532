package planner

import (
	"slices"

	"github.com/mprun/mprun/spec"
)

// lockOrder is in which order locks are taken: an edge from each to those that are taken while it is held. A circle of them can become a
// deadlock, once each of those on it holds one lock and waits for the next.
type lockOrder struct {
	*compiler
	edges map[lockKey][]lockEdge
	from  []lockKey // in the order in which they came, so that findings do not depend on Go's maps
	vague map[string]bool
}

// lockEdge says that a lock was taken while another was held.
type lockEdge struct {
	outer, inner held
	note         *stageNote // of the stage that takes inner
}

func newLockOrder(c *compiler) *lockOrder {
	return &lockOrder{compiler: c, edges: map[lockKey][]lockEdge{}, vague: map[string]bool{}}
}

// note notes that a stage takes inner while it holds outer.
func (o *lockOrder) note(outer, inner held, note *stageNote) {
	for _, l := range []held{outer, inner} {
		if l.member < 0 {
			o.vague[l.name] = true
		}
	}
	if outer.lockKey == inner.lockKey && (inner.member >= 0 || inner.recursive || outer.key == inner.key) {
		return // the same one: that is another finding, or no matter
	}
	list := o.edges[outer.lockKey]
	if slices.ContainsFunc(list, func(e lockEdge) bool { return e.inner.lockKey == inner.lockKey }) {
		return
	}
	if list == nil {
		o.from = append(o.from, outer.lockKey)
	}
	o.edges[outer.lockKey] = append(list, lockEdge{outer, inner, note})
}

// node is a lock in the order: all members of a family are one where only the run knows which of them is meant.
func (o *lockOrder) node(k lockKey) lockKey {
	if o.vague[k.name] {
		k.member = -1
	}
	return k
}

// report warns of circles, each once.
func (o *lockOrder) report() {
	graph := map[lockKey][]lockEdge{}
	var all []lockEdge
	for _, from := range o.from {
		for _, e := range o.edges[from] {
			graph[o.node(from)] = append(graph[o.node(from)], e)
			all = append(all, e)
		}
	}
	reported := map[lockKey]bool{}
	for _, e := range all {
		start, goal := o.node(e.inner.lockKey), o.node(e.outer.lockKey)
		if reported[start] && reported[goal] {
			continue
		}
		way, ok := o.way(graph, start, goal)
		if !ok {
			continue
		}
		reported[start], reported[goal] = true, true
		for _, step := range way {
			reported[o.node(step.inner.lockKey)] = true
		}
		o.warn(e, way)
	}
}

// way is the shortest way along edges from a lock to another.
func (o *lockOrder) way(graph map[lockKey][]lockEdge, from, to lockKey) ([]lockEdge, bool) {
	if from == to {
		return nil, true
	}
	came := map[lockKey]lockEdge{}
	for todo := []lockKey{from}; len(todo) > 0; todo = todo[1:] {
		for _, e := range graph[todo[0]] {
			next := o.node(e.inner.lockKey)
			if _, seen := came[next]; seen || next == from {
				continue
			}
			came[next] = e
			if next != to {
				todo = append(todo, next)
				continue
			}
			var way []lockEdge
			for at := to; at != from; at = o.node(came[at].outer.lockKey) {
				way = append(way, came[at])
			}
			slices.Reverse(way)
			return way, true
		}
	}
	return nil, false
}

// mostSteps is how many steps of a circle are told.
const mostSteps = 8

// warn warns of a circle of an edge and the way back.
func (o *lockOrder) warn(e lockEdge, way []lockEdge) {
	text := e.inner.text(o.compiler) + " is taken while " + e.outer.text(o.compiler) + " is held, and "
	switch {
	case len(way) == 0:
		text = "two of " + e.inner.name + " are taken one after the other, and nothing says in which order"
	case len(way) == 1:
		text += "elsewhere the other way round"
	default:
		text += "from there others lead round to it"
	}
	var related []spec.Related
	for _, step := range way[:min(len(way), mostSteps)] {
		related = append(related, spec.Related{
			Range:   step.note.key.At(),
			Message: step.inner.text(o.compiler) + " is taken here while " + step.outer.text(o.compiler) + " is held",
		})
	}
	o.at(spec.Warning, e.note.key.At(), e.note.node.Path(), CodeLockOrder, "take both at once, as in lock: [a, b], which is done in one order everywhere", text+": those who do so can wait for each other for ever", related...)
}
