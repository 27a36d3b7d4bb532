package planner

import "github.com/mprun/mprun/spec"

// Codes of the findings of this package. They are stable.
const (
	CodeNotAvailable    = "not-available"
	CodeUnknownCode     = "unknown-code"
	CodeUnknownVar      = "unknown-var"
	CodeEnvFile         = "env-file"
	CodeInitFile        = "init-file"
	CodeSecretArgument  = "secret-argument"
	CodeUnknownName     = "unknown-name"
	CodeWrongResource   = "wrong-resource"
	CodeBadPlace        = "bad-place"
	CodeExpression      = "expression"
	CodePlanValue       = "plan-value"
	CodeUnknownOperator = "unknown-operator"
	CodeNoOperator      = "no-operator"
	CodeTwoOperators    = "two-operators"
	CodeUnknownOption   = "unknown-option"
	CodeMissingOperand  = "missing-operand"
	CodeNotWaiting      = "not-waiting"
	CodeHandler         = "bad-handler"
	CodeRegexp          = "bad-regexp"
	CodeGlob            = "bad-glob"
	CodeInjection       = "injection"
	CodeScriptData      = "script-data"
	CodeCreates         = "creates"
	CodeCreatesOut      = "creates-out"
	CodeNoMeaning       = "no-meaning"
	CodePlaceholder     = "placeholder"
	CodeReduceInit      = "reduce-init"
	CodeUnknownProgram  = "unknown-program"
	CodePythonFunction  = "python-function"
	CodeForeignKey      = "foreign-key"
	CodeNoStages        = "no-stages"
	CodeNeverWritten    = "never-written"
	CodeNeverRead       = "never-read"
	CodeUnused          = "unused"
	CodeCycleCapacity   = "cycle-capacity"
	CodeCycleEnd        = "cycle-end"
	CodeSharedStdin     = "shared-stdin"
	CodeSplitReduce     = "split-reduce"
	CodeKeyReaders      = "key-readers"
	CodeItemType        = "item-type"
	CodeTypeCycle       = "type-cycle"
	CodeAck             = "ack"
	CodeDependsCycle    = "depends-cycle"
	CodeNoProbe         = "no-probe"
	CodeJoinDrain       = "join-before-drain"
	CodeLateDrain       = "late-drain"
	CodeNoProcesses     = "no-processes"
	CodeSplit           = "nothing-to-split"
	CodeWholeSource     = "whole-source"
	CodeFinallyQueue    = "finally-queue"
	CodeFormatName      = "format-by-name"
	CodeNotWritten      = "not-written"
	CodeFollow          = "follow"
	CodeChainCycle      = "chain-cycle"
	CodeArguments       = "arguments"
	CodeTest            = "test"
	CodeConditionLock   = "condition-lock"
	CodeLockTwice       = "lock-twice"
	CodeLockOrder       = "lock-order"
	CodeLockSplit       = "lock-split"
	CodeBarrierAction   = "barrier-action"
	CodeBarrierParties  = "barrier-parties"
	CodeNeverSet        = "never-set"
	CodeNeverStarted    = "never-started"
	CodeStartsItself    = "starts-itself"
	CodeOwnItems        = "own-items"
	CodeWaitCycle       = "wait-cycle"
	CodeThread          = "thread"
)

