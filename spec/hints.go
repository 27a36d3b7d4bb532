package spec

import (
	"slices"
	"strings"
)

// wrongKindHint is the remedy where a value is of another kind than its key takes.
func wrongKindHint(n *Node, want FieldKind) string {
	switch {
	case n.IsEmpty() && n.hasComment():
		return "everything behind # is a comment: put it in quotes if it is the value"
	case n.IsScalar() && !n.IsEmpty() && n.Text == "" && want == KindExpression:
		return "write '\"\"' for an empty text, null for nothing"
	case n.IsEmpty() && (want == KindText || want == KindScript):
		return "write '' for an empty text"
	case n.Kind == Map && n.Style == Flow && jinja(n):
		return "an expression in a text is written ${{ }}"
	case n.Kind == Map && n.Style == Block && n.Range.Start.Line == n.Range.End.Line && (want == KindText || want == KindScript):
		return writeAs(n.src, n.Range)
	case (n.Kind == Map || n.Kind == Seq) && n.Style == Flow && want == KindText && strings.Contains(n.Path(), ".stages"):
		return asTemplate(n)
	case n.Kind == Int && want == KindSize, n.Kind == Int && want == KindDuration:
		return "add the unit"
	case want == KindCount && n.Kind == String && n.Style != Plain && n.Text != "" && strings.Trim(n.Text, "0123456789") == "":
		return "write " + n.Text + ", without quotes"
	case want == KindCount && n.Kind == String && planName(n.Text):
		return "write ${{ " + n.Text + " }}"
	case want == KindStruct && n.Kind == Seq && n.Path() == "processes.stages":
		return "indent stages further, so that it belongs to its process"
	case want == KindStruct && n.Kind == Seq:
		return "write it without the dashes, or without [ ]"
	}
	return ""
}

// planName reports whether a text begins with what can be read everywhere, so that it was probably meant as an expression.
func planName(text string) bool {
	name, _, _ := strings.Cut(text, ".")
	return slices.Contains([]string{"cpus", "vars", "env", "item", "args", "self"}, name)
}

// jinja reports whether a mapping comes of `{{ x }}`. The builder has dropped its key, which is no text, so that the mapping is empty.
func jinja(n *Node) bool {
	return len(n.Keys) == 0 && strings.HasPrefix(n.src.Text(n.Range), "{{")
}

// asTemplate says how a text is written that has the value of a mapping or list of expressions.
func asTemplate(n *Node) string {
	const longest = 60
	text := n.src.Text(n.Range)
	if len(text) > longest || strings.ContainsAny(text, "'\n#$") {
		return ""
	}
	return "for the value of such expressions write '${{ " + text + " }}'"
}

// hasComment reports whether a comment follows on the line of a value.
func (n *Node) hasComment() bool {
	_, ok := commentBehind(n)
	return ok
}

// stageHint is the remedy where a stage is no mapping: mostly the space behind its colon is missing.
func stageHint(n *Node) string {
	if n.Style != Plain {
		return ""
	}
	if key, value, ok := strings.Cut(n.Text, ":"); ok && IsName(key) && value != "" && n.Range.Start.Line == n.Range.End.Line {
		return writeInstead(n.src, n.Range, key+": "+value)
	}
	return ""
}
