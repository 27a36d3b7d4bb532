package runtime

import (
	"bufio"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/runtime/terminaltest"
	"github.com/mprun/mprun/stages"
)

// onTerminal runs a plan whose supervisor has a terminal, types something once it has printed "ready", and gives the exit code and what
// was printed.
func onTerminal(t *testing.T, plan *planner.Plan, typed string) (code int, printed string) {
	t.Helper()
	return typing(t, supervisorOf(t, plan), map[string]string{"ready": typed})
}

// typing runs a command in a session with a terminal, and types something when it has printed a line.
func typing(t *testing.T, cmd *exec.Cmd, typed map[string]string) (code int, printed string) {
	t.Helper()
	master, slave := terminaltest.Open(t)
	cmd.Stdin = slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		printed += lines.Text() + "\n"
		if _, err := master.WriteString(typed[lines.Text()]); err != nil {
			t.Error(err)
		}
	}
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), printed
}

const interruptKey = "\x03"

// terminalChain prints that it is ready and then the lines that are typed.
func terminalChain() planner.Process {
	p := chain("lines", 1,
		stage("items", literal([]any{"ready"})), printed(),
		stage("read", stages.Field{Sources: []stages.Source{text("-")}}), printed())
	p.Stdin = planner.Stdio{Kind: "inherit"}
	return p
}

func TestAChainReadsFromTheTerminal(t *testing.T) {
	code, printed := onTerminal(t, planOf(t, 0, terminalChain()), "a\nb\n\x04")
	if want := "ready\na\nb\n"; code != 0 || printed != want {
		t.Errorf("exit code %d, %q printed", code, printed)
	}
}

// TestAnInterruptFromTheTerminalIsForTheRun although the chain has the terminal.
func TestAnInterruptFromTheTerminalIsForTheRun(t *testing.T) {
	code, printed := onTerminal(t, planOf(t, 0, terminalChain(), command("other", "sleep", "1000")), interruptKey)
	if code != 130 || printed != "ready\n" {
		t.Errorf("exit code %d, %q printed", code, printed)
	}
}

// TestTheTerminalIsTakenBack from a program that has ended: the next interrupt reaches mprun.
func TestTheTerminalIsTakenBack(t *testing.T) {
	first := command("first", "true")
	first.Stdin = planner.Stdio{Kind: "inherit"}
	ready := chain("ready", 1, one("ready"), printed())
	ready.DependsOn = []planner.Dependency{{Process: "first", Condition: "completed"}}
	code, printed := onTerminal(t, planOf(t, 0, first, ready, command("other", "sleep", "1000")), interruptKey)
	if code != 130 || !strings.HasPrefix(printed, "ready\n") {
		t.Errorf("exit code %d, %q printed", code, printed)
	}
}
