//go:build linux

package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/spec"
)

func (c *console) validateCommand() *cobra.Command {
	var format string
	var strict bool
	var files []string
	cmd := &cobra.Command{
		Use:   "validate [spec.yaml ...] [name=value ...]",
		Short: "Check specs and print all findings",
		Long: "Checks specs without running anything, and prints every finding on standard output.\n" +
			"The exit code is 3 if there are errors.",
		Example:           "  mprun validate examples/squares.yaml\n  mprun validate --strict --format github examples/wordcount.yaml",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: specFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("format", format, findingFormats()...); err != nil {
				return err
			}
			return c.validate(args, files, format, strict)
		},
	}
	fileFlag(cmd, &files)
	cmd.Flags().StringVar(&format, "format", "text", "how findings are written: text, json or github")
	completeWords(cmd, "format", findingFormats()...)
	cmd.Flags().BoolVar(&strict, "strict", false, "warnings fail, too")
	return cmd
}

// findingFormats are the words of `validate --format`.
func findingFormats() []string { return []string{"text", "json", "github"} }

// oneOf checks the word of a flag.
func oneOf(flag, word string, words ...string) error {
	for _, w := range words {
		if w == word {
			return nil
		}
	}
	return usageError{text: fmt.Sprintf("--%s takes %s, not %q", flag, choice(words), word), hint: didYouMean(word, words)}
}

// didYouMean is the hint to the word that was probably meant, "" if none is near.
func didYouMean(word string, words []string) string {
	if near := spec.Nearest(word, words); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

// choice writes words as a choice: a, b or c.
func choice(words []string) string {
	text := words[0]
	for i, w := range words[1:] {
		if i == len(words)-2 {
			text += " or " + w
		} else {
			text += ", " + w
		}
	}
	return text
}

func (c *console) validate(args, files []string, format string, strict bool) error {
	inv, err := parseArgs(args, files)
	if err != nil {
		return err
	}
	var all spec.Diagnostics
	var lines strings.Builder
	for _, path := range inv.specs {
		l, err := c.load(path, inv, planner.Options{})
		if err != nil {
			return err
		}
		if l.plan != nil {
			for i := range l.doc.Tests {
				l.found = append(l.found, testErrors(l.doc, l.opts, i)...)
			}
			l.found = l.found.Sorted()
		}
		all = append(all, l.found...)
		if format == "text" {
			w := newFindingsWriter(c.out, l.sources)
			w.out = &lines
			for _, d := range l.found {
				w.finding(d)
			}
		}
	}
	text := lines.String() + summary(all) + "\n"
	switch format {
	case "json":
		if text, err = jsonFindings(all); err != nil {
			return err
		}
	case "github":
		text = gitHubFindings(all)
	}
	if err := c.print(text); err != nil {
		return err
	}
	if all.HasErrors() || strict && len(all) > 0 {
		return exitError{exitSpec}
	}
	return nil
}
