//go:build linux

package main

import (
	"fmt"
	"slices"

	"github.com/mprun/mprun/planner"
	"github.com/mprun/mprun/runtime"
)

// checkExitFrom says whether the plan has the process of --exit-code-from.
func checkExitFrom(plan *planner.Plan, name string) error {
	names := make([]string, 0, len(plan.Processes))
	for i := range plan.Processes {
		names = append(names, plan.Processes[i].Name)
	}
	switch {
	case name == "" || slices.Contains(names, name):
		return nil
	case slices.Contains(plan.Absent, name):
		return usageError{text: fmt.Sprintf("--exit-code-from: %s takes no part in this run: its when is false", name)}
	}
	return usageError{text: fmt.Sprintf("--exit-code-from: the spec has no process %q", name), hint: didYouMean(name, names)}
}

// exitFrom is the exit code of a run of which one process decides: of its replicas, the first that did not end with 0; 128+N for the end by
// signal N, as shells have it. How the run as a whole ended counts where that is no matter of processes (an interrupt, a timeout, a fault),
// and where the process has no end of its own, as it was stopped or never started.
func exitFrom(report *runtime.Report, plan *planner.Plan, name string) int {
	status := int(report.Status)
	if name == "" || report.Status != runtime.StatusOK && report.Status != runtime.StatusFailed {
		return status
	}
	i := slices.IndexFunc(plan.Processes, func(p planner.Process) bool { return p.Name == name })
	if i < 0 {
		return status // it was checked before
	}
	first := 0 // its replicas stand together in the report, in the order of the plan
	for _, p := range plan.Processes[:i] {
		first += p.Replicas
	}
	for _, r := range report.Processes[first : first+plan.Processes[i].Replicas] {
		switch {
		case r.Outcome == "stopped" || r.Outcome == "not-started":
			return status
		case r.ExitCode < 0:
			return int(runtime.StatusSignal) - r.ExitCode
		case r.ExitCode > 0:
			return r.ExitCode
		case r.Outcome == "failed":
			return int(runtime.StatusFailed)
		}
	}
	return 0
}
