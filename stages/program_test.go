package stages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// realPrograms runs programs as a worker does.
type realPrograms struct{ spill string }

func (realPrograms) command(p Program) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.Command(p.Words[0], p.Words[1:]...)
	cmd.Env = append(append(cmd.Environ(), "PYTHONDONTWRITEBYTECODE=1"), p.Env...)
	cmd.Dir = p.Dir
	stderr := &bytes.Buffer{}
	cmd.Stderr = stderr
	return cmd, stderr
}

func (realPrograms) Guard(string) error { return nil }
func (realPrograms) Unguard(string)     {}
func (p realPrograms) Spill() string    { return p.spill }

func (r realPrograms) Run(ctx context.Context, p Program) error {
	cmd, stderr := r.command(p)
	cmd.Stdin, cmd.Stdout = p.Stdin, p.Stdout
	if p.LogsOutput {
		cmd.Stdout = stderr
	}
	if p.Stderr != nil {
		cmd.Stderr = io.MultiWriter(stderr, p.Stderr)
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	if !stop() && ctx.Err() != nil {
		return ctx.Err()
	}
	return exitOf(p, err, stderr)
}

func exitOf(p Program, err error, stderr *bytes.Buffer) error {
	var exit *exec.ExitError
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	if !errors.As(err, &exit) {
		return err
	}
	code := exit.ExitCode()
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = -int(status.Signal())
	}
	return &ExitError{Program: p.Words[0], Code: code, Stderr: strings.TrimSpace(stderr.String())}
}

