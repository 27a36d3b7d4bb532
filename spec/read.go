package spec

import (
	"fmt"
	"reflect"
	"slices"
)

// The Read functions read the value of one key, as the decoder of the Pipeline does: the planner uses them for the options of
// stages. What they return is unset where a finding says why.

// ReadExpression reads an expression, or a mapping or list with expressions as leaves.
func ReadExpression(n *Node, opts Options) (Expression, Diagnostics) {
	return read(n, opts, (*reader).expression)
}

// ReadText reads a text with `${{ }}`.
func ReadText(n *Node, opts Options) (Text, Diagnostics) {
	return read(n, opts, func(r *reader, n *Node) Text { return r.text(n, KindText) })
}

// ReadScript reads a text for a shell.
func ReadScript(n *Node, opts Options) (Script, Diagnostics) {
	return read(n, opts, func(r *reader, n *Node) Script { return Script(r.text(n, KindScript)) })
}

// ReadPlace reads a place.
func ReadPlace(n *Node, opts Options) (Place, Diagnostics) { return read(n, opts, (*reader).place) }

// ReadData reads data. It finds only what no `${{ }}` could mend; Node.Data gives the value of what has none.
func ReadData(n *Node, opts Options) (Data, Diagnostics) { return read(n, opts, (*reader).dataField) }

// ReadCount reads a count, or one of words.
func ReadCount(n *Node, words []string, opts Options) (Count, Diagnostics) {
	return read(n, opts, func(r *reader, n *Node) Count { return r.count(n, words) })
}

// ReadDuration reads a duration.
func ReadDuration(n *Node, opts Options) (Duration, Diagnostics) {
	return read(n, opts, (*reader).duration)
}

// ReadSize reads a size.
func ReadSize(n *Node, opts Options) (Size, Diagnostics) { return read(n, opts, (*reader).size) }

// ReadBool reads true or false.
func ReadBool(n *Node, opts Options) (Flag, Diagnostics) { return read(n, opts, (*reader).boolean) }

// ReadEnum reads one of words.
func ReadEnum(n *Node, words []string, opts Options) (Enum, Diagnostics) {
	return read(n, opts, func(r *reader, n *Node) Enum { return r.enum(n, words) })
}

// ReadName reads a name.
func ReadName(n *Node, opts Options) (Name, Diagnostics) { return read(n, opts, (*reader).name) }

// ReadChain reads a list of stages, which stay as they are.
func ReadChain(n *Node, opts Options) (Chain, Diagnostics) { return read(n, opts, (*reader).chain) }

// ReadPool reads the fields of a pool that stand in a stage.
func ReadPool(n *Node, opts Options) (*Pool, Diagnostics) {
	return read(n, opts, func(r *reader, n *Node) *Pool {
		p := new(Pool)
		p.Node = n
		d := &decoder{reader: r}
		d.structure(n, reflect.ValueOf(p).Elem(), "pool")
		return p
	})
}

func read[T any](n *Node, opts Options, f func(*reader, *Node) T) (T, Diagnostics) {
	r := &reader{opts: opts.withDefaults()}
	v := f(r, n)
	return v, r.found.Sorted()
}

func (r *reader) wrongKind(n *Node, want FieldKind) {
	r.errorAt(n, CodeWrongKind, wrongKindHint(n, want), "expected %s, found %s", want, n.found())
}

// found is what was found, for a finding.
func (n *Node) found() string {
	if n.IsScalar() && n.Text != "" && n.Kind != Null {
		return n.Kind.String() + " " + quoteName(n.Text)
	}
	if n.Kind == Null && n.Text != "" {
		return n.Text
	}
	return n.Kind.String()
}

func (r *reader) expression(n *Node) Expression {
	before := len(r.found)
	r.addAll(n.Accidents(KindExpression))
	if len(r.found) == before && !r.leaves(n) {
		return Expression{}
	}
	return Expression{Node: n}
}

// leaves checks that nothing is empty in an expression.
func (r *reader) leaves(n *Node) bool {
	ok := true
	for _, item := range n.Items {
		ok = r.leaves(item) && ok
	}
	for _, e := range n.Keys {
		ok = r.leaves(e.Value) && ok
	}
	if n.IsScalar() && (n.IsEmpty() || n.Text == "") {
		r.wrongKind(n, KindExpression)
		return false
	}
	return ok
}

