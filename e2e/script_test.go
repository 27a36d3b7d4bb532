package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs testdata/script. Besides testscript's own commands there is
//
//	exits CODE program args...   runs a program, which must end with that code; stdout and stderr look at its output, stdin gives input
//
// After each script no process may be left, and no file for temporary use.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setupScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": scriptExits,
		},
	})
}

func setupScript(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, ".session")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	mark := "MPRUN_E2E=" + strconv.Itoa(os.Getpid()) + "." + strconv.FormatInt(sessions.Add(1), 10)
	vars, err := sessionEnv(home, mark)
	if err != nil {
		return err
	}
	env.Vars = append(env.Vars, vars...)
	env.Setenv("PATH", filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"))
	env.Setenv("LC_ALL", "C")
	env.Defer(func() {
		if left := processesMarked(mark); len(left) > 0 {
			env.T().Fatal(fmt.Sprintf("processes are left: %v", left))
		}
		for _, dir := range []string{"tmp", "run"} {
			if left := entries(filepath.Join(home, dir)); len(left) > 0 {
				env.T().Fatal(fmt.Sprintf("files are left in the folder %s: %v", dir, left))
			}
		}
	})
	return nil
}

// scriptExits is `exits CODE program args...`.
func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE program args...")
	}
	expected, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != expected {
		ts.Fatalf("exit code %d, expected %d", code, expected)
	}
	if word := traceWord(ts.ReadFile("stdout") + ts.ReadFile("stderr")); word != "" {
		ts.Fatalf("a user is shown %q", word)
	}
}
