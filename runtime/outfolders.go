package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// outFolders makes the folders that the run's files need, knows those that its workers make for what programs create, and in the end
// removes those that stay empty: what a run that has failed leaves is what was there before. The guardian does so for a supervisor that
// was killed. It may be used by several goroutines.
type outFolders struct {
	guardian *guardian

	mu   sync.Mutex
	made map[string]bool
}

func newOutFolders(g *guardian) *outFolders { return &outFolders{guardian: g, made: map[string]bool{}} }

// make makes a folder and those around it, where they are missing.
func (o *outFolders) make(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return fmt.Errorf("%s is not a folder", dir)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the folder %s: %w", dir, reason(err))
	}
	if err := o.make(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		if errors.Is(err, fs.ErrExist) { // somebody else was quicker
			return nil
		}
		return fmt.Errorf("making the folder %s: %w", dir, reason(err))
	}
	o.add(dir)
	return nil
}

// expect notes those of the folders around path that are missing: somebody is about to make them.
func (o *outFolders) expect(path string) {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			return
		}
		o.add(dir)
	}
}

func (o *outFolders) add(dir string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.made[dir] {
		o.made[dir] = true
		o.guardian.file(dir)
	}
}

// close removes the folders that are empty: those inside of others first, whose paths begin with the others'.
func (o *outFolders) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, dir := range slices.Backward(slices.Sorted(maps.Keys(o.made))) {
		_ = os.Remove(dir)
		o.guardian.fileGone(dir)
	}
	clear(o.made)
}
