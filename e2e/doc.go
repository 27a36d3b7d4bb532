// Package e2e holds the tests that run the real mprun binary: the examples and the README, scripts of the command line
// (testdata/script), specs with tests and faults of their own (testdata/tests), killed workers and supervisors, signals, closed pipes, full disks and bad input.
//
// The binary is built once. Each run gets a folder of its own for temporary and run-time files and a mark in its environment, by which
// everything that it starts is found again: after every run the folders must be empty and no marked process may be left. No test
// sleeps in order to synchronise: it polls for the event with a deadline.
//
// A test that needs a program which is missing skips and says which; where MPRUN_CI is set it fails. The flag -long lengthens the
// runs under fire; `go run ./e2e/bench` compares speed with other tools.
package e2e
