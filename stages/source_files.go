package stages

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// filesNode is `files`: the names of the files that match any of the globs, sorted, each once. They are looked up once a row and
// written down, because there may be others the next time.
type filesNode struct {
	turn
	globs    []*RowExpr
	dir      string
	names    listing
	warnings listing // to be logged before the names go on
	column   Column
}

func buildFiles(b *Builder, stage *Stage) (Node, error) {
	t, err := newSharedTurn(b)
	if err != nil {
		return nil, err
	}
	globs, err := b.Exprs(textSources(stage.Operand))
	return &filesNode{turn: t, globs: globs, dir: b.Dir()}, err
}

// textSources is the texts of a TextList.
func textSources(f Field) []Source {
	if f.Source != nil {
		return []Source{*f.Source}
	}
	return f.Sources
}

// textValues is the texts of a TextList for the first row of in. A text that is one ${{ }} may give a list of them.
func textValues(exprs []*RowExpr, in *Batch, what string) ([]string, error) {
	var values []string
	add := func(v any) error {
		switch v := v.(type) {
		case string:
			if v != "" {
				values = append(values, v)
				return nil
			}
		case []byte:
			if len(v) > 0 {
				values = append(values, string(v))
				return nil
			}
		}
		return Failf("expression", "%s is needed, not %s", what, ShortJSON(v))
	}
	for _, e := range exprs {
		v, err := e.At(in, 0)
		if err != nil {
			return nil, err
		}
		list, isList := v.([]any)
		if !isList {
			list = []any{v}
		}
		for _, v := range list {
			if err := add(v); err != nil {
				return nil, err
			}
		}
	}
	return values, nil
}

func (n *filesNode) Step(r *Run, in, out *Batch) error {
	if !n.active {
		globs, err := textValues(n.globs, in, "a glob")
		if err != nil {
			return err
		}
		names, warnings, err := findFiles(n.dir, globs)
		if err != nil {
			return err
		}
		if err := n.begin(in); err != nil {
			return err
		}
		n.names.set(n.parts(texts(names)))
		n.warnings.set(texts(warnings))
	}
	for !n.warnings.empty() {
		room, err := r.Outlet().Log("warning", TextOf(n.warnings.items[n.warnings.at]))
		if err != nil {
			return err
		}
		if !room {
			return r.Await(r.Outlet())
		}
		n.warnings.take(1)
	}
	n.column.Reset()
	for _, name := range n.names.take(n.room(r.Limit)) {
		n.column.Append(name)
	}
	n.emit(in, out, &n.column)
	if n.names.empty() || n.room(1) == 0 {
		n.finish(in)
	}
	return nil
}

func (n *filesNode) Skip()  { n.active = false }
func (n *filesNode) Reset() { n.active = false }

func (n *filesNode) Save(w *StateWriter, full bool) {
	n.save(w)
	if n.active {
		n.names.save(w, full)
		n.warnings.save(w, full)
	}
}

func (n *filesNode) Load(r *StateReader, _ bool) error {
	n.load(r)
	if n.active {
		n.names.load(r)
		n.warnings.load(r)
	}
	return r.Err()
}

// findFiles is the files that match any of the globs, sorted, each once. Names are as the glob is: relative to dir where it is
// relative. A glob that nothing matches, and folders that cannot be read, are worth a warning.
func findFiles(dir string, globs []string) (names, warnings []string, err error) {
	for _, glob := range globs {
		matches, warning, err := findGlob(dir, glob)
		if err != nil {
			return nil, nil, err
		}
		if warning != "" {
			warnings = append(warnings, warning)
		}
		names = append(names, matches...)
	}
	slices.Sort(names)
	return slices.Compact(names), warnings, nil
}

// CheckGlob says what is wrong with a glob.
func CheckGlob(glob string) error {
	if !doublestar.ValidatePattern(glob) {
		return fmt.Errorf("%q is not a glob: a bracket or brace is not closed", glob)
	}
	return nil
}

// findGlob looks up one glob as a shell with globstar would: * and ** do not match hidden names, and ** does not follow links.
func findGlob(dir, glob string) (matches []string, warning string, err error) {
	if err := CheckGlob(glob); err != nil {
		return nil, "", Failf("expression", "%s", err)
	}
	base, pattern := doublestar.SplitPattern(path.Clean(glob))
	root := os.DirFS(resolve(dir, base))
	walk := func(options ...doublestar.GlobOption) error {
		matches = matches[:0]
		options = append(options, doublestar.WithNoHidden(), doublestar.WithNoFollow(), doublestar.WithFilesOnly())
		return doublestar.GlobWalk(root, pattern, func(name string, entry fs.DirEntry) error {
			if entry.Type()&fs.ModeSymlink != 0 {
				if info, err := fs.Stat(root, name); err == nil && info.IsDir() {
					return nil
				}
			}
			matches = append(matches, joinGlob(base, glob, name))
			return nil
		}, options...)
	}
	if err := walk(doublestar.WithFailOnIOErrors()); err != nil {
		warning = glob + ": left out what could not be read: " + err.Error()
		if err := walk(); err != nil {
			return nil, "", Failf("io", "looking up %s: %s", glob, err)
		}
	}
	if len(matches) == 0 && warning == "" {
		warning = glob + ": no file matches"
	}
	return matches, warning, nil
}

// joinGlob is the name of a match, as the glob is written.
func joinGlob(base, glob, name string) string {
	switch {
	case base != ".":
		return path.Join(base, name)
	case strings.HasPrefix(glob, "./"):
		return "./" + name
	}
	return name
}

// resolve is the path of a name that is relative to dir. An empty dir is the process' working directory.
func resolve(dir, name string) string {
	if dir == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}
