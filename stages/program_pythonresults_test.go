package stages

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// result is what becomes of a result of testdata/results.py: JSON, or the message of the failure.
type result struct{ name, want string }

const (
	toNumber = ": float() makes a number of it, str() a text"
	badKey   = "TypeError: a dict with a key that is no str is no item: the key is "
	tooLarge = "TypeError: an int beyond 64 bits is no item: str() makes a text of it, float() a number that is about the same"
	hasToRun = ": the function has to run it, as by asyncio.run"
)

var pythonResults = []result{
	{"datetime", `"2026-01-02T03:04:05.000006+00:00"`},
	{"date", `"2026-01-02"`},
	{"time", `"01:02:00"`},
	{"timedelta", `86400.5`},
	{"decimal", `TypeError: a value of type decimal.Decimal is no item` + toNumber},
	{"fraction", `TypeError: a value of type fractions.Fraction is no item` + toNumber},
	{"complex", `TypeError: a value of type complex is no item`},
	{"uuid", `"00000000-0000-0000-0000-000000000001"`},
	{"path", `"a/b"`},
	{"enum", `1`},
	{"flag", `3`},
	{"enum of texts", `"yes"`},
	{"dataclass", `{"x": 1, "y": [2]}`},
	{"dataclass with slots", `{"x": 3}`},
	{"namedtuple", `[1, 2]`},
	{"dict", `{"a": 1}`},
	{"tuple", `[1]`},
	{"UserDict", `TypeError: a value of type results.UserDict is no item: dict() makes one of it`},
	{"proxy", `TypeError: a value of type mappingproxy is no item: dict() makes one of it`},
	{"set", `TypeError: a set is no item: sorted() makes a list of it`},
	{"frozenset", `TypeError: a frozenset is no item: sorted() makes a list of it`},
	{"bytes", `["/w==", "YQ==", "Yg=="]`},
	{"array", `[1.0, 2.0]`},
	{"tolist", `[[1, 2.5]]`},
	{"int as key", badKey + `1`},
	{"None as key", badKey + `null`},
	{"tuple as key", badKey + `[1, 2]`},
	{"enum of texts as key", `{"yes": 1}`},
	{"NaN", `[NaN, Infinity, -Infinity]`},
	{"least int", `-9223372036854775808`},
	{"too large", tooLarge},
	{"range", `TypeError: a value of type range is no item: list() makes one of it`},
	{"iterator", `TypeError: a value of type map is no item: list() or a generator makes results of it`},
	{"function", `TypeError: a value of type function is no item`},
	{"class", `TypeError: a value of type type is no item`},
	{"coroutine", `TypeError: the result is of type coroutine` + hasToRun},
	{"asynchronous generator", `TypeError: the result is of type async_generator` + hasToRun},
	{"nested", `[{"a": [1, {"b": "2026-01-02"}]}, {"x": [1, 2], "y": []}]`},
}

var numpyResults = []result{
	{"numbers", `[5, 0.5, 1.5, true, NaN]`},
	{"texts", `["a", "YQ==", {"k": 1}]`},
	{"arrays", `[[0, 1, 2], [[1.0, 1.0], [1.0, 1.0]], 5, [], [true], [[1, 2]]]`},
	{"objects", `[1, null]`},
	{"masked", `[[1, null], null]`},
	{"records", `[[1, 2.5]]`},
	{"datetime64", `["2026-01-02T03:04:05.123456789", "2026-01-02", null]`},
	{"datetime64s", `[["2026-01-02", null], "2026-01-02"]`},
	{"timedelta64", `[1.5, null, [1.0, 2.0]]`},
	{"uint64", tooLarge},
	{"complex64", `TypeError: a value of type complex is no item`},
	{"longdouble", `TypeError: a value of type numpy.float128 is no item` + toNumber},
}

// holdResults asks a Python for results.
func holdResults(t *testing.T, interpreter string, results []result) {
	t.Helper()
	w := pythonWorld(t)
	text, err := os.ReadFile("testdata/results.py")
	if err != nil {
		t.Fatal(err)
	}
	w.module(t, "results", string(text))
	items := make([]any, len(results))
	for i := range results {
		items[i] = results[i].name
	}
	python := pythonStage(w, "results:result", "interpreter", srcLiteral(interpreter))
	python.As = "result"
	python = handled(python, ThenSkip, mapStage("[item, error.message]"), stage("put", queueField("errors")))
	if got := w.outAndLetGo([]Stage{itemsStage(items...), python, mapStage("[item, result]")}, 7); !strings.HasSuffix(got, "]") {
		t.Fatal(got)
	}
	got := map[any]string{}
	for _, pair := range w.queue("out").put {
		got[pair.([]any)[0]] = string(AppendJSON(nil, pair.([]any)[1]))
	}
	for _, pair := range w.queue("errors").put {
		got[pair.([]any)[0]] = pair.([]any)[1].(string)
	}
	for _, r := range results {
		if got[r.name] != r.want {
			t.Errorf("%s gives %s, not %s", r.name, got[r.name], r.want)
		}
	}
}

// pythons are the Pythons of this machine: Debian's, PyPy, and those of pyenv. Each is there once, by the file that it is.
func pythons(t *testing.T) []string {
	t.Helper()
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	var found, files []string
	for _, pattern := range []string{"/usr/bin/python3*", "/usr/local/bin/python3*", "/usr/bin/pypy3*", home + "/.pyenv/versions/*/bin/python[23]*"} {
		programs, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, program := range programs {
			file, err := filepath.EvalSymlinks(program)
			if err == nil && regexp.MustCompile(`/(python|pypy)[0-9.]+$`).MatchString(program) && !slices.Contains(files, file) {
				found, files = append(found, program), append(files, file)
			}
		}
	}
	return found
}

// TestPythons: every Python from 3.8 on gives the same, and one before says that it is too old.
func TestPythons(t *testing.T) {
	all := pythons(t)
	if len(all) == 0 {
		all = []string{pythonProgram()}
	}
	for _, interpreter := range all {
		t.Run(strings.ReplaceAll(interpreter, "/", " "), func(t *testing.T) {
			t.Parallel()
			version, err := exec.Command(interpreter, "-c", `import sys; print("%d.%02d" % sys.version_info[:2])`).Output()
			if err != nil {
				t.Fatal(err)
			}
			if string(version) >= "3.08" {
				holdResults(t, interpreter, pythonResults)
				return
			}
			w := pythonWorld(t)
			got := w.outAndLetGo([]Stage{itemsStage(1), pythonStage(w, "functions:same", "interpreter", srcLiteral(interpreter))}, 7)
			if !strings.Contains(got, "mprun needs Python 3.8 or newer, this is ") {
				t.Error(got)
			}
		})
	}
}

// TestNumPy: scalars and arrays of NumPy's are numbers, texts and lists, in the first Python here that has it.
func TestNumPy(t *testing.T) {
	for _, interpreter := range append([]string{pythonProgram()}, pythons(t)...) {
		if interpreter != "" && exec.Command(interpreter, "-c", "import numpy").Run() == nil {
			holdResults(t, interpreter, numpyResults)
			return
		}
	}
	if os.Getenv("MPRUN_CI") != "" {
		t.Fatal("no Python has NumPy")
	}
	t.Skip("no Python has NumPy")
}
