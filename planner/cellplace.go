package planner

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// placePart is one [index] or .field of a place.
type placePart struct {
	at    int    // of the index or the name, in bytes
	text  string // the index, or the name
	field bool
}

// splitPlace splits what follows a name in the text of a place, from the byte at on. It gives the byte at which it is neither an index nor
// a field, -1 if there is none.
func splitPlace(text string, at int) (parts []placePart, bad int) {
	for at < len(text) {
		switch text[at] {
		case '[':
			end := stages.FindBracket(text[at+1:])
			if end <= 0 || strings.TrimSpace(text[at+1:at+1+end]) == "" {
				return parts, at
			}
			parts = append(parts, placePart{at: at + 1, text: text[at+1 : at+1+end]})
			at += end + 2
		case '.':
			name := leadingName(text[at+1:])
			if name == "" {
				return parts, at
			}
			parts = append(parts, placePart{at: at + 1, text: name, field: true})
			at += 1 + len(name)
		default:
			return parts, at
		}
	}
	return parts, -1
}

// decodeCellPlace decodes the indexes and fields behind the name of a value or an array.
func (c *compiler) decodeCellPlace(n *spec.Node, p *stages.Place, v *cell) bool {
	at := len(p.Name)
	parts, bad := splitPlace(n.Text, at)
	if bad >= 0 {
		c.errorIn(n.RangeAt(bad, len(n.Text)), n, CodeBadPlace, "as in: hist[item % 10], points[0].x", "behind %s belong indexes in [ ] and names of fields, not %s", p.Name, shortJSON(n.Text[bad:]))
		return false
	}
	if v == nil || !v.ok {
		return true // reported where it is defined
	}
	p.Count = v.plan.Count
	left := len(v.plan.Shape)
	if p.Count > 0 {
		if left++; len(parts) == 0 || parts[0].field {
			c.errorAt(n, CodeBadPlace, "say which, as in "+p.Name+"[0]", "%s is %s: %s", p.Name, familyText(p.Kind), stages.FamilyText(p.Name, p.Count))
			return false
		}
	}
	layout := v.plan.Type.Layout()
	for _, part := range parts {
		before := n.Text[:part.at-1]
		switch {
		case part.field && left > 0:
			c.errorIn(n.RangeAt(part.at, part.at+len(part.text)), n, CodeBadPlace, "say of which element, as in "+before+"[0]."+part.text, "%s has elements, not fields", before)
			return false
		case part.field:
			field := fieldOf(layout, part.text)
			if field == nil {
				c.unknownField(n, part, before, layout)
				return false
			}
			layout = field
			p.Field = strings.TrimPrefix(p.Field+"."+part.text, ".")
		case left == 0:
			c.errorIn(n.RangeAt(part.at-1, part.at+len(part.text)+1), n, CodeBadPlace, "", "%s has no elements", before)
			return false
		default:
			left--
			p.Index = append(p.Index, stages.Source{Kind: stages.SourceExpr, Text: part.text, Pos: stagePos(n.PosAt(part.at))})
		}
	}
	return true
}

func (c *compiler) unknownField(n *spec.Node, part placePart, before string, l *stages.Layout) {
	at := n.RangeAt(part.at, part.at+len(part.text))
	if l.Scalar != stages.NoScalar {
		c.errorIn(at, n, CodeBadPlace, "", "%s is of type %s, which has no fields", before, l.Scalar)
		return
	}
	var names []string
	for _, f := range l.Fields {
		names = append(names, f.Name)
	}
	c.errorIn(at, n, CodeBadPlace, misfitHint(&stages.Misfit{Unknown: part.text, Known: names}), "%s is of type %s, which has no field %s", before, l.Type.Name, part.text)
}

func fieldOf(l *stages.Layout, name string) *stages.Layout {
	i := slices.IndexFunc(l.Fields, func(f stages.FieldLayout) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return l.Fields[i].Layout
}

// target is what a place of a value or an array leads to: how many dimensions are left, and the type behind them.
func (v *cell) target(p *stages.Place) (typ *stages.StoreType, shape []int) {
	taken := len(p.Index)
	if v.plan.Count > 0 {
		taken--
	}
	layout := v.plan.Type.Layout()
	if p.Field != "" {
		for name := range strings.SplitSeq(p.Field, ".") {
			layout = fieldOf(layout, name)
		}
	}
	return layout.Type, v.plan.Shape[min(max(taken, 0), len(v.plan.Shape)):]
}

// dimensions says how many elements there are, for people.
func dimensions(shape []int) string {
	words := make([]string, len(shape))
	for i, d := range shape {
		words[i] = strconv.Itoa(d)
	}
	return strings.Join(words, " x ")
}
