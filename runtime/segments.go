package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/shm"
)

// Values and arrays with a name are in segments (shm/segment.go). A segment gets its name when it is filled and before any worker starts, so
// that nobody else sees it half made, and loses it when all have ended and are saved. The name is the run's for as long as it leads to the
// segment's file: what another has put there since is left alone.
//
//	step                                       the supervisor is killed here
//	the file is made, without a name, filled   the kernel removes it with the last who has it open
//	the guardian is told of file and name      the guardian finds no such name, or somebody else's
//	the name is given, unless it is taken      the guardian removes it
//	all have ended: the name is removed        the guardian finds it gone

// segmentName is a name and the file that it was given to.
type segmentName struct {
	path     string
	dev, ino uint64
}

// line is the name as parseSegmentName takes it.
func (n segmentName) line() string {
	return fmt.Sprintf("%d %d %s", n.dev, n.ino, strconv.Quote(n.path))
}

func parseSegmentName(line string) (n segmentName, ok bool) {
	fields := strings.SplitN(line, " ", 3)
	if len(fields) != 3 {
		return n, false
	}
	var errs [3]error
	n.dev, errs[0] = strconv.ParseUint(fields[0], 10, 64)
	n.ino, errs[1] = strconv.ParseUint(fields[1], 10, 64)
	n.path, errs[2] = strconv.Unquote(fields[2])
	return n, errors.Join(errs[:]...) == nil
}

// remove removes the name if it is the file's still.
func (n segmentName) remove() {
	var st unix.Stat_t
	if unix.Lstat(n.path, &st) == nil && st.Dev == n.dev && st.Ino == n.ino {
		_ = unix.Unlink(n.path)
	}
}

// linkSegments gives the segments of the run their names; one that is taken is a failure of the run.
func (s *supervisor) linkSegments() {
	for i := range s.plan.Cells {
		def := &s.plan.Cells[i]
		if def.Segment == "" || s.stopping {
			continue
		}
		if err := s.linkSegment(s.primitives.entries[def.Name].segment, filepath.Join(shm.SegmentFolder, def.Segment)); err != nil {
			s.fail(Failure{Pos: def.Pos, Text: fmt.Sprintf("%s %s: %s", def.Kind, def.Name, err)})
			s.end(StatusFailed)
		}
	}
}

func (s *supervisor) linkSegment(segment int, path string) error {
	dev, ino, err := s.arena.SegmentInode(segment)
	if err != nil {
		return err
	}
	name := segmentName{path, dev, ino}
	s.guardian.segment(name)
	if err := s.arena.LinkSegment(segment, path); err != nil {
		s.guardian.segmentGone(name)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s is there already: another run or program uses it, or was killed and has left it (then remove it: rm %[1]s)", path)
		}
		return err
	}
	s.segments = append(s.segments, name)
	return nil
}

// unlinkSegments takes the names away.
func (s *supervisor) unlinkSegments() {
	for _, name := range s.segments {
		name.remove()
		s.guardian.segmentGone(name)
	}
	s.segments = nil
}
