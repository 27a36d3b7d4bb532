package stages

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// aheadOf is a world with a module "ahead" that notes in a file what is done, and opens a pipe when it is loaded.
func aheadOf(t *testing.T) (w *world, notes, loaded string) {
	t.Helper()
	w = pythonWorld(t)
	notes, loaded = filepath.Join(w.dir, "notes"), filepath.Join(w.dir, "loaded")
	w.module(t, "ahead", `
def note(word):
    with open("`+notes+`", "a") as f:
        f.write(word + "\n")

note("load")
open("`+loaded+`", "w").close()

def init(): note("init")
def call(x): note("call"); return x
`)
	if err := unix.Mkfifo(loaded, 0o600); err != nil {
		t.Fatal(err)
	}
	return w, notes, loaded
}

func (w *world) module(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name+".py"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// practised is a chain that has prepared, and its first `python`.
func practised(t *testing.T, w *world, stages []Stage) (*Chain, *pythonNode) {
	t.Helper()
	w.programs = &countedPrograms{Programs: w.programs}
	h, err := w.start(stages, Options{})
	if err != nil {
		t.Fatal(err)
	}
	h.chain.Prepare(w.programs)
	n := firstPython(h.chain)
	if n.spare == nil {
		t.Fatal("no interpreter was started ahead")
	}
	return h.chain, n
}

// countedPrograms counts the programs that are started.
type countedPrograms struct {
	Programs
	starts int
}

func (p *countedPrograms) Start(program Program) (Running, error) {
	p.starts++
	return p.Programs.Start(program)
}

func firstPython(c *Chain) *pythonNode { return c.kept[0].keeper.(*pythonNode) }

// end waits for the end of a program.
func (t *talk) end(tt *testing.T) {
	tt.Helper()
	for !t.hasEnded() {
		if err := t.Wait(tt.Context()); err != nil {
			tt.Fatal(err)
		}
	}
}

// runAhead runs stages with what a chain has prepared, and says how many interpreters it started besides.
func (w *world) runAhead(t *testing.T, stages []Stage, from *Chain) (out string, more int) {
	t.Helper()
	spare := firstPython(from).spare
	h, err := w.start(stages, Options{})
	if err != nil {
		t.Fatal(err)
	}
	h.chain.TakeOver(from)
	err = h.finish()
	if end := h.chain.LetGo(); err == nil {
		err = end
	}
	out = string(AppendJSON(nil, append([]any{}, w.queue("out").put...)))
	if err != nil {
		out += " " + err.Error()
	}
	if !spare.hasEnded() {
		t.Error("the interpreter that was started ahead goes on")
	}
	return strings.ReplaceAll(out, pythonProgram(), "PYTHON"), w.programs.(*countedPrograms).starts - 1
}

// TestPythonAhead: modules are loaded ahead, `init` is not called before the chain begins, and then once.
func TestPythonAhead(t *testing.T) {
	w, notes, loaded := aheadOf(t)
	stages := []Stage{itemsStage(1, 2), pythonStage(w, "ahead:call", "init", srcLiteral("ahead:init"))}
	from, _ := practised(t, w, stages)
	if _, err := os.ReadFile(loaded); err != nil { // waits for it
		t.Fatal(err)
	}
	f, err := os.OpenFile(notes, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("begin\n"); err != nil {
		t.Fatal(err)
	}
	if out, more := w.runAhead(t, stages, from); out != "[1, 2]" || more != 0 {
		t.Errorf("it gives %s, with %d interpreters more", out, more)
	}
	if text, err := os.ReadFile(notes); string(text) != "load\nbegin\ninit\ncall\ncall\n" {
		t.Errorf("it did %q, %v", text, err)
	}
}

// TestPythonAheadGoesWrong: what has gone wrong ahead is as if it had not been tried.
func TestPythonAheadGoesWrong(t *testing.T) {
	ended := func(t *testing.T, _ *world, n *pythonNode) { n.spare.end(t) }
	for _, tt := range []struct {
		name, call string
		before     func(t *testing.T, w *world, n *pythonNode) // the chain begins
		want       string                                      // "": what it gives without
		more       int                                         // interpreters
	}{
		{name: "a function that is not there", call: "functions:sqare"},
		{name: "a function that fails", call: "functions:raises_odd"},
		{name: "a module that is not there", call: "nowhere:f", before: ended, more: 1},
		{name: "a module that is not there, at once", call: "nowhere:f", more: 1},
		{name: "a module that ends its interpreter", call: "ender:f", before: ended, more: 1},
		{name: "a module that ends its interpreter, at once", call: "ender:f", more: 1},
		{name: "a module that comes later", call: "later:f", want: "[-1]", before: func(t *testing.T, w *world, n *pythonNode) {
			n.spare.end(t)
			w.module(t, "later", "def f(x): return -x\n")
		}, more: 1},
		{name: "an interpreter that is killed", call: "functions:square", before: func(t *testing.T, _ *world, n *pythonNode) {
			n.spare.running.Kill()
			n.spare.end(t)
		}, more: 1},
		{name: "an interpreter that is killed at once", call: "functions:square", before: func(_ *testing.T, _ *world, n *pythonNode) {
			n.spare.running.Kill()
		}, more: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fresh := func() (*world, []Stage) {
				w := pythonWorld(t)
				w.module(t, "ender", "import os\nos._exit(3)\n")
				return w, []Stage{itemsStage(1), pythonStage(w, tt.call)}
			}
			w, stages := fresh()
			from, n := practised(t, w, stages)
			if tt.before != nil {
				tt.before(t, w, n)
			}
			got, more := w.runAhead(t, stages, from)
			if tt.want == "" {
				plain, stages := fresh()
				tt.want = strings.ReplaceAll(plain.outAndLetGo(stages, 7), plain.dir, w.dir)
			}
			if got != tt.want || more != tt.more {
				t.Errorf("it gives %s, not %s, with %d interpreters more, not %d", got, tt.want, more, tt.more)
			}
		})
	}
}

// TestPythonAheadInVain: an interpreter that nobody wants is ended.
func TestPythonAheadInVain(t *testing.T) {
	for _, tt := range []struct {
		items []any
		call  string
		want  string
		more  int
	}{{nil, "functions:same", "[]", 0}, {[]any{2}, "functions:square", "[4]", 1}} {
		w := pythonWorld(t)
		stages := []Stage{itemsStage(tt.items...), pythonStage(w, "functions:same")}
		from, _ := practised(t, w, stages)
		stages[1] = pythonStage(w, tt.call)
		if out, more := w.runAhead(t, stages, from); out != tt.want || more != tt.more {
			t.Errorf("%s gives %s, with %d interpreters more", tt.call, out, more)
		}
	}
}
