package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// outFolders makes the folders that the run's files need, and in the end removes those that stay empty: what a run that has failed
// leaves is what was there before.
type outFolders struct {
	guardian *guardian
	made     []string // those around others first
}

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
	o.made = append(o.made, dir)
	o.guardian.file(dir)
	return nil
}

// close removes the folders that are empty.
func (o *outFolders) close() {
	for _, dir := range slices.Backward(o.made) {
		_ = os.Remove(dir)
		o.guardian.fileGone(dir)
	}
	o.made = nil
}
