package stages

// tableSync is the rows of what waits for others and lets others go on.
func tableSync() []Operator {
	return []Operator{
		{
			Name: "lock", Group: Synchronisation, Doc: "Runs a chain for each item while holding something; what it changes happens at once at its end, or, if it fails or its worker dies, not at all. A stage inside that waits parts that in two. It may change 256 MiB of values and arrays: what is more is the error `too-large`, at the `store`, `add` or `apply` that goes beyond.",
			Example: "lock: [left, right]\ndo:\n  - print: ${{ item }} eats",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"lock", "semaphore", "condition", "value", "array"}, Doc: "What is held; several are taken in one global order."},
			Options: []FieldDef{{Name: "do", Kind: ChainField, Doc: "The chain; what comes out of it goes on when everything has been given back."}},
			Effect:  true, Single: true, Waits: true, Infer: inferLock, Build: buildLock,
		},
		syncOperator("acquire", "Takes a lock or a semaphore, which the process holds until it releases it: a replacement of its worker, too.", "acquire: slots", "", buildAcquire, "lock", "semaphore"),
		syncOperator("release", "Gives a lock or a semaphore back, with all that the process has done before.", "release: slots", "", buildRelease, "lock", "semaphore"),
		{
			Name: "wait", Group: Synchronisation,
			Doc: "Waits for an event to be set, for all parties of a barrier, for all items put to a queue so far to be finished, for a process to end; " +
				"inside of `lock` of a condition until `until` holds: gives the lock back, takes it again whenever it is notified, and looks. Without `until` it goes on when it is notified. " +
				"What was done before is visible from then on. " +
				"What comes out of a wait at a barrier is how many were still to come: parties - 1 for the first to arrive, 0 for the last; else the item.",
			Example: "wait: ready",
			Operand: FieldDef{
				Kind: AwaitedField, Values: []string{"event", "barrier", "queue", "process", "condition"},
				Doc: "What is waited for. What a stage keeps (`batch`, `reduce`, a `pool` whose results have not come) is finished for its queue. Of events, queues and processes also `{any: [...]}`, one of them, and `{all: [...]}`, all at one moment. A process has ended when it will not be started again and its files are in place; one that never runs counts as ended.",
			},
			Options: []FieldDef{{Name: "until", Kind: ExpressionField, Doc: "With a condition: what must hold."}},
			Effect:  true, Single: true, Waits: true, Infer: inferWait, Build: buildWait,
		},
		syncOperator("set", "Sets an event: all who wait for it go on, and so does who comes to wait until it is cleared.", "set: ready", "", buildSet, "event"),
		syncOperator("clear", "Clears an event.", "clear: ready", "", buildClear, "event"),
		{
			Name: "notify", Group: Synchronisation, Doc: "Has those who wait for a condition go on, those first who have waited longest, once its lock is released; inside of `lock` of the condition.",
			Example: "notify: changed\nn: all",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"condition"}, Doc: "The condition."},
			Options: []FieldDef{{Name: "n", Kind: CountField, Values: []string{"all"}, Default: "1", Doc: "How many, or `all`."}},
			Effect:  true, Single: true, Build: buildNotify,
		},
		syncOperator("abort", "Breaks a barrier: those who wait at it fail, and so does who comes to it until it is reset.", "abort: phase", "", buildAbort, "barrier"),
		syncOperator("reset", "Makes a broken barrier whole again. Those who wait at it fail.", "reset: phase", "", buildReset, "barrier"),
		syncOperator("start", "Starts a process that has `autostart: false`, once what it depends on has come. One that was started before is left alone: a process runs once.", "start: cleanup", "", buildControl, "process"),
		syncOperator("stop", "Stops a process as its `stop` says, and goes on at once. That it ends is no failure then; a worker finishes the item in hand.", "stop: server", "", buildControl, "process"),
		syncOperator("interrupt", "Interrupts a process by SIGINT, a worker as `stop` does, and leaves it to it when it ends. If it does, that is no failure.", "interrupt: server", "", buildControl, "process"),
		{
			Name: "kill", Group: Synchronisation, Doc: "Sends a process a signal. If that ends it, it is no failure and it is not started again; the items that a worker had in hand go back to their queue.",
			Example: "kill: server\nsignal: SIGUSR1",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"process", "pool"}, Doc: "The process, or one of its replicas; of those that are threads, the signal goes to all. Or a pool with all its workers: if that ends it, the stages that use it end as a `put` does whose queue nobody reads any more, and what they have handed to it is lost."},
			Options: []FieldDef{{Name: "signal", Kind: TextField, Default: "SIGKILL", Doc: "The signal."}},
			Effect:  true, Single: true, Build: buildControl,
		},
	}
}

// syncOperator is an operator that has nothing but a place.
func syncOperator(name, doc, example, later string, build func(*Builder, *Stage) (Node, error), kinds ...string) Operator {
	operand := FieldDef{Kind: PlacesField, Values: kinds, Doc: "What it acts on, or a list."}
	if kinds[0] == "process" {
		operand.Doc = "The process, one of its replicas, as `server[0]`, or a list."
	}
	return Operator{
		Name: name, Group: Synchronisation, Doc: doc, Example: example, Operand: operand,
		Effect: true, Single: true, Waits: name == "acquire", Later: later, Build: build,
	}
}