func (r *reader) text(n *Node, kind FieldKind) Text {
	r.addAll(n.Accidents(kind))
	if !n.IsScalar() || n.IsEmpty() {
		r.wrongKind(n, kind)
		return Text{}
	}
	return Text{Node: n, Template: r.template(n)}
}

func (r *reader) place(n *Node) Place {
	if !n.IsScalar() || n.Kind != String || n.Text == "" {
		r.wrongKind(n, KindPlace)
		return Place{}
	}
	return Place{Node: n}
}

// dataField checks the leaves of data: their templates are closed, their numbers fit.
func (r *reader) dataField(n *Node) Data {
	switch n.Kind {
	case Seq:
		for _, item := range n.Items {
			r.dataField(item)
		}
	case Map:
		for _, e := range n.Keys {
			r.dataField(e.Value)
		}
	case String:
		r.template(n)
		r.scalar(n)
	default:
		r.scalar(n)
	}
	return Data{Node: n}
}

// whole reads the one `${{ }}` that stands for a value of kind want. done says that the value needs no more reading: it is a
// template, or no scalar, which is a finding.
func (r *reader) whole(n *Node, want FieldKind) (t *Template, done bool) {
	if !n.IsScalar() || n.IsEmpty() {
		r.wrongKind(n, want)
		return nil, true
	}
	if n.Kind != String {
		return nil, false
	}
	before := len(r.found)
	template := r.template(n)
	if template.IsLiteral() {
		return nil, len(r.found) > before
	}
	if _, ok := template.Whole(); !ok {
		r.errorAt(n, CodeWrongKind, "write the whole value as one ${{ }}", "expected %s, found a text with ${{ }} in it", want)
		return nil, true
	}
	return &template, true
}

func (r *reader) count(n *Node, words []string) Count {
	if n.Kind == String && slices.Contains(words, n.Text) {
		return Count{Node: n, Word: n.Text}
	}
	t, done := r.whole(n, KindCount)
	if done {
		return Count{Node: orNil(n, t), Template: t}
	}
	if n.Kind == String && len(words) > 0 {
		r.errorAt(n, CodeBadValue, didYouMean(n.Text, words), "expected a count or %s, found %s", oneOf(words), quoteName(n.Text))
		return Count{}
	}
	v, ok := r.wholeNumber(n, KindCount)
	if ok && v < 0 {
		r.errorAt(n, CodeBadValue, "", "a count is 0 or more, found %d", v)
		ok = false
	}
	if !ok {
		return Count{}
	}
	return Count{Node: n, Value: v}
}

// orNil is the node of a value that was read, nil if it was not.
func orNil(n *Node, t *Template) *Node {
	if t == nil {
		return nil
	}
	return n
}

func (r *reader) wholeNumber(n *Node, want FieldKind) (int, bool) {
	_, ambiguous := ambiguousNumber(n.Text)
	if n.Kind != Int && (!ambiguous || n.Style != Plain) {
		r.wrongKind(n, want)
		return 0, false
	}
	v, ok := r.scalar(n).(int)
	return v, ok
}

func (r *reader) integer(n *Node) Integer {
	t, done := r.whole(n, KindInteger)
	if done {
		return Integer{Node: orNil(n, t), Template: t}
	}
	v, ok := r.wholeNumber(n, KindInteger)
	if !ok {
		return Integer{}
	}
	return Integer{Node: n, Value: v}
}

func (r *reader) duration(n *Node) Duration {
	t, done := r.whole(n, KindDuration)
	if done {
		return Duration{Node: orNil(n, t), Template: t}
	}
	v, err := ParseDuration(n.Text)
	if err != nil {
		r.errorAt(n, CodeBadValue, unitHint(n, "ms, s, m or h", n.Text+"s"), "%s", err)
		return Duration{}
	}
	return Duration{Node: n, Value: v}
}

