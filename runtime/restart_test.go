package runtime

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mprun/mprun/planner"
)

// again is a policy that starts a process again nearly at once.
func again(when string, most int) planner.Restart {
	return planner.Restart{When: when, Max: most, Window: "1m", Backoff: "1ms", MaxBackoff: "1ms"}
}

// TestAFailedChainIsStartedAgain has a program that fails for the first time: the item comes again.
func TestAFailedChainIsStartedAgain(t *testing.T) {
	p := withPrograms(chain("a", 1, one("x"), execs("sh", "-c", "test -e ok || { touch ok; exit 1; }; echo fine"), printed()))
	p.Restart = again("on-failure", 5)
	got := runPlan(t, planOf(t, 0, p), Options{})
	got.ok(t)
	if got.stdout != "fine\n" || got.report.Processes[0].Starts != 2 {
		t.Errorf("stdout %q, %+v", got.stdout, got.report.Processes[0])
	}
}

// TestAFailedChainIsGivenUp: so often, and no more.
func TestAFailedChainIsGivenUp(t *testing.T) {
	p := withPrograms(chain("a", 1, one("x"), execs("sh", "-c", "echo >> tries; exit 1"), printed()))
	p.Restart = again("on-failure", 2)
	plan := planOf(t, 0, p)
	got := runPlan(t, plan, Options{})
	tries, err := os.ReadFile(filepath.Join(plan.Dir, "tries"))
	if err != nil {
		t.Fatal(err)
	}
	if got.report.Status != StatusFailed || len(got.report.Failures) != 1 || len(tries) != 3 {
		t.Errorf("status %d after %d tries: %s", got.report.Status, len(tries), got.failures())
	}
}

// TestAChainThatEndedStartsAnew when its process is always restarted.
func TestAChainThatEndedStartsAnew(t *testing.T) {
	p := chain("a", 1, one("x"), printed())
	p.Restart = again("always", 2)
	got := runPlan(t, planOf(t, 0, p), Options{})
	got.ok(t)
	if want := strings.Repeat("x\n", 3); got.stdout != want {
		t.Errorf("stdout %q, want %q", got.stdout, want)
	}
}

// TestAFailureThatCountsAsSuccess has a chain end with one of its success codes.
func TestAFailureThatCountsAsSuccess(t *testing.T) {
	p := chain("a", 1, one("x"), stage("fail", literal("enough")))
	p.Stages[1].Options = withOption("code", expr("3"))
	p.SuccessCodes = []int{3}
	got := runPlan(t, planOf(t, 0, p), Options{})
	got.ok(t)
	if code := got.report.Processes[0].ExitCode; code != 3 {
		t.Errorf("exit code %d", code)
	}
}

// TestTimeIsOverWhileAProcessWaitsToBeStartedAgain.
func TestTimeIsOverWhileAProcessWaitsToBeStartedAgain(t *testing.T) {
	p := command("a", "false")
	p.Restart = planner.Restart{When: "always", Backoff: "1000s", MaxBackoff: "1000s"}
	p.Timeout = "50ms"
	got := runPlan(t, planOf(t, 0, p), Options{Timeout: 20 * time.Second})
	if got.report.Status != StatusFailed || !strings.Contains(got.failures(), "timed out after 50ms") {
		t.Errorf("status %d: %s", got.report.Status, got.failures())
	}
}

// TestItemsOfAWorkerThatCannotBeReplaced go back to their queue: "first" dies in the middle of its chain with an item in hand, and cannot
// be started again, as its folder is gone.
func TestItemsOfAWorkerThatCannotBeReplaced(t *testing.T) {
	first := withPrograms(chain("first", 1, stage("get", place("q")), execs("sh", "-c", "touch ../gone; rmdir ../dir; kill -9 $PPID; sleep 1000"), printed()))
	first.Restart = again("on-failure", 5)
	first.Dir = "dir"
	second := chain("second", 1, stage("get", place("q")), printed())
	second.DependsOn = []planner.Dependency{{Process: "wait", Condition: "completed"}}
	wait := command("wait", "sh", "-c", "while ! test -e gone; do sleep 0.01; done")
	plan := planOf(t, 0, chain("source", 1, one("x"), stage("put", place("q"))), first, second, wait)
	if err := os.Mkdir(filepath.Join(plan.Dir, "dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	got := runPlan(t, plan, Options{KeepGoing: true, Timeout: 20 * time.Second})
	if got.report.Status != StatusFailed || got.stdout != "x\n" {
		t.Errorf("status %d, stdout %q: %s", got.report.Status, got.stdout, got.failures())
	}
}

// TestWhatIsWrittenBeforeARestartStays: the file of a program's output is emptied by its first start only.
func TestWhatIsWrittenBeforeARestartStays(t *testing.T) {
	p := command("a", "sh", "-c", "echo out; echo err >&2; test -e once || { touch once; exit 1; }")
	p.Restart = again("on-failure", 5)
	p.Stdout = planner.Stdio{Kind: "file", Path: "log"}
	p.Stderr = p.Stdout
	plan := planOf(t, 0, p)
	path := filepath.Join(plan.Dir, "log")
	if err := os.WriteFile(path, []byte("an older run\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	runPlan(t, plan, Options{}).ok(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "out\nerr\nout\nerr\n"; string(data) != want {
		t.Errorf("the file has %q, want %q", data, want)
	}
}
