package planner

import (
	"time"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// origin is where the expressions of a Source were written: in the text of node, each at an offset; a text has several.
type origin struct {
	node    *spec.Node
	offsets []int
}

// literal is a Source that stands for its value.
func literal(value any, n *spec.Node) *stages.Source {
	return &stages.Source{Kind: stages.SourceLiteral, Value: value, Pos: posOf(n)}
}

// expression makes a Source of an expression, or of a mapping or list of expressions.
func (c *compiler) expression(n *spec.Node) *stages.Source {
	s := new(stages.Source)
	c.fillExpression(s, n)
	return s
}

func (c *compiler) fillExpression(s *stages.Source, n *spec.Node) {
	s.Pos = stagePos(n.PosAt(0))
	if n.IsScalar() {
		s.Kind, s.Text = stages.SourceExpr, n.Text
		c.origins[s] = origin{node: n, offsets: []int{0}}
		return
	}
	c.origins[s] = origin{node: n}
	fillElements(s, n, c.fillExpression)
}

// fillElements makes a Source of a list or a mapping, with fill for each value in it.
func fillElements(s *stages.Source, n *spec.Node, fill func(*stages.Source, *spec.Node)) {
	s.Kind = stages.SourceList
	s.Items = make([]stages.Source, max(len(n.Items), len(n.Keys))) // one of them is empty
	for i, item := range n.Items {
		fill(&s.Items[i], item)
	}
	if n.Kind != spec.Map {
		return
	}
	s.Kind = stages.SourceMap
	s.Keys = make([]string, len(n.Keys))
	for i, e := range n.Keys {
		s.Keys[i] = e.Key.Text
		fill(&s.Items[i], e.Value)
	}
}

// textSource makes a Source of a text with ${{ }}.
func (c *compiler) textSource(t spec.Template) *stages.Source {
	s := new(stages.Source)
	c.fillText(s, t)
	return s
}

func (c *compiler) fillText(s *stages.Source, t spec.Template) {
	*s = stages.Source{Kind: stages.SourceText, Parts: make([]stages.TextPart, len(t.Parts)), Pos: stagePos(t.Node.PosAt(0))}
	o := origin{node: t.Node, offsets: make([]int, len(t.Parts))}
	for i, p := range t.Parts {
		s.Parts[i] = stages.TextPart{Text: p.Source, Expr: p.IsExpr}
		if p.IsExpr {
			s.Parts[i].Pos = stagePos(t.Node.PosAt(p.Offset))
		}
		o.offsets[i] = p.Offset
	}
	c.origins[s] = o
}

// dataSource makes a Source of data with ${{ }} in its leaves. What has none is a literal as a whole.
func (c *compiler) dataSource(n *spec.Node) *stages.Source {
	s := new(stages.Source)
	c.fillData(s, n)
	return s
}

func (c *compiler) fillData(s *stages.Source, n *spec.Node) {
	if !c.hasTemplate(n) {
		value, _ := n.Data() // findings were reported when the field was read
		*s = *literal(value, n)
		return
	}
	s.Pos = posOf(n)
	if n.IsScalar() {
		t, _ := spec.ParseTemplate(n, c.read.FindClose) // as above
		c.fillText(s, t)
		return
	}
	fillElements(s, n, c.fillData)
}

// hasTemplate says whether there is a ${{ }} in a value.
func (c *compiler) hasTemplate(n *spec.Node) bool {
	for _, item := range n.Items {
		if c.hasTemplate(item) {
			return true
		}
	}
	for _, e := range n.Keys {
		if c.hasTemplate(e.Value) {
			return true
		}
	}
	if n.Kind != spec.String {
		return false
	}
	t, found := spec.ParseTemplate(n, c.read.FindClose)
	return !t.IsLiteral() && !found.HasErrors()
}

// orTemplate is the literal, or the ${{ }} that stands for it.
func (c *compiler) orTemplate(n *spec.Node, t *spec.Template, value any) *stages.Source {
	if t != nil {
		return c.textSource(*t)
	}
	if d, ok := value.(time.Duration); ok {
		value = d.String()
	}
	return literal(value, n)
}
