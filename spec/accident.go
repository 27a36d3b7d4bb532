package spec

import "strings"

// Accidents finds where YAML took an expression or a text apart that it parsed nonetheless: a comment right behind it, brackets
// that a flow collection split at commas, a `? :` that became a mapping; and an expression in needless `${{ }}`. Each has the
// mended line as its hint. Kinds whose values cannot be taken apart have none. (A tag, `!x`, is found when the document is built.)
func (n *Node) Accidents(kind FieldKind) Diagnostics {
	r := &reader{}
	switch kind {
	case KindExpression:
		r.expressionAccidents(n)
	case KindText, KindScript, KindCommand:
		r.commentAccident(n)
		if n.inFlow {
			r.splitAccident(n)
		}
	}
	return r.found.Sorted()
}

func (r *reader) expressionAccidents(n *Node) {
	for _, item := range n.Items {
		r.expressionAccidents(item)
	}
	for _, e := range n.Keys {
		if !r.conditionAccident(e, n) {
			r.expressionAccidents(e.Value)
		}
	}
	if n.IsScalar() {
		r.commentAccident(n)
		r.splitAccident(n)
		r.bracesAccident(n)
	}
}

// commentBehind is the comment on the line on which a plain scalar ends.
func commentBehind(n *Node) (Range, bool) {
	if !n.IsScalar() || n.Style != Plain {
		return Range{}, false
	}
	src, p := n.src.Bytes, n.Range.End.Offset
	for isBlank(src, p) {
		p++
	}
	if p >= len(src) || p == 0 || src[p] != '#' || !isBlank(src, p-1) {
		return Range{}, false
	}
	return n.src.Range(p, n.src.lineEnd(n.Range.End.Line)), true
}

func (r *reader) commentAccident(n *Node) {
	comment, ok := commentBehind(n)
	if !ok || n.IsEmpty() {
		return
	}
	all := Range{Start: n.Range.Start, End: comment.End}
	hint := writeAs(n.src, all)
	if n.inFlow {
		hint = "put the value in quotes"
	}
	r.add(Diagnostic{
		Code: CodeComment, Range: comment, Path: n.Path(), Hint: hint + ", or move the comment to a line of its own",
		Summary: "YAML takes everything behind # as a comment, and the value ends before it",
	})
}

// splitAccident finds a leaf of a flow collection whose brackets are not closed, as YAML split it at a comma.
func (r *reader) splitAccident(n *Node) {
	if !n.inFlow || n.Style != Plain || n.parent == nil || openBrackets(n.Text) <= 0 {
		return
	}
	hint := "put the value in quotes"
	if mended, ok := mendFlow(n.src.Text(n.parent.Range)); ok {
		hint = writeInstead(n.src, n.parent.Range, mended)
	}
	r.add(Diagnostic{
		Code: CodeFlow, Range: n.At(), Path: n.Path(), Hint: hint,
		Summary: "inside [ ] and { } YAML splits at commas, and leaves " + quoteName(n.Text),
	})
}

// IsSplitOff reports whether the key is what YAML split off the value before it, at a comma of an expression in a flow mapping:
// `{map: max(a, b)}` has the key `b)`. The accident itself is told of the value.
func (e *Entry) IsSplitOff() bool {
	if !e.Key.inFlow || e.Key.Style != Plain || !e.Value.IsEmpty() {
		return false
	}
	open := 0
	for _, before := range e.Key.parent.Keys {
		switch {
		case before == e:
			return open > 0
		case open > 0:
			open += openBrackets(before.Key.Text)
		}
		if before.Value.IsScalar() && before.Value.Style == Plain {
			open = max(open, 0) + openBrackets(before.Value.Text)
		}
	}
	return false
}

// openBrackets is how many parentheses and brackets of an expression are open at its end, outside of strings.
func openBrackets(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case '\'', '"', '`':
			n := stringLen(text[i:])
			if n < 0 {
				return depth
			}
			i += n - 1
		}
	}
	return depth
}

// conditionAccident finds `a ? b : c` that stands where a mapping may begin, and so became {"a ? b": c}.
func (r *reader) conditionAccident(e *Entry, parent *Node) bool {
	if e.Key.Style != Plain || parent.Style != Block || !strings.Contains(e.Key.Text, " ? ") || e.Key.Range.Start.Offset > e.Value.Range.End.Offset {
		return false
	}
	all := Range{Start: e.Key.Range.Start, End: e.Value.Range.End}
	r.add(Diagnostic{
		Code: CodeColon, Range: all, Path: parent.Path(), Hint: writeAs(parent.src, all),
		Summary: "YAML takes what stands before the colon as a key",
	})
	return true
}

// bracesAccident finds an expression that is written as a text would be.
func (r *reader) bracesAccident(n *Node) {
	inner, ok := strings.CutPrefix(strings.TrimSpace(n.Text), openBraces)
	if !ok || FindClose(inner) != len(inner)-len(closeBraces) {
		return
	}
	inner = strings.TrimSpace(strings.TrimSuffix(inner, closeBraces))
	if !plainSafe(inner, n.inFlow) {
		inner = quoteYAML(inner)
	}
	r.errorAt(n, CodeBraces, writeInstead(n.src, n.Range, inner), "this is an expression already, and is written without ${{ }}")
}
