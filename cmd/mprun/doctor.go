//go:build linux

package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mprun/mprun/runtime"
)

func (c *console) doctorCommand() *cobra.Command {
	var id, format string
	cmd := &cobra.Command{
		Use:   "doctor [kept.arena]",
		Short: "Check the shared memory of a live run, or one that was kept",
		Long: "Looks over the shared memory of a run that is under way, or of one that has kept it in a file (--keep-arena), and says what contradicts itself\n" +
			"there. It changes nothing and disturbs nobody. The exit code is 1 if there is anything.",
		Example: "  mprun doctor\n  mprun doctor mprun-845a74a17c806c92.arena",
		Args:    cobra.ArbitraryArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"arena"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("output", format, textOrJSON()...); err != nil {
				return err
			}
			if len(args) > 1 {
				return usageError{text: fmt.Sprintf("doctor takes one kept arena, not %d", len(args))}
			}
			if len(args) == 1 && cmd.Flags().Changed("run") {
				return usageError{text: "doctor looks at a kept arena or, with --run, at a live run, not at both"}
			}
			x, what, err := examine(args, id)
			if err != nil {
				return err
			}
			if format == "json" {
				err = c.printJSON(x)
			} else {
				err = c.print(what + "\n" + examinationText(x))
			}
			if err == nil && len(x.Problems) > 0 {
				err = exitError{exitFailed}
			}
			return err
		},
	}
	runFlag(cmd, &id)
	outputFlag(cmd, &format, "it")
	return cmd
}

// examine looks at the arena that is meant, and says which it is.
func examine(args []string, id string) (x *runtime.Examination, what string, err error) {
	if len(args) == 1 {
		if x, err = runtime.ExamineKept(args[0]); err != nil {
			return nil, "", failure{err}
		}
		return x, "kept arena " + args[0], nil
	}
	run, err := liveRun(id)
	if err != nil {
		return nil, "", err
	}
	var info runtime.ArenaInfo
	files, err := askOnce(run, runtime.CallArena, &info)
	if err != nil {
		return nil, "", err
	}
	if x, err = runtime.Examine(files); err != nil {
		return nil, "", failure{err}
	}
	return x, fmt.Sprintf("run %s: %s, process %d", run.ID, run.Spec, run.PID), nil
}

// examinationText is what was found, a line each.
func examinationText(x *runtime.Examination) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %d in use, %s with %s, %s\n", plural(x.Attached, "slot"), x.Slots, plural(x.Queues, "queue"), plural(int(x.Items), "item"), plural(x.Primitives, "primitive"))
	for _, p := range x.Problems {
		fmt.Fprintf(&b, "%s: %s\n", p.Where, p.What)
	}
	if len(x.Problems) == 0 {
		b.WriteString("nothing is wrong\n")
	} else {
		b.WriteString(plural(len(x.Problems), "problem") + "\n")
	}
	return b.String()
}
