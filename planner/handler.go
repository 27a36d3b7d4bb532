package planner

import (
	"slices"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// decodeHandler decodes the value of on_error and on_timeout: a word, {put: queue}, or {do: stages, then: word}.
func (c *compiler) decodeHandler(n *spec.Node) (*stages.Handler, bool) {
	h := &stages.Handler{Pos: posOf(n)}
	switch {
	case n.Kind == spec.Map && n.Get("put") != nil:
		return h, c.decodePutHandler(n, h)
	case n.Kind == spec.Map && n.Get("do") != nil:
		return h, c.decodeDoHandler(n, h)
	case n.IsScalar() && slices.Contains([]string{"fail", "skip", "end"}, n.Text):
		h.Then = stages.HandlerThen(n.Text)
		return h, true
	}
	hint := didYouMean(n.Text, []string{"fail", "skip", "end"})
	if n.Text == "pass" || n.Text == "continue" || n.Text == "ignore" {
		hint = "skip leaves the item out; {do: [stages], then: pass} lets it go on"
	}
	if hint == "" && n.Kind == spec.String && c.symbols[n.Text].kind == "queue" {
		hint = "write {put: " + n.Text + "}"
	}
	c.errorAt(n, CodeHandler, hint, "expected fail, skip, end, {put: queue} or {do: stages, then: word}, found %s", n.Kind)
	return h, false
}

// decodePutHandler makes {put: q} a `put` stage of {item, error}; the item is left out of the chain then.
func (c *compiler) decodePutHandler(n *spec.Node, h *stages.Handler) bool {
	ok := c.onlyKeys(n, "put")
	put := stages.Lookup("put")
	h.Then = stages.ThenSkip
	h.Do = make([]stages.Stage, 1)
	st := &h.Do[0]
	e := n.Get("put")
	*st = stages.Stage{Op: put.Name, Pos: posOf(e.Key)}
	note := &stageNote{op: put, key: e.Key, node: n, unknown: true}
	c.notes[st] = note
	if !c.decodeOperand(e, put, st) {
		return false
	}
	value := &stages.Source{Kind: stages.SourceMap, Pos: st.Pos, Keys: []string{"item", "error"}, Items: []stages.Source{
		{Kind: stages.SourceExpr, Text: "item", Pos: st.Pos},
		{Kind: stages.SourceExpr, Text: "error", Pos: st.Pos},
	}}
	st.Options = map[string]stages.Field{"value": {Source: value}}
	note.unknown = false
	return ok
}

func (c *compiler) decodeDoHandler(n *spec.Node, h *stages.Handler) bool {
	ok := c.onlyKeys(n, "do", "then")
	var good bool
	if h.Do, good = c.decodeChain(n.Get("do").Value); !good {
		ok = false
	}
	then := n.Get("then")
	if then == nil {
		c.errorAt(n, spec.CodeMissingKey, "add then: skip, or fail, end, pass", "the handler does not say what becomes of the item")
		return false
	}
	words := []string{"fail", "skip", "end", "pass"}
	word, good := accept(c, then.Value, func(n *spec.Node, o spec.Options) (spec.Enum, spec.Diagnostics) { return spec.ReadEnum(n, words, o) })
	h.Then = stages.HandlerThen(word.Word)
	return ok && good
}

// onlyKeys reports the keys of a mapping other than those given.
func (c *compiler) onlyKeys(n *spec.Node, keys ...string) bool {
	ok := true
	for _, e := range n.Keys {
		if !slices.Contains(keys, e.Key.Text) && !strings.HasPrefix(e.Key.Text, "x-") {
			c.errorIn(e.Key.At(), e.Value, spec.CodeUnknownKey, didYouMean(e.Key.Text, keys), "there is no key %q here, only %s", e.Key.Text, andList(keys))
			ok = false
		}
	}
	return ok
}

// decodeChains decodes a list of chains.
func (c *compiler) decodeChains(n *spec.Node) ([]stages.Branch, bool) {
	if n.Kind != spec.Seq || len(n.Items) == 0 {
		c.errorAt(n, spec.CodeWrongKind, "", "expected a list of lists of stages, found %s", n.Kind)
		return nil, false
	}
	branches := make([]stages.Branch, len(n.Items))
	ok := true
	for i, item := range n.Items {
		list, good := c.decodeChain(item)
		branches[i] = stages.Branch{Stages: list, Pos: posOf(item)}
		ok = ok && good
	}
	return branches, ok
}

// decodeBranches decodes a list of {when, do}.
func (c *compiler) decodeBranches(n *spec.Node) ([]stages.Branch, bool) {
	if n.Kind != spec.Seq || len(n.Items) == 0 {
		c.errorAt(n, spec.CodeWrongKind, "", "expected a list of {when: expression, do: stages}, found %s", n.Kind)
		return nil, false
	}
	branches := make([]stages.Branch, len(n.Items))
	ok := true
	for i, item := range n.Items {
		ok = c.decodeBranch(item, &branches[i]) && ok
	}
	return branches, ok
}

func (c *compiler) decodeBranch(n *spec.Node, b *stages.Branch) bool {
	b.Pos = posOf(n)
	if n.Kind != spec.Map {
		c.errorAt(n, spec.CodeWrongKind, "", "expected {when: expression, do: stages}, found %s", n.Kind)
		return false
	}
	ok := c.onlyKeys(n, "when", "do")
	if e := n.Get("when"); e != nil {
		var good bool
		b.When, good = c.decodeSource(e.Value, stages.ExpressionField)
		ok = ok && good
	}
	e := n.Get("do")
	if e == nil {
		c.errorAt(n, spec.CodeMissingKey, "", "the branch has no do")
		return false
	}
	var good bool
	b.Stages, good = c.decodeChain(e.Value)
	return ok && good
}