// Codes documents the findings of this package.
func Codes() []spec.CodeDef {
	return []spec.CodeDef{
		{Code: CodeNotAvailable, Severity: spec.Error, Doc: "The key is part of the language, but this version of mprun cannot carry it out yet. Nothing is ignored silently, so the spec is refused."},
		{Code: CodeUnknownCode, Severity: spec.Warning, Doc: "x-mprun-allow silences warnings by their codes; there is no warning of that code."},
		{Code: CodeUnknownVar, Severity: spec.Error, Doc: "The command line, or a test, sets a var that the spec does not have. Declare it under vars, with its default."},
		{Code: CodeEnvFile, Severity: spec.Error, Doc: "A file that env_file names cannot be read, or has a line that is not NAME=value. Its values are never shown."},
		{Code: CodeInitFile, Severity: spec.Error, Doc: "The file that a value or an array starts with (init: {file: x.npy}) cannot be read, is not in NumPy's format, or has elements of another type or another shape than the spec says."},
		{Code: CodeSecretArgument, Severity: spec.Warning, Doc: "A value of an env_file becomes an argument of a program, which every user of the machine can read in the list of processes. The program has it in its environment."},
		{Code: CodeUnknownName, Severity: spec.Error, Doc: "Nothing of that name is defined in the spec."},
		{Code: CodeWrongResource, Severity: spec.Error, Doc: "The name is that of another kind of resource than is needed here."},
		{Code: CodeBadPlace, Severity: spec.Error, Doc: "A place is a name, with an index in [ ] or a field behind a point: jobs, hist[item % 10], p.read."},
		{Code: CodeExpression, Severity: spec.Error, Doc: "An expression does not parse, reads a name or a field that is not there, or has an operation on the wrong types."},
		{Code: CodePlanValue, Severity: spec.Error, Doc: "A ${{ }} outside of stages is replaced when the plan is made, with vars, env, cpus and spec; its value cannot be worked out or does not fit the key."},
		{Code: CodeUnknownOperator, Severity: spec.Error, Doc: "A stage is a mapping with one operator; there is no operator of that name."},
		{Code: CodeNoOperator, Severity: spec.Error, Doc: "A stage has keys, but none of them is an operator."},
		{Code: CodeTwoOperators, Severity: spec.Error, Doc: "A stage has one operator. Make two stages of it."},
		{Code: CodeUnknownOption, Severity: spec.Error, Doc: "The operator of the stage has no such option."},
		{Code: CodeMissingOperand, Severity: spec.Error, Doc: "The operator needs a value behind its colon."},
		{Code: CodeNotWaiting, Severity: spec.Error, Doc: "The stage waits for nothing, so it takes no timeout and no on_timeout."},
		{Code: CodeHandler, Severity: spec.Error, Doc: "on_error and on_timeout take fail, skip or end, {put: queue}, or {do: stages, then: fail, skip, end or pass}."},
		{Code: CodeRegexp, Severity: spec.Error, Doc: "A regular expression is not one of Go's (RE2): https://pkg.go.dev/regexp/syntax. Or it has no named group, which gives a field."},
		{Code: CodeGlob, Severity: spec.Error, Doc: "The pattern of names cannot be understood: a bracket or a brace is not closed. A \\ before a character takes it as it is."},
		{Code: CodeInjection, Severity: spec.Error, Doc: "A script for the shell must not hold data of the run: it would be read as script. The item is in $ITEM."},
		{Code: CodeScriptData, Severity: spec.Warning, Doc: "A word that an interpreter, as sh -c, reads as a program has data of the run in it: whoever makes the data decides what runs. Hand it over as an argument behind the program, by input, or use shell, which has the item in $ITEM."},
		{Code: CodeCreates, Severity: spec.Error, Doc: "creates stands beside something that it cannot be combined with: several replicas of one command, a queue at the ends of a command, a format of the output."},
		{Code: CodeCreatesOut, Severity: spec.Warning, Doc: "creates says which file a program makes, but the program is not told where to write: it must write to ${{ out }}, which is in $OUT as well, so that the file appears as a whole. Allow it for a program that reads $OUT by itself."},
		{Code: CodeNoMeaning, Severity: spec.Error, Doc: "An option has no meaning beside the others of its stage: spill and prefix are of format: outcome without live, and what print has from: file has no end."},
		{Code: CodePlaceholder, Severity: spec.Warning, Doc: "A text has {}, {{ item }}, $item or a bare item.name in it, as other tools write the place of the item. Here ${{ expression }} is replaced, and nothing else. Allow it if the text is meant as it is."},
		{Code: CodeReduceInit, Severity: spec.Warning, Doc: "A reduce whose expression does not read the item has no init: acc begins as the first item, which is no count. Add init: 0, say."},
		{Code: CodeUnknownProgram, Severity: spec.Error, Doc: "A program that a stage or process runs is not there. It is looked for in PATH before anything starts."},
		{Code: CodePythonFunction, Severity: spec.Error, Doc: "A Python function is named as module:function, where both may have dots: statistics:median, app.text:Cleaner.clean. In a module beside the spec, or in a folder of path, it is looked for before anything starts; whether an installed module has it shows in the run."},
		{Code: CodeForeignKey, Severity: spec.Error, Doc: "The key belongs to another form of process: stdin, stdout, stderr and creates to those with a command or a shell."},
		{Code: CodeNoStages, Severity: spec.Error, Doc: "A process has no stages."},
		{Code: CodeNeverWritten, Severity: spec.Error, Doc: "A queue is read, and nothing ever puts an item into it."},
		{Code: CodeNeverRead, Severity: spec.Error, Doc: "A bounded queue is written, and nothing ever reads it: its writers would stand as soon as it is full. Read it, or give it capacity: unbounded."},
		{Code: CodeUnused, Severity: spec.Warning, Doc: "A resource is defined, and nothing uses it."},
		{Code: CodeCycleCapacity, Severity: spec.Warning, Doc: "A queue on a cycle has a capacity: when it is full, a process of the cycle can wait for itself. On a cycle, queues are unbounded unless they say otherwise."},
		{Code: CodeCycleEnd, Severity: spec.Error, Doc: "A stage gives its results at the end of its stream, and they feed the cycle whose end it waits for."},
		{Code: CodeSharedStdin, Severity: spec.Error, Doc: "Standard input can be read by one process with one replica only: others would take parts of its lines."},
		{Code: CodeSplitReduce, Severity: spec.Warning, Doc: "Each replica reduces the items that it happened to get, so that a key has a result of each replica. Give the queue a key, or reduce once more in one process."},
		{Code: CodeKeyReaders, Severity: spec.Error, Doc: "A queue with a key is read by several processes, though the items of a key go to one replica of one process; or one with broadcast by more than it can serve. With key and broadcast together each process gets every item, and shares them by the key."},
		{Code: CodeAck, Severity: spec.Error, Doc: "get with ack: manual and ack belong together: an item that is got so is finished by an ack behind it in the chain, before anything that makes one item of several; and only such an item can be acknowledged."},
		{Code: CodeItemType, Severity: spec.Error, Doc: "What is put into a queue does not fit the type that the queue declares."},
		{Code: CodeTypeCycle, Severity: spec.Error, Doc: "A record has a field of its own type, directly or by way of others. Records have a fixed size."},
		{Code: CodeDependsCycle, Severity: spec.Error, Doc: "Processes wait for each other's start."},
		{Code: CodeNoProbe, Severity: spec.Error, Doc: "A process waits for another to be ready that has no probe, ready:, to tell when it is."},
		{Code: CodeJoinDrain, Severity: spec.Error, Doc: "A process waits for another's end, by depends_on or wait, while that one can fill a queue which only the first drains, or reads a queue which the first fills, or is a daemon."},
		{Code: CodeLateDrain, Severity: spec.Warning, Doc: "A queue is read only when another process has ended, which itself reads until the queue's writer has ended: if more is put than the queue holds, nothing goes on. With capacity: unbounded it spills to a file. Allow it if little is put."},
		{Code: CodeFormatName, Severity: spec.Warning, Doc: "The name of a file tells of a format, but read and write take lines where the stage has no format: names are never guessed from. Say which is meant."},
		{Code: CodeFollow, Severity: spec.Error, Doc: "A read with follow waits at the end of one file, in records, in one replica; follow and split are the same for all items."},
		{Code: CodeNotWritten, Severity: spec.Error, Doc: "The file's name asks for a compression that mprun reads but does not write."},
		{Code: CodeNoProcesses, Severity: spec.Error, Doc: "The spec has no process that would run."},
		{Code: CodeSplit, Severity: spec.Error, Doc: "split shares the items of a source that all replicas have. Behind a queue, or behind another source that is split, each replica has items of its own."},
		{Code: CodeWholeSource, Severity: spec.Warning, Doc: "A process has replicas, and each gives all the items of its source, so that they come several times. split: true shares them, split: false says that it is meant."},
		{Code: CodeFinallyQueue, Severity: spec.Error, Doc: "finally runs when all processes have ended: nobody is left who would put into a queue or read it."},
		{Code: CodeChainCycle, Severity: spec.Error, Doc: "A chain uses itself, by way of others perhaps. A chain is put in the place of each use of it, which would never end."},
		{Code: CodeTest, Severity: spec.Error, Doc: "A test cannot be run as it is: it gives items to a queue that nothing reads then, expects some of one that nothing writes, or has a fault of something that has no part in its run. What writes a queue of input, and what reads a queue of expect, does not run."},
		{Code: CodeConditionLock, Severity: spec.Error, Doc: "A condition is waited for or notified by a process that does not hold its lock. Both belong into the do of lock: CONDITION, or behind an acquire of the lock that the condition names: only so is what the waiting process looks at not changed between its look and its sleep."},
		{Code: CodeLockTwice, Severity: spec.Error, Doc: "A process takes a lock that it holds already on the way to the stage, and that is not recursive: it would wait for itself for ever. Take it once, around both, or give the lock recursive: true."},
		{Code: CodeLockOrder, Severity: spec.Warning, Doc: "Locks are taken in both orders, or in a circle: one process holds the first and waits for the second, another holds the second and waits for the first, and neither goes on. Take them at once, as in lock: [a, b], which is done in one order everywhere, or nest them in the same order. Allow it where something else keeps the two apart."},
		{Code: CodeLockSplit, Severity: spec.Warning, Doc: "What a lock does becomes visible at once at its end, or not at all if it fails. A stage inside that waits (sleep, get, a put into a queue that may be full, another lock) parts that in two: what came before it can be seen from then on, and stays if what follows fails. Do it before or behind the lock, whose results go on when it has been released, take several locks at once, or allow it where the parts may be seen apart. A wait for a condition is made for this, and is no finding."},
		{Code: CodeBarrierAction, Severity: spec.Error, Doc: "The action of a barrier is run by the last to arrive while all others wait, so that it must not wait at a barrier itself."},
		{Code: CodeBarrierParties, Severity: spec.Error, Doc: "A barrier opens when as many have arrived as its parties say, and fewer replicas ever wait at it."},
		{Code: CodeNeverSet, Severity: spec.Error, Doc: "An event is waited for, it does not start set, and no stage sets it."},
		{Code: CodeNeverStarted, Severity: spec.Warning, Doc: "A process has autostart: false, and no stage of another process starts it."},
		{Code: CodeStartsItself, Severity: spec.Error, Doc: "A stage starts a process that starts with the run. A process runs once; with autostart: false it waits for the stage."},
		{Code: CodeOwnItems, Severity: spec.Error, Doc: "A process waits until all items of a queue are finished while it works on one of them, which is finished when it has left the chain."},
		{Code: CodeThread, Severity: spec.Error, Doc: "Replicas that are threads of one process (start_method: thread) share its environment, folder, user and limits: none has its own."},
		{Code: CodeWaitCycle, Severity: spec.Error, Doc: "Processes wait for each other's end, or one for its own."},
		{Code: CodeArguments, Severity: spec.Error, Doc: "A use gives a chain an argument that is none of its params, or leaves one out."},
	}
}
