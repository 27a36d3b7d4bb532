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

// pages is all that can be explained.
func pages() []page {
	list := []page{{"deadlock", "exit code 4", deadlockPage}}
	for _, d := range slices.Concat(spec.Codes(), planner.Codes()) {
		list = append(list, page{d.Code, d.Severity.String(), d.Doc})
	}
	for _, op := range stages.Operators() {
		list = append(list, page{op.Name, "operator", op.Doc + "\n\n  " + strings.ReplaceAll(op.Example, "\n", "\n  ")})
	}
	return list
}

func (c *console) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CODE | OPERATOR]",
		Short: "Explain a finding's code, a deadlock or an operator",
		Long: "Explains the code that stands in brackets behind a finding, what a deadlock is, or an operator. Without a word it lists what can be\n" +
			"explained.",
		Example: "  mprun explain deadlock\n  mprun explain cycle-capacity",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var words []string
			for _, p := range pages() {
				words = append(words, p.word)
			}
			return words, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			all := pages()
			if len(args) == 0 {
				return c.print(pageList(all))
			}
			var words []string
			for _, p := range all {
				if p.word == args[0] {
					return c.print(fmt.Sprintf("%s (%s)\n%s\n", p.word, p.kind, p.text))
				}
				words = append(words, p.word)
			}
			hint := cmp.Or(didYouMean(args[0], words), "mprun explain lists them")
			return usageError{text: fmt.Sprintf("there is no code and no operator %q", args[0]), hint: hint}
		},
	}
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
