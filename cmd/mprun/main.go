//go:build linux

// Command mprun runs pipelines of processes that are described in one YAML file. `mprun --help` lists its verbs.
//
// This package is the only place that prints or colours. What a spec means is decided in package planner, what a run does in package
// runtime; here are flags, the rendering of findings, logs, progress and reports, and exit codes.
package main

import (
	"os"

	"github.com/mprun/mprun/runtime"
)

func main() {
	// A worker's start must not pay for what only the command line needs.
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		os.Exit(runtime.WorkerMain(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == "guardian" {
		os.Exit(runtime.GuardianMain(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == "limited" {
		os.Exit(runtime.LimitedMain(os.Args[2:]))
	}
	os.Exit(execute(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
