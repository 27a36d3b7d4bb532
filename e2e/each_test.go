package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestEachAsPeers: what is asked in the same words gives the same output and, as of GNU parallel, the same exit code.
func TestEachAsPeers(t *testing.T) {
	t.Parallel()
	need(t, "parallel", "xargs")
	const lines = "one\ntwo words\n*.go $HOME\nit's\n\nlast"
	for _, tt := range []struct {
		peer, stdin string
		args        []string
		own         []string // in place of args, if not nil
	}{
		{"parallel -k", lines, []string{"--tag", "echo", "[{}]"}, nil},
		{"parallel -k", "a b\x00c\n\x00", []string{"-0", "echo", "a"}, nil},
		{"parallel -k", "", []string{"echo", "{.}", "{/}", "{//}", "{/.}", "{#}", ":::", "a/b.tar.gz", "/x/y", "c.d/e", "f.g"}, nil},
		{"parallel -k", "", []string{"echo", "{1}-{2}", "{2/.}", ":::", "a", "b", ":::", "x/1.c", "2", ":::+", "3", "4"}, nil},
		{"parallel -k", "1,2,3,4,5", []string{"-d", ",", "-N", "2", "echo", "{2},{1}", "{}"}, nil},
		{"parallel -k", "", []string{"-I", ",,", "--tagstring", "{#}", "exit", ",,", ":::", "0", "1", "7"}, []string{"-I", ",,", "--tagstring", "{#}", "--shell", "exit ,,", ":::", "0", "1", "7"}},
		{"parallel", "", []string{"-j1", "--halt", "soon,fail=1", "exit", "{}", ":::", "0", "9", "7"}, []string{"-j1", "--halt", "soon,fail=1", "--shell", "exit {}", ":::", "0", "9", "7"}},
		{"parallel -k", "a\tb\nc\n", []string{"--colsep", `\t`, "--tag", "echo", "{2}-{1}", "{}"}, nil},
		{"parallel -k", "1\n2\n3\n", []string{"-N0", "echo", "hi"}, nil},
		{"parallel -k", "1\n2\n3\n", []string{"-L", "2", "echo"}, nil},
		{"parallel -k", "", []string{"--link", "echo", "{2}{1}", ":::", "a", "b", ":::", "1", "2"}, nil},
		{"parallel -k", "a/b\xff.c\x00\xfe\xfd/x\n\x00", []string{"-0", "-q", "printf", "%s|", "{}", "{.}", "{/}", "{//}", "{/.}", "x{}y"}, nil},
		{"xargs", "a/b\xff.c\x00\xfe\xfd/x\n\x00", []string{"-0", "-n1", "printf", "%s|"}, nil},
		{"xargs", "a\xffb\nc d\n", []string{"-d", `\n`, "-n1", "printf", "%s|"}, nil},
		{"xargs", "1\n2\n3\n", []string{"-d", `\n`, "-n1", "-P1", "-t", "echo", "x"}, nil},
		{"xargs", "", []string{"-r", "echo", "x"}, nil},
		{"xargs", "a b\x00c\x00d", []string{"-0", "-n", "2", "echo", "x"}, nil},
		{"xargs", "a b\nc", []string{"-I", "@", "echo", "<@>", "@"}, nil},
		{"xargs", "a\x00b\x00c\x00", []string{"-0", "-P1", "-n1", "printf", "%s-"}, nil},
	} {
		t.Run(tt.peer+" "+strings.Join(tt.args, " "), func(t *testing.T) {
			t.Parallel()
			name, flags, _ := strings.Cut(tt.peer, " ")
			peer := exec.Command(name, append(strings.Fields(flags), tt.args...)...)
			peer.Stdin = strings.NewReader(tt.stdin)
			peer.Env = append(os.Environ(), "SHELL=/bin/sh", "HOME="+t.TempDir())
			want, _ := peer.Output() // its exit code is looked at
			if tt.own == nil {
				tt.own = tt.args
			}
			got := run(t, strings.NewReader(tt.stdin), append([]string{"each", "-k"}, tt.own...)...)
			if got.stdout != string(want) || name == "parallel" && got.code != peer.ProcessState.ExitCode() {
				t.Errorf("%s %q: %d %q\nmprun each: %d %q\n%s", tt.peer, tt.args, peer.ProcessState.ExitCode(), want, got.code, got.stdout, got.stderr)
			}
		})
	}
}