func (r *reader) size(n *Node) Size {
	t, done := r.whole(n, KindSize)
	if done {
		return Size{Node: orNil(n, t), Template: t}
	}
	v, err := ParseSize(n.Text)
	if err != nil {
		r.errorAt(n, CodeBadValue, unitHint(n, "B, KiB, MiB, GiB, kB, MB or GB", n.Text+"B"), "%s", err)
		return Size{}
	}
	return Size{Node: n, Value: v}
}

func unitHint(n *Node, units, example string) string {
	if n.Kind == Int || n.Kind == Float {
		return fmt.Sprintf("add the unit (%s): %s", units, example)
	}
	return ""
}

func (r *reader) boolean(n *Node) Flag {
	t, done := r.whole(n, KindBool)
	if done {
		return Flag{Node: orNil(n, t), Template: t}
	}
	if n.Kind != Bool {
		hint := ""
		switch n.Text {
		case "yes", "Yes", "YES", "on", "On", "ON", "y", "Y":
			hint = "write true"
		case "no", "No", "NO", "off", "Off", "OFF", "n", "N":
			hint = "write false"
		}
		r.errorAt(n, CodeWrongKind, hint, "expected true or false, found %s", n.found())
		return Flag{}
	}
	return Flag{Node: n, Value: n.Text[0] == 't' || n.Text[0] == 'T'}
}

func (r *reader) enum(n *Node, words []string) Enum {
	if !n.IsScalar() || n.IsEmpty() {
		r.errorAt(n, CodeWrongKind, "", "expected %s, found %s", oneOf(words), n.found())
		return Enum{}
	}
	if reason, hint := refusedWord(n.Text, words); reason != "" {
		r.errorAt(n, CodeBadValue, hint, "%s", reason)
		return Enum{}
	}
	if !slices.Contains(words, n.Text) {
		r.errorAt(n, CodeBadValue, didYouMean(n.Text, words), "expected %s, found %s", oneOf(words), quoteName(n.Text))
		return Enum{}
	}
	return Enum{Node: n, Word: n.Text}
}

func (r *reader) name(n *Node) Name {
	if !n.IsScalar() || n.IsEmpty() {
		r.wrongKind(n, KindName)
		return Name{}
	}
	if !IsName(n.Text) {
		r.errorAt(n, CodeBadName, badNameHint(n.Text), "%s is not a name", quoteName(n.Text))
		return Name{}
	}
	return Name{Node: n, Value: n.Text}
}

func (r *reader) typeName(n *Node) TypeName {
	if !n.IsScalar() || n.IsEmpty() {
		r.wrongKind(n, KindType)
		return TypeName{}
	}
	if !IsName(n.Text) {
		r.errorAt(n, CodeBadValue, "", "%s is not a type", quoteName(n.Text))
		return TypeName{}
	}
	return TypeName{Node: n, Value: n.Text}
}

func (r *reader) chain(n *Node) Chain {
	if n.Kind != Seq {
		hint := ""
		if n.Kind == Map {
			hint = "begin each stage with a dash: - map: …"
		}
		r.errorAt(n, CodeWrongKind, hint, "expected a list of stages, found %s", n.found())
		return Chain{}
	}
	c := Chain{Node: n, Stages: make([]Stage, 0, len(n.Items))}
	for _, item := range n.Items {
		if item.Kind != Map {
			r.errorAt(item, CodeWrongKind, stageHint(item), "expected a stage (a mapping with an operator), found %s", item.found())
			continue
		}
		c.Stages = append(c.Stages, Stage{Node: item})
	}
	return c
}

func (r *reader) lockRef(n *Node) LockRef {
	if n.Kind == Bool {
		return LockRef{Node: n, Own: r.boolean(n).Value}
	}
	name := r.name(n)
	if name.Node == nil {
		return LockRef{}
	}
	return LockRef{Node: n, Name: name.Value}
}

func (r *reader) use(n *Node) Use {
	if n.Kind == Map && len(n.Keys) == 1 {
		return Use{Node: n, Name: r.name(n.Keys[0].Key), Access: r.name(n.Keys[0].Value)}
	}
	if n.Kind != String {
		r.wrongKind(n, KindUse)
		return Use{}
	}
	return Use{Node: n, Name: r.name(n)}
}
