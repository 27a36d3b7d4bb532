package stages

import (
	"slices"
	"strings"
)

// Batches are invisible: results, order and effects are those of item after item. Two effects on a batch would come all of one and
// then all of the other; and an effect on a whole batch would be ahead of an item that fails or ends the stream behind it. Where a
// chain has such a place, its items go one by one.

// Narrow says whether items must go through a chain one by one: it has two stages that change something outside, or one that does
// before a stage that may fail or end the stream, or takes from a queue before a stage that may end the stream; or it reads a value or an
// array that it changes.
func Narrow(stages []Stage) bool {
	if readsOwn(stages) {
		return true
	}
	effect, taking := false, false
	for _, stage := range inline(stages) {
		op := Lookup(stage.Op)
		if op == nil {
			return true
		}
		acts := hasEffect(stage, op)
		if effect && (acts || !isPure(stage, op)) || taking && mayEnd(stage, op) {
			return true
		}
		effect = effect || acts
		taking = taking || op.Takes
	}
	return false
}

// inline is the stages of a chain, with those of used chains in the place of what uses them.
func inline(stages []Stage) []*Stage {
	list := make([]*Stage, 0, len(stages))
	for i := range stages {
		if stage := &stages[i]; stage.Op == useName && isBare(stage) {
			list = append(list, inline(stage.Operand.Stages)...)
		} else {
			list = append(list, stage)
		}
	}
	return list
}

// limitSteps says how many rows each stage of a chain may emit in a step: one by one where the chain is narrow, and before stages that
// take rows one by one for a long time, so that no more is taken from a queue than is being worked on and commits in between need
// not write down many waiting rows; else block.
func limitSteps(links []*link, narrow bool, block int) {
	single := false
	for i := len(links) - 1; i >= 0; i-- {
		links[i].limit = block
		if narrow || single {
			links[i].limit = 1
		}
		single = single || isSingle(links[i].stage)
	}
}

// hasEffect says whether something outside of the chain changes with an item.
func hasEffect(stage *Stage, op *Operator) bool {
	return op.Effect || slices.ContainsFunc(chainsOf(stage), anyEffect)
}

func anyEffect(stages []Stage) bool {
	return slices.ContainsFunc(stages, func(s Stage) bool {
		op := Lookup(s.Op)
		return op == nil || hasEffect(&s, op)
	})
}

// isPure says whether no item can fail in the stage or end the stream.
func isPure(stage *Stage, op *Operator) bool {
	if !op.Pure || stage.When != nil || stage.Timeout != nil || !isSafe(&stage.Operand) {
		return false
	}
	for _, f := range stage.Options {
		if !isSafe(&f) {
			return false
		}
	}
	return !slices.ContainsFunc(chainsOf(stage), func(stages []Stage) bool {
		return slices.ContainsFunc(stages, func(s Stage) bool {
			inner := Lookup(s.Op)
			return inner == nil || !isPure(&s, inner)
		})
	})
}

// isSafe says whether computing the field cannot fail on any item: it is the same for all, or the item itself.
func isSafe(f *Field) bool {
	for i := range f.Sources {
		if !isSafeSource(&f.Sources[i]) {
			return false
		}
	}
	for i := range f.Branches {
		if f.Branches[i].When != nil {
			return false
		}
	}
	return f.Source == nil || isSafeSource(f.Source)
}

func isSafeSource(src *Source) bool {
	switch src.Kind {
	case SourceLiteral:
		return true
	case SourceExpr:
		return isItem(src.Text)
	case SourceText:
		return !slices.ContainsFunc(src.Parts, func(p TextPart) bool { return p.Expr && !isItem(p.Text) })
	default:
		return !slices.ContainsFunc(src.Items, func(s Source) bool { return !isSafeSource(&s) })
	}
}

// isItem says whether an expression is nothing but the item.
func isItem(text string) bool { return strings.TrimSpace(text) == "item" }

// mayEnd says whether the stage may end the stream before its source does.
func mayEnd(stage *Stage, op *Operator) bool {
	return op.Ends || endsBy(stage.OnError) || endsBy(stage.OnTimeout) || endsWithin(stage)
}

// endsWithin says whether the stage ends its stream when a chain inside of it does: `use`, and `route` when all of them have.
func endsWithin(stage *Stage) bool {
	if stage.Op != useName && stage.Op != "route" {
		return false
	}
	return slices.ContainsFunc(chainsOf(stage), func(stages []Stage) bool {
		return slices.ContainsFunc(stages, func(s Stage) bool {
			inner := Lookup(s.Op)
			return inner == nil || mayEnd(&s, inner)
		})
	})
}

func endsBy(h *Handler) bool { return h != nil && h.Then == ThenEnd }

// isSingle says whether rows are worked on one by one, with commits or waits in between.
func isSingle(stage *Stage) bool {
	op := Lookup(stage.Op)
	if op == nil || op.Single || op.Source {
		return true
	}
	return slices.ContainsFunc(chainsOf(stage), func(stages []Stage) bool {
		return slices.ContainsFunc(stages, func(s Stage) bool { return isSingle(&s) })
	})
}

// chainsOf is the chains inside of a stage, without its handlers: those run when all that came before has been worked off.
func chainsOf(stage *Stage) [][]Stage {
	var chains [][]Stage
	add := func(f Field) {
		if f.Stages != nil {
			chains = append(chains, f.Stages)
		}
		for i := range f.Branches {
			chains = append(chains, f.Branches[i].Stages)
		}
	}
	add(stage.Operand)
	for _, f := range stage.Options {
		add(f)
	}
	return chains
}
