package stages

// tablePrograms is the operators that run programs.
func tablePrograms() []Operator {
	env := FieldDef{Name: "env", Kind: DataField, Map: true, Doc: "Variables added to the program's environment; null is not set."}
	cwd := FieldDef{Name: "cwd", Kind: TextField, Doc: "The folder that the program runs in, relative to the spec's."}
	input := FieldDef{Name: "input", Kind: TextField, Doc: "What the program reads on its standard input; nothing if not given."}
	answer := formatField("text", "text", "lines", "nul", "jsonl", "csv", "bytes", "frames", "outcome")
	answer.Doc = "How the output is read: as one text without its last newline, or as several results: lines, zero-terminated texts, JSON texts, CSV records, frames; or as bytes; or what became of the program, failed or not, as one map: `code` (-N after signal N, 124 after the timeout, 127 if it could not be started), `stdout` and `stderr` (as they are, also bytes), `error` (a text, or null), `started` (seconds since 1970), `seconds`, `skipped`, with `creates` also `path`."
	creates := FieldDef{Name: "creates", Kind: TextField, Filled: true, Doc: "The file, or folder, that the program creates: it writes to `${{ out }}` or `$OUT`, a temporary beside it that takes its place on success. The result is the path; what the program prints is logged. The program does not run if the file is there and no input is newer: neither the item, if that is a path, nor a file among the words of the command."}
	live := FieldDef{Name: "live", Kind: TextField, Doc: "Has what the program writes go to mprun's standard output and error as it comes, line by line, each behind this text, which may be empty; if it is not, a last line without an end gets one. The result is empty then. If its worker is killed, what was printed stays, and another program is run."}
	most := FieldDef{Name: "max_output", Kind: SizeField, Uniform: true, Positive: true, Default: "256MiB", Doc: "A program that writes more is ended, and has failed; of `format: outcome`, to standard output or to standard error. 256MiB at most, unless there is `spill`, with which it is not bounded by itself."}
	spill := FieldDef{Name: "spill", Kind: SizeField, Uniform: true, Positive: true, Doc: "Of `format: outcome`, as `256KiB`: keeps an output that is larger in a file of the run, in the folder for temporary files (`TMPDIR`). The outcome has its path, `stdout_file` or `stderr_file` (null: there is none), for `print` with `from: file`, and `stdout` or `stderr` is empty then. The file is there until it has been printed, or until the run ends."}
	prefix := FieldDef{Name: "prefix", Kind: TextField, Doc: "Of `format: outcome`: stands before each line of `stdout` and `stderr`, the last of which gets a line end if it has none."}
	return []Operator{
		{
			Name: "pool", Group: Transforms, Waits: true,
			Doc: "Hands each item to one of many workers, in which it goes through `do` as a stream of its own; what comes out of that goes on. A worker that is killed is replaced, and its task is done by another. " +
				"A task that fails, in whatever stage, is a failure of the item here, for `on_error`; it has no results then, and with `end` none of those behind it has. The results of a task have 64 MiB at most. Inside of `use`, `route` or `tee` such keys, `retry` and `as` stand at the pool, not around it. `when`, `retry` and `timeout` are seen to in the worker. `timeout` is that of a task: at its end the worker that is at it is killed with all its programs and replaced. Tasks whose results nobody will take, as behind `take` or when the run is stopped, are ended in their middle: their programs get SIGTERM, and are killed a second later.",
			Example: "pool: {workers: 8}\ndo:\n  - exec: sha256sum ${{ item }}",
			Operand: FieldDef{Kind: PoolField, Doc: "The name of a pool, or its fields."},
			Options: []FieldDef{
				{Name: "do", Kind: ChainField, Doc: "The task. `self` in it is the worker of the pool; names bound before and `args` are there. A program of `through` lives as long as the worker; with `when`, `timeout` or `retry`, or beside stages that see where the stream of a task ends (`reduce`, `sort`, ...), as long as the task."},
				{Name: "chunk_size", Kind: CountField, Uniform: true, Doc: "Items that are handed over at a time, at most. Without it as many as are worth a few milliseconds of work; tasks that are much shorter travel together in any case. Tasks that start programs (`exec`, `shell`) are handed over one at a time, or as many as it says."},
				{Name: "ordered", Kind: BoolField, Uniform: true, Default: "true", Doc: "Whether results come in the order of the items. At most 16 chunks for each worker are at work or wait for their turn; of tasks that start programs, results of 16 MiB more may wait, so that a long one does not hold up the others."},
			},
			Infer: inferPool, Build: buildPooling,
		},
		{
			Name: "exec", Group: Transforms, Effect: true, Single: true, Waits: true,
			Doc:     "Runs a program for each item; the result is what it writes. It finds ITEM_ID and ATTEMPT in its environment.",
			Example: "exec: sha256sum ${{ item }}",
			Operand: FieldDef{Kind: CommandField, Doc: "The program and its arguments: a list, or a text that is split into words before anything is replaced. A word that is one `${{ }}` with a list is as many words."},
			Options: []FieldDef{input, answer, headerField(), env, cwd, creates, live, most, spill, prefix},
			Infer:   execType, Build: buildExec,
		},
		{
			Name: "shell", Group: Transforms, Effect: true, Single: true, Waits: true,
			Doc:     "Runs a shell script for each item, which is in `$ITEM`: a text as it is, anything else as JSON. Else it is as `exec`.",
			Example: "shell: grep -c error \"$ITEM\" || test $? = 1",
			Operand: FieldDef{Kind: ScriptField, Doc: "The script, for /bin/sh. `${{ }}` in it may read `vars`, `env`, `args` and `self`, which become part of the script; data of the run comes by `$ITEM`, or by `env`."},
			Options: []FieldDef{input, answer, headerField(), env, cwd, creates, live, most, spill, prefix},
			Infer:   execType, Build: buildShell,
		},
		{
			Name: "through", Group: Transforms, Waits: true,
			Doc:     "Hands items to a program that lives as long as the worker, and takes what it writes.",
			Example: "through: sed -u s/foo/bar/",
			Operand: FieldDef{Kind: CommandField, Doc: "The program and its arguments; there is no item in them."},
			Options: []FieldDef{
				{
					Name: "per", Kind: EnumField, Values: []string{"item", "stream"}, Default: "item",
					Doc: "`item`: each line that goes in gets one line, at once, which is its result (a program that keeps its output back needs an option against that, as `sed -u`, or `stdbuf -oL`). `stream`: lines go in and come out as the program likes. If its worker is killed, another program is given the same once more, and what was answered already is left out: one that then answers something else, or had been given more than 16 MiB, fails the run (`input-lost`).",
				},
				formatField("lines", "lines", "nul", "jsonl", "csv", "bytes", "frames"), headerField(), env, cwd,
			},
			Infer: throughType, Build: buildThrough,
		},
		{
			Name: "python", Group: Transforms, Waits: true,
			Doc:     "Calls a Python function for each item, in a Python that lives as long as the worker. What it returns is the result; what a generator gives are several.",
			Example: "python: statistics:median",
			Operand: FieldDef{Kind: TextField, Doc: "`module:function`: of a module beside the spec, in one of the folders of `path`, or installed. It is the same for all items."},
			Options: []FieldDef{
				{Name: "interpreter", Kind: TextField, Default: "python3", Filled: true, Doc: "CPython 3.8 or newer, or PyPy: a program, or the folder of a virtual environment."},
				{Name: "init", Kind: TextField, Doc: "`module:function` that is called once in each interpreter, before its first item."},
				{Name: "path", Kind: TextListField, Doc: "Folders in which modules are looked for first, relative to the spec's, which comes behind them."},
				{Name: "spread", Kind: BoolField, Default: "false", Doc: "The item is the function's arguments: those of a list by their place, those of a map by their names."},
			},
			Infer: anyOut, Build: buildPython,
		},
	}
}

// execType is the type of what a program's output is read as, of what became of it, or of the path that it creates.
func execType(stage *Stage, _ *Scope, _ Type) Type {
	if format := stage.Options["format"].Source; format != nil && format.Value == formatOutcome.String() {
		return AnyType
	}
	if _, creates := stage.Options["creates"]; creates {
		return StringType
	}
	return formatType(stage, StringType)
}

// throughType is the type of what a program beside the chain writes.
func throughType(stage *Stage, _ *Scope, _ Type) Type {
	if answers, ok := stage.Options[AnswersOption]; ok {
		return formatType(&Stage{Options: map[string]Field{"format": answers}}, StringType)
	}
	return formatType(stage, StringType)
}
