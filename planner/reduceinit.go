package planner

import (
	"regexp"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// warnWithoutInit warns of a reduce that counts but has no init: acc then begins as the first item.
func (c *compiler) warnWithoutInit(operator *spec.Entry, n *spec.Node) {
	v := operator.Value
	if operator.Key.Text != "reduce" || v.IsEmpty() || v.Source() == nil {
		return
	}
	op := stages.Lookup(operator.Key.Text)
	for _, e := range n.Keys {
		if e.Key.Text == "init" || foreignOption(op, e.Key.Text) == "write init" {
			return
		}
	}
	text := v.Source().Text(v.At())
	if regexp.MustCompile(`\bacc\b`).MatchString(text) && !regexp.MustCompile(`\b(?:item|index)\b`).MatchString(text) {
		c.warnAt(v, CodeReduceInit, "add init: 0, say", "this does not read the item, and without init acc begins as the first item")
	}
}