func (r realPrograms) Start(p Program) (Running, error) {
	cmd, stderr := r.command(p)
	if p.Aside {
		return startAside(p, cmd, stderr)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &realRunning{p, cmd, stdin, stdout, stderr}, cmd.Start()
}

func startAside(p Program, cmd *exec.Cmd, stderr *bytes.Buffer) (Running, error) {
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	cmd.Stdout, cmd.WaitDelay = stderr, 50*time.Millisecond
	err = cmd.Start()
	theirIn.Close()
	theirOut.Close()
	return &realRunning{p, cmd, in, out, stderr}, err
}

type realRunning struct {
	p      Program
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout io.Reader
	stderr *bytes.Buffer
}

func (r *realRunning) Stdin() io.WriteCloser { return r.stdin }
func (r *realRunning) Stdout() io.Reader     { return r.stdout }
func (r *realRunning) Kill()                 { _ = r.cmd.Process.Kill() }
func (r *realRunning) Wait() error           { return exitOf(r.p, r.cmd.Wait(), r.stderr) }

// programWorld is a world with programs. A test that waits for ever fails.
func programWorld(t *testing.T) *world {
	w := newWorld()
	w.dir = t.TempDir()
	w.programs = realPrograms{spill: filepath.Join(w.dir, "spill")}
	timer := time.AfterFunc(30*time.Second, func() { panic(t.Name() + " hangs") })
	t.Cleanup(func() { timer.Stop() })
	return w
}

func (w *world) outAndReset(stages []Stage, block int) string {
	h, err := w.start(stages, Options{BlockItems: block})
	if err != nil {
		return err.Error()
	}
	err = h.finish()
	h.chain.Reset() // no program is left
	out := string(AppendJSON(nil, append([]any{}, w.queue("out").put...)))
	if err != nil {
		out += " " + err.Error()
	}
	return out
}

func execStage(op string, words []string, options ...any) Stage {
	return stage(op, textList(words...), options...)
}

func sh(op, script string, options ...any) Stage {
	return execStage(op, []string{"sh", "-c", script}, options...)
}

func timed(s Stage, timeout string) Stage {
	s.Timeout = srcLiteral(timeout)
	return s
}

// TestExec is what a program per item gives.
func TestExec(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stages []Stage
		want   string
	}{
		{"at the head", []Stage{execStage("exec", []string{"echo", "hello"})}, `["hello"]`},
		{"no word is split", []Stage{itemsStage("a  b", "*", "$HOME; false"), execStage("exec", []string{"printf", "<%s>", "${{ item }}"})}, `["<a  b>", "<*>", "<$HOME; false>"]`},
		{"only one newline goes", []Stage{sh("exec", `printf 'a\n\n'`)}, `["a\n"]`},
		{"no output", []Stage{execStage("exec", []string{"true"})}, `[""]`},
		{"input", []Stage{itemsStage("x", 1, map[string]any{"a": 2.0}), execStage("exec", []string{"cat"}, "input", srcText("${{ item }}"))}, `["x", "1", "{\"a\": 2.0}"]`},
		{"input of bytes", []Stage{itemsStage([]byte("\xff\x00")), execStage("exec", []string{"od", "-An", "-tx1"}, "input", srcText("${{ item }}"))}, `[" ff 00"]`},
		{"input that is not read", []Stage{execStage("exec", []string{"true"}, "input", srcExpr(`repeat("x", 200000)`))}, `[""]`},
		{"lines", []Stage{itemsStage(3, 0, 1), execStage("exec", []string{"seq", "${{ item }}"}, "format", srcLiteral("lines"))}, `["1", "2", "3", "1"]`},
		{"jsonl", []Stage{sh("exec", `echo '{"a": 1}'; echo 2`, "format", srcLiteral("jsonl"))}, `[{"a": 1}, 2]`},
		{"csv", []Stage{sh("exec", `printf 'a,b\n1,2\n'`, "format", srcLiteral("csv"))}, `[{"a": "1", "b": "2"}]`},
		{"frames", []Stage{sh("exec", `printf '\0\0\0\2ab\0\0\0\1c'`, "format", srcLiteral("frames")), mapStage("string(item)")}, `["ab", "c"]`},
		{"a cut frame", []Stage{sh("exec", `printf '\0\0\0\2ab\0\0\0\3c'`, "format", srcLiteral("frames"))}, `[] test.yaml:1:5: exec: output:2: the last frame is cut off: 1 of its 3 bytes are there (item null)`},
		{"bytes", []Stage{sh("exec", `printf '\377\n'`, "format", srcLiteral("bytes"))}, `["/wo="]`},
		{"env", []Stage{sh("exec", `echo "$A,${B-unset},$ATTEMPT,$ITEM_ID"`, "env", srcLiteral(map[string]any{"A": 1, "B": nil}))}, `["1,unset,1,seed"]`},
		{"cwd", []Stage{execStage("exec", []string{"pwd"}, "cwd", srcLiteral("/"))}, `["/"]`},
		{"as", []Stage{itemsStage(1, 2), named(execStage("exec", []string{"expr", "${{ item }}", "+", "1"}), "n"), mapStage("[item, n]")}, `[[1, "2"], [2, "3"]]`},
		{"an exit code", []Stage{sh("exec", "echo no such thing >&2; exit 3")}, `[] test.yaml:1:5: exec: sh ended with exit code 3: no such thing (item null)`},
		{"a signal", []Stage{sh("exec", "kill -9 $$")}, `[] test.yaml:1:5: exec: sh was ended by signal 9 (item null)`},
		{"a failure left out", []Stage{itemsStage(0, 1, 2), handled(sh("exec", "exit $((${ITEM_ID##*.} % 2))"), ThenPass)}, `["", 1, ""]`},
		{"output that is not UTF-8", []Stage{sh("exec", `printf '\377'`)}, "[] test.yaml:1:5: exec: the output is not UTF-8 (`format: bytes` reads any bytes) (item null)"},
		{"a broken line", []Stage{sh("exec", `echo 1; echo '{'`, "format", srcLiteral("jsonl"))}, `[] test.yaml:1:5: exec: output:2:2: broken JSON: the text ends too early (item null)`},
		{"a zero byte", []Stage{itemsStage("a\x00b"), execStage("exec", []string{"echo", "${{ item }}"})}, `[] test.yaml:1:5: exec: a word of a command cannot have a zero byte in it: "a\u0000b" (item "a\u0000b")`},
		{"an empty name", []Stage{execStage("exec", []string{"${{ string(item ?? '') }}"})}, `[] test.yaml:1:5: exec: the program's name is empty (item null)`},
		{"a bad variable", []Stage{execStage("exec", []string{"true"}, "env", srcLiteral(map[string]any{"A=B": 1}))}, `[] test.yaml:1:5: exec: not possible in an environment: "A=B=1" (item null)`},
		{"env that is no map", []Stage{execStage("exec", []string{"true"}, "env", srcLiteral([]any{1}))}, "[] test.yaml:1:5: exec: `env` needs a map from names to values, not [1] (item null)"},
		{"a timeout", []Stage{timed(execStage("exec", []string{"sleep", "100"}), "50ms")}, `[] test.yaml:1:5: exec: sleep was ended after 50ms (item null)`},
		{"retried", []Stage{retried(sh("exec", `if mkdir once 2>/dev/null; then exit 1; fi; echo again`), 1)}, `["again"]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := programWorld(t).outAndReset(tt.stages, 2); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestExecMissing: a program that is not there is a failure of the item.
func TestExecMissing(t *testing.T) {
	for _, op := range []string{"exec", "through"} {
		got := programWorld(t).outAndReset([]Stage{itemsStage(1), execStage(op, []string{"no-such-program-at-all"})}, 1)
		if !strings.Contains(got, ": "+op+": running no-such-program-at-all: ") || !strings.HasSuffix(got, "(item 1)") {
			t.Error(got)
		}
	}
}

// TestExecCommits: the chain commits before a program starts, and the results of one that has ended are not asked for again.
func TestExecCommits(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 4))
		w := programWorld(t)
		_, err := mortal{lives: 20, oneIn: 12, rng: rng}.run(t, w, []Stage{
			stage("range", exprField("4")),
			sh("exec", `echo "$ITEM_ID" >> calls; seq 3`, "format", srcLiteral("lines")),
			stage("put", queueField("q")),
		})
		got := string(AppendJSON(nil, w.queue("out").put))
		if want := `["1", "2", "3", "1", "2", "3", "1", "2", "3", "1", "2", "3"]`; err != nil || got != want {
			t.Errorf("seed %d: %v %s", seed, err, got)
		}
	}
}

// TestExecAttempt: a program that may have run before is told so, and the next one is not.
func TestExecAttempt(t *testing.T) {
	w := programWorld(t)
	stages := []Stage{itemsStage("a", "b"), sh("exec", `echo "$ATTEMPT"`), putStage("q")}
	for deaths := 0; ; deaths++ {
		h, err := w.start(stages, Options{})
		if err != nil {
			t.Fatal(err)
		}
		asked := 0
		h.die = func() bool { // behind the commit before the program
			if !h.chain.links[1].node.(*execNode).running || deaths == 2 {
				return false
			}
			asked++
			return asked == 2
		}
		if err = h.finish(); err == nil {
			break
		}
		if !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
	}
	if got := string(AppendJSON(nil, w.queue("q").put)); got != `["3", "1"]` {
		t.Error(got)
	}
}

// TestThroughItem is what a program gives that answers each line with a line.
func TestThroughItem(t *testing.T) {
	const upper = `while read -r line; do echo "<$line>"; done`
	through := func(script string, options ...any) Stage { return sh("through", script, options...) }
	for _, tt := range []struct {
		name   string
		stages []Stage
		want   string
	}{
		{"lines", []Stage{itemsStage("a", 2, "c d"), through(upper)}, `["<a>", "<2>", "<c d>"]`},
		{"nothing", []Stage{itemsStage(), through("exit 1")}, `[]`},
		{"frames", []Stage{itemsStage("a\nb", 1, nil), execStage("through", []string{"cat"}, "format", srcLiteral("frames")), mapStage("string(item)")}, `["a\nb", "1", "null"]`},
		{"jsonl", []Stage{itemsStage(map[string]any{"a": "x\ny"}, nil), execStage("through", []string{"cat"}, "format", srcLiteral("jsonl"))}, `[{"a": "x\ny"}, null]`},
		{"nul", []Stage{itemsStage("a\nb", ""), execStage("through", []string{"cat"}, "format", srcLiteral("nul"))}, `["a\nb", ""]`},
		{"as", []Stage{itemsStage("a", "b"), named(through(upper), "x"), mapStage("item + x")}, `["a<a>", "b<b>"]`},
		{"when", []Stage{itemsStage(1, 2, 3), only(through(upper), "item != 2")}, `["<1>", 2, "<3>"]`},
		{"env and cwd", []Stage{itemsStage("x"), through(`while read -r line; do echo "$A $(pwd) $line"; done`, "env", srcLiteral(map[string]any{"A": "a"}), "cwd", srcLiteral("/"))}, `["a / x"]`},
		{"a line break", []Stage{itemsStage("a", "b\nc"), through(upper)}, "[\"<a>\"] test.yaml:1:8: through: a text with a line break in it would be several lines (`format: jsonl` or `nul` keeps it whole) (item \"b\\nc\")"},
		{"too many at the end", []Stage{itemsStage("a"), through(`read -r line; echo "$line"; read -r line; echo more`)}, "[\"a\"] test.yaml:1:8: through: sh wrote more than it was asked: with `per: item` each line gets one line (`per: stream` is free)"},
		{"it goes", []Stage{itemsStage("a", "b"), through(`read -r line; echo "$line"; exit 0`)}, "[\"a\"] test.yaml:1:8: through: sh ended without an answer: with `per: item` each line gets one line (`per: stream` is free) (item \"b\")"},
		{"half a line", []Stage{itemsStage("a", "b"), through(`read -r line; echo "$line"; read -r line; printf half`)}, "[\"a\"] test.yaml:1:8: through: sh ended in the middle of an answer: what it wrote last has no end: \"half\" (item \"b\")"},
		{"half a line, and it fails", []Stage{itemsStage("a"), through(`read -r line; printf half; exit 4`)}, `[] test.yaml:1:8: through: sh ended with exit code 4 (item "a")`},
		{"half a text", []Stage{itemsStage("a"), through(`head -c1 >&2; printf half`, "format", srcLiteral("nul"))}, `[] test.yaml:1:8: through: sh ended in the middle of an answer: what it wrote last has no end: "half" (item "a")`},
		{"it fails", []Stage{itemsStage("a", "b"), through(`read -r line; echo "$line"; read -r line; echo broken >&2; exit 7`)}, `["a"] test.yaml:1:8: through: sh ended with exit code 7: broken (item "b")`},
		{"it fails at the end", []Stage{itemsStage("a"), through(upper + "; exit 3")}, `["<a>"] test.yaml:1:8: through: sh ended with exit code 3`},
		{"it fails on an item", []Stage{itemsStage("a", "bad", "c"), handled(through(`while read -r line; do [ "$line" = bad ] && exit 1; echo "<$line>"; done`), ThenSkip)}, `["<a>", "<c>"]`},
		{"it says nothing", []Stage{itemsStage("a"), timed(through(`exec sleep 100`), "100ms")}, `[] test.yaml:1:8: through: timed out (item "a")`},
		{"it reads nothing", []Stage{stage("range", exprField("100000")), timed(through(`exec sleep 100`), "100ms")}, `[] test.yaml:1:8: through: timed out (item 0)`},
		{"closes its output", []Stage{itemsStage("a"), through(`exec >&-; while read -r line; do :; done`)}, "[] test.yaml:1:8: through: sh closed its standard output without an answer: with `per: item` each line gets one line (`per: stream` is free) (item \"a\")"},
		{"its answer is broken", []Stage{itemsStage(1, 2), handled(through(`while read -r line; do [ "$line" = 1 ] && line='{'; echo "$line"; done`, "format", srcLiteral("jsonl")), ThenPass)}, `[1, 2]`},
		{"bytes", []Stage{itemsStage(1), through("cat", "format", srcLiteral("bytes"))}, "test.yaml:1:8: through: bytes have no end that would tell one answer from the next: use `per: stream`, or another format"},
		{"no more is wanted", []Stage{stage("range", exprField("1000000")), through(upper), countStage("take", 2)}, `["<0>", "<1>"]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, block := range []int{1, 100} {
				if got := programWorld(t).outAndReset(tt.stages, block); got != tt.want {
					t.Errorf("batches of %d:\ngot  %s\nwant %s", block, got, tt.want)
				}
			}
		})
	}
}

