// Package each writes the specs that `mprun each` runs: a program for each item of a list, many at a time, for those who come from xargs and
// GNU parallel. It reads no input and starts nothing: a [Job] is what was asked for, [Job.Spec] the YAML text that does it, which is what is run
// and what --show-spec prints.
//
// # The spec
//
//	items -> [jobs] -> each (a replica for each job slot) -> standard output, standard error, job log
//	                        \-> [results] -> order, with KeepOrder
//
// What goes through the queue jobs is a map: `n` is the number of the job, from 1, `a` the list of its arguments. The queue holds one item at a
// time, so that no slot has jobs waiting that another could begin. Each job's result is the outcome of its program (`format: outcome`), which is
// never torn: standard output in one piece, then standard error. A slot whose worker is killed is replaced, and its job is begun again; what it
// had printed is not printed twice.
//
// # Safety
//
// What is read as items never becomes part of a text that a shell reads: a command is a list of words, in which a placeholder stays one word
// whatever the item holds, and a script (Job.Shell) gets the items as its positional parameters.
package each
