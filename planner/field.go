package planner

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// decodeField decodes an operand or option as its definition says; ok is false after a finding.
func (c *compiler) decodeField(e *spec.Entry, def *stages.FieldDef) (f stages.Field, ok bool) {
	n := e.Value
	if def.Later != "" {
		c.notAvailable(e, e.Key.Text)
		return f, false
	}
	if def.LaterForms != "" && !isPlainForm(n, def) {
		c.errorAt(n, CodeNotAvailable, "", "this version of mprun cannot run this form of %q yet: %s", e.Key.Text, def.LaterForms)
		return f, false
	}
	switch def.Kind {
	case stages.PlacesField:
		f.Places, ok = c.decodePlaces(n, def.Values)
	case stages.AwaitedField:
		return c.decodeAwaited(n, def.Values)
	case stages.ChainField:
		f.Stages, ok = c.decodeChain(n)
	case stages.PoolField:
		f.Source, ok = c.decodePool(n)
	case stages.ChainsField:
		f.Branches, ok = c.decodeChains(n)
	case stages.BranchesField:
		f.Branches, ok = c.decodeBranches(n)
	case stages.TextListField:
		f.Sources, ok = c.decodeTexts(n)
	case stages.CommandField:
		f.Sources, ok = c.decodeCommand(n)
	case stages.EnumField:
		var word spec.Enum
		if word, ok = accept(c, n, func(n *spec.Node, o spec.Options) (spec.Enum, spec.Diagnostics) {
			return spec.ReadEnum(n, def.Values, o)
		}); !ok {
			return f, false
		}
		if slices.Contains(def.LaterWords, word.Word) {
			c.errorAt(n, CodeNotAvailable, "", "this version of mprun cannot run %s: %s yet", e.Key.Text, word.Word)
			return f, false
		}
		f.Source = literal(word.Word, n)
	case stages.EmitField:
		f.Source, ok = c.decodeEmit(n, def)
	default:
		if def.Kind == stages.CountField && n.IsScalar() && slices.Contains(def.Values, n.Text) {
			f.Source, ok = literal(n.Text, n), true
			break
		}
		f.Source, ok = c.decodeSource(n, def.Kind)
	}
	if ok && def.Kind == stages.TextField {
		c.warnPlaceholders(n, e.Key.Text)
	}
	if ok && def.Positive {
		ok = c.isPositive(n, def.Kind)
	}
	if ok && def.List && n.Kind != spec.Seq && n.Kind != spec.Null && !strings.Contains(n.Text, "${{") {
		c.errorAt(n, spec.CodeWrongKind, "a list of one is [x]", "expected a list, found %s", n.Kind)
		ok = false
	}
	if ok && def.Map && n.Kind != spec.Map && n.Kind != spec.Null && !strings.Contains(n.Text, "${{") {
		c.errorAt(n, spec.CodeWrongKind, "as in: {NAME: value}", "expected a mapping, found %s", n.Kind)
		ok = false
	}
	if ok && def.Filled {
		ok = c.isFilled(n)
	}
	if ok && def.Most > 0 {
		if v, isCount := f.Source.Value.(int); isCount && v > def.Most {
			c.errorAt(n, spec.CodeBadValue, "", "expected a count of at most %d, found %d", def.Most, v)
			ok = false
		}
	}
	return f, ok
}

// isPlainForm says whether a value is written in the plainest of the ways that its kind allows.
func isPlainForm(n *spec.Node, def *stages.FieldDef) bool {
	switch def.Kind {
	case stages.PlacesField:
		return n.Kind != spec.Seq
	}
	return n.IsScalar()
}

// accept reads a value, and reports what is wrong with it.
func accept[T any](c *compiler, n *spec.Node, read func(*spec.Node, spec.Options) (T, spec.Diagnostics)) (T, bool) {
	v, found := read(n, c.read)
	c.add(found...)
	return v, !found.HasErrors()
}

