package planner_test

import (
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/spec"
)

var update = flag.Bool("update", false, "write the golden files anew")

// machine is a Host that never changes.
type machine struct{ programs []string }

func newMachine() machine {
	return machine{programs: []string{"awk", "cat", "gzip", "go", "python3.12", "sh", "ssh", "sort", "tr"}}
}

func (machine) Environ() map[string]string {
	return map[string]string{"HOME": "/home/ada", "PATH": "/bin", "N": "3"}
}
func (machine) CPUs() int                  { return 4 }
func (machine) Started() time.Time         { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
func (m machine) Programs(string) []string { return m.programs }

// ReadFile reads what stands below testdata as if that were the spec's folder, /srv.
func (m machine) ReadFile(path string, limit int) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join("testdata", strings.TrimPrefix(path, "/srv")))
	switch {
	case err != nil:
		return nil, errors.New("there is no such file")
	case len(text) > limit:
		return nil, errors.New("it is too large")
	}
	return text, nil
}

// OpenFile opens what stands below testdata as ReadFile does.
func (m machine) OpenFile(path string) (io.ReadCloser, error) {
	f, err := os.Open(filepath.Join("testdata", strings.TrimPrefix(path, "/srv")))
	if err != nil {
		return nil, errors.New("there is no such file")
	}
	return f, nil
}

func (m machine) LookPath(program, _, _ string) error {
	for _, p := range m.programs {
		if p == program || "/bin/"+p == program {
			return nil
		}
	}
	return errors.New("there is no such program in PATH")
}

// compile loads and compiles a spec as the command line does.
func compile(t testing.TB, name string, src []byte, opts planner.Options) (*planner.Plan, spec.Diagnostics) {
	t.Helper()
	read := planner.SpecOptions(name)
	read.Open = func(path string) (io.ReadCloser, error) { // whatever a fuzzed spec includes
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	doc, found := spec.Load(src, read)
	opts.Partial = found.HasErrors()
	opts.Dir = "/srv"
	plan, more := planner.Compile(doc, newMachine(), opts)
	return plan, append(found, more...).Sorted()
}

// compileTests compiles the tests of a spec as well, and gives what is found wrong with all of it.
func compileTests(t testing.TB, name string, src []byte, opts planner.Options) ([]*planner.Test, spec.Diagnostics) {
	t.Helper()
	plan, found := compile(t, name, src, opts)
	if plan == nil {
		return nil, found
	}
	doc, _ := spec.Load(src, planner.SpecOptions(name))
	opts.Dir = "/srv"
	var tests []*planner.Test
	for i := range doc.Tests {
		test, more := planner.CompileTest(doc, newMachine(), opts, i)
		tests, found = append(tests, test), append(found, more...)
	}
	return tests, found.Sorted()
}

// golden compares got with a file, or writes the file with -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func specs(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no specs in testdata/%s (%v)", folder, err)
	}
	return files
}

// TestPlans holds the plans of the specs in testdata/plan. Warnings are part of the golden file.
func TestPlans(t *testing.T) {
	for _, file := range specs(t, "plan") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			plan, found := compile(t, filepath.Base(file), src, planner.Options{})
			if plan == nil {
				t.Fatalf("no plan:\n%v", found)
			}
			text, err := plan.JSON()
			if err != nil {
				t.Fatal(err)
			}
			out := string(text)
			if len(found) > 0 {
				out += found.Error() + "\n"
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".json", out)
		})
	}
}

// TestFindings holds what is found wrong in the specs of testdata/err.
func TestFindings(t *testing.T) {
	for _, file := range specs(t, "err") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, found := compileTests(t, filepath.Base(file), src, planner.Options{})
			if len(found) == 0 {
				t.Fatal("nothing was found wrong")
			}
			var out strings.Builder
			for _, d := range found {
				out.WriteString(d.Error() + "\n")
				for _, r := range d.Related {
					out.WriteString("\t" + r.Range.Start.String() + ": " + r.Message + "\n")
				}
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", out.String())
		})
	}
}
