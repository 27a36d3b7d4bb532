package e2e

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestClosedStdout: `mprun ... | head -1` ends mprun with 141, silently.
func TestClosedStdout(t *testing.T) {
	t.Parallel()
	for _, e := range endless[:1] {
		s := prepare(t, writeSpec(t, e.text))
		s.cmd.Stdout = nil
		out, err := s.cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		s.start()
		line, err := bufio.NewReaderSize(out, 16).ReadString('\n')
		if err != nil || !strings.HasSuffix(line, "000\n") && line != "0\n" {
			t.Errorf("the first line is %q, %v", line, err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		if code := s.wait(); code != 141 {
			t.Errorf("exit code %d, expected 141", code)
		}
		if got := s.stderr.String(); got != "" {
			t.Errorf("it says something: %s", got)
		}
	}
}

// TestHead is the same by a shell, with all the programs of a pipeline.
func TestHead(t *testing.T) {
	t.Parallel()
	need(t, "bash", "head")
	spec := writeSpec(t, strings.Replace(endless[0].text, "replicas: 2", "replicas: 1", 1))
	s := prepare(t)
	s.cmd.Path, s.cmd.Args = "/bin/bash", []string{"bash", "-c", `"$0" "$1" | head -1; echo "${PIPESTATUS[0]}"`, binary, spec}
	if code := s.start().wait(); code != 0 || s.stdout.String() != "0\n141\n" || s.stderr.String() != "" {
		t.Errorf("exit code %d, output %q, error output %q", code, s.stdout, s.stderr)
	}
}

// TestStdin: a stream ends with standard input, wherever that comes from; a last line needs no newline.
func TestStdin(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "numbers")
	if err := os.WriteFile(file, []byte("1\n2\n3"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, shell, expect string }{
		{"null", `< /dev/null`, ""},
		{"closed", `<&-`, ""},
		{"file", `< ` + file, "2\n4\n6\n"},
		{"pipe", `< <(printf '4\n5')`, "8\n10\n"},
		{"read before by another program", `< <(printf '6\n7\n')`, "12\n14\n"},
		{"appended file", `< <(cat ` + file + ` ` + file + `)`, "2\n4\n62\n4\n6\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			need(t, "bash")
			s := prepare(t)
			s.cmd.Path, s.cmd.Args = "/bin/bash", []string{"bash", "-c", `"$0" ../examples/double.yaml ` + row.shell, binary}
			code := s.start().wait()
			result{code, s.stdout.String(), s.stderr.String()}.expect(t, 0, row.expect)
		})
	}
}

// TestStdinStaysOpen: what has come is worked off though more may come.
func TestStdinStaysOpen(t *testing.T) {
	t.Parallel()
	s := prepare(t, "../examples/double.yaml")
	in, err := s.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.start()
	for _, row := range []struct{ line, all string }{{"1\n", "2\n"}, {"2\n3\n", "2\n4\n6\n"}} {
		if _, err := in.Write([]byte(row.line)); err != nil {
			t.Fatal(err)
		}
		s.stdout.is(t, row.all)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != 0 {
		t.Errorf("exit code %d\n%s", code, s.stderr)
	}
}

// TestInputLost: a pipe cannot be read again. A worker that dies between reading and committing fails the run, by name.
func TestInputLost(t *testing.T) {
	t.Parallel()
	s, in := piped(t, `
processes:
  slow:
    stages:
      - read: '-'
      - map: len(filter(1..(int(item) * 1000000), it % 7 == 3))
      - print:
`)
	write(t, in, "16\n")
	eventually(t, "the worker to read", func() bool {
		waiting, err := unix.IoctlGetInt(int(in.Fd()), unix.TIOCINQ)
		if err != nil {
			t.Fatal(err)
		}
		return waiting == 0
	})
	s.killWorker()
	if code := s.wait(); code != 1 || s.stdout.String() != "" {
		t.Errorf("exit code %d, standard output %q", code, s.stdout)
	}
	if said := s.stderr.String(); !strings.Contains(said, "spec.yaml:5:9: process slow: read: ") || !strings.Contains(said, "[input-lost]") {
		t.Errorf("it says\n%s", said)
	}
}

// TestInputKept: what a commit has seen is not lost, though it came from a pipe: before a stage waits, the chain commits.
func TestInputKept(t *testing.T) {
	t.Parallel()
	s, in := piped(t, `
processes:
  slow:
    stages:
      - read: '-'
      - print: got ${{ item }}
        to: stderr
      - sleep: 200ms
      - print:
`)
	write(t, in, "first\nsecond\n")
	s.stderr.has(t, "got first\n")
	s.killWorker()
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	code := s.wait()
	const replaced = "slow: ended by signal 9 (SIGKILL); replaced, for the 1st time\n"
	said := s.stderr.String()
	if strings.Count(said, replaced) != 1 {
		t.Errorf("it does not say once that the worker was replaced")
	}
	if said = strings.Replace(said, replaced, "", 1); code != 0 || s.stdout.String() != "first\nsecond\n" || said != "got first\ngot second\n" {
		t.Errorf("exit code %d, standard output %q, standard error %q", code, s.stdout, s.stderr)
	}
}

// piped starts a spec whose standard input is a pipe.
func piped(t *testing.T, spec string) (*session, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	s := prepare(t, writeSpec(t, spec))
	s.cmd.Stdin = r
	s.start()
	r.Close()
	return s, w
}

func write(t *testing.T, w *os.File, text string) {
	t.Helper()
	if _, err := w.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// killWorker kills the run's only worker.
func (s *session) killWorker() {
	s.t.Helper()
	workers := s.workers()
	if len(workers) != 1 {
		s.t.Fatalf("%d workers are running", len(workers))
	}
	if err := syscall.Kill(workers[0], syscall.SIGKILL); err != nil {
		s.t.Fatal(err)
	}
}