// decodeSource decodes the kinds of field that a single Source holds.
func (c *compiler) decodeSource(n *spec.Node, kind stages.FieldKind) (*stages.Source, bool) {
	switch kind {
	case stages.ExpressionField:
		if _, ok := accept(c, n, spec.ReadExpression); ok {
			return c.expression(n), true
		}
	case stages.TextField:
		if t, ok := accept(c, n, spec.ReadText); ok {
			return c.textSource(t.Template), true
		}
	case stages.DataField:
		if _, ok := accept(c, n, spec.ReadData); ok {
			return c.dataSource(n), true
		}
	case stages.CountField:
		if v, ok := accept(c, n, readCount); ok {
			return c.orTemplate(n, v.Template, v.Value), true
		}
	case stages.DurationField:
		if v, ok := accept(c, n, spec.ReadDuration); ok {
			return c.orTemplate(n, v.Template, v.Value), true
		}
	case stages.SizeField:
		if v, ok := accept(c, n, spec.ReadSize); ok {
			return c.orTemplate(n, v.Template, int(v.Value)), true
		}
	case stages.BoolField:
		if v, ok := accept(c, n, spec.ReadBool); ok {
			return c.orTemplate(n, v.Template, v.Value), true
		}
	case stages.NameField:
		if v, ok := accept(c, n, spec.ReadName); ok {
			return literal(v.Value, n), true
		}
	case stages.ScriptField:
		return c.decodeScript(n)
	case stages.RegexpField:
		return c.decodeRegexp(n)
	case stages.HeaderField:
		return c.decodeHeader(n)
	case stages.MatrixField:
		return c.decodeMatrix(n)
	case stages.RangedField:
		return c.decodeRanged(n)
	case stages.BatchedField:
		return c.decodeBatched(n)
	case stages.RateField:
		return c.decodeRate(n)
	}
	return nil, false
}

func readCount(n *spec.Node, opts spec.Options) (spec.Count, spec.Diagnostics) {
	return spec.ReadCount(n, nil, opts)
}

func (c *compiler) decodeTexts(n *spec.Node) ([]stages.Source, bool) {
	nodes := []*spec.Node{n}
	if n.Kind == spec.Seq {
		if nodes = n.Items; len(nodes) == 0 {
			c.errorAt(n, spec.CodeWrongKind, "", "expected a text or a list of texts, found an empty list")
			return nil, false
		}
	}
	texts := make([]stages.Source, len(nodes))
	ok := true
	for i, node := range nodes {
		t, good := accept(c, node, spec.ReadText)
		if good {
			c.fillText(&texts[i], t.Template)
			c.warnPlaceholders(node, "")
		}
		ok = ok && good
	}
	return texts, ok
}

func (c *compiler) decodeCommand(n *spec.Node) ([]stages.Source, bool) {
	command, ok := accept(c, n, spec.ReadCommand)
	if !ok {
		return nil, false
	}
	c.warnWords(n, command)
	words := make([]stages.Source, len(command.Words))
	for i, w := range command.Words {
		c.fillText(&words[i], w)
	}
	return words, true
}

// decodeScript decodes a script for the shell. What it may hold of the run is checked when the names are known.
func (c *compiler) decodeScript(n *spec.Node) (*stages.Source, bool) {
	script, ok := accept(c, n, spec.ReadScript)
	if !ok {
		return nil, false
	}
	if strings.TrimSpace(n.Text) == "" {
		c.errorAt(n, spec.CodeWrongKind, "", "expected a script, found an empty text")
		return nil, false
	}
	c.warnScript(n)
	return c.textSource(script.Template), true
}

func (c *compiler) decodeRegexp(n *spec.Node) (*stages.Source, bool) {
	if !n.IsScalar() || n.IsEmpty() {
		c.errorAt(n, spec.CodeWrongKind, "", "expected a regular expression, found %s", n.Kind)
		return nil, false
	}
	found := n.Accidents(spec.KindText)
	c.add(found...)
	if found.HasErrors() {
		return nil, false
	}
	re, err := regexp.Compile(n.Text)
	var bad *syntax.Error
	if errors.As(err, &bad) {
		at := n.At()
		if i := strings.Index(n.Text, bad.Expr); i >= 0 && bad.Expr != "" {
			at = n.RangeAt(i, i+len(bad.Expr))
		}
		c.errorIn(at, n, CodeRegexp, regexpHint(bad), "%s: %q", bad.Code, bad.Expr)
		return nil, false
	}
	if !slices.ContainsFunc(re.SubexpNames(), func(name string) bool { return name != "" }) {
		c.errorAt(n, CodeRegexp, "a named group, (?<name>…), gives a field", "the regular expression has no named group, so that it would give nothing")
		return nil, false
	}
	return literal(n.Text, n), true
}

