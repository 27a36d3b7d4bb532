package stages

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPythonAmongModules: modules of the user's with the names of those that the interpreter needs for mprun are not taken for them.
func TestPythonAmongModules(t *testing.T) {
	w := pythonWorld(t)
	for name := range strings.FieldsSeq("copy difflib enum errno io json pickle re signal struct traceback types _pickle") {
		w.module(t, name, "raise SystemExit('this is no module of Python')\n")
	}
	w.module(t, "plain", "def half(x):\n    if x % 2: raise ValueError('odd')\n    return x // 2\n")
	for call, want := range map[string]string{
		"plain:half": `[2] test.yaml:1:7: python: ValueError: odd (item 3)`,
		"plain:hafl": `[] test.yaml:1:7: python: AttributeError: plain (DIR/plain.py) has no hafl (item 4)`,
		"json:dumps": `[] test.yaml:1:7: python: SystemExit: the function ended its program: this is no module of Python (item 4)`,
		"math:sqrt":  `[2.0, 1.7320508075688772]`,
	} {
		w.queue("out").put, w.state = nil, nil
		got := w.outAndLetGo([]Stage{itemsStage(4, 3), pythonStage(w, call)}, 7)
		if want = strings.ReplaceAll(want, "DIR", w.dir); got != want {
			t.Errorf("%s gives %s, not %s", call, got, want)
		}
	}
}

// TestPythonOfAVirtualEnvironment has one by its definition (PEP 405): a file beside the folder of a link to the interpreter. `interpreter` names
// either, also relative to the folder of the process.
func TestPythonOfAVirtualEnvironment(t *testing.T) {
	w := pythonWorld(t)
	version, err := exec.Command(pythonProgram(), "-c", "import sys; print('python%d.%d' % sys.version_info[:2], end='')").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := filepath.Join(w.dir, "env", "lib", string(version), "site-packages")
	bin := filepath.Join(w.dir, "env", "bin")
	for _, err := range []error{
		os.MkdirAll(packages, 0o700), os.Mkdir(bin, 0o700),
		os.WriteFile(filepath.Join(packages, "installed.py"), []byte("import sys\n\ndef prefix(_):\n    return sys.prefix\n"), 0o600),
		os.WriteFile(filepath.Join(w.dir, "env", "pyvenv.cfg"), []byte("home = "+filepath.Dir(pythonProgram())+"\n"), 0o600),
		os.Symlink(pythonProgram(), filepath.Join(bin, "python")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, interpreter := range []string{"env", filepath.Join(w.dir, "env"), "env/bin/python"} {
		w.queue("out").put, w.state = nil, nil
		want := `["` + filepath.Join(w.dir, "env") + `"]`
		if got := w.outAndLetGo([]Stage{itemsStage(1), pythonStage(w, "installed:prefix", "interpreter", srcLiteral(interpreter))}, 7); got != want {
			t.Errorf("%s gives %s, not %s", interpreter, got, want)
		}
	}
}

// TestPythonAround: what the environment and options of an interpreter say of modules, warnings and texts makes no difference.
func TestPythonAround(t *testing.T) {
	for _, tt := range []struct {
		name, env, options string
	}{
		{name: "isolated", options: "-I -S -B"},
		{name: "optimized", options: "-OO"},
		{name: "safe path", env: "PYTHONSAFEPATH=1"},
		{name: "development", env: "PYTHONDEVMODE=1"},
		{name: "warnings are errors", env: "PYTHONWARNINGS=error"},
		{name: "a startup file", env: "PYTHONSTARTUP=functions.py"},
		{name: "goes on interactively", env: "PYTHONINSPECT=1"},
		{name: "ASCII", env: "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 PYTHONIOENCODING=ascii"},
		{name: "the folder in the path", env: "PYTHONPATH=."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := pythonWorld(t)
			script := "#!/bin/sh\nexec env " + tt.env + " " + pythonProgram() + " " + tt.options + ` "$@"` + "\n"
			interpreter := filepath.Join(w.dir, "interpreter")
			if err := os.WriteFile(interpreter, []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			python := handled(pythonStage(w, "functions:greets", "interpreter", srcLiteral(interpreter)), ThenSkip)
			if got := w.outAndLetGo([]Stage{itemsStage("ä", 1, "\U0001F600"), python}, 7); got != `["hello ä", "hello 😀"]` {
				t.Error(got)
			}
		})
	}
}
