package planner

import (
	"errors"
	"math"
	"slices"
	"time"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// Values outside of stages: a literal, or ${{ }} that is replaced when the plan is made.

// planBudget is how many steps a value may take that is computed when the plan is made: about a second, and some hundred megabytes.
const planBudget = 10_000_000

// evaluate gives the value of an expression that stands in a text; ok is false after a finding.
func (c *compiler) evaluate(n *spec.Node, part spec.Part) (value any, ok bool) {
	e, err := stages.CompileExpr(part.Source, &c.planScope)
	if err != nil {
		c.expressionErrors(n, part.Offset, part.Source, err)
		return nil, false
	}
	if at := impureCall(part.Source); at >= 0 {
		c.errorIn(tokenRange(n, part.Offset, part.Source, at), n, CodePlanValue, "find it out in a stage, or set a var on the command line",
			"this is replaced when the plan is made, which looks neither at the disk nor at the clock")
		return nil, false
	}
	if slices.ContainsFunc(c.badVars, func(name string) bool { return readsField(part.Source, "vars", name) }) {
		return nil, false // reported with the var
	}
	value, err = e.Run(&c.planEnv)
	if err != nil {
		offset := 0
		var at *stages.ExprError
		if errors.As(err, &at) {
			offset = at.Offset
		}
		c.errorIn(tokenRange(n, part.Offset, part.Source, offset), n, CodePlanValue, "", "%s", err)
		return nil, false
	}
	return value, true
}

// template gives the value of a text: of one that is a single ${{ }} the value itself.
func (c *compiler) template(t spec.Template) (value any, ok bool) {
	if part, whole := t.Whole(); whole {
		return c.evaluate(t.Node, part)
	}
	var text []byte
	ok = true
	for _, p := range t.Parts {
		if !p.IsExpr {
			text = append(text, p.Source...)
			continue
		}
		v, good := c.evaluate(t.Node, p)
		ok = ok && good
		text = stages.AppendText(text, v)
	}
	return string(text), ok
}

// text gives a text; fallback if it is not set or has a finding.
func (c *compiler) text(t spec.Text, fallback string) string {
	if !t.IsSet() {
		return fallback
	}
	v, ok := c.template(t.Template)
	if !ok {
		return fallback
	}
	return stages.TextOf(v)
}

// data gives the value of data whose leaves may be ${{ }}.
func (c *compiler) data(n *spec.Node) (value any, ok bool) {
	switch n.Kind {
	case spec.Seq:
		list := make([]any, len(n.Items))
		ok = true
		for i, item := range n.Items {
			v, good := c.data(item)
			list[i], ok = v, ok && good
		}
		return list, ok
	case spec.Map:
		m := make(map[string]any, len(n.Keys))
		ok = true
		for _, e := range n.Keys {
			v, good := c.data(e.Value)
			m[e.Key.Text], ok = v, ok && good
		}
		return m, ok
	case spec.String:
		t, found := spec.ParseTemplate(n, c.read.FindClose)
		if found.HasErrors() {
			return nil, false // reported when the document was read
		}
		return c.template(t)
	}
	v, found := n.Data()
	return v, !found.HasErrors() // reported when the document was read
}

// whole gives the value of the one ${{ }} that stands for a literal.
func (c *compiler) whole(t *spec.Template) (value any, ok bool) {
	part, _ := t.Whole()
	return c.evaluate(t.Node, part)
}

// unfit reports a value that the key does not take.
func (c *compiler) unfit(n *spec.Node, want string, value any) {
	hint := ""
	if _, isFloat := value.(float64); isFloat {
		hint = "div(a, b) divides and rounds down, int(x) cuts off"
	}
	c.errorAt(n, CodePlanValue, hint, "expected %s, the expression gives %s", want, shorten(c.secrets.Mask(string(stages.AppendJSON(nil, value)))))
}

// longestValue is how many bytes of a value a finding shows.
const longestValue = 60

func shortJSON(v any) string { return shorten(string(stages.AppendJSON(nil, v))) }

func shorten(long string) string {
	text := []rune(long)
	if len(text) > longestValue {
		return string(text[:longestValue-1]) + "…"
	}
	return string(text)
}

// count gives a whole number of at least least; fallback if it is not set or has a finding.
func (c *compiler) count(v spec.Count, least, fallback int) int {
	if !v.IsSet() {
		return fallback
	}
	n := v.Value
	if v.Template != nil {
		value, ok := c.whole(v.Template)
		if !ok {
			return fallback
		}
		if n, ok = value.(int); !ok {
			c.unfit(v.Node, "a count", value)
			return fallback
		}
	}
	if n < least {
		c.errorAt(v.Node, spec.CodeBadValue, "", "expected a count of at least %d, found %d", least, n)
		return fallback
	}
	return n
}

// integer gives a whole number; fallback if it has a finding.
func (c *compiler) integer(v spec.Integer, fallback int) int {
	if v.Template == nil {
		return v.Value
	}
	return wholeAs(c, v.Template, v.Node, "a whole number", fallback)
}

// wholeAs gives the value of a template that must be of one type; fallback if it has a finding.
func wholeAs[T any](c *compiler, t *spec.Template, n *spec.Node, what string, fallback T) T {
	value, ok := c.whole(t)
	if !ok {
		return fallback
	}
	typed, ok := value.(T)
	if !ok {
		c.unfit(n, what, value)
		return fallback
	}
	return typed
}

// duration gives a length of time; fallback if it is not set or has a finding.
func (c *compiler) duration(v spec.Duration, fallback time.Duration) time.Duration {
	if !v.IsSet() {
		return fallback
	}
	if v.Template == nil {
		return v.Value
	}
	value, ok := c.whole(v.Template)
	if !ok {
		return fallback
	}
	if text, isText := value.(string); isText {
		if d, err := spec.ParseDuration(text); err == nil {
			return d
		}
	}
	c.unfit(v.Node, "a duration such as 250ms", value)
	return fallback
}

// size gives a number of bytes; fallback if it is not set or has a finding.
func (c *compiler) size(v spec.Size, fallback int) int {
	if !v.IsSet() {
		return fallback
	}
	n := v.Value
	if v.Template != nil {
		value, ok := c.whole(v.Template)
		if !ok {
			return fallback
		}
		if n, ok = sizeOf(value); !ok {
			c.unfit(v.Node, "a size such as 64KiB", value)
			return fallback
		}
	}
	if n > math.MaxInt || n < 1 {
		c.errorAt(v.Node, spec.CodeBadValue, "", "expected a size of at least 1B, found %dB", n)
		return fallback
	}
	return int(n)
}

func sizeOf(value any) (int64, bool) {
	switch v := value.(type) {
	case int:
		return int64(v), v >= 0
	case string:
		n, err := spec.ParseSize(v)
		return n, err == nil
	}
	return 0, false
}

// flag gives true or false; fallback if it is not set or has a finding.
func (c *compiler) flag(v spec.Flag, fallback bool) bool {
	if !v.IsSet() {
		return fallback
	}
	if v.Template == nil {
		return v.Value
	}
	return wholeAs(c, v.Template, v.Node, "true or false", fallback)
}
