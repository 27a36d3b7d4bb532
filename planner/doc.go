// Package planner turns a spec into a plan: it resolves names, decodes stages against the operator table, compiles expressions at
// their place in the document, infers the types of items, wires processes to queues, checks what can be checked before anything
// runs, and orders the start.
//
// Compile is a pure function of the document, the Host and the Options: it reads no clock, environment or disk of its own, and the
// same input gives the same Plan to the byte. A Plan is plain data (see Plan); package runtime carries it out.
//
// Everything found wrong is found at once: a part that could not be understood is left out, and causes no further findings.
// Codes documents each kind of finding.
//
// Compile works in passes:
//
//	vars      what the spec declares and the command line overrides
//	names     one namespace of resources, processes, chains and types
//	decode    processes, queues and primitives; stages against the operator table, into stages.Stage
//	wire      who reads and writes each queue; cycles; who is never read or written
//	types     from stage to stage, and from queue to queue until nothing changes; expressions are checked here
//	order     depends_on, then the order of the spec
//
// A test of the spec is a plan of its own (CompileTest). Where it takes the place of processes it is compiled twice: once to find out of
// which, and once without them.
package planner
