package runtime

import (
	"fmt"
	"os"
)

// A test may have a folder for its files (planner.Plan.Scratch), which is there for as long as the run is. The guardian is told of it before it is made,
// and removes it if the supervisor is killed.

func (s *supervisor) makeScratch() error {
	path := s.plan.Scratch
	if path == "" {
		return nil
	}
	if _, err := os.Lstat(path); err == nil { // not ours, and so not to be removed
		return fmt.Errorf("making the folder of the test: %s is there already", path)
	}
	s.guardian.tree(path)
	if err := os.Mkdir(path, 0o700); err != nil {
		return fmt.Errorf("making the folder of the test: %w", err)
	}
	s.scratch = path
	return nil
}

// removeScratch removes it with all that is in it. Nobody writes there any more.
func (s *supervisor) removeScratch() {
	if s.scratch != "" {
		_ = os.RemoveAll(s.scratch)
		s.guardian.treeGone(s.scratch)
	}
}
