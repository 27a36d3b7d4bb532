package stages

// tableSources is the sources: operators that make items. Each runs once for every row that comes in; at the head of a chain that
// is one row, a null.
func tableSources() []Operator {
	const external = "pipes and connections"
	count := FieldDef{Name: "count", Kind: CountField, Doc: "At most so many items, of each item that comes in."}
	split := FieldDef{
		Name: "split", Kind: BoolField, Default: "false",
		Doc: "Replicas share the source, instead of each running it whole: item n is given by replica n modulo their number, and count is about all of them.",
	}
	laterSplit, alwaysSplit, turns := split, split, split
	turns.Doc = "Replicas give the items in turns, instead of each giving all of them: item n is given by replica n modulo their number, and count is about all of them."
	laterSplit.Later = "sources that replicas share"
	alwaysSplit.Doc = "Replicas share a queue in any case."
	return []Operator{
		{
			Name: "items", Group: Sources, Source: true,
			Doc:     "Gives the elements of a list, one after the other. In replicas, each gives all of them.",
			Example: "items: [1, 2, {n: 3}]",
			Operand: FieldDef{Kind: DataField, List: true, Doc: "The list; null is an empty one."},
			Options: []FieldDef{count, split},
			Infer:   itemsType, Build: buildItems,
		},
		{
			Name: "matrix", Group: Sources, Source: true,
			Doc:     "Gives one item for each combination of one element out of every list, in the order of the lists; the last varies fastest. In replicas, each gives all of them.",
			Example: "matrix: {os: [linux, darwin], arch: [amd64, arm64]}",
			Operand: FieldDef{Kind: MatrixField, Doc: "A mapping of lists, each data."},
			Options: []FieldDef{count, split},
			Infer:   matrixType, Build: buildMatrix,
		},
		{
			Name: "range", Group: Sources, Source: true,
			Doc:     "Gives whole numbers up to, but without, the stop. In replicas, each gives all of them.",
			Example: "range: [10, 0, -2]",
			Operand: FieldDef{Kind: RangedField, Doc: "The stop, or `[start, stop, step]`; each is an expression."},
			Options: []FieldDef{count, split},
			Infer:   rangeType, Build: buildRange,
		},
		{
			Name: "files", Group: Sources, Source: true,
			Doc:     "Gives the names of the files that match, sorted and each once; `**` is any number of folders, hidden names match only patterns that begin with a dot. In replicas, each gives all of them.",
			Example: "files: logs/**/*.gz",
			Operand: FieldDef{Kind: TextListField, Filled: true, Doc: "A glob or a list of globs, relative to the spec's folder. One that matches nothing is a warning in the log."},
			Options: []FieldDef{count, split},
			Infer:   textOut, Build: buildFiles,
		},
		{
			Name: "read", Group: Sources, Source: true, Waits: true,
			Doc:     "Reads files item by item; names that end in `.gz`, `.zst`, `.xz` or `.bz2` are decompressed. A record that does not follow the format fails alone. In replicas, each reads all files, unless they `split` them.",
			Example: "read: access.log",
			Operand: FieldDef{Kind: TextListField, Filled: true, Doc: "A path, or a list of paths; `-` is standard input."},
			Options: []FieldDef{
				formatField("lines", "lines", "nul", "jsonl", "csv", "bytes", "frames"), headerField(),
				{Name: "separator", Kind: TextField, Doc: "Of `format: lines`: what stands between records, in place of line ends, as `separator: \",\"`. A line's end at the very end belongs to no record."},
				{Name: "encoding", Kind: EnumField, Values: []string{"utf-8", "any"}, Default: "utf-8", Doc: "Of `format: lines` and `nul`: whether a record that is not UTF-8 fails, or is an item of bytes (`any`), as names of files may be."},
				{Name: "follow", Kind: BoolField, Default: "false", Doc: "Waits for more at the end of the file, as `tail -F` does, also for another file of that name when it is renamed, made anew or cut. One path; ends when the run is interrupted."},
				count,
				{Name: "split", Kind: BoolField, Default: "false", Doc: "Replicas share the files, instead of each reading all: large ones by ranges of 4 MiB; compressed ones, frames, bytes and CSV with quotes whole."},
			},
			Infer: readType, Build: buildRead,
		},
		{
			Name: "get", Group: Sources, Source: true, Takes: true, Waits: true,
			Doc:     "Takes items from a queue until it is closed and empty; from several, whichever has some, each in its turn, until all are.",
			Example: "get: jobs",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"queue"}, Doc: "The queue, or a list of up to 16; of a family, `jobs[self.index]`, by an index that reads self.index, self.name, self.replicas, args, vars and len(jobs)."},
			Options: []FieldDef{
				{
					Name: "ack", Kind: EnumField, Values: []string{"auto", "manual"},
					Doc: "Whether an item is finished when it has left the chain and what came of it is committed, or by `ack` (then items go through the chain one by one). Default: what the queue says.",
				},
				count, alwaysSplit,
			},
			Infer: anyOut, Build: buildGet,
		},
		{
			Name: "recv", Group: Sources, Source: true, Waits: true, Later: external,
			Doc:     "Takes what is sent over a pipe or connection until the other end is closed; of several, from whichever is ready.",
			Example: "recv: p.b",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"pipe", "connection"}, Doc: "An end of a pipe, a connection, a family such as `p[*]`, or a list of them; `from` tells which."},
			Options: []FieldDef{
				{Name: "max_item", Kind: SizeField, Default: "16MiB", Doc: "A larger item is an error."},
				formatField("", "lines", "nul", "jsonl", "csv", "bytes", "frames"),
				{Name: "into", Kind: PlacesField, Values: []string{"array"}, Doc: "Bytes are received into this array."},
				count, laterSplit,
			},
			Infer: anyOut,
		},
		{
			Name: "every", Group: Sources, Source: true,
			Doc:     "Gives its count, from 0, at once and then again and again. Items come at whole periods from the first on; those that are missed while the chain is at work are one, which comes late. In replicas, each has its own, unless they take turns (`split`).",
			Example: "every: 1s",
			Operand: FieldDef{Kind: DurationField, Positive: true, Doc: "The time from item to item."},
			Options: []FieldDef{count, turns},
			Infer:   rangeType, Build: buildEvery,
		},
		{
			Name: "accept", Group: Sources, Source: true, Waits: true, Later: external,
			Doc:     "Gives a connection for each program that connects to a listener.",
			Example: "accept: door",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"listener"}, Doc: "The listener."},
			Options: []FieldDef{count, laterSplit},
			Infer:   anyOut,
		},
		{
			Name: "connect", Group: Sources, Source: true, Waits: true, Later: external,
			Doc:     "Gives a connection to the listener at an address.",
			Example: "connect: unix:/tmp/door",
			Operand: FieldDef{Kind: TextField, Doc: "The address."},
			Options: []FieldDef{
				{Name: "authkey", Kind: TextField, Doc: "The key that both ends must know."},
				count, laterSplit,
			},
			Infer: anyOut,
		},
	}
}

// formatField is the option `format` with these words.
func formatField(without string, words ...string) FieldDef {
	return FieldDef{
		Name: "format", Kind: EnumField, Values: words, Default: without,
		Doc: "How items stand in the bytes: a line each, texts that end with a zero byte, a JSON text a line, records of CSV, all bytes as one item, or frames: bytes behind their length, as Python's `multiprocessing.connection` sends them.",
	}
}

// headerField is the option `header`.
func headerField() FieldDef {
	return FieldDef{
		Name: "header", Kind: HeaderField, Default: "true",
		Doc: "Of `format: csv`: whether the first record has the fields' names, or the names; without names a record is a list.",
	}
}

// textOut says that a stage gives text.
func textOut(*Stage, *Scope, Type) Type { return StringType }

// anyOut says that nothing is known of what a stage gives.
func anyOut(*Stage, *Scope, Type) Type { return AnyType }
