package stages

import (
	"errors"
	"time"
	"unicode/utf8"
)

// programOutcome is what became of a program with `format: outcome`: one map as the result, also of a program that has failed. A failure is one all the
// same for `retry` and `on_error`; the outcome is what the item becomes where these do not deal with it.
//
// Methods of a nil one do nothing: the format is another one.
type programOutcome struct {
	stdout, stderr written
	spills         bool      // there may be files of them
	started        time.Time // zero: no program was started
	seconds        float64
	code           int
	skipped        bool
}

// Codes of an outcome without an exit code, as timeout(1) has them.
const (
	codeTimedOut   = 124
	codeNotCreated = 125
	codeNotStarted = 127
)

// begin has the program's output collected.
func (o *programOutcome) begin(p *Program) {
	if o == nil {
		return
	}
	p.Stdout, p.Stderr = &o.stdout, &o.stderr
	o.started = time.Now()
}

// end notes how the program ended, and gives the error for which mprun has ended it: errTooMuch, or that what it wrote could not be kept.
func (o *programOutcome) end(err error) error {
	if o == nil {
		return nil
	}
	o.seconds = time.Since(o.started).Seconds()
	var exit *ExitError
	var failure *ItemError
	switch {
	case errors.As(err, &exit):
		o.code = exit.Code
	case errors.As(err, &failure):
		o.code = codeNotStarted
	}
	out, more := o.stdout.end(), o.stderr.end()
	if out != nil {
		return out
	}
	return more
}

// skip notes that the program did not need to run.
func (o *programOutcome) skip() {
	if o != nil {
		o.skipped = true
	}
}

// instead adds the outcome to a failure of the program. With another error, as when the run is stopped, nobody gets it.
func (o *programOutcome) instead(err error) error {
	if o == nil {
		return err
	}
	var failure *ItemError
	if !errors.As(err, &failure) || failure.Type == "expression" {
		o.drop()
		return err
	}
	switch {
	case failure.Type == "timeout":
		o.code = codeTimedOut
	case o.code == 0:
		o.code = codeNotCreated
	}
	with := *failure
	with.Instead, with.forgo = o.item(failure.Message), o.drop
	return &with
}

// drop removes the files of an outcome that nobody gets.
func (o *programOutcome) drop() {
	o.stdout.drop()
	o.stderr.drop()
}

// item is the outcome as an item; message is why the program failed, "" if it did not.
func (o *programOutcome) item(message string) map[string]any {
	item := map[string]any{
		"code": o.code, "stdout": o.stdout.item(), "stderr": o.stderr.item(), "error": nil,
		"started": nil, "seconds": o.seconds, "skipped": o.skipped,
	}
	if !o.started.IsZero() {
		item["started"] = float64(o.started.UnixMicro()) / 1e6
	}
	if message != "" {
		item["error"] = message
	}
	if o.spills {
		item["stdout_file"], item["stderr_file"] = o.stdout.fileItem(), o.stderr.fileItem()
	}
	return item
}

// created is the result of an item whose file is there.
func (n *execNode) created(path string) any {
	if n.outcome == nil {
		return path
	}
	item := n.outcome.item("")
	item["path"] = path
	return item
}

// textOrBytes is output as an item: text where it is UTF-8.
func textOrBytes(p []byte) any {
	if utf8.Valid(p) {
		return string(p)
	}
	return p
}
