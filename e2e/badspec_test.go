package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// badSpecs are files that are no spec, and what is said about them: a pattern for the first line.
var badSpecs = []struct {
	name string
	spec func() []byte
	says string
}{
	{"empty", static(""), `spec\.yaml:1:1: .*empty`},
	{"only a comment", static("# nothing\n"), `spec\.yaml:\d+:\d+: .*empty`},
	{"a list", static("- a\n- b\n"), `spec\.yaml:1:1: .*list`},
	{"a text", static("hello\n"), `spec\.yaml:1:1: .*text`},
	{"no processes", static("vars: {a: 1}\n"), `spec\.yaml:\d+:\d+: .*process`},
	{"not YAML", static("processes:\n  a: [1, 2\n  b: }\n"), `spec\.yaml:\d+:\d+: `},
	{"a program", func() []byte { return append([]byte("\x7fELF\x02\x01\x01\x00"), make([]byte, 100)...) }, `spec\.yaml:1:\d+: `},
	{"NUL bytes", static("processes:\n  a\x00b: {}\n"), `spec\.yaml:2:4: .*NUL`},
	{"tabs", static("processes:\n\ta:\n\t\tstages: []\n"), `spec\.yaml:2:1: .*tab`},
	{"invalid UTF-8", static("processes:\n  a: {description: \xff\xfe}\n"), `spec\.yaml:2:20: .*UTF-8`},
	{"a bomb", bomb, `spec\.yaml:\d+:\d+: .*alias`},
	{"deep", func() []byte { return []byte("x-deep: " + strings.Repeat("[", 100_000)) }, `spec\.yaml:\d+:\d+: `},
	{"100 MB", func() []byte { return bytes.Repeat([]byte("# 31 bytes of a comment, again\n"), 100<<20/31) }, `spec\.yaml:\d+:\d+: .*larger than a spec may be`},
	{"several mistakes", static("processs: {}\nprocesses:\n  a:\n    stages:\n      - itmes: [1]\n"), `spec\.yaml:1:1: .*"processs".*did you mean "processes"\?`},
}

func static(s string) func() []byte { return func() []byte { return []byte(s) } }

// bomb is the billion laughs.
func bomb() []byte {
	var b strings.Builder
	b.WriteString("x-a: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n")
	for i := 1; i < 12; i++ {
		n, before := string(rune('a'+i)), string(rune('a'+i-1))
		b.WriteString("x-" + n + ": &" + n + "0 [" + strings.TrimSuffix(strings.Repeat("*"+before+"0, ", 9), ", ") + "]\n")
	}
	return []byte(b.String())
}

// TestBadSpecs: whatever the file is, run and validate end with 3 and say where and why, in a short time.
func TestBadSpecs(t *testing.T) {
	t.Parallel()
	for _, row := range badSpecs {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "spec.yaml")
			if err := os.WriteFile(path, row.spec(), 0o600); err != nil {
				t.Fatal(err)
			}
			says := regexp.MustCompile(row.says)
			begin := time.Now()
			r := run(t, nil, "run", path)
			if first, _, _ := strings.Cut(r.stderr, "\n"); r.code != 3 || r.stdout != "" || !says.MatchString(first) {
				t.Errorf("run: exit code %d, standard output %q, standard error does not begin with %s:\n%s", r.code, r.stdout, row.says, shorten(r.stderr))
			}
			v := run(t, nil, "validate", path)
			if first, _, _ := strings.Cut(v.stdout, "\n"); v.code != 3 || !says.MatchString(first) {
				t.Errorf("validate: exit code %d, standard output does not begin with %s:\n%s", v.code, row.says, shorten(v.stdout))
			}
			if took := time.Since(begin); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestNoSpec: a spec that cannot be read is a finding too.
func TestNoSpec(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret.yaml")
	if err := os.WriteFile(secret, []byte("processes: {}\n"), 0); err != nil {
		t.Fatal(err)
	}
	rows := []struct{ name, path, says string }{
		{"missing", filepath.Join(dir, "missing.yaml"), "no such file"},
		{"a folder", dir, "directory"},
		{"a device", "/dev/null", "empty"},
	}
	if os.Geteuid() != 0 { // root may read everything
		rows = append(rows, struct{ name, path, says string }{"unreadable", secret, "permission denied"})
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := run(t, nil, row.path)
			if r.code != 3 || r.stdout != "" || !strings.Contains(r.stderr, row.path) || !strings.Contains(r.stderr, row.says) {
				t.Errorf("exit code %d, expected 3 and %q\n%s", r.code, row.says, r.stderr)
			}
		})
	}
}

// TestAllMistakesAtOnce: no mistake hides another.
func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	path := writeSpec(t, `processs: {}
queues:
  jobs: {capcity: 3}
processes:
  a:
    stages:
      - itmes: [1]
      - map: item *
      - put: job
  b:
    comand: ls
`)
	r := run(t, nil, "validate", path)
	for _, at := range []string{":1:1: ", ":3:10: ", ":7:9: ", ":8:", ":9:14: ", ":11:5: "} {
		if !strings.Contains(r.stdout, path+at) {
			t.Errorf("there is no finding at %s:\n%s", at, r.stdout)
		}
	}
	if r.code != 3 {
		t.Errorf("exit code %d", r.code)
	}
}
