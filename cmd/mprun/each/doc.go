// Package each writes the specs that `mprun each` runs: a program for each item of a list, many at a time, for those who come from xargs and
// GNU parallel. It reads no input and starts nothing: a [Job] is what was asked for, [Job.Spec] the YAML text that does it, which is what is run
// and what --show-spec prints.
//
// # The spec
//
//	items -> each: pool jobs (a worker for each job slot) -> standard output, standard error, job log
//
// An item is a text, or where a job has several arguments (see Job.several) the list of them; the name `n` is the number of the job, from 1,
// where anything reads it. A pool hands tasks that run programs over one at a time, so that no slot has jobs waiting that another could begin.
// What comes of a program is its outcome (`format: outcome`), which is never torn: standard output in one piece, then standard error. The
// worker prints it, or with KeepOrder the stage behind the pool. A slot whose worker is killed is replaced, and its job is begun again; what
// it had printed is not printed twice.
//
// With Halt, jobs that count are counted in the value `halting`: there are no more items, and no more jobs of those that were handed over,
// once it has reached its number. With Halt.Now they are put into a queue, too, and the process `halt` behind that kills the pool: what a
// worker does in a job becomes visible in one commit with the job's outcome, so that nothing of the job that ended it all is lost.
//
// # Safety
//
// What is read as items never becomes part of a text that a shell reads: a command is a list of words, in which a placeholder stays one word
// whatever the item holds, and a script (Job.Shell) gets the items as its positional parameters.
package each
