package main

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed specs/*.yaml specs/*.py peers/*.py
var material embed.FS

// lab is where measurements happen: a folder with the specs, the peers' programs and the inputs.
type lab struct {
	dir    string
	mprun  string
	python string // the interpreter itself, not a script that chooses one; "" if there is none
	scale  float64
	inputs map[string]*input // by name
}

func openLab(o options) (*lab, error) {
	dir, err := os.MkdirTemp("", "mprun-bench-")
	if err != nil {
		return nil, err
	}
	l := &lab{dir: dir, mprun: o.mprun, scale: o.scale, inputs: map[string]*input{}}
	if err := l.unpack(); err != nil {
		l.close()
		return nil, err
	}
	if out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output(); err == nil {
		l.python = strings.TrimSpace(string(out))
	}
	if l.mprun == "" {
		l.mprun, err = buildMprun(dir)
	} else {
		l.mprun, err = filepath.Abs(l.mprun)
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// unpack writes specs and peers into the folder.
func (l *lab) unpack() error {
	return fs.WalkDir(material, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := material.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(l.dir, filepath.Base(path)), text, 0o600)
	})
}

func (l *lab) close() { os.RemoveAll(l.dir) }

// amount is n, as the scale has it.
func (l *lab) amount(n int) int { return max(1, int(float64(n)*l.scale)) }

// job is one program to be run.
type job struct {
	words  []string
	stdin  io.Reader             // nil: empty
	expect string                // its whole standard output; "" for anything
	check  func(io.Reader) error // says what is wrong with its standard output; nil: nothing
}

// spec is mprun with a spec of the lab.
func (l *lab) spec(name string, vars ...string) []string {
	return append([]string{l.mprun, filepath.Join(l.dir, name+".yaml")}, vars...)
}

// peer is a Python program of the lab.
func (l *lab) peer(name string, args ...string) []string {
	return append([]string{l.python, filepath.Join(l.dir, name+".py")}, args...)
}

// wall is the seconds that a job takes, from its start to its end, and what it printed.
func (l *lab) wall(j job) (float64, string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(j.words[0], j.words[1:]...)
	cmd.Dir, cmd.Stdin, cmd.Stderr = l.dir, j.stdin, &stderr
	if j.expect == discard {
		cmd.Stdout = io.Discard
	} else {
		cmd.Stdout = &stdout
	}
	begin := time.Now()
	err := cmd.Run()
	seconds := time.Since(begin).Seconds()
	output := stdout.String()
	if err == nil && j.expect != "" && j.expect != discard && output != j.expect {
		err = fmt.Errorf("the output is %.200q, expected %.200q", output, j.expect)
	}
	if err == nil && j.check != nil {
		err = j.check(&stdout)
	}
	if err != nil {
		return 0, "", fmt.Errorf("%s: %w\n%s", strings.Join(j.words, " "), err, stderr.Bytes())
	}
	return seconds, output, nil
}

// discard as expected output says that the output is read and thrown away.
const discard = "\x00"

// own is the seconds that a program says it took.
func (l *lab) own(words []string) (float64, error) {
	_, out, err := l.wall(job{words: words})
	if err != nil {
		return 0, err
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(out), 64)
	if err != nil {
		return 0, fmt.Errorf("%s does not say how long it took: %w", strings.Join(words, " "), err)
	}
	return seconds, nil
}

// packages are the packages of programs that are called otherwise (Debian's names).
var packages = map[string]string{"awk": "mawk", "xargs": "findutils", "sort": "coreutils"}

// run measures a row: in each round mprun, every peer, and the physical limit. A peer that is missing is an error: a table without it
// would look as if there were no more to compare with.
func (l *lab) run(r row, rounds int) (outcome, error) {
	o := outcome{Name: r.name, Unit: r.unit, Goal: r.goal, Most: r.most, Limit: figures{Name: r.limit.name, How: r.limit.how}}
	o.Mprun = figures{Name: "mprun"}
	for _, p := range r.peers {
		if _, err := exec.LookPath(p.needs); p.needs != "" && err != nil {
			return o, fmt.Errorf("%s: %w (apt-get install %s)", p.name, err, cmp.Or(packages[p.needs], p.needs))
		}
		o.Peers = append(o.Peers, figures{Name: p.name})
	}
	for range rounds {
		if err := o.Mprun.add(r.mprun(l)); err != nil {
			return o, err
		}
		for i, p := range r.peers {
			if err := o.Peers[i].add(p.measure(l)); err != nil {
				return o, fmt.Errorf("%s: %w", p.name, err)
			}
		}
		if r.limit.measure != nil {
			if err := o.Limit.add(r.limit.measure(l)); err != nil {
				return o, fmt.Errorf("%s: %w", r.limit.name, err)
			}
		}
	}
	return o, nil
}
