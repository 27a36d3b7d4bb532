package stages

// What capabilities not there yet are called in messages.
const (
	laterPipes    = "pipes and connections"
	laterManagers = "managers"
)

// tableTransforms is the rows of what changes items.
func tableTransforms() []Operator {
	return []Operator{
		{
			Name: "map", Group: Transforms, Doc: "Replaces each item by the value of an expression.",
			Example: "map: item * item",
			Operand: FieldDef{Kind: ExpressionField, Doc: "The new item; a mapping or a list builds one of expressions."},
			Pure:    true, Infer: inferOperand, Build: buildMap,
		},
		{
			Name: "filter", Group: Transforms, Doc: "Lets only those items go on for which a condition holds.",
			Example: "filter: item.size > 1000",
			Operand: FieldDef{Kind: ExpressionField, Doc: "The condition, true or false."},
			Build:   buildFilter,
		},
		{
			Name: "flat_map", Group: Transforms, Doc: "Makes each element of a list an item of its own; null gives none.",
			Example: `flat_map: split(item, " ")`,
			Operand: FieldDef{Kind: ExpressionField, Doc: "The list."},
			Infer:   inferElement, Build: buildFlatMap,
		},
		{
			Name: "take_while", Group: Transforms, Doc: "Lets items go on until a condition does not hold, then ends the stream.",
			Example: "take_while: item < 100",
			Operand: FieldDef{Kind: ExpressionField, Doc: "The condition, true or false."},
			Ends:    true, Build: buildTakeWhile,
		},
		{
			Name: "extract", Group: Transforms, Doc: "Makes a map of the named groups of a regular expression; numbers become numbers, and no match is an error.",
			Example: `extract: 'GET (?<path>\S+) (?<status>\d+)'`,
			Operand: FieldDef{Kind: RegexpField, Doc: "A regular expression in Go's syntax (RE2) with at least one named group."},
			Infer:   inferExtract, Build: buildExtract,
		},
		{
			Name: "reduce", Group: Transforms, Doc: "Folds the stream into one item, or with by into one {key, value} for each key, sorted by key.",
			Example: "reduce: acc + item\ninit: 0",
			Operand: FieldDef{Kind: ExpressionField, Acc: true, Doc: "The new value of acc, from acc and item."},
			Options: []FieldDef{
				{Name: "init", Kind: DataField, Doc: "The first value of acc.", Default: "the first item"},
				{Name: "by", Kind: ExpressionField, Doc: "The key: items of each key are folded by themselves."},
				{
					Name: "emit", Kind: EmitField, Values: []string{"end", "each"}, Default: "end", Positive: true,
					Doc: "When results go on: at the end of the stream, at each item (that of its key), or at the end of each window of a duration, where acc begins anew. Windows follow each other from the first item on; an empty one has no result, and the end of the stream ends the last.",
				},
			},
			Aggregate: true, Infer: inferReduce, Build: buildReduce,
		},
		{
			Name: "batch", Group: Transforms, Doc: "Makes lists of so many items each, or of those that come in a time from the list's first item on; the last may be shorter.",
			Example: "batch: 100",
			Operand: FieldDef{Kind: BatchedField, Positive: true, Doc: "How many items, or how long to collect, or both: `{count: 100, every: 10s}`, whichever comes first."},
			Pure:    true, Aggregate: true, Infer: inferList, Build: buildBatch,
		},
		{
			Name: "collect", Group: Transforms, Doc: "Makes one list of the whole stream; an empty stream gives an empty list.",
			Example: "collect: all",
			Operand: FieldDef{Kind: EnumField, Values: []string{"all"}, Doc: "The word all."},
			Pure:    true, Aggregate: true, Infer: inferList, Build: buildCollect,
		},
		{
			Name: "take", Group: Transforms, Doc: "Lets the first so many items go on, then ends the stream. Each replica counts its own items.",
			Example: "take: 10",
			Operand: FieldDef{Kind: CountField, Doc: "How many."},
			Ends:    true, Build: buildTake,
		},
		{
			Name: "skip", Group: Transforms, Doc: "Drops the first so many items. Each replica counts its own.",
			Example: "skip: 1",
			Operand: FieldDef{Kind: CountField, Doc: "How many."},
			Pure:    true, Build: buildSkip,
		},
		{
			Name: "distinct", Group: Transforms, Doc: "Lets the first item of each key go on. Each replica knows only the keys of its own items.",
			Example: "distinct: item.id",
			Operand: FieldDef{Kind: ExpressionField, Optional: true, Default: "item", Doc: "The key."},
			Pure:    true, Build: buildDistinct,
		},
		{
			Name: "sort", Group: Transforms, Doc: "Sorts the whole stream by a key; what is equal keeps its order, and kinds come in the order null, bool, number, text, bytes, list, map.",
			Example: "sort: item.size\ndesc: true",
			Operand: FieldDef{Kind: ExpressionField, Optional: true, Default: "item", Doc: "The key."},
			Options: []FieldDef{{Name: "desc", Kind: BoolField, Default: "false", Doc: "The largest first."}},
			Pure:    true, Build: buildSort,
		},
		{
			Name: "top", Group: Transforms, Doc: "Lets the items with the largest keys go on, the largest first; of equal ones, those that came first.",
			Example: "top: 10\nby: item.value",
			Operand: FieldDef{Kind: CountField, Doc: "How many."},
			Options: []FieldDef{{Name: "by", Kind: ExpressionField, Default: "item", Doc: "The key."}},
			Pure:    true, Build: buildTop,
		},
		{
			Name: "sleep", Group: Transforms, Doc: "Pauses before each item goes on.",
			Example: "sleep: 100ms",
			Operand: FieldDef{Kind: DurationField, Doc: "How long."},
			Effect:  true, Single: true, Build: buildSleep,
		},
		{
			Name: "throttle", Group: Transforms, Doc: "Lets no more than so many items go on in a time, evenly spaced and in their order; replicas share the rate.",
			Example: "throttle: 100/s",
			Operand: FieldDef{Kind: RateField, Doc: "So many in a second, minute, hour or any duration: `100/s`, `5/m`, `1000/h`, `3/250ms`."},
			Options: []FieldDef{{Name: "by", Kind: ExpressionField, Doc: "The key: each key has a rate of its own, as in `by: host(item)`. An item that must wait holds up those behind it in its replica."}},
			Effect:  true, Single: true, Waits: true, Build: buildThrottle,
		},
		{
			Name: "use", Group: Transforms, Doc: "Puts a chain of the spec in the place of this stage: its stages see the items as one stream, `args` as given here, and no names bound outside.",
			Example: "use: clean\nargs: {limit: 10}",
			Operand: FieldDef{Kind: NameField, Doc: "The chain, from `chains` of the spec."},
			Options: []FieldDef{{Name: "args", Kind: DataField, Doc: "A mapping with a value for each of the chain's `params`, which its stages read as `args.NAME`."}},
			Pure:    true, Infer: inferUse, Build: buildUse,
		},
		{
			Name: "do", Group: Transforms, Doc: "Runs a chain to its end for each item, commits, and lets the item itself go on.",
			Example: "do:\n  - read: ${{ item }}\n  - put: lines",
			Operand: FieldDef{Kind: ChainField, Doc: "The chain."},
			Pure:    true, Single: true, Build: buildDo,
		},
		{
			Name: "tee", Group: Transforms, Doc: "Lets each item go into all of several chains, which see all items as one stream each, and then on.",
			Example: "tee:\n  - [put: all]\n  - [filter: item > 10, put: large]",
			Operand: FieldDef{Kind: ChainsField, Doc: "The chains."},
			Pure:    true, Build: buildTee,
		},
		{
			Name: "route", Group: Transforms, Doc: "Lets each item go into the first branch whose condition holds, and what comes out of it go on; where none holds the item passes.",
			Example: "route:\n  - when: item > 10\n    do: [put: large]\n  - do: [put: small]",
			Operand: FieldDef{Kind: BranchesField, Doc: "The branches; each sees its items as one stream."},
			Pure:    true, Infer: inferRoute, Build: buildRoute,
		},
	}
}