// TestEachUnderFire: whoever is killed, each job is in the output once, and was run once more for each kill at most.
func TestEachUnderFire(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 0))
	for _, order := range []bool{true, false} {
		total := 0
		for total < 6 {
			ran := filepath.Join(t.TempDir(), "ran")
			args := []string{"each", "-j3", "--shell", fmt.Sprintf("echo {} >> %s; sleep 0.02; echo {}", ran)}
			if order {
				args = append([]string{"each", "-k"}, args[1:]...)
			}
			var want bytes.Buffer
			args = append(args, ":::")
			for i := range 60 {
				args = append(args, fmt.Sprint(i))
				fmt.Fprintln(&want, i)
			}
			s := prepare(t, args...).start()
			kills, code := s.underFire(random, 2) // three at the same job would make it look like one that kills workers
			total += kills
			r := result{code, s.stdout.String(), s.stderr.String()}
			if order {
				r.expect(t, 0, want.String())
			} else {
				checkNumbers(t, "standard output", r.stdout, 0, 60, 1)
			}
			text, err := os.ReadFile(ran)
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(text, []byte("\n")); code != 0 || n < 60 || n > 60+kills {
				t.Errorf("exit code %d after %d kills: %d jobs were run\n%s", code, kills, n, r.stderr)
			}
			if t.Failed() {
				return
			}
		}
	}
}

// TestEachMuchUnderFire: of outputs that are too much for memory, too, each is printed once and in one piece, and nothing of them is left.
func TestEachMuchUnderFire(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 0))
	const jobs, lines = 30, 100000
	var all bytes.Buffer
	for i := range jobs {
		for range lines {
			fmt.Fprintf(&all, "%d\tjob %d\n", i, i)
		}
	}
	for _, order := range []string{"-k", "-j2"} {
		for kills := 0; kills < 4; {
			args := []string{"each", "-j2", order, "--tag", "--shell", fmt.Sprintf("yes job {} | head -n %d", lines), ":::"}
			for i := range jobs {
				args = append(args, fmt.Sprint(i))
			}
			s := prepare(t, args...).start()
			killed, code := s.underFire(random, 2)
			kills += killed
			got := s.stdout.String()
			if order != "-k" { // whole jobs, in any order
				got = inOrder(got, lines)
			}
			if code != 0 || got != all.String() {
				t.Fatalf("%s: exit code %d after %d kills, %d bytes, expected %d\n%s", order, code, killed, len(got), all.Len(), s.stderr.String())
			}
		}
	}
}

// inOrder is text with pieces of so many lines sorted by the number that each begins with.
func inOrder(text string, lines int) string {
	var pieces []string
	for text != "" {
		end := 0
		for range lines {
			end += strings.IndexByte(text[end:], '\n') + 1
		}
		if end == 0 {
			break
		}
		pieces, text = append(pieces, text[:end]), text[end:]
	}
	slices.SortFunc(pieces, func(a, b string) int {
		x, _ := strconv.Atoi(a[:strings.IndexByte(a, '\t')])
		y, _ := strconv.Atoi(b[:strings.IndexByte(b, '\t')])
		return x - y
	})
	return strings.Join(pieces, "") + text
}

