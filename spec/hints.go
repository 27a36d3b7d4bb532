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
	case want == KindCount && n.Kind == Float && strings.HasSuffix(n.Path(), "limits.cpus"):
		return "it is the number of processors that it runs on; to leave others their part there is nice"
	case want == KindCount && n.Kind == String && planName(n.Text):
		return "write ${{ " + n.Text + " }}"
	case want == KindStruct && n.Kind == Seq && n.Path() == "processes.stages":
		return "indent stages further, so that it belongs to its process"
	case want == KindStruct && n.parent.Path() == "processes" && n.Kind == Seq:
		return "stages stand under a key of the process, as in {stages: [...]}"
	case want == KindStruct && n.parent.Path() == "processes" && n.Kind == String && n.Style == Plain:
		return "write {command: " + shortened(n.Text) + "}"
	case want == KindStruct && n.Kind == Seq && !slices.ContainsFunc(n.Items, (*Node).IsScalar):
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

// shortened is a text of the document for a hint.
func shortened(text string) string {
	return strings.Trim(quoteName(text), `"`)
}

// mappingHint is the remedy where a list stands for a mapping from names: NAME=value is a pair, names are what shall be defined.
func mappingHint(n *Node, elem *Type) string {
	const most = 3
	var pairs []string
	for i, item := range n.Items {
		name, value, isPair := strings.Cut(item.Text, "=")
		switch {
		case !item.IsScalar():
			return "give each a name: NAME: …"
		case i == most:
			pairs = append(pairs, "…")
		case i > most:
		case isPair:
			pairs = append(pairs, name+": "+quoteYAML(value))
		case elem.Kind == KindStruct && IsName(name):
			pairs = append(pairs, name+": {}")
		default:
			return "give each a name: NAME: …"
		}
	}
	if len(pairs) == 0 {
		return "an empty one is {}"
	}
	return "write {" + strings.Join(pairs, ", ") + "}"
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

// stageHint is the remedy where a stage is no mapping: mostly the colon or the space behind it is missing.
func stageHint(n *Node) string {
	if n.Style != Plain {
		return ""
	}
	if name, argument, isCall := strings.Cut(strings.TrimSuffix(n.Text, ")"), "("); isCall && IsName(name) && n.Text != name {
		return writeInstead(n.src, n.Range, name+": "+argument)
	}
	if IsName(n.Text) {
		return writeInstead(n.src, n.Range, n.Text+":")
	}
	if key, value, ok := strings.Cut(n.Text, ":"); ok && IsName(key) && value != "" && n.Range.Start.Line == n.Range.End.Line {
		return writeInstead(n.src, n.Range, key+": "+value)
	}
	return ""
}
