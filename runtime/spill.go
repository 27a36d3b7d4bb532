package runtime

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mprun/mprun/stages"
)

// What programs write and is too much for memory (`spill`, see stages/program_spill.go) is kept in files of one folder, which the worker makes that
// is the first to need it. It is the run's: the guardian is told of its name before any worker is started, and the supervisor removes it in the end.
// Its name cannot be guessed, or somebody else could make it first: the run's identity, which is also in it, is in the command line of the guardian.

// nameSpill chooses the folder.
func (s *supervisor) nameSpill() error {
	path, err := filepath.Abs(filepath.Join(os.TempDir(), "mprun-"+s.id+"-"+rand.Text()+".out"))
	if err != nil {
		return fmt.Errorf("naming a folder for the output of programs: %w", err)
	}
	s.spill = path
	s.guardian.tree(path)
	return nil
}

// removeSpill removes it with all that is in it. Nobody writes there any more.
func (s *supervisor) removeSpill() {
	if s.spill != "" {
		_ = os.RemoveAll(s.spill)
		s.guardian.treeGone(s.spill)
	}
}

// Spill implements stages.Programs.
func (p *programs) Spill() string { return p.spill }

// PrintFile implements stages.Outlet.
func (o *outlet) PrintFile(to stages.Stream, path string) (bool, error) {
	kind := recordStdoutFile
	if to == stages.Stderr {
		kind = recordStderrFile
	}
	return o.add(kind, "", []byte(path))
}

// spillPiece is how much of a file is passed on at a time, in bytes.
const spillPiece = 256 << 10

// passFile passes on what a file of the folder holds, and removes it.
func (s *standardStream) passFile(to *os.File, path string) error {
	file, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("printing %s: there is no such file any more: what spill keeps is printed once", path)
	case err != nil:
		return fmt.Errorf("printing %s: %w", path, reason(err))
	}
	defer file.Close()
	buf := make([]byte, spillPiece)
	for {
		n, err := file.Read(buf)
		if n > 0 {
			if err := s.pass(to, buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return os.Remove(path)
		}
		if err != nil {
			return fmt.Errorf("printing %s: %w", path, reason(err))
		}
	}
}
