//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/mprun/mprun/cmd/mprun/each"
)

// eachFlags are the flags of `each`.
type eachFlags struct {
	job      each.Job
	jobs     string
	args     int
	null     bool
	delim    string
	file     string
	link     bool
	retries  int
	timeout  string
	delay    string
	tag      bool
	halt     string
	resume   bool
	again    bool // --resume-failed
	bar      bool
	progress string
	showSpec bool
	asItIs   bool // what changes nothing
}

const eachLong = `Runs a program for each item, many at a time: the pool without a file, for those who know xargs and GNU parallel.

Items are the lines of standard input or of a file (-a), or what stands behind :::; several lists give each combination. Each item is
one word of the command, whatever bytes it holds: no shell reads it. The command is run without a shell, too; --shell takes a script.

What a job writes is printed in one piece when it has ended, standard output first; until then it is kept, from 256 KiB on in a
temporary file (in TMPDIR), which never stays; -u prints lines as they come in place of that. A job that fails does not keep the others
from running, unless --halt says so. If a worker of mprun is killed its job is begun again, and no other job is run twice; with -u what
it had printed stays.

Placeholders:
  {}      the item; at the end of the command if there is no placeholder in it
  {.}     without its ending              {/}     without its folders
  {//}    its folders only                {/.}    without folders and ending
  {#}     the number of the job           {%}     the number of its slot, from 1
  {2}     the second of several (-n 3, or ::: a b ::: c d); also {2.} {2/} {2//} {2/.}
  {out}   with --creates, the file to write to

Lists, behind the command:
  ::: a b c         these items           ::: a b ::: 1 2    each with each
  :::: file         the lines of a file   ::: a b :::+ 1 2   a with 1, b with 2

Exit codes: 0 all jobs succeeded; 1 to 100 so many failed; 101 more did; 124 and 128+N as of mprun run; 127 there is no such
program; 255 the command line is wrong, or the run itself failed. With --halt, when it has taken effect, that of the job which did it.`

