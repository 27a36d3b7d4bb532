//go:build linux

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mprun/mprun/planner"
)

func (c *console) planCommand() *cobra.Command {
	var format string
	var opts planner.Options
	var files []string
	cmd := &cobra.Command{
		Use:   "plan [spec.yaml] [name=value ...]",
		Short: "Print what a spec would run, in what order, with types and memory",
		Long: "Prints what a spec would run: processes in the order of their start, the stages with the types of their items, and queues with\n" +
			"who writes and reads them. The same spec gives the same bytes.",
		Example:           "  mprun plan examples/squares.yaml\n  mprun plan examples/squares.yaml n=10 -o json",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: specFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("output", format, textOrJSON()...); err != nil {
				return err
			}
			plan, err := c.compile(cmd, args, files, opts)
			if err != nil {
				return err
			}
			if format == "text" {
				return c.print(planText(plan))
			}
			text, err := plan.JSON()
			if err != nil {
				return err
			}
			return c.print(string(text))
		},
	}
	outputFlag(cmd, &format, "the plan")
	planFlags(cmd, &opts, &files)
	return cmd
}

// textOrJSON are the words of several flags.
func textOrJSON() []string { return []string{"text", "json"} }

// outputFlag is the flag of verbs that write what they have to say for people or as JSON.
func outputFlag(cmd *cobra.Command, format *string, what string) {
	cmd.Flags().StringVarP(format, "output", "o", "text", "how "+what+" is written: text or json")
	completeWords(cmd, "output", textOrJSON()...)
}

// planFlags are the flags that a plan depends on.
func planFlags(cmd *cobra.Command, opts *planner.Options, files *[]string) {
	fileFlag(cmd, files)
	cmd.Flags().Int64Var(&opts.Seed, "seed", 0, "seed of random()")
	cmd.Flags().IntVar(&opts.BlockItems, "block-items", 0, "most items of a batch; 0 leaves it to mprun")
}

// compile loads the spec that the arguments name; findings go to standard error.
func (c *console) compile(cmd *cobra.Command, args, files []string, opts planner.Options) (*planner.Plan, error) {
	inv, err := parseArgs(args, files)
	if err != nil {
		return nil, err
	}
	path, err := inv.one(cmd)
	if err != nil {
		return nil, err
	}
	if opts.BlockItems < 0 {
		return nil, usageError{text: fmt.Sprintf("--block-items is 0 or more, not %d", opts.BlockItems)}
	}
	l, err := c.load(path, inv, opts)
	if err != nil {
		return nil, err
	}
	if len(l.found) > 0 {
		newFindingsWriter(c.err, l.sources).write(l.found)
	}
	if l.plan == nil {
		return nil, exitError{exitSpec}
	}
	if path == "-" {
		return l.plan, stdinTaken(l.plan)
	}
	return l.plan, nil
}

// stdinTaken refuses processes that read standard input where the spec itself came from it.
func stdinTaken(plan *planner.Plan) error {
	for i := range plan.Processes {
		if p := &plan.Processes[i]; p.Stdin.Kind == "inherit" {
			return usageError{
				text: fmt.Sprintf("the spec came from standard input, so that process %s cannot read it", p.Name),
				hint: "put the spec into a file",
			}
		}
	}
	return nil
}
