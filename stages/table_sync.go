package stages

// tableSync is the rows of what waits for others and lets others go on.
func tableSync() []Operator {
	return []Operator{
		{
			Name: "lock", Group: Synchronisation, Doc: "Runs a chain for each item while holding something; what it changes happens at once at its end, or, if it fails or its worker dies, not at all. A stage inside that waits parts that in two.",
			Example: "lock: [left, right]\ndo:\n  - print: ${{ item }} eats",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"lock", "semaphore", "condition", "value", "array"}, Doc: "What is held; several are taken in one global order."},
			Options: []FieldDef{{Name: "do", Kind: ChainField, Doc: "The chain; what comes out of it goes on when everything has been given back."}},
			Effect:  true, Single: true, Waits: true, Infer: inferLock, Build: buildLock,
		},
		syncOperator("acquire", "Takes a lock or a semaphore, which the process holds until it releases it: a replacement of its worker, too.", "acquire: slots", "", buildAcquire, "lock", "semaphore"),
		syncOperator("release", "Gives a lock or a semaphore back, with all that the process has done before.", "release: slots", "", buildRelease, "lock", "semaphore"),
		{
			Name: "wait", Group: Synchronisation, Doc: "Waits, inside of `lock` of a condition, until `until` holds: gives the lock back, takes it again whenever it is notified, and looks. Without `until` it goes on when it is notified. What was done before is visible from then on.",
			Example: "wait: changed\nuntil: jobs.size > 0",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"condition"}, Doc: "What is waited for."},
			Options: []FieldDef{{Name: "until", Kind: ExpressionField, Doc: "With a condition: what must hold."}},
			Effect:  true, Single: true, Waits: true, Build: buildWaitCondition,
		},
		syncOperator("set", "Sets an event.", "set: ready", laterWaiting, nil, "event"),
		syncOperator("clear", "Clears an event.", "clear: ready", laterWaiting, nil, "event"),
		{
			Name: "notify", Group: Synchronisation, Doc: "Has those who wait for a condition go on, those first who have waited longest, once its lock is released; inside of `lock` of the condition.",
			Example: "notify: changed\nn: all",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"condition"}, Doc: "The condition."},
			Options: []FieldDef{{Name: "n", Kind: DataField, Default: "1", Doc: "How many, or all."}},
			Effect:  true, Single: true, Build: buildNotify,
		},
		syncOperator("abort", "Breaks a barrier: those who wait at it fail.", "abort: phase", laterWaiting, nil, "barrier"),
		syncOperator("reset", "Makes a broken barrier whole again.", "reset: phase", laterWaiting, nil, "barrier"),
		syncOperator("start", "Starts a process.", "start: cleanup", laterControl, nil, "process"),
		syncOperator("stop", "Stops a process: its signal, then after its grace the end.", "stop: server", laterControl, nil, "process"),
		syncOperator("interrupt", "Interrupts a process.", "interrupt: server", laterControl, nil, "process"),
		{
			Name: "kill", Group: Synchronisation, Doc: "Sends a process a signal.",
			Example: "kill: server\nsignal: SIGUSR1",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"process"}, Doc: "The process."},
			Options: []FieldDef{{Name: "signal", Kind: TextField, Default: "SIGKILL", Doc: "The signal."}},
			Effect:  true, Single: true, Later: laterControl,
		},
	}
}

// syncOperator is an operator that has nothing but a place.
func syncOperator(name, doc, example, later string, build func(*Builder, *Stage) (Node, error), kinds ...string) Operator {
	return Operator{
		Name: name, Group: Synchronisation, Doc: doc, Example: example,
		Operand: FieldDef{Kind: PlacesField, Values: kinds, Doc: "What it acts on."},
		Effect:  true, Single: true, Waits: name == "acquire", Later: later, Build: build,
	}
}
