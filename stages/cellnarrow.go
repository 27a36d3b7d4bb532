package stages

import (
	"slices"
	"strings"
)

// A chain sees what it has stored and added itself, so that where it reads what it changes, a batch of changes would come before, or behind,
// all of the reads of the batch. Such items go one by one. Who only adds, or only reads, notices nothing.

// readsOwn says whether a chain, with all that is in it, reads a value or an array that it changes.
func readsOwn(list []Stage) bool {
	changed := changedCells(nil, list)
	return len(changed) > 0 && slices.ContainsFunc(list, func(s Stage) bool { return readsAny(&s, changed) })
}

// changedCells adds the names of the values and arrays that stages change.
func changedCells(names []string, list []Stage) []string {
	for i := range list {
		s := &list[i]
		for _, p := range s.Operand.Places {
			if p.changes(s.Op) {
				names = append(names, p.Name)
			}
		}
		for _, inner := range allChainsOf(s) {
			names = changedCells(names, inner)
		}
	}
	return names
}

// changes says whether a stage changes the value or the array that the place is in.
func (p *Place) changes(op string) bool {
	return (p.Kind == "value" || p.Kind == "array") && (op == "store" || op == "add" || op == "apply")
}

// allChainsOf is the chains inside of a stage, those of its handlers included.
func allChainsOf(s *Stage) [][]Stage {
	chains := chainsOf(s)
	for _, h := range []*Handler{s.OnError, s.OnTimeout} {
		if h != nil {
			chains = append(chains, h.Do)
		}
	}
	return chains
}

// readsAny says whether any expression of a stage, or of a chain in it, reads one of names.
func readsAny(s *Stage, names []string) bool {
	reads := func(src *Source) bool { return src != nil && src.mentions(names) }
	if reads(s.When) || reads(s.Timeout) || s.Retry != nil && (reads(s.Retry.Times) || reads(s.Retry.Backoff) || reads(s.Retry.MaxBackoff)) {
		return true
	}
	if fieldReads(&s.Operand, names) {
		return true
	}
	for _, f := range s.Options {
		if fieldReads(&f, names) {
			return true
		}
	}
	return slices.ContainsFunc(allChainsOf(s), func(inner []Stage) bool {
		return slices.ContainsFunc(inner, func(s Stage) bool { return readsAny(&s, names) })
	})
}

// fieldReads says whether an expression of a field reads one of names; chains in it are not looked into.
func fieldReads(f *Field, names []string) bool {
	if f.Source != nil && f.Source.mentions(names) {
		return true
	}
	mentions := func(src Source) bool { return src.mentions(names) }
	return slices.ContainsFunc(f.Sources, mentions) ||
		slices.ContainsFunc(f.Places, func(p Place) bool { return slices.ContainsFunc(p.Index, mentions) }) ||
		slices.ContainsFunc(f.Branches, func(b Branch) bool { return b.When != nil && b.When.mentions(names) })
}

// mentions says whether one of names stands in an expression of the Source where a name may be read: not as a field. What is in quotes, or
// hidden by a name of the expression's own, counts as well.
func (src *Source) mentions(names []string) bool {
	switch src.Kind {
	case SourceExpr:
		return slices.ContainsFunc(names, func(name string) bool { return mentionsName(src.Text, name) })
	case SourceText:
		return slices.ContainsFunc(src.Parts, func(p TextPart) bool {
			return p.Expr && slices.ContainsFunc(names, func(name string) bool { return mentionsName(p.Text, name) })
		})
	}
	return slices.ContainsFunc(src.Items, func(s Source) bool { return s.mentions(names) })
}

func mentionsName(text, name string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return false
		}
		start := from + i
		end := start + len(name)
		from = end
		if start > 0 && isNameByte(text[start-1]) || end < len(text) && isNameByte(text[end]) {
			continue
		}
		before := strings.TrimRight(text[:start], " \t\n")
		if !strings.HasSuffix(before, ".") || strings.HasSuffix(before, "..") { // 1..n is a range
			return true
		}
	}
}