// TestEachMuch: a job may write more than there is room for in memory and in the queues, to both outputs; a full disk is a job that failed.
func TestEachMuch(t *testing.T) {
	t.Parallel()
	const size = 80 << 20
	for _, order := range []string{"-k", "-j2"} {
		s := prepare(t, "each", "-j2", order, "--shell", fmt.Sprintf("yes {} | head -c %d; yes {} | head -c %d >&2", size, size), ":::", "a", "b")
		var out, says lengths
		s.cmd.Stdout, s.cmd.Stderr = &out, &says
		if code := s.start().wait(); code != 0 || out != 2*size || says != 2*size {
			t.Errorf("%s: exit code %d, %d and %d bytes", order, code, out, says)
		}
	}
	disk := smallDisk(t)
	if disk == "" {
		return // mounting needs privileges
	}
	s := prepare(t, "each", "-j1", "-k", "--shell", "yes | head -c {}", ":::", "1000000", "20000000")
	s.cmd.Env = append(s.cmd.Env, "TMPDIR="+disk)
	code := s.start().wait()
	if out := s.stdout.String(); code != 1 || len(out) < 1000000 || !strings.Contains(s.stderr.String(), "mprun each: 20000000: keeping what /bin/sh wrote in ") ||
		!strings.Contains(s.stderr.String(), "no space left on device (TMPDIR names another folder for it)\n") {
		t.Errorf("exit code %d, %d bytes\n%s", code, len(out), s.stderr)
	}
	if left := entries(disk); len(left) > 0 {
		t.Errorf("files are left: %v", left)
	}
}

// lengths counts what is written.
type lengths int

func (l *lengths) Write(p []byte) (int, error) {
	*l += lengths(len(p))
	return len(p), nil
}

// TestEachAllAtOnce: with -j0 all jobs run at a time; where there are files for some only, some do.
func TestEachAllAtOnce(t *testing.T) {
	t.Parallel()
	const jobs = 60
	gate := filepath.Join(t.TempDir(), "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	open, err := os.OpenFile(gate, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	s := prepare(t, "each", "-j0", "-u", "--shell", "echo {}; read -r x < "+gate)
	var items bytes.Buffer
	for i := range jobs {
		fmt.Fprintln(&items, i)
	}
	s.cmd.Stdin = bytes.NewReader(items.Bytes())
	s.start()
	s.stdout.lines(t, jobs) // each waits for its line from here
	if _, err := open.Write(bytes.Repeat([]byte("\n"), jobs)); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != 0 {
		t.Errorf("exit code %d\n%s", code, s.stderr)
	}
	s = prepare(t, "each", "-j0", "-k", "echo")
	s.cmd.Stdin = bytes.NewReader(items.Bytes())
	s.cmd.Path, s.cmd.Args = "/bin/sh", append([]string{"sh", "-c", `ulimit -n 150; exec "$0" "$@"`, binary}, s.cmd.Args[1:]...)
	if code := s.start().wait(); code != 0 || s.stdout.String() != items.String() {
		t.Errorf("exit code %d\n%s\n%s", code, s.stdout, s.stderr)
	}
}

// TestEachLiveUnderFire: with -u what a job had printed when its worker was killed stays, and another is begun; of each job there is one line in
// the job log, all lines are whole, and all are there.
func TestEachLiveUnderFire(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 0))
	for kills := 0; kills < 4; {
		log := filepath.Join(t.TempDir(), "log")
		args := []string{"each", "-j3", "-u", "--joblog", log, "--shell", "echo a{}; sleep 0.02; echo b{}", ":::"}
		for i := range 60 {
			args = append(args, fmt.Sprint(i))
		}
		s := prepare(t, args...).start()
		killed, code := s.underFire(random, 2)
		kills += killed
		lines := strings.Split(strings.TrimSuffix(s.stdout.String(), "\n"), "\n")
		seen := map[string]bool{}
		for _, line := range lines {
			seen[line] = true
		}
		for i := range 60 {
			if !seen[fmt.Sprint("a", i)] || !seen[fmt.Sprint("b", i)] {
				t.Errorf("a line of job %d is missing", i)
			}
		}
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); code != 0 || len(seen) != 120 || len(lines) > 120+2*killed || n != 61 {
			t.Fatalf("exit code %d after %d kills: %d lines, %d of them different, and %d in the job log\n%s", code, killed, len(lines), len(seen), n, s.stderr.String())
		}
	}
}
