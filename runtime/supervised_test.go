package runtime

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mprun/mprun/planner"
)

// startSupervisor runs a plan in a process of its own, which can be killed.
func startSupervisor(t *testing.T, plan *planner.Plan) *exec.Cmd {
	t.Helper()
	cmd := supervisorOf(t, plan)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd
}

func supervisorOf(t *testing.T, plan *planner.Plan) *exec.Cmd {
	t.Helper()
	data, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exec.Command(executable, "supervise", file)
}
