package planner

import (
	"slices"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// decodeAwaited decodes what a `wait` waits for: a place, or {any: [places]} or {all: [places]}.
func (c *compiler) decodeAwaited(n *spec.Node, kinds []string) (f stages.Field, ok bool) {
	hint := "wait for all of them by {all: [...]}, for one of them by {any: [...]}"
	switch n.Kind {
	case spec.Seq:
		c.errorAt(n, spec.CodeWrongKind, hint, "expected one thing to wait for, found a list")
		return f, false
	case spec.Map:
	default:
		f.Places, ok = c.decodePlaceList([]*spec.Node{n}, kinds)
		return f, ok
	}
	ok = c.onlyKeys(n, stages.WaitForAny, stages.WaitForAll)
	entries := slices.DeleteFunc(slices.Clone(n.Keys), func(e *spec.Entry) bool { return strings.HasPrefix(e.Key.Text, "x-") })
	if !ok {
		return f, false
	}
	if len(entries) != 1 {
		c.errorAt(n, spec.CodeWrongKind, "make two stages of it", "expected either any or all")
		return f, false
	}
	list := entries[0].Value
	if list.Kind != spec.Seq || len(list.Items) == 0 {
		c.errorAt(list, spec.CodeWrongKind, "", "expected a list of what to wait for, found %s", list.Kind)
		return f, false
	}
	f.Source = literal(entries[0].Key.Text, entries[0].Key)
	f.Places, ok = c.decodePlaceList(list.Items, kinds)
	for i := range f.Places {
		if kind := f.Places[i].Kind; kind == "barrier" || kind == "condition" {
			c.errorAt(list.Items[i], CodeBadPlace, "give it a stage of its own", "%s is %s, which is waited for alone", f.Places[i].Name, withArticle(kind))
			ok = false
		}
	}
	return f, ok
}

// decodeReplica decodes the [index] behind the name of a process, if there is one: without, all its replicas are meant.
func (c *compiler) decodeReplica(n *spec.Node, p *stages.Place, proc *process) bool {
	if proc == nil || len(n.Text) == len(p.Name) { // of one that does not exist in this run no replica does
		return true
	}
	return c.decodeIndex(n, len(p.Name), p, proc.plan.Replicas, true)
}
