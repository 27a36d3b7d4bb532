package each

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// Job is what is asked of `mprun each`.
type Job struct {
	Command []string // with placeholders; one text is split into words, or is the script if Shell
	Shell   bool     // Command is a script for /bin/sh
	Sources []Source // none: standard input

	Format    string // of the input: lines or nul; "" with Delimiter
	Delimiter string // between the items of the input; "": by Format
	SkipBlank bool   // lines without anything in them are no items
	Arguments int    // items for each job, at least 1
	Replace   string // the placeholder for the item: {} if ""

	Slots     int // jobs at a time, at least 1
	KeepOrder bool
	Retries   int           // further tries of a job that fails
	Timeout   time.Duration // of a job; 0: none
	Creates   string        // with placeholders; "": nothing
	Tag       string        // in front of each line, with placeholders; "": nothing
	JobLog    string        // path; "": none
	Halt      Halt
	DryRun    bool // commands are printed, not run
	Count     bool // all items are read before the jobs are through, so that their number is known
}

// check finds what cannot be.
func (j *Job) check() error {
	switch {
	case len(j.Command) == 0:
		return errors.New("a command is needed behind the options; to run each line as a command of a shell: sh -c {}")
	case j.Shell && len(j.Command) > 1:
		return fmt.Errorf("--shell takes the script as one word, and %q comes after it: put the script in quotes", j.Command[1])
	case slices.ContainsFunc(j.Command, notText) || slices.ContainsFunc(j.Sources, func(s Source) bool { return slices.ContainsFunc(s.Items, notText) }):
		return errors.New("words and items are UTF-8, and one of these is not")
	case j.Arguments > 1 && len(j.Sources) > 1:
		return errors.New("-n takes items of one list; of several, a job has one each")
	}
	return j.checkOut()
}

func notText(s string) bool { return !utf8.ValidString(s) }

// several says whether a job has more than one argument.
func (j *Job) several() bool { return j.Arguments > 1 || len(j.Sources) > 1 }
