package stages

import (
	_ "embed"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// pythonSource is what runs in the interpreter: see there for what goes over its descriptors.
//
//go:embed bootstrap.py
var pythonSource string

// pythonLoader is the program that the interpreter is given in its command line, which every Python can read. It takes the rest from the
// pipe, and no module of its own from the folder that it runs in.
const pythonLoader = `import sys
if sys.version_info < (3, 8): sys.exit("mprun needs Python 3.8 or newer, this is %d.%d" % sys.version_info[:2])
if sys.path[:1] == [""]: del sys.path[0]
receiving = open(3, "rb", closefd=False)
exec(compile(receiving.read(int(receiving.readline())), "<mprun>", "exec"), {"__name__": "__mprun__", "__file__": "<mprun>", "receiving": receiving})`

// PythonName splits the name of a Python function, module:function, in which both parts may have dots. ok is false if it is none.
func PythonName(name string) (module, function string, ok bool) {
	module, function, ok = strings.Cut(name, ":")
	return module, function, ok && isDotted(module) && isDotted(function)
}

// isDotted says whether a text is identifiers of Python with dots between them.
func isDotted(name string) bool {
	for part := range strings.SplitSeq(name, ".") {
		for i, c := range part {
			if c != '_' && !unicode.IsLetter(c) && (i == 0 || !unicode.IsDigit(c) && !unicode.Is(unicode.Mn, c)) {
				return false
			}
		}
		if part == "" {
			return false
		}
	}
	return true
}

// VenvPython is the interpreter of a virtual environment: what `interpreter: folder` means where the folder has it.
func VenvPython(folder string) string { return filepath.Join(folder, "bin", "python") }

// pythonSettings is what a `python` stage says of its interpreter, the same for all items.
type pythonSettings struct {
	interpreter string
	function    string   // module:function
	init        string   // the same; "" if there is none
	path        []string // folders, absolute
	spread      bool
	dir         string // that the interpreter runs in
}

func buildPython(b *Builder, stage *Stage) (Node, error) {
	set := pythonSettings{dir: b.Dir()}
	var err error
	for _, f := range []struct {
		field Field
		to    *string
	}{{stage.Operand, &set.function}, {stage.Options["init"], &set.init}, {stage.Options["interpreter"], &set.interpreter}} {
		if *f.to, err = b.alone(f.field.Source); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{set.function, set.init} {
		if _, _, ok := PythonName(name); !ok && name != "" || set.function == "" {
			return nil, errors.New("a function is needed as module:function, not " + ShortJSON(name))
		}
	}
	set.interpreter = interpreter(set.interpreter, set.dir)
	if set.spread, err = b.Flag("spread"); err != nil {
		return nil, err
	}
	for i := range stage.Options["path"].Sources {
		folder, err := b.alone(&stage.Options["path"].Sources[i])
		if err != nil {
			return nil, err
		}
		set.path = append(set.path, resolve(set.dir, folder))
	}
	set.path = append(set.path, resolve(set.dir, "."))
	n := &pythonNode{settings: set, most: max(1, b.BlockItems()/2), ahead: 1}
	b.keep(n)
	return n, nil
}

// alone is a text that does not depend on the item; "" if it was not given.
func (b *Builder) alone(src *Source) (string, error) {
	e, err := b.Expr(src)
	if err != nil || e == nil {
		return "", err
	}
	value, err := e.Alone()
	return TextOf(value), err
}

// interpreter is the program that `interpreter` names: one of its own, or that of a virtual environment.
func interpreter(name, dir string) string {
	if name == "" {
		return "python3"
	}
	venv := VenvPython(name)
	if _, err := os.Stat(resolve(dir, venv)); err == nil {
		return resolve(dir, venv)
	}
	return name
}

// program is the interpreter as a program. Its last word is for those who look at a list of processes.
func (s *pythonSettings) program() Program {
	return Program{Words: []string{s.interpreter, "-c", pythonLoader, s.function}, Dir: s.dir, Aside: true}
}

// greeting is what the interpreter is told first: its program, and the settings. One that is started ahead loads its modules and waits then for
// the word to begin.
func (s *pythonSettings) greeting(ahead bool) ([]byte, error) {
	path := make([]any, len(s.path))
	for i, folder := range s.path {
		path[i] = folder
	}
	settings := ColumnOf(map[string]any{"function": s.function, "init": s.init, "path": path, "spread": s.spread, "ahead": ahead})
	greeting := append([]byte(strconv.Itoa(len(pythonSource))+"\n"), pythonSource...)
	return appendAsk(greeting, &settings, 0, 1)
}

// isAs says whether an interpreter with these settings is one with the others.
func (s *pythonSettings) isAs(other *pythonSettings) bool {
	return s.interpreter == other.interpreter && s.function == other.function && s.init == other.init &&
		slices.Equal(s.path, other.path) && s.spread == other.spread && s.dir == other.dir
}
