//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Exit codes of the command line itself; those of a run are runtime.Status.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
	exitSpec   = 3
	exitFault  = 70
)

// exitCode documents an exit code.
type exitCode struct{ code, meaning string }

func exitCodes() []exitCode {
	return []exitCode{
		{"0", "every non-daemon process succeeded"},
		{"1", "a process failed; the report and the last line name the first that did"},
		{"2", "the command line is wrong"},
		{"3", "the spec is wrong"},
		{"4", "a deadlock: no process can go on any more"},
		{"70", "a fault of mprun's own"},
		{"124", "the run's timeout"},
		{"128+N", "stopped by signal N; 141 without a word when standard output was closed"},
	}
}

// exitError ends the program with a code; what there is to say has been said.
type exitError struct{ code int }

func (e exitError) Error() string { return "exit" }

// usageError is a mistake on the command line.
type usageError struct{ text, hint string }

func (e usageError) Error() string {
	if e.hint == "" {
		return e.text
	}
	return e.text + "; " + e.hint
}

// failure is what kept a verb from doing its work: the machine, or a run that is not there.
type failure struct{ error }

// print writes what a verb has to say. That standard output takes it no more is no fault of mprun's own.
func (c *console) print(text string) error {
	if _, err := c.out.WriteString(text); err != nil {
		return c.unprintable(err)
	}
	return nil
}

// printJSON prints a value as JSON on lines of its own.
func (c *console) printJSON(v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return c.print(string(text) + "\n")
}

// unprintable says why standard output took no text.
func (c *console) unprintable(err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		err = cause
	}
	fmt.Fprintf(c.err, "mprun: writing to standard output: %s\n", err)
	return exitError{exitFailed}
}

// codeOf is the exit code that an error of a verb stands for.
func codeOf(err error) int {
	var exit exitError
	var usage usageError
	var failed failure
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &failed):
		return exitFailed
	}
	return exitFault
}
