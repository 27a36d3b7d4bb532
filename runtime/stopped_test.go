package runtime

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mprun/mprun/runtime/terminaltest"
	"github.com/mprun/mprun/stages"
)

// onceStopped is a log that has a process go on when it is said to be stopped.
type onceStopped struct {
	told string // a file that is made when that was said

	mu   sync.Mutex
	text bytes.Buffer
}

var contCommand = regexp.MustCompile("`kill -CONT -- -([0-9]+)`")

func (o *onceStopped) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if m := contCommand.FindSubmatch(p); m != nil {
		pid, _ := strconv.Atoi(string(m[1]))
		_ = os.WriteFile(o.told, nil, 0o600)
		_ = syscall.Kill(-pid, syscall.SIGCONT)
	}
	return o.text.Write(p)
}

// TestStoppedWorker: a worker that is stopped by a signal is told of, with how it goes on, and goes on so; a command, too.
func TestStoppedWorker(t *testing.T) {
	log := onceStopped{told: filepath.Join(t.TempDir(), "told")}
	script := `kill -STOP $PPID; until [ -e ` + log.told + ` ]; do :; done; echo on`
	stopping := stage("exec", stages.Field{})
	for _, word := range []string{"sh", "-c", script} {
		stopping.Operand.Sources = append(stopping.Operand.Sources, stages.Source{Kind: stages.SourceLiteral, Value: word})
	}
	plan := planOf(t, 0, chain("a", 1, stopping, stage("print", stages.Field{})), command("b", "sh", "-c", "kill -STOP $$"))
	plan.Processes[0].Programs = true
	got := runPlan(t, plan, Options{Log: slog.New(slog.NewTextHandler(&log, nil)), lookStopped: time.Millisecond})
	got.ok(t)
	if got.stdout != "on\n" {
		t.Errorf("printed %q", got.stdout)
	}
	for _, name := range []string{"process=a", "process=b"} {
		if text := log.text.String(); strings.Count(text, name) != 1 {
			t.Errorf("not one warning of %s:\n%s", name, text)
		}
	}
}

// TestStoppedAtATerminal: a command that may have been stopped for reading from the terminal is told how it gets that.
func TestStoppedAtATerminal(t *testing.T) {
	_, slave := terminaltest.Open(t)
	log := onceStopped{told: filepath.Join(t.TempDir(), "told")}
	plan := planOf(t, 0, command("a", "sh", "-c", "kill -STOP $$"))
	got := runPlan(t, plan, Options{Stdin: slave, Log: slog.New(slog.NewTextHandler(&log, nil)), lookStopped: time.Millisecond})
	got.ok(t)
	if text := log.text.String(); !strings.Contains(text, "it needs `stdin: inherit`") || strings.Contains(text, "SIGSTOP") {
		t.Errorf("not told how it gets the terminal:\n%s", text)
	}
}
