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
		asMany  = "-n N gives each job so many items"
		shows   = "-t prints commands as they are run, --dry-run only prints them"
		aSpec   = "mprun each --show-spec prints a spec to begin with, in which stages do this: mprun explain "
		load    = "-j says how many jobs there are at a time"
		remote  = "jobs run on this machine"
		files   = "-u prints at once, and what is grouped is kept in memory"
		results = "each job can write files of its own: --shell 'command {} > out/{#}'"
	)
	return map[string]string{
		"X": asMany, "m": asMany, "xargs": asMany, "s": asMany, "max-chars": asMany, "l": asMany, "x": asMany, "exit": asMany, "show-limits": asMany,
		"v": shows, "p": shows, "interactive": shows, "o": "a job has no terminal: its standard input is empty", "open-tty": "a job has no terminal: its standard input is empty",
		"results": results, "res": results, "files": results, "outputasfiles": results,
		"pipe": aSpec + "through", "pipepart": aSpec + "through", "spreadstdin": aSpec + "through", "block": aSpec + "through", "round-robin": aSpec + "through",
		"recend": aSpec + "through", "recstart": aSpec + "through", "cat": aSpec + "through", "fifo": aSpec + "through", "tee": aSpec + "tee",
		"header": aSpec + "read", "E": aSpec + "take_while", "e": aSpec + "take_while", "eof": aSpec + "take_while", "trim": aSpec + "map", "rpl": aSpec + "map",
		"plus": aSpec + "map", "filter": aSpec + "filter", "semaphore": aSpec + "lock", "sem": aSpec + "lock", "limit": aSpec + "wait",
		"i": "-I {} is how it is", "dryrun": "--dry-run", "dry": "--dry-run", "xapply": "--link", "keeporder": "--keep-order", "silent": "that is how it is",
		"nice": "put nice before the command: mprun each nice -n 10 command", "load": load, "memfree": load, "memsuspend": load, "noswap": load, "max-load": load,
		"S": remote, "sshlogin": remote, "sshloginfile": remote, "slf": remote, "onall": remote, "nonall": remote, "trc": remote, "transfer": remote, "return": remote,
		"cleanup": remote, "basefile": remote, "hostgroups": remote, "tmpdir": files, "compress": files,
		"process-slot-var": "{%} is the number of the slot", "seqreplace": "{#} is the number of the job", "arg-sep": "::: begins the items", "arg-file-sep": ":::: begins files of items",
		"wd": "cd before it", "workdir": "cd before it", "env": "jobs have the environment of mprun", "profile": "an alias of the shell can hold options",
		"halt-on-error": "--halt soon,fail=1", "retry-failed": "--resume-failed runs those again that have failed, with the same command line", "termseq": "--timeout and --halt now end all of a job at once",
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
