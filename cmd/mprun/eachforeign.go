//go:build linux

package main

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// foreignFlags are options of xargs and GNU parallel that each has not, and what there is instead.
func foreignFlags() map[string]string {
	const (
		whole   = "what a job writes is printed in one piece, so that nothing is torn; --joblog and --progress tell what goes on"
		asMany  = "-n N gives each job so many items"
		shows   = "--dry-run prints the commands, --joblog keeps what became of them"
		creates = "--creates FILE leaves out what was made before, also after a crash"
		aSpec   = "mprun each --show-spec prints a spec to begin with, in which stages do this: mprun explain "
		bar     = "--bar shows it"
		load    = "-j says how many jobs there are at a time"
	)
	return map[string]string{
		"u": whole, "ungroup": whole, "line-buffer": whole, "lb": whole, "group": "that is how it is",
		"X": asMany, "m": asMany, "xargs": asMany, "s": asMany, "max-chars": asMany, "L": asMany, "l": asMany, "max-lines": asMany, "x": asMany, "exit": asMany,
		"t": shows, "verbose": shows, "v": shows, "p": shows, "interactive": shows, "results": shows,
		"resume": creates, "resume-failed": creates,
		"pipe": aSpec + "through", "pipepart": aSpec + "through", "spreadstdin": aSpec + "through", "delay": aSpec + "throttle",
		"colsep": aSpec + "read", "C": aSpec + "read", "E": aSpec + "take_while", "e": aSpec + "take_while", "eof": aSpec + "take_while",
		"eta": bar, "q": "words are never read by a shell, so that nothing needs more quotes", "quote": "words are never read by a shell, so that nothing needs more quotes",
		"link": ":::+ links a list to the one before it", "i": "-I {}", "dryrun": "--dry-run", "dry": "--dry-run",
		"load": load, "memfree": load, "nice": load, "S": "jobs run on this machine", "sshlogin": "jobs run on this machine",
		"process-slot-var": "{%} is the number of the slot", "seqreplace": "{#} is the number of the job",
		"wd": "cd before it", "workdir": "cd before it", "env": "jobs have the environment of mprun",
		"halt-on-error": "--halt soon,fail=1", "trim": "-r leaves out blank items", "show-limits": load,
	}
}

// foreignFlag is what is wrong with a flag.
func foreignFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		name := unknown.GetSpecifiedName()
		if instead, known := foreignFlags()[name]; known {
			dashes := "--"
			if len(name) == 1 {
				dashes = "-"
			}
			return usageError{"there is no " + dashes + name + " here", instead}
		}
	}
	return flagError(cmd, err)
}
