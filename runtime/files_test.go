package runtime

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

// writes is a stage that writes to a file.
func writes(path string) stages.Stage {
	return stage("write", stages.Field{Source: new(text(path))})
}

func withFiles(p planner.Process) planner.Process {
	p.Files = true
	return p
}

func content(t *testing.T, path ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestProcessesWriteToAFileOneAfterTheOther: the second adds to what the first has put in place.
func TestProcessesWriteToAFileOneAfterTheOther(t *testing.T) {
	second := withFiles(chain("second", 1, one("b"), writes("out")))
	second.DependsOn = []planner.Dependency{{Process: "first", Condition: "completed"}}
	plan := planOf(t, 0, withFiles(chain("first", 1, one("a"), writes("out"))), second)
	runPlan(t, plan, Options{}).ok(t)
	if got := content(t, plan.Dir, "out"); got != "a\nb\n" {
		t.Errorf("the file has %q", got)
	}
}

// TestADaemonsFileStays when the run has ended well, and the daemon was stopped for that.
func TestADaemonsFileStays(t *testing.T) {
	daemon := withFiles(chain("daemon", 1, stage("range", expr("1000000000000")), writes("out")))
	daemon.Daemon = true
	plan := planOf(t, 0, daemon, command("short", "sleep", "0.05"))
	runPlan(t, plan, Options{}).ok(t)
	if got := content(t, plan.Dir, "out"); len(got) < 2 || got[:2] != "0\n" {
		t.Errorf("the file begins with %.20q", got)
	}
}

// TestAFileAppearsThoughOthersPrint: the outlet need not come to rest for it.
func TestAFileAppearsThoughOthersPrint(t *testing.T) {
	signals := make(chan os.Signal, 1)
	after := command("after", "true")
	after.DependsOn = []planner.Dependency{{Process: "write", Condition: "completed"}}
	plan := planOf(t, 0,
		chain("print", 3, stage("range", expr("1000000000000")), printed()),
		withFiles(chain("write", 1, one("a"), writes("out"))),
		after,
	)
	told := false
	got := runPlan(t, plan, Options{Signals: signals, Timeout: 20 * time.Second, ProgressEvery: time.Millisecond, Progress: func(p Progress) {
		if !told && p.Processes[2].Ended == 1 {
			told = true
			signals <- syscall.SIGTERM
		}
	}})
	if got.report.Status != StatusSignal+15 || content(t, plan.Dir, "out") != "a\n" {
		t.Errorf("status %d: %s", got.report.Status, got.failures())
	}
}

// TestAFileIsPutWhereALinkLeads, with the mode of what was there.
func TestAFileIsPutWhereALinkLeads(t *testing.T) {
	plan := planOf(t, 0, withFiles(chain("a", 1, one("new"), writes("link"))))
	target, link := filepath.Join(plan.Dir, "target"), filepath.Join(plan.Dir, "link")
	if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target", link); err != nil {
		t.Fatal(err)
	}
	runPlan(t, plan, Options{}).ok(t)
	if got := content(t, target); got != "new\n" {
		t.Errorf("the target has %q", got)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != os.ModeSymlink {
		t.Errorf("the link is %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(target); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the target is %v, %v", info.Mode(), err)
	}
}

// TestAFileThatCannotBeWritten names the process, where it is in the spec, and the path, not that of the temporary file.
func TestAFileThatCannotBeWritten(t *testing.T) {
	for path, want := range map[string]string{
		"file/out":               "write: DIR/file/out: DIR/file is not a folder",
		strings.Repeat("n", 300): "write: DIR/" + strings.Repeat("n", 300) + ": file name too long",
		".":                      "write: DIR is a folder",
		"/dev/full":              "write: /dev/full: no space left on device",
	} {
		p := withFiles(chain("c", 1, one("a"), writes(path)))
		p.Stages[1].Pos = stages.Pos{File: "csv.yaml", Line: 6, Col: 3}
		plan := planOf(t, 0, p)
		want = strings.ReplaceAll(want, "DIR", filepath.Clean(plan.Dir))
		if err := os.WriteFile(filepath.Join(plan.Dir, "file"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		got := runPlan(t, plan, Options{})
		if got.report.Status != StatusFailed || len(got.report.Failures) != 1 {
			t.Errorf("%s: status %d: %s", path, got.report.Status, got.failures())
			continue
		}
		if f := got.report.Failures[0]; f.Process != "c" || f.Error() != "csv.yaml:6:3: process c: "+want {
			t.Errorf("%s: %s, expected %s", path, f.Error(), want)
		}
	}
}