// regexpHint helps where RE2 lacks what other engines have.
func regexpHint(err *syntax.Error) string {
	switch {
	case strings.HasPrefix(err.Expr, "(?=") || strings.HasPrefix(err.Expr, "(?!") || strings.HasPrefix(err.Expr, "(?<=") || strings.HasPrefix(err.Expr, "(?<!"):
		return "there is no looking ahead or behind; use a filter stage"
	case err.Code == syntax.ErrInvalidEscape:
		return "there are no references back to groups; \\d \\w \\s \\b are there"
	}
	return ""
}

// decodeHeader decodes true, false or a list of names.
func (c *compiler) decodeHeader(n *spec.Node) (*stages.Source, bool) {
	if n.Kind == spec.Seq {
		if len(n.Items) == 0 {
			c.errorAt(n, spec.CodeBadValue, "without a header it is false", "expected the columns' names, found an empty list")
			return nil, false
		}
		names := make([]any, len(n.Items))
		for i, item := range n.Items {
			if !item.IsScalar() || item.IsEmpty() {
				c.errorAt(item, spec.CodeWrongKind, "", "expected the name of a column, found %s", item.Kind)
				return nil, false
			}
			if slices.Contains(names[:i], any(item.Text)) {
				c.errorAt(item, spec.CodeBadValue, "", "a column is there twice: %s", shortJSON(item.Text))
				return nil, false
			}
			names[i] = item.Text
		}
		return literal(names, n), true
	}
	if n.Kind != spec.Bool {
		c.errorAt(n, spec.CodeWrongKind, "", "expected true, false or a list of the columns' names, found %s", n.Kind)
		return nil, false
	}
	v, ok := accept(c, n, spec.ReadBool)
	return literal(v.Value, n), ok
}

// decodeRanged decodes a stop, or a list of start, stop and step: expressions.
func (c *compiler) decodeRanged(n *spec.Node) (*stages.Source, bool) {
	if n.Kind == spec.Map || n.Kind == spec.Seq && (len(n.Items) < 1 || len(n.Items) > 3) {
		c.errorAt(n, spec.CodeWrongKind, "", "expected a stop or [start, stop, step], found %s", rangedFound(n))
		return nil, false
	}
	if _, ok := accept(c, n, spec.ReadExpression); !ok {
		return nil, false
	}
	for _, bound := range n.Items {
		if !bound.IsScalar() {
			c.errorAt(bound, spec.CodeWrongKind, "", "expected a whole number or an expression that gives one, found %s", bound.Kind)
			return nil, false
		}
	}
	const step = 2
	if len(n.Items) > step && n.Items[step].Text == "0" {
		c.errorAt(n.Items[step], spec.CodeBadValue, "", "the step of a range cannot be 0")
		return nil, false
	}
	return c.expression(n), true
}

// decodeMatrix decodes a mapping of lists, keeping their order.
func (c *compiler) decodeMatrix(n *spec.Node) (*stages.Source, bool) {
	if n.Kind != spec.Map || len(n.Keys) == 0 {
		found := n.Kind.String()
		if n.Kind == spec.Map {
			found = "an empty one"
		}
		c.errorAt(n, spec.CodeWrongKind, "as in: {size: [1, 2], colour: [red, blue]}", "expected a mapping of lists, found %s", found)
		return nil, false
	}
	if _, ok := accept(c, n, spec.ReadData); !ok {
		return nil, false
	}
	ok := true
	for _, e := range n.Keys {
		if v := e.Value; v.Kind != spec.Seq && !c.isOneExpression(v) {
			c.errorAt(v, spec.CodeWrongKind, "a list of one is [x]", "expected a list for %s, found %s", e.Key.Text, v.Kind)
			ok = false
		}
	}
	s := &stages.Source{Pos: posOf(n)}
	fillElements(s, n, c.fillData)
	return s, ok
}

