package stages

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// extracting is `extract`: the named groups of a regular expression become the fields of a map.
type extracting struct {
	pattern *regexp.Regexp
	groups  []group
	results Column
}

// group is a named group of a regular expression.
type group struct {
	name   string
	number int
}

func buildExtract(b *Builder, stage *Stage) (Node, error) {
	text, err := b.Word(stage.Operand)
	if err != nil {
		return nil, err
	}
	pattern, groups, err := compileGroups(text)
	return &extracting{pattern: pattern, groups: groups}, err
}

// compileGroups compiles a regular expression that has named groups.
func compileGroups(text string) (*regexp.Regexp, []group, error) {
	pattern, err := regexp.Compile(text)
	if err != nil {
		return nil, nil, fmt.Errorf("the regular expression: %w", err)
	}
	var groups []group
	for i, name := range pattern.SubexpNames() {
		if name != "" {
			groups = append(groups, group{name, i})
		}
	}
	if len(groups) == 0 {
		return nil, nil, errors.New("the regular expression has no named group such as (?<name>...)")
	}
	return pattern, groups, nil
}

func (e *extracting) Step(r *Run, in, out *Batch) error {
	e.results.Reset()
	n := min(in.Len(), r.Limit)
	var err error
	for i := 0; i < n && err == nil; i++ {
		var fields map[string]any
		if fields, err = e.match(in.Item(i)); err == nil {
			e.results.Append(fields)
		}
	}
	done := e.results.Len()
	out.EmitColumn(in, &e.results)
	in.Drop(done)
	return before(done, err)
}

func (e *extracting) match(item any) (map[string]any, error) {
	text, ok := item.(string)
	if !ok {
		return nil, Failf("expression", "extract needs text, not %s", aKind(item))
	}
	at := e.pattern.FindStringSubmatchIndex(text)
	if at == nil {
		return nil, Failf("expression", "the regular expression does not match")
	}
	fields := make(map[string]any, len(e.groups))
	for _, g := range e.groups {
		from, to := at[2*g.number], at[2*g.number+1]
		if from >= 0 {
			fields[g.name] = typed(text[from:to])
		} else if _, there := fields[g.name]; !there { // a name may stand in several branches
			fields[g.name] = nil
		}
	}
	return fields, nil
}

// typed is a text as the number that it looks like: an int or a float as JSON writes them (RFC 8259), so that 007 and +1 stay
// text, and so does what fits neither.
func typed(text string) any {
	switch numberKind(text) {
	case KindInt:
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
	case KindFloat:
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return f
		}
	}
	return text
}

// numberKind says whether the text is a number of JSON, and of which kind; else 0.
func numberKind(text string) Kinds {
	i := 0
	digits := func() int {
		start := i
		for i < len(text) && text[i]-'0' <= 9 {
			i++
		}
		return i - start
	}
	if i < len(text) && text[i] == '-' {
		i++
	}
	start := i
	switch n := digits(); {
	case n == 0, n > 1 && text[start] == '0':
		return 0
	case i == len(text):
		return KindInt
	}
	if text[i] == '.' {
		i++
		if digits() == 0 {
			return 0
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < len(text) && (text[i] == '-' || text[i] == '+') {
			i++
		}
		if digits() == 0 {
			return 0
		}
	}
	if i < len(text) {
		return 0
	}
	return KindFloat
}

// inferExtract is the map of the groups.
func inferExtract(stage *Stage, _ *Scope, _ Type) Type {
	src := stage.Operand.Source
	if src == nil {
		return AnyType
	}
	text, ok := src.Value.(string)
	if !ok {
		return AnyType
	}
	_, groups, err := compileGroups(text)
	if err != nil {
		return AnyType
	}
	fields := make([]FieldType, len(groups))
	for i, g := range groups {
		fields[i] = FieldType{Name: g.name, Type: Type{Kinds: KindNull | KindNumber | KindString}}
	}
	return RecordOf(fields...)
}
