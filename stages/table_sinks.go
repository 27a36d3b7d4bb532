package stages

// tableSinks is the rows of what sends items somewhere. The item goes on.
func tableSinks() []Operator {
	value := FieldDef{Name: "value", Kind: ExpressionField, Default: "item", Doc: "What is sent in place of the item."}
	return []Operator{
		{
			Name: "put", Group: Sinks, Doc: "Puts each item into a queue, or into each of several; ends the stream when nobody reads them any more.",
			Example: "put: results",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"queue"}, Doc: "The queue or queues; of a family, `jobs[item % 4]`."},
			Options: []FieldDef{value},
			Effect:  true, Waits: true, Build: buildPut,
		},
		{
			Name: "send", Group: Sinks, Doc: "Sends each item over a pipe or a connection.",
			Example: "send: p.a",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"pipe", "connection"}, Doc: "The end of a pipe, or a connection."},
			Options: []FieldDef{value, {Name: "format", Kind: EnumField, Values: []string{"lines", "nul", "jsonl", "csv", "bytes", "frames"}, Doc: "How items are written."}},
			Effect:  true, Waits: true, Later: laterPipes,
		},
		{
			Name: "close", Group: Sinks, Doc: "Closes the end of a pipe, or a connection.",
			Example: "close: p.a",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"pipe", "connection"}, Doc: "The end of a pipe, or a connection."},
			Effect:  true, Later: laterPipes,
		},
		{
			Name: "ack", Group: Sinks,
			Doc: "Acknowledges the item that was got with `ack: manual`, or what became of it: with the next commit it is finished. " +
				"An item that leaves the chain without is delivered again.",
			Example: "ack: item",
			Operand: FieldDef{Kind: EnumField, Values: []string{"item"}, Doc: "The word `item`."},
			Effect:  true, Pure: true, Build: buildAck,
		},
		{
			Name: "store", Group: Sinks,
			Doc: "Stores each item in a value, in an element or a field, or in all of an array. What the type cannot hold is an error of the item. " +
				"The chain sees it at once, others with the next commit.",
			Example: "store: config.limit",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"value", "array", "manager"}, Doc: "The place: `total`, `hist[item % 10]`, `points[0].x`, `grid[item.row][item.column]`."},
			Options: []FieldDef{{Name: "value", Kind: ExpressionField, Default: "item", Doc: "What is stored in place of the item."}},
			Effect:  true, Build: buildStore,
		},
		{
			Name: "add", Group: Sinks,
			Doc: "Adds each item to a number in shared memory, in one atomic step: whoever else adds, and whoever dies, each is added once. " +
				"A sum that does not fit is an error of the item.",
			Example: "add: hist[item % 10]",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"value", "array", "manager"}, Doc: "The place."},
			Options: []FieldDef{{Name: "value", Kind: ExpressionField, Default: "item", Doc: "What is added in place of the item."}},
			Effect:  true, Build: buildAdd,
		},
		{
			Name: "apply", Group: Sinks,
			Doc: "Replaces each element of a value or an array by the value of an expression, of which all read what was there before. " +
				"Nobody sees one part changed and another not, but where an array has more than 64 KiB. In a `lock` it is a part of what the lock does: " +
				"what others change meanwhile without taking that lock, also by `add`, is lost, so all who change the array take it.",
			Example: "apply: hist\nvalue: item * 2",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"value", "array"}, Doc: "The value or array."},
			Options: []FieldDef{
				{Name: "value", Kind: ExpressionField, Doc: "The new element; the old one is `item`, its index `at` (a list of one for each dimension)."},
				{Name: "split", Kind: BoolField, Default: "false", Doc: "Each replica does its part."},
			},
			Effect: true, Single: true, Build: buildApply,
		},
		{
			Name: "call", Group: Sinks, Doc: "Calls a method of an object of a manager.",
			Example: "call: config.update\nargs: [item]",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"manager"}, Doc: "The object and its method."},
			Options: []FieldDef{{Name: "args", Kind: DataField, Doc: "The arguments."}},
			Effect:  true, Waits: true, Later: laterManagers,
		},
		{
			Name: "print", Group: Sinks, Doc: "Prints a line: text as it is, everything else as JSON.",
			Example: "print: ${{ item.value }} ${{ item.key }}",
			Operand: FieldDef{Kind: TextField, Optional: true, Default: "${{ item }}", Doc: "The text."},
			Options: []FieldDef{
				{Name: "to", Kind: EnumField, Values: []string{"stdout", "stderr"}, Default: "stdout", Doc: "Where to."},
				{Name: "end", Kind: TextField, Default: `"\n"`, Doc: "What follows the text."},
				{
					Name: "from", Kind: EnumField, Values: []string{"text", "file"}, Default: "text",
					Doc: "`file`: the text is the path of a file that `spill` of `exec` or `shell` has made; what it holds is printed, as it is and in one piece, and the file is gone then.",
				},
			},
			Effect: true, Pure: true, Build: buildPrint,
		},
		{
			Name: "write", Group: Sinks, Doc: "Writes each item to a file, which appears when all its writers have ended well: until then, and if one of them fails, what was there stays. Names that end in `.gz`, `.zst` or `.xz` are compressed.",
			Example: "write: out/${{ item.name }}.jsonl\nformat: jsonl",
			Operand: FieldDef{Kind: TextField, Filled: true, Doc: "The path; `-` is standard output. Folders that are missing are made."},
			Options: []FieldDef{
				formatField("lines", "lines", "nul", "jsonl", "csv", "bytes", "frames"),
				{
					Name: "header", Kind: HeaderField, Default: "true",
					Doc: "Of `format: csv`: whether a file begins with the names of the fields, or the names, in their order; without them, those of the first item, sorted. A field that is not among them is an error, one that is missing is empty.",
				},
				{Name: "append", Kind: BoolField, Default: "false", Doc: "Adds to what is there, and at once; to a compressed file within a second. A last line without an end is ended before."},
			},
			Effect: true, Build: buildWrite,
		},
		{
			Name: "result", Group: Sinks, Doc: "Puts a value into the run's report; of several under one name, a list.",
			Example: "result: total",
			Operand: FieldDef{Kind: NameField, Doc: "The name."},
			Options: []FieldDef{value}, Effect: true, Pure: true, Build: buildResult,
		},
		{
			Name: "log", Group: Sinks, Doc: "Writes a line to the run's log.",
			Example: "log: got ${{ item }}\nlevel: debug",
			Operand: FieldDef{Kind: TextField, Optional: true, Default: "${{ item }}", Doc: "The text."},
			Options: []FieldDef{{Name: "level", Kind: EnumField, Values: []string{"debug", "info", "warning", "error"}, Default: "info", Doc: "How important it is."}},
			Effect:  true, Pure: true, Build: buildLog,
		},
		{
			Name: "fail", Group: Sinks, Doc: "Fails the item, and with it the process unless on_error says otherwise.",
			Example: "fail: no such user ${{ item }}\ncode: 4",
			Operand: FieldDef{Kind: TextField, Optional: true, Default: "${{ item }}", Doc: "The message."},
			Options: []FieldDef{{Name: "code", Kind: CountField, Most: 255, Default: "1", Doc: "The process's exit code, up to 255."}},
			Build:   buildFail,
		},
	}
}
