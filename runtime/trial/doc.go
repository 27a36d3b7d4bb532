// Package trial runs the tests of a spec: a [planner.Test] as a real run with real processes, once for each seed, and holds what came of it
// against what was expected.
//
// The runs are in this process, one after the other, by [runtime.Run], which leaves nothing behind: no process, goroutine, descriptor or
// file. What a run prints goes through a pipe into memory, so that programs that inherit standard output see what they always see; its
// standard input is empty.
//
// A fault that was to happen at an item or at the start of a process must happen in every run. One that is to happen every so often must
// happen in one of the runs of the test at least, since a short run may end before: see [Verdict.Missed].
//
// Nothing here prints.
package trial
