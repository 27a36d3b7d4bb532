package stages

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"syscall"
)

// With `spill`, what a program writes is kept in memory up to a limit, and all of it in a file where it is more. The outcome has the path of the
// file, and `print` with `from: file` has it printed: so an output of any size travels as an item of a few bytes, through pools and queues,
// under the rules of items.
//
//	the program writes        the file grows, in the folder of the run (Programs.Spill); nothing refers to it
//	a commit                  the outcome is in the chain, a queue, or the pool's results, and the path in it
//	print, and a commit       the path is in the outlet, in one record: what the file holds is printed once, in one piece
//	the supervisor prints it  and removes the file
//
// A worker that dies before the first commit leaves a file that nobody knows of, and another program is run, with a file of its own; after it
// the outcome is where it was committed, whoever dies. An outcome that is not used is dropped with its files where that is known (another try by `retry`, a
// handler). What is left, of dead workers and of outcomes that a spec does not print, goes with the folder at the run's end: the supervisor removes it,
// and the guardian if that is killed.

// written is one of the outputs of a program. The zero value keeps nothing.
type written struct {
	most   int    // bytes that it may be
	room   int    // bytes of it that are kept in memory; more go into a file
	folder string // of the file; it is made when it is needed
	prefix []byte // comes before each line

	bytes  []byte
	file   *os.File
	path   string // of the file; "": none
	size   int    // of what the program has written
	inLine bool   // its last line has not ended
	failed error  // why no more is kept
}

// Write fails behind the limit, up to which all is kept, or when the file cannot be written. That ends the program.
func (w *written) Write(p []byte) (int, error) {
	fits := min(len(p), w.most-w.size)
	w.size += fits
	w.failed = w.add(w.prefixed(p[:fits]))
	if w.failed == nil && fits < len(p) {
		w.failed = errTooMuch
	}
	if w.failed != nil {
		return 0, w.failed
	}
	return len(p), nil
}

func (w *written) add(text []byte) error {
	if w.file == nil && len(text) <= w.room-len(w.bytes) {
		w.bytes = append(w.bytes, text...)
		return nil
	}
	if w.file == nil {
		if err := w.spill(); err != nil {
			return err
		}
	}
	_, err := w.file.Write(text)
	return err
}

// spill puts what is in memory into a file.
func (w *written) spill() error {
	if err := os.Mkdir(w.folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err := os.CreateTemp(w.folder, "")
	if err != nil {
		return err
	}
	w.file, w.path = f, f.Name()
	_, err = f.Write(w.bytes)
	w.bytes = nil
	return err
}

// prefixed is text with the prefix before each line that begins in it.
func (w *written) prefixed(text []byte) []byte {
	if len(w.prefix) == 0 || len(text) == 0 {
		return text
	}
	out := make([]byte, 0, len(text)+len(w.prefix)*(1+bytes.Count(text, []byte("\n"))))
	for line := range bytes.Lines(text) {
		if !w.inLine {
			out = append(out, w.prefix...)
		}
		out = append(out, line...)
		w.inLine = line[len(line)-1] != '\n'
	}
	return out
}

// end ends a last line that has a prefix, so that no other comes behind it, and gives the error that ended it all.
func (w *written) end() error {
	if w.inLine && len(w.prefix) > 0 && (w.failed == nil || errors.Is(w.failed, errTooMuch)) {
		if err := w.add([]byte("\n")); err != nil {
			w.failed = err
		}
	}
	if w.file != nil {
		if err := w.file.Close(); err != nil && w.failed == nil {
			w.failed = err
		}
	}
	return w.failed
}

// drop removes the file.
func (w *written) drop() {
	if w.path != "" {
		os.Remove(w.path)
	}
}

// item is what is in memory as an item: text where it is UTF-8.
func (w *written) item() any { return textOrBytes(w.bytes) }

// fileItem is the path of the file as an item.
func (w *written) fileItem() any {
	if w.path == "" {
		return nil
	}
	return w.path
}

// spillError says that what a program wrote could not be kept.
func spillError(called string, err error) *ItemError {
	what := "keeping what " + called + " wrote"
	var path *os.PathError
	if !errors.As(err, &path) {
		return Failf("io", "%s: %s", what, err)
	}
	advice := ""
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		advice = " (TMPDIR names another folder for it)"
	}
	return Failf("io", "%s in %s: %s%s", what, path.Path, path.Err, advice)
}

// spillOptions reads `spill` and `prefix`.
func (n *execNode) spillOptions(b *Builder, stage *Stage) error {
	var err error
	if n.prefix, err = b.Option("prefix"); err != nil {
		return err
	}
	spill, err := b.Option("spill")
	if err != nil {
		return err
	}
	if n.room, err = constCount(spill); err != nil {
		return &StageError{Op: stage.Op, Pos: stage.Pos, Type: "expression", Text: "spill: " + err.Error()}
	}
	return nil
}

// newOutcome makes the outcome of the program that is about to run for the first row.
func (n *execNode) newOutcome(r *Run, in *Batch) error {
	n.outcome = nil // that of the row before belongs to others
	prefix, err := n.prefix.Text(in, 0)
	if err != nil {
		return err
	}
	w := written{most: n.most, room: n.room, prefix: []byte(prefix)}
	if n.room > 0 {
		w.folder = r.Programs().Spill()
	} else {
		w.room = math.MaxInt
	}
	n.outcome = &programOutcome{stdout: w, stderr: w, spills: n.room > 0}
	return nil
}
