//go:build linux

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// operatorPage is the kind of an operator's page.
const operatorPage = "operator"

// A page is what `explain` knows of a word.
type page struct{ word, kind, text string }

// deadlockPage is about the end of a run in which nobody can go on.
const deadlockPage = `No process of the run can go on any more: each waits for something that only another of them could bring about, and none of them waits for a
while only, for a program, or for anything from outside. The run ends with what it has, where it would have hung; finally still runs.

The lines before the end say who waits for what, since when, who holds it, and at which stage of the spec; --report has them as JSON. What helps:
  a cycle of queues     leave their capacity out: on a cycle a queue is then unbounded
  locks in a circle     take them in one order everywhere: a list (lock: [a, b]) does
  an event, a semaphore or a condition that nobody is left to give: look for the process that should have, and for the way by which it ended
  a barrier             its parties are more than those who come
A timeout at the waiting stage makes it go on by itself. On a run that is under way, mprun why shows the same at any time.`

// pages is all that can be explained but keys.
func pages() []page {
	list := []page{{"deadlock", "exit code 4", deadlockPage}}
	for _, d := range slices.Concat(spec.Codes(), planner.Codes()) {
		list = append(list, page{d.Code, d.Severity.String(), d.Doc})
	}
	for _, op := range stages.Operators() {
		list = append(list, page{op.Name, operatorPage, op.Doc + "\n\n  " + strings.ReplaceAll(op.Example, "\n", "\n  ") + operatorKeys(&op)})
	}
	return list
}

// operatorKeys is what stands behind an operator and beside it.
func operatorKeys(op *stages.Operator) string {
	operand := op.Operand.Doc
	if op.Operand.Kind == stages.PoolField {
		operand += " mprun explain pools has them."
	}
	var options []page
	for _, o := range op.Options {
		options = append(options, page{word: "  " + op.Name + "." + o.Name, text: o.Doc})
	}
	text := "\n"
	if operand != "" {
		text += "\nvalue    " + operand
	}
	if len(options) > 0 {
		text += "\noptions; mprun explain " + op.Name + "." + op.Options[0].Name + " has more\n" + strings.TrimSuffix(pageList(options), "\n")
	}
	return text + "\nbeside   " + strings.Join(stages.GeneralKeys(op.Waits), ", ")
}

func (c *console) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CODE | OPERATOR | KEY]",
		Short: "Explain a finding's code, a deadlock, an operator or a key",
		Long: "Explains the code that stands in brackets behind a finding, what a deadlock is, an operator, its option (read.format), or a key of a\n" +
			"spec (queues.capacity, or just capacity). Without a word it lists what can be explained.",
		Example: "  mprun explain deadlock\n  mprun explain cycle-capacity\n  mprun explain queues.capacity",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var words []string
			for _, p := range pages() {
				words = append(words, p.word)
			}
			for _, k := range keyPages() {
				words = append(words, k.name())
			}
			slices.Sort(words)
			words = slices.Compact(words)
			return words, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.print(everyPage())
			}
			text, err := explain(args[0], pages(), keyPages())
			if err != nil {
				return err
			}
			return c.print(text)
		},
	}
}

// everyPage lists what can be explained; of the keys those at the top of a spec.
func everyPage() string {
	var codes, operators, keys []page
	for _, p := range pages() {
		if p.kind == operatorPage {
			operators = append(operators, p)
		} else {
			codes = append(codes, p)
		}
	}
	for _, k := range keyPages() {
		if len(k.path) == 1 {
			keys = append(keys, page{word: k.path[0], text: k.doc})
		}
	}
	return "Findings, and how a run may end\n" + pageList(codes) + "\nOperators of stages; their options by read.format\n" + pageList(operators) +
		"\nKeys of a spec; those below them by queues, queues.capacity, or capacity alone\n" + pageList(keys)
}

// explain is the pages about a word; where that is the end of several keys, which they are.
func explain(word string, all []page, keys []keyPage) (string, error) {
	wholes, ends := findKeys(word, keys)
	var texts []string
	for _, p := range all {
		if p.word == word {
			texts = append(texts, fmt.Sprintf("%s (%s)\n%s\n", p.word, p.kind, p.text))
		}
	}
	for _, key := range oneEach(wholes) {
		texts = append(texts, keyText(key))
	}
	if len(texts) > 0 {
		return strings.Join(texts, "\n") + alsoKeys(ends), nil
	}
	switch found := oneEach(ends); len(found) {
	case 0:
		return "", noPage(word, all, keys)
	case 1:
		return keyText(found[0]), nil
	default:
		return keysText(word, found), nil
	}
}

// noPage says that there is no page about a word, and of which word there is one.
func noPage(word string, all []page, keys []keyPage) error {
	var words []string
	for _, p := range all {
		words = append(words, p.word)
	}
	for _, k := range keys {
		words = append(words, k.path[len(k.path)-1], k.name())
	}
	hint := cmp.Or(didYouMean(word, words), "mprun explain lists them")
	return usageError{text: fmt.Sprintf("there is no code, no operator and no key %q", word), hint: hint}
}

// pageList is each word with the beginning of its page.
func pageList(all []page) string {
	width := 0
	for _, p := range all {
		width = max(width, len(p.word))
	}
	var b strings.Builder
	for _, p := range all {
		first, _, _ := strings.Cut(p.text, ". ")
		first, _, _ = strings.Cut(first, "\n")
		fmt.Fprintf(&b, "%-*s  %s\n", width, p.word, strings.TrimSuffix(first, "."))
	}
	return b.String()
}
