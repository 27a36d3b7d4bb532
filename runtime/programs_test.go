package runtime

import (
	"os"
	"strings"
	"testing"
	"time"

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
