//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	goruntime "runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/cmd/mprun/each"
)

// complete makes the job of the flags and arguments.
func (f *eachFlags) complete(args []string) (err error) {
	j := &f.job
	if j.Command, j.Sources, err = each.Split(args); err != nil {
		return err
	}
	if j.Slots, err = slotCount(f.jobs); err != nil {
		return err
	}
	if j.Halt, err = each.ParseHalt(f.halt); err != nil {
		return err
	}
	if j.Timeout, err = span("--timeout", f.timeout); err != nil {
		return err
	}
	if err := oneOf("progress", f.progress, progressWords()...); err != nil {
		return err
	}
	switch {
	case f.args < 0:
		return fmt.Errorf("-n takes 0 or more, not %d", f.args)
	case j.Retries < 0 || f.retries < 0:
		return errors.New("--retry and --retries take 0 or more")
	case j.Retries > 0 && f.retries > 0:
		return errors.New("--retry and --retries say the same in two ways")
	case f.null && f.delim != "":
		return errors.New("-0 and -d say the same in two ways")
	case f.file != "" && len(j.Sources) > 0:
		return errors.New("-a names the file of the items, and so do ::: or ::::; :::: takes several files")
	case j.Replace == "":
		return errors.New("-I needs a placeholder")
	case f.tag && j.Tag != "":
		return errors.New("--tag and --tagstring say the same in two ways")
	}
	j.Arguments, j.Bare = max(1, f.args), f.args == 0
	j.Retries, j.Count = max(j.Retries, f.retries-1), f.bar
	j.Format = "lines"
	if f.null {
		j.Format = "nul"
	}
	j.Delimiter = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\0`, "\x00", `\\`, `\`).Replace(f.delim)
	if f.tag {
		j.Tag = j.Replace
	}
	if f.file != "" {
		j.Sources = []each.Source{{File: f.file}}
	}
	if f.link {
		for i := range j.Sources {
			j.Sources[i].Linked = i > 0
		}
	}
	if j.Delay, err = span("--delay", f.delay); err != nil {
		return err
	}
	if f.resume || f.again {
		if err := resume(j, f.again); err != nil {
			return err
		}
	}
	if err := readLists(j); err != nil {
		return err
	}
	if j.Slots == 0 {
		j.Slots = j.AtOnce(slotsByFiles())
	}
	return nil
}

// slotsByFiles is for how many jobs at a time this process may open files.
func slotsByFiles() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 1
	}
	return int(min(limit.Cur, math.MaxInt32)-filesOfRun) / filesOfSlot
}

// A run has some 30 files open, and some 4 for each of its workers.
const (
	filesOfRun  = 50
	filesOfSlot = 5
)

// resume leaves out the jobs that are in the job log.
func resume(j *each.Job, failed bool) error {
	if j.JobLog == "" {
		return errors.New("--resume and --resume-failed need --joblog, which tells what has been done")
	}
	file, err := os.Open(j.JobLog)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil {
		j.Append = info.Size() > 0
	}
	if j.Done, err = each.ReadLog(file, failed); err != nil {
		return fmt.Errorf("%s: %w", j.JobLog, err)
	}
	return nil
}

// readLists reads the files of several lists, whose combinations are made before anything is run, and what only this process can read: a shell's
// <(command). Of others it holds that they are there.
func readLists(j *each.Job) error {
	for i := range j.Sources {
		s := &j.Sources[i]
		switch {
		case s.File == "/dev/stdin":
			s.File = "-"
		case s.File != "" && s.File != "-":
			if _, err := os.Stat(s.File); err != nil {
				return fmt.Errorf("the items of %s: %w", s.File, errors.Unwrap(err))
			}
		}
		if s.File == "" || len(j.Sources) == 1 && !strings.HasPrefix(s.File, "/dev/fd/") && !strings.HasPrefix(s.File, "/proc/self/fd/") {
			continue
		}
		path := s.File
		if path == "-" {
			path = "/dev/stdin"
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		s.Items, s.File = itemsOf(j, text), ""
	}
	if len(j.Sources) == 1 && j.Sources[0].File == "-" {
		j.Sources = nil
	}
	return nil
}

// itemsOf is the items of a text, as the run would read them.
func itemsOf(j *each.Job, text []byte) []string {
	separator := j.Delimiter
	switch {
	case separator != "":
		text = bytes.TrimSuffix(text, []byte("\n"))
	case j.Format == "nul":
		separator = "\x00"
	default:
		separator = "\n"
	}
	text = bytes.TrimSuffix(text, []byte(separator))
	if len(text) == 0 {
		return nil
	}
	return strings.Split(string(text), separator)
}

// slotCount is the number of jobs at a time: see the flag. 0: as many as possible.
func slotCount(text string) (int, error) {
	cpus := goruntime.NumCPU()
	wrong := fmt.Errorf("-j takes a number of jobs, 0 for as many as possible, +N or -N from the number of CPUs, or N%%, not %q", text)
	if text == "" {
		return cpus, nil
	}
	share, isShare := strings.CutSuffix(text, "%")
	n, err := strconv.Atoi(share)
	switch {
	case err != nil || n > math.MaxInt16:
		return 0, wrong
	case isShare && n > 0:
		return max(1, cpus*n/100), nil
	case isShare:
		return 0, wrong
	case text[0] == '+' || text[0] == '-':
		return max(1, cpus+n), nil
	}
	return n, nil
}

// span is a duration, or a number of seconds; 0 for an empty text.
func span(flag, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if seconds, isNumber := strconv.ParseFloat(text, 64); isNumber == nil {
		d, err = time.Duration(seconds*float64(time.Second)), nil
	}
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s takes a time such as 30s or 5m, or a number of seconds, not %q", flag, text)
	}
	return d, nil
}
