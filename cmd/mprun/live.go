//go:build linux

package main

import (
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/mprun/mprun/runtime/live"
)

// runEnv names the run that a program belongs to.
const runEnv = "MPRUN_RUN"

// runFlag is the flag of verbs that go to a live run.
func runFlag(cmd *cobra.Command, id *string) {
	cmd.Flags().StringVar(id, "run", "", "`id` of the run, or its beginning (default $"+runEnv+", else this folder's run, else the only one)")
	err := cmd.RegisterFlagCompletionFunc("run", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		list, _ := live.List() // there is nobody to tell what is wrong
		var words []string
		for _, i := range list {
			words = append(words, i.ID+"\t"+i.Spec)
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // there is no such flag, or it has words already
	}
}

// liveRun is the run that is meant.
func liveRun(id string) (live.Info, error) {
	list, err := live.List()
	if err != nil {
		return live.Info{}, failure{err}
	}
	dir, err := os.Getwd()
	if err != nil {
		return live.Info{}, failure{err}
	}
	run, err := live.Choose(list, id, os.Getenv(runEnv), dir)
	if err != nil {
		return live.Info{}, failure{err}
	}
	return run, nil
}

// askOnce calls a run for its only reply.
func askOnce(run live.Info, call string, reply any) ([]*os.File, error) {
	answer, err := run.Call(call, nil)
	if err != nil {
		return nil, failure{err}
	}
	defer answer.Close()
	files, err := answer.Next(reply)
	if errors.Is(err, io.EOF) {
		err = errors.New("the run has nothing to say")
	}
	if err != nil {
		return nil, failure{err}
	}
	return files, nil
}