// isOneExpression says whether a value is one ${{ }} and nothing else, which gives a value of any kind.
func (c *compiler) isOneExpression(n *spec.Node) bool {
	if n.Kind != spec.String {
		return false
	}
	t, found := spec.ParseTemplate(n, c.read.FindClose)
	return !found.HasErrors() && len(t.Parts) == 1 && t.Parts[0].IsExpr
}

func rangedFound(n *spec.Node) string {
	if n.Kind == spec.Seq {
		return "a list of " + shortJSON(len(n.Items))
	}
	return n.Kind.String()
}

// decodeEmit decodes one of the words, or a duration.
func (c *compiler) decodeEmit(n *spec.Node, def *stages.FieldDef) (*stages.Source, bool) {
	if slices.Contains(def.Values, n.Text) && n.IsScalar() {
		return literal(n.Text, n), true
	}
	if _, err := spec.ParseDuration(n.Text); n.IsScalar() && err != nil && !strings.HasPrefix(n.Text, "${{") {
		c.errorAt(n, spec.CodeBadValue, didYouMean(n.Text, def.Values), "expected %s, found %s", orList(append(slices.Clone(def.Values), "a duration such as 10s")), shortJSON(n.Text))
		return nil, false
	}
	return c.decodeSource(n, stages.DurationField)
}

// decodeRate decodes so many in a time.
func (c *compiler) decodeRate(n *spec.Node) (*stages.Source, bool) {
	text, ok := c.decodeSource(n, stages.TextField)
	if !ok || strings.Contains(n.Text, "${{") {
		return text, ok
	}
	if _, err := stages.ParseRate(n.Text); err != nil {
		c.errorAt(n, spec.CodeBadValue, "", "%s, found %s", err, shortJSON(n.Text))
		return nil, false
	}
	return text, true
}

// isPositive finds durations and sizes of nothing.
func (c *compiler) isPositive(n *spec.Node, kind stages.FieldKind) bool {
	if n.Kind == spec.Map {
		every := n.Get("every")
		return every == nil || c.isPositive(every.Value, kind)
	}
	if kind == stages.SizeField {
		if size, found := spec.ReadSize(n, c.read); !found.HasErrors() && size.Template == nil && size.Value == 0 {
			c.errorAt(n, spec.CodeBadValue, "", "expected a size above 0B, found %s", n.Text)
			return false
		}
		return true
	}
	if d, err := spec.ParseDuration(n.Text); err == nil && d == 0 {
		c.errorAt(n, spec.CodeBadValue, "", "expected a duration above 0s, found %s", n.Text)
		return false
	}
	return true
}

// isFilled reports texts, alone or in a list, that are empty.
func (c *compiler) isFilled(n *spec.Node) bool {
	for _, item := range n.Items {
		if !c.isFilled(item) {
			return false
		}
	}
	if n.IsScalar() && n.Text == "" {
		c.errorAt(n, spec.CodeBadValue, "", "expected a path, found an empty text")
		return false
	}
	return true
}

// decodeBatched decodes a count, a duration, or a mapping of both.
func (c *compiler) decodeBatched(n *spec.Node) (*stages.Source, bool) {
	if n.Kind == spec.Int && n.Text == "0" {
		c.errorAt(n, spec.CodeBadValue, "", "a batch of 0 items is never full")
		return nil, false
	}
	if n.Kind == spec.Int || strings.HasPrefix(n.Text, "${{") {
		return c.decodeSource(n, stages.CountField)
	}
	if n.Kind != spec.Map {
		return c.decodeSource(n, stages.DurationField)
	}
	if len(n.Keys) == 0 {
		c.errorAt(n, spec.CodeMissingKey, "", "batch needs count, or every, or both")
		return nil, false
	}
	s := &stages.Source{Kind: stages.SourceMap, Pos: posOf(n)}
	ok := true
	for _, e := range n.Keys {
		kind := stages.CountField
		switch e.Key.Text {
		case "every":
			kind = stages.DurationField
		case "count":
		default:
			c.errorIn(e.Key.At(), e.Value, spec.CodeUnknownKey, "batch takes count and every", "there is no key %q here", e.Key.Text)
			ok = false
			continue
		}
		value, good := c.decodeSource(e.Value, kind)
		if ok = ok && good; good {
			s.Keys, s.Items = append(s.Keys, e.Key.Text), append(s.Items, *value)
		}
	}
	return s, ok
}