func (c *console) eachCommand() *cobra.Command {
	var f eachFlags
	cmd := &cobra.Command{
		Use:     "each [flags] [--] command [words] [::: items]",
		Short:   "Run a program for each item, as xargs and GNU parallel do",
		Long:    eachLong,
		Example: "  ls *.jpg | mprun each -j4 --creates small/{/} -- convert {} -resize 200x200 {out}\n  mprun each --tag echo {1} {2} ::: a b ::: 1 2\n  find . -name '*.log' -print0 | mprun each -0 -n 10 gzip",
		Args:    cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			return eachFailed(c.err, c.each(&f, args))
		},
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false)
	flags.StringVarP(&f.jobs, "jobs", "j", "", "jobs at a time: N, +N or -N from the number of CPUs, N% of it (default that number), or 0: as many as possible, 200 at most")
	flags.StringVarP(&f.jobs, "max-procs", "P", "", "the same as -j")
	flags.BoolVarP(&f.job.KeepOrder, "keep-order", "k", false, "print what jobs write in the order of the items")
	flags.StringVarP(&f.file, "arg-file", "a", "", "read the items from this `file`")
	flags.BoolVarP(&f.null, "null", "0", false, "items end with a zero byte, as find -print0 writes them")
	flags.StringVarP(&f.delim, "delimiter", "d", "", `what stands between items, in place of line ends; \n, \t and \0 are known`)
	flags.BoolVarP(&f.job.SkipBlank, "no-run-if-empty", "r", false, "leave out blank items")
	flags.IntVarP(&f.args, "max-args", "n", 1, "items for each job, also -N and -L; 0: one, which is not appended to the command")
	flags.IntVarP(&f.args, "max-replace-args", "N", 1, "the same as -n")
	flags.IntVarP(&f.args, "max-lines", "L", 1, "the same as -n: an item is a line")
	flags.StringVarP(&f.job.Columns, "colsep", "C", "", `what stands between the arguments of an item, for {1}, {2}, ...; \t, and \s+ for any blanks, are known`)
	flags.BoolVar(&f.link, "link", false, "go through several lists side by side, as :::+ does")
	flags.BoolVar(&f.job.Shuffle, "shuf", false, "run the jobs in any order; reads all items first")
	flags.StringVarP(&f.job.Replace, "replace", "I", "{}", "the `placeholder` for the item")
	flags.BoolVar(&f.job.Shell, "shell", false, `the command is one script for /bin/sh, in which placeholders stand for "$1", "$2", ...`)
	flags.IntVar(&f.job.Retries, "retry", 0, "try a job that fails so many more times")
	flags.IntVar(&f.retries, "retries", 0, "try a job so many times in all, as GNU parallel counts")
	flags.StringVar(&f.timeout, "timeout", "", "end a job after so long: 30s, 5m, or a number of seconds; it has failed")
	flags.StringVar(&f.job.Creates, "creates", "", "the file that a job creates, with placeholders; it writes to {out}, and is not run if the file is there and no older than its inputs")
	flags.StringVar(&f.halt, "halt", "never", "begin no more jobs (soon), and end the running ones, too (now), after so many: soon,fail=1 or now,fail=3, also success=N, done=N")
	flags.StringVar(&f.delay, "delay", "", "wait so long between the starts of jobs: 500ms, or a number of seconds")
	flags.BoolVarP(&f.job.Live, "ungroup", "u", false, "print what jobs write as it comes; lines stay whole")
	flags.BoolVar(&f.job.Live, "line-buffer", false, "the same as -u")
	flags.BoolVar(&f.job.Live, "lb", false, "the same as -u")
	flags.BoolVarP(&f.job.Verbose, "verbose", "t", false, "print each command to standard error before it is run")
	flags.BoolVar(&f.resume, "resume", false, "leave out the jobs that are in the job log, and go on with it")
	flags.BoolVar(&f.again, "resume-failed", false, "the same, but run those again that have failed")
	flags.BoolVar(&f.tag, "tag", false, "print the item and a tab before each line of its job")
	flags.StringVar(&f.job.Tag, "tagstring", "", "print this text, with placeholders, and a tab before each line")
	flags.StringVar(&f.job.JobLog, "joblog", "", "write what became of each job to this `file`, in the columns of GNU parallel")
	flags.BoolVar(&f.job.DryRun, "dry-run", false, "print the commands, as a shell reads them, and run nothing")
	flags.BoolVar(&f.bar, "eta", false, "the same as --bar")
	flags.BoolVar(&f.bar, "bar", false, "show at once how far it is, and when it will be over; reads all items first")
	flags.StringVar(&f.progress, "progress", "auto", "progress on standard error: auto (a bar on a terminal, if it takes longer than a second), plain, json or none")
	flags.BoolVar(&f.showSpec, "show-spec", false, "print the spec that would be run, in place of running it: mprun - runs it; what stands on standard input becomes part of it")
	for _, name := range []string{"group", "will-cite", "no-notice", "gnu"} { // what is so anyway
		flags.BoolVar(&f.asItIs, name, false, "")
		_ = flags.MarkHidden(name)
	}
	flags.BoolVarP(&f.asItIs, "quote", "q", false, "")
	_ = flags.MarkHidden("quote")
	for _, name := range []string{"lb", "eta", "max-replace-args", "max-lines"} { // said beside their others
		_ = flags.MarkHidden(name)
	}
	completeWords(cmd, "progress", progressWords()...)
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return eachFailed(c.err, foreignFlag(cmd, err))
	})
	return cmd
}

// exitEach is the exit code of a command line of each that is wrong, as of GNU parallel: the smaller ones count jobs.
const exitEach = 255

// maxCounted is the largest exit code that counts jobs; more of them are one more.
const maxCounted = 100

// exitNoProgram is the exit code where there is no such program, as of a shell.
const exitNoProgram = 127

// eachFailed says what is wrong, if that has not been said.
func eachFailed(to io.Writer, err error) error {
	var exit exitError
	if err == nil || errors.As(err, &exit) {
		return err
	}
	fmt.Fprintf(to, "mprun each: %s\n", err)
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintln(to, "see mprun each --help")
	}
	return exitError{exitEach}
}

// each does what its arguments ask for.
func (c *console) each(f *eachFlags, args []string) error {
	if err := f.complete(args); err != nil {
		return usageError{text: err.Error()}
	}
	if f.showSpec {
		return c.showSpec(&f.job)
	}
	text, err := f.job.Spec()
	if err != nil {
		return usageError{text: err.Error()}
	}
	plan, err := c.eachPlan(text)
	if err != nil {
		return err
	}
	if len(f.job.Sources) == 0 && isTerminal(c.in) {
		fmt.Fprintln(c.err, "mprun each: the items are read from the terminal, a line each; ^D ends them, ^C everything")
	}
	return c.runEach(plan, f)
}

// showSpec prints the spec, with what stands on standard input in it: who runs the spec from there could not read items from it as well.
func (c *console) showSpec(j *each.Job) error {
	if len(j.Sources) == 0 && !isTerminal(c.in) {
		text, err := io.ReadAll(bufio.NewReader(c.in))
		if err != nil {
			return fmt.Errorf("reading standard input: %w", err)
		}
		j.Sources = []each.Source{{Items: itemsOf(j, text)}}
	}
	text, err := j.Spec()
	if err != nil {
		return usageError{text: err.Error()}
	}
	return c.print(text)
}
