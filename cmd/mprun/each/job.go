package each

import (
	"errors"
	"fmt"
	"time"
)

// Job is what is asked of `mprun each`.
type Job struct {
	Command []string // with placeholders; one text is split into words, or is the script if Shell
	Shell   bool     // Command is a script for /bin/sh
	Sources []Source // none: standard input

	Format    string // of the input: lines or nul; "" with Delimiter
	Delimiter string // between the items of the input; "": by Format
	Columns   string // what stands between the arguments of an item, as of GNU parallel's --colsep; "": each is one
	SkipBlank bool   // lines without anything in them are no items
	Shuffle   bool   // items come in any order, once all are there
	Arguments int    // items for each job, at least 1
	Bare      bool   // the item is not appended to a command without a placeholder
	Replace   string // the placeholder for the item: {} if ""
	Done      []Span // numbers of jobs that are left out: see ReadLog

	Slots     int // jobs at a time, at least 1
	KeepOrder bool
	Live      bool          // what a job writes is printed line by line, as it comes
	Verbose   bool          // each command is printed to standard error before it is run
	Delay     time.Duration // between the starts of jobs; 0: none
	Retries   int           // further tries of a job that fails
	Timeout   time.Duration // of a job; 0: none
	Creates   string        // with placeholders; "": nothing
	Tag       string        // in front of each line, with placeholders; "": nothing
	JobLog    string        // path; "": none
	Append    bool          // to the job log that is there
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
	case j.Arguments > 1 && len(j.Sources) > 1:
		return errors.New("-n takes items of one list; of several, a job has one each")
	case j.Columns != "" && (j.Arguments > 1 || len(j.Sources) > 1):
		return errors.New("--colsep makes the arguments of a job of one item of one list")
	case j.Shuffle && len(j.Done) > 0:
		return errors.New("--resume goes by the numbers of the jobs, which --shuf gives to others each time")
	case j.Live && j.KeepOrder:
		return errors.New("-k prints what a job wrote when those before it have been printed, -u and --line-buffer as it comes: leave one of them out")
	}
	if j.Columns != "" {
		if _, err := columnsExpression(j.Columns); err != nil {
			return err
		}
	}
	return j.checkOut()
}

// several says whether a job may have more than one argument, so that its item is a list.
func (j *Job) several() bool { return j.Arguments > 1 || len(j.Sources) > 1 || j.Columns != "" }
