package runtime

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/stages"
)

// openTerminal gives the two ends of a pseudo-terminal. See pts(4).
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// onTerminal runs a plan whose supervisor has a terminal, types something once it has printed "ready", and gives the exit code and what
// was printed.
func onTerminal(t *testing.T, plan *planner.Plan, typed string) (code int, printed string) {
	t.Helper()
	return typing(t, supervisorOf(t, plan), map[string]string{"ready": typed})
}

// typing runs a command in a session with a terminal, and types something when it has printed a line.
func typing(t *testing.T, cmd *exec.Cmd, typed map[string]string) (code int, printed string) {
	t.Helper()
	master, slave := openTerminal(t)
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