// TestThroughItemTooMuch: lines that nobody asked for are noticed, at the next item or at the end.
func TestThroughItemTooMuch(t *testing.T) {
	for _, block := range []int{1, 100} {
		got := programWorld(t).outAndReset([]Stage{itemsStage("a", "b"), sh("through", `while read -r line; do printf '%s\nmore\n' "$line"; done`)}, block)
		if !strings.HasPrefix(got, `["a"`) || !strings.Contains(got, "through: sh wrote more than it was asked") {
			t.Error(got)
		}
	}
}

// TestThroughMany: more rows than fit into pipes, with answers as long.
func TestThroughMany(t *testing.T) {
	w := programWorld(t)
	got := w.outAndReset([]Stage{
		stage("range", exprField("20000")), mapStage(`string(item) + repeat("x", 100)`), execStage("through", []string{"cat"}), mapStage("len(item)"),
		stage("reduce", exprField("acc + item"), "init", srcLiteral(0)),
	}, 0)
	if want := "[2088890]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestThroughStream is what a program gives that reads and writes as it likes.
func TestThroughStream(t *testing.T) {
	through := func(script string, options ...any) Stage {
		return sh("through", script, append([]any{"per", srcLiteral("stream")}, options...)...)
	}
	for _, tt := range []struct {
		name   string
		stages []Stage
		want   string
	}{
		{"at the end", []Stage{itemsStage("b", "c", "a"), through("sort")}, `["a", "b", "c"]`},
		{"without input", []Stage{itemsStage(), through("echo one; echo two")}, `["one", "two"]`},
		{"csv", []Stage{itemsStage(map[string]any{"a": 1, "b": "x,y"}, map[string]any{"b": 2}), through("cat", "format", srcLiteral("csv"))}, `[{"a": "1", "b": "x,y"}, {"a": "", "b": "2"}]`},
		{"csv without header", []Stage{itemsStage([]any{1, "x,y"}), through("cat", "format", srcLiteral("csv"), "header", srcLiteral(false))}, `[["1", "x,y"]]`},
		{"csv in, lines out", []Stage{itemsStage(map[string]any{"a": 1}, map[string]any{"c": 2}), handled(through("cat", "format", srcLiteral("csv"), AnswersOption, srcLiteral("lines")), ThenSkip)}, `["a", "1"]`},
		{"pieces", []Stage{itemsStage(), through(`printf 'a\n\377\nb\n\nc'`, AnswersOption, srcLiteral("pieces"))}, `["a\n", "/wo=", "b\n", "\n", "c"]`},
		{"long pieces", []Stage{itemsStage(), through(`head -c 3000000 /dev/zero; echo; echo x`, AnswersOption, srcLiteral("pieces")), mapStage("len(item)")}, `[1048576, 1048576, 902849, 2]`},
		{"lines of a log", []Stage{itemsStage(), through(`printf 'a\n\377b\n\nc'`, AnswersOption, srcLiteral("log"))}, `["a", "�b", "", "c"]`},
		{"frames", []Stage{itemsStage("a\nb", 1), through("cat", "format", srcLiteral("frames")), mapStage("string(item)")}, `["a\nb", "1"]`},
		{"jsonl", []Stage{itemsStage(1, map[string]any{"a": nil}), through("cat", "format", srcLiteral("jsonl"))}, `[1, {"a": null}]`},
		{"bytes", []Stage{itemsStage("ab", []byte("\xff")), through("cat", "format", srcLiteral("bytes")), mapStage("[len(item), item]")}, `[[3, "YWL/"]]`},
		{"it wants only some", []Stage{stage("range", exprField("1000000")), through("head -n 2")}, `["0", "1"]`},
		{"it wants nothing", []Stage{stage("range", exprField("1000000")), through("exec <&-; echo x")}, `["x"]`},
		{"it closes its output", []Stage{stage("range", exprField("100000")), through("exec >&-; cat > /dev/null")}, `[]`},
		{"it never ends", []Stage{itemsStage(), through("yes"), countStage("take", 3)}, `["y", "y", "y"]`},
		{"it says more than it is told", []Stage{stage("range", exprField("1000")), through(`while read -r x; do echo "$x$x"; echo "$x"; done`), stage("reduce", exprField("acc + 1"), "init", srcLiteral(0))}, `[2000]`},
		{"it fails", []Stage{itemsStage(1), through("cat; echo oh >&2; exit 2")}, `["1"] test.yaml:1:8: through: sh ended with exit code 2: oh`},
		{"it fails early", []Stage{stage("range", exprField("1000000")), through("exit 2")}, `[] test.yaml:1:8: through: sh ended with exit code 2`},
		{"its output is broken", []Stage{itemsStage(), handled(through(`echo 1; echo '{'; echo 2`, "format", srcLiteral("jsonl")), ThenSkip)}, `[1, 2]`},
		{"a line break", []Stage{itemsStage("a", "b\nc"), handled(through("cat"), ThenSkip)}, `["a"]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, block := range []int{1, 100} {
				got := programWorld(t).outAndReset(tt.stages, block)
				if i := strings.Index(got, " (item"); i >= 0 {
					got = got[:i] // which item it was at, is chance
				}
				if got != tt.want {
					t.Errorf("batches of %d:\ngot  %s\nwant %s", block, got, tt.want)
				}
			}
		})
	}
}

// slowInbox is a queue that has its next item only when the answer to the one before has come out of the chain: a cycle.
type slowInbox struct {
	host *fakeHost
	next int
	last int
}

func (q *slowInbox) Lease() (Delivery, error) {
	if q.next > q.last {
		return Delivery{}, io.EOF
	}
	if len(q.host.world.queue("out").put) < q.next {
		return Delivery{}, ErrEmpty
	}
	q.next++
	return Delivery{Items: ColumnOf(q.next - 1), Queue: "in", First: uint64(q.next), Attempt: 1}, nil
}

func (q *slowInbox) Take(int) {}

// Wait never finds anything by itself.
func (q *slowInbox) Wait(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// cycleHost is a fakeHost whose queue is a slowInbox.
type cycleHost struct{ *fakeHost }

func (h cycleHost) Inbox(...Ref) (Inbox, error) {
	return &slowInbox{host: h.fakeHost, last: 5}, nil
}

// TestThroughStreamAnswers: what a program says goes on while the chain waits for more input, which may depend on it.
func TestThroughStreamAnswers(t *testing.T) {
	w := programWorld(t)
	h := w.host()
	chain, err := Build([]Stage{
		stage("get", queueField("in")),
		sh("through", `while read -r x; do echo "$x"; done`, "per", srcLiteral("stream")),
	}, Options{Host: cycleHost{h}})
	if err != nil {
		t.Fatal(err)
	}
	h.chain = chain
	chain.Seed("seed")
	chain.End()
	if err := h.finish(); err != nil {
		t.Fatal(err)
	}
	chain.Reset()
	if got := string(AppendJSON(nil, w.queue("out").put)); got != `["0", "1", "2", "3", "4", "5"]` {
		t.Error(got)
	}
}

// TestThroughResume: after the death of a worker, the program is asked again what it has not answered.
func TestThroughResume(t *testing.T) {
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 5))
		w := programWorld(t)
		dies := mortal{lives: 15, oneIn: 12, rng: rng, options: func() Options { return Options{BlockItems: 7} }}
		_, err := dies.run(t, w, []Stage{stage("range", exprField("50")), sh("through", `while read -r x; do echo "$x"; done`)})
		if err != nil || len(w.queue("out").put) != 50 {
			t.Fatal(err, w.queue("out").put)
		}
		for i, v := range w.queue("out").put {
			if v != fmt.Sprint(i) {
				t.Fatal(w.queue("out").put)
			}
		}
	}
}
