package runtime

import (
	"os"
	"path/filepath"
)

// maxLinks is how many links a path may lead through (MAXSYMLINKS, path_resolution(7)).
const maxLinks = 40

// realPath is the one path of a file that may have several, by links in it, whether the file is there or not yet: what is missing of the
// path is as it is written. Where links lead in a circle, opening the path says so.
func realPath(path string) string {
	for range maxLinks {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return real
		}
		dir := filepath.Dir(path)
		if dir == path {
			return path
		}
		dir = realPath(dir)
		to, err := os.Readlink(path)
		switch {
		case err != nil:
			return filepath.Join(dir, filepath.Base(path))
		case filepath.IsAbs(to):
			path = to
		default:
			path = filepath.Join(dir, to)
		}
	}
	return path
}
