package runtime

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mprun/mprun/planner"
)

// long lengthens the tests under fire.
var long = flag.Duration("long", 0, "go on killing workers for so long in each plan, in place of one short round")

// The test binary is also the worker, the guardian and the start of limited commands, as mprun is; as "supervise PLAN" it is a whole mprun.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "worker":
			os.Exit(WorkerMain(os.Args[2:]))
		case "guardian":
			os.Exit(GuardianMain(os.Args[2:]))
		case "limited":
			os.Exit(LimitedMain(os.Args[2:]))
		case "supervise":
			os.Exit(supervise(os.Args[2]))
		case "shell":
			os.Exit(shell(os.Args[2], os.Args[3] == "bg"))
		}
	}
	flag.Parse()
	before := descriptors()
	code := m.Run()
	if leaks := leaks(before); len(leaks) > 0 {
		fmt.Fprintf(os.Stderr, "left behind by the tests:\n%s\n", strings.Join(leaks, "\n"))
		code = 1
	}
	os.Exit(code)
}

// supervise runs the plan in a file with this process's standard streams, and gives the exit code of the run.
func supervise(file string) int {
	data, err := os.ReadFile(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	plan := new(planner.Plan)
	if err := json.Unmarshal(data, plan); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT)
	report, err := Run(context.Background(), plan, Options{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Signals: signals})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	return int(report.Status)
}

// leaks is what the tests have left: goroutines, children, open files (those in memory among them), files of queues that spill.
func leaks(before map[string]bool) []string {
	var found []string
	if err := goleak.Find(); err != nil {
		found = append(found, err.Error())
	}
	for _, pid := range childrenOf(os.Getpid()) {
		found = append(found, fmt.Sprintf("child %d (%s)", pid, commandName(pid)))
	}
	for name := range descriptors() {
		if !before[name] {
			found = append(found, "descriptor "+name)
		}
	}
	spills, _ := filepath.Glob(filepath.Join(os.TempDir(), "mprun-spill-*"))
	return append(found, spills...)
}

// descriptors is the open files of this process, but for those of Go's own poller and of the test's log.
func descriptors() map[string]bool {
	names := map[string]bool{}
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil || target == "anon_inode:[eventpoll]" || target == "anon_inode:[eventfd]" {
			continue
		}
		names[filepath.Base(link)+" "+target] = true
	}
	return names
}

// eventually polls until something holds that no event tells of: files of programs come in folders that are made meanwhile, and that somebody sleeps is
// shown by /proc and the arena only.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come to pass: %s", what)
		}
	}
}
