//go:build !linux

package main

import (
	"fmt"
	"os"
)

// main says where mprun runs: it needs futexes, pidfds and memfds. Their exit code is that of a fault, since nothing was looked at.
func main() {
	fmt.Fprintln(os.Stderr, "mprun: this system cannot run it: mprun is for Linux only, from kernel 5.4")
	os.Exit(70)
}
