package runtime

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/mprun/mprun/shm"
)

// An Examination is what the checker of the shared memory has found in an arena.
type Examination struct {
	Slots      int       `json:"slots"`
	Attached   int       `json:"attached"` // slots that have a worker, or the supervisor
	Queues     int       `json:"queues"`
	Primitives int       `json:"primitives"`
	Items      int64     `json:"items"`              // in queues: waiting or in hand
	Problems   []Problem `json:"problems,omitempty"` // none: everything fits
}

// A Problem is one thing that is not as it must be.
type Problem struct {
	Where string `json:"where"`
	What  string `json:"what"`
}

// Looks at a live arena: what is found must be found in each of them, since workers move words while they are read.
const (
	looks     = 3
	lookPause = 20 * time.Millisecond
)

// Examine looks over the arena behind the files of a live run, which it closes.
func Examine(files []*os.File) (*Examination, error) {
	arena, err := shm.Open(files)
	if err != nil {
		return nil, err
	}
	defer arena.Close()
	x := examine(arena)
	for n := 1; n < looks && len(x.Problems) > 0 && x.Attached > 0; n++ {
		time.Sleep(lookPause)
		again := examine(arena)
		again.Problems = slices.DeleteFunc(again.Problems, func(p Problem) bool { return !slices.Contains(x.Problems, p) })
		x = again
	}
	return x, nil
}

// ExamineKept looks over an arena that a run has kept in a file (Options.KeepArena).
func ExamineKept(path string) (*Examination, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	arena, err := shm.OpenKept(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer arena.Close()
	return examine(arena), nil
}

func examine(arena *shm.Arena) *Examination {
	x := &Examination{Slots: arena.Slots(), Queues: arena.Queues(), Primitives: arena.Primitives()}
	stats := arena.Stats()
	for _, slot := range stats.Slots {
		if slot.Attached {
			x.Attached++
		}
	}
	for _, q := range stats.Queues {
		x.Items += q.Waiting + q.Leased
	}
	for _, p := range arena.Check() {
		x.Problems = append(x.Problems, Problem{p.Where, p.What})
	}
	return x
}

// keepArena writes the arena to where Options.KeepArena says, as a whole or not at all, and gives the path.
func (s *supervisor) keepArena() (string, error) {
	path := s.opt.KeepArena
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "mprun-"+s.id+".arena")
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // of mode 0600: there are items in it
	if err != nil {
		return "", fmt.Errorf("keeping the arena: %w", err)
	}
	err = s.arena.Keep(f)
	for _, step := range []func() error{f.Close, func() error { return os.Rename(f.Name(), path) }} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		_ = f.Close()
		_ = os.Remove(f.Name())
		return "", fmt.Errorf("keeping the arena in %s: %w", path, err)
	}
	return path, nil
}
