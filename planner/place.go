package planner

import (
	"slices"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// mostPlaces is how many places a stage can have: a worker can wait for as many queues at a time (shm.MaxInputs).
const mostPlaces = 16

// decodePlaces decodes a place or a list of places, each of one of kinds.
func (c *compiler) decodePlaces(n *spec.Node, kinds []string) ([]stages.Place, bool) {
	nodes := []*spec.Node{n}
	if n.Kind == spec.Seq {
		nodes = n.Items
		if len(nodes) == 0 {
			c.errorAt(n, spec.CodeWrongKind, "", "expected %s, found an empty list", withArticle(orList(kinds)))
			return nil, false
		}
	}
	return c.decodePlaceList(nodes, kinds)
}

func (c *compiler) decodePlaceList(nodes []*spec.Node, kinds []string) ([]stages.Place, bool) {
	if len(nodes) > mostPlaces {
		c.errorAt(nodes[mostPlaces], spec.CodeBadValue, "let several processes read or write them", "there are %d places here; there can be %d", len(nodes), mostPlaces)
		return nil, false
	}
	places := make([]stages.Place, 0, len(nodes))
	ok := true
	for _, node := range nodes {
		p, good := c.decodePlace(node, kinds)
		if good && slices.ContainsFunc(places, func(other stages.Place) bool { return other.Name == p.Name && len(p.Index) == 0 }) {
			c.errorAt(node, CodeBadPlace, "", "%s is there twice", p.Name)
			good = false
		}
		places, ok = append(places, p), ok && good // never grows: indexes are kept by address
		c.noteIndex(node, &places[len(places)-1])
	}
	return places, ok
}

// decodePlace decodes name, name[index] or name.field.
func (c *compiler) decodePlace(n *spec.Node, kinds []string) (stages.Place, bool) {
	_, found := spec.ReadPlace(n, c.read)
	if found.HasErrors() {
		c.add(found...)
		return stages.Place{}, false
	}
	name := leadingName(n.Text)
	if name == "" {
		c.errorAt(n, CodeBadPlace, "write the name of "+withArticle(orList(kinds))+", without ${{ }}", "%q names nothing of the spec", n.Text)
		return stages.Place{}, false
	}
	s, ok := c.lookup(name, n.RangeAt(0, len(name)), n, kinds...)
	if !ok {
		return stages.Place{}, false
	}
	c.places[name] = append(c.places[name], n)
	p := stages.Place{Name: name, Kind: s.kind, Pos: posOf(n)}
	if s.kind == "value" || s.kind == "array" {
		return p, c.decodeCellPlace(n, &p, s.cell)
	}
	if s.kind == "process" {
		return p, c.decodeReplica(n, &p, s.process)
	}
	if count, known, ok := s.members(); ok {
		return p, c.decodeIndex(n, len(name), &p, count, known)
	}
	if rest := n.Text[len(name):]; rest != "" { // what is available yet has neither indexes nor fields
		c.errorIn(n.RangeAt(len(name), len(n.Text)), n, CodeBadPlace, "", "%s is %s, which has no %s", name, withArticle(s.kind), partName(rest))
		return p, false
	}
	return p, true
}

// leadingName is the name that a text begins with.
func leadingName(text string) string {
	n := 0
	for n < len(text) && spec.IsName(text[:n+1]) {
		n++
	}
	return text[:n]
}

// partName says what follows a name in a place.
func partName(rest string) string {
	switch {
	case strings.HasPrefix(rest, "["):
		return "elements"
	case strings.HasPrefix(rest, "."):
		return "fields to be used here"
	}
	return "such thing as " + strings.TrimSpace(rest)
}
