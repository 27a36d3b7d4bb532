package runtime

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

// text is a field whose parts are literal text and, in turn, expressions.
func text(parts ...string) stages.Source {
	s := stages.Source{Kind: stages.SourceText}
	for i, part := range parts {
		s.Parts = append(s.Parts, stages.TextPart{Text: part, Expr: i%2 == 1})
	}
	return s
}

// execs is a stage that runs a program whose words hold no expressions.
func execs(words ...string) stages.Stage {
	var field stages.Field
	for _, word := range words {
		field.Sources = append(field.Sources, text(word))
	}
	return stage("exec", field)
}

// withPrograms marks a process as one that starts programs.
func withPrograms(p planner.Process) planner.Process {
	p.Programs = true
	return p
}

func printed() stages.Stage { return stage("print", stages.Field{}) }

func one(item any) stages.Stage { return stage("items", literal([]any{item})) }

// TestATimeoutEndsWhatAProgramStarted has a shell whose child holds the program's output.
func TestATimeoutEndsWhatAProgramStarted(t *testing.T) {
	slow := execs("sh", "-c", "sleep 1000; true")
	limit := text("50ms")
	slow.Timeout = &limit
	slow.OnTimeout = &stages.Handler{Then: stages.ThenSkip}
	start := time.Now()
	got := runPlan(t, planOf(t, 0, withPrograms(chain("slow", 1, one(1), slow, printed()))), Options{Timeout: 20 * time.Second})
	got.ok(t)
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestProgramsOfAChainHaveTheSignalsOfMprun: a signal that a worker does not want is not to be ignored by all that it starts.
func TestProgramsOfAChainHaveTheSignalsOfMprun(t *testing.T) {
	ignored := func(status string) string {
		for line := range strings.Lines(status) {
			if rest, ok := strings.CutPrefix(line, "SigIgn:"); ok {
				return strings.TrimSpace(rest)
			}
		}
		return "no SigIgn"
	}
	own, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	got := runPlan(t, planOf(t, 0, withPrograms(chain("a", 1, one(1), execs("cat", "/proc/self/status"), printed()))), Options{})
	got.ok(t)
	if got, want := ignored(got.stdout), ignored(string(own)); got != want {
		t.Errorf("programs ignore the signals %s, mprun %s", got, want)
	}
}

// TestAProgramIsLookedUpAgain where it is no longer where one before it was found.
func TestAProgramIsLookedUpAgain(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	t.Setenv("PATH", first+":"+second)
	p := newPrograms(nil)
	defer p.close()
	answer := func() string {
		var out bytes.Buffer
		if err := p.Run(context.Background(), stages.Program{Words: []string{"here"}, Stdout: &out}); err != nil {
			return err.Error()
		}
		return out.String()
	}
	install := func(dir, says string) string {
		path := filepath.Join(dir, "here")
		if err := os.WriteFile(path, []byte("#!/bin/sh\necho "+says+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := install(first, "first")
	got := []string{answer()}
	os.Remove(path)
	got = append(got, answer())
	path = install(second, "second")
	got = append(got, answer(), answer())
	os.Remove(path)
	got = append(got, answer())
	missing := "starting here: executable file not found in $PATH"
	if diff := cmp.Diff([]string{"first\n", missing, "second\n", "second\n", missing}, got); diff != "" {
		t.Error(diff)
	}
}

// TestEnviron: getenv(3) finds the first of a name, so that there may be only one.
func TestEnviron(t *testing.T) {
	t.Setenv("KIND", "inherited")
	got := environ([]string{"KIND=1", "A=x", "KINDS=2", "KIND=3=4", "A="})
	got = slices.DeleteFunc(got, func(v string) bool { return !strings.HasPrefix(v, "KIND") && !strings.HasPrefix(v, "A=") })
	if diff := cmp.Diff([]string{"KINDS=2", "KIND=3=4", "A="}, got); diff != "" {
		t.Error(diff)
	}
}

// TestRunPassesOnBothOutputs, more than pipes hold, to the end, with input that is larger still; one that a program does not read is dropped.
func TestRunPassesOnBothOutputs(t *testing.T) {
	p := newPrograms(nil)
	defer p.close()
	input := strings.Repeat("0123456789abcde\n", 1<<17)
	gate := filepath.Join(t.TempDir(), "gate") // for what a program leaves running
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.WriteFile(gate, nil, 0o600)
		for _, pid := range childrenOf(os.Getpid()) { // a run before this test has made this process the parent of what others leave
			wait4(pid)
		}
	})
	for script, want := range map[string][2]int{
		"cat; cat /dev/null >&2":         {len(input), 0},
		"tee /dev/stderr":                {len(input), len(input)},
		"head -c 16 >&2; echo over":      {5, 16},
		"exec >&- 2>&-; cat > /dev/null": {0, 0},
		"true":                           {0, 0},
		"exec 3<&0; (read _ < " + gate + ") > /dev/null 2>&1 &": {0, 0},
	} {
		var out, err bytes.Buffer
		program := stages.Program{Words: []string{"sh", "-c", script}, Stdin: strings.NewReader(input), Stdout: &out, Stderr: &err}
		if failed := p.Run(context.Background(), program); failed != nil {
			t.Errorf("%s: %v", script, failed)
		}
		if got := [2]int{out.Len(), err.Len()}; got != want {
			t.Errorf("%s: %d bytes, want %d", script, got, want)
		}
	}
}
