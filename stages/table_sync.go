package stages

// tableSync is the rows of what waits for others and lets others go on.
func tableSync() []Operator {
	return []Operator{
		{
			Name: "lock", Group: Synchronisation, Doc: "Runs a chain for each item while holding something; what it changes happens at once at its end, or not at all.",
			Example: "lock: total\ndo:\n  - store: total\n    value: total + item",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"lock", "semaphore", "condition", "value", "array"}, Doc: "What is held; several are taken in one global order."},
			Options: []FieldDef{{Name: "do", Kind: ChainField, Doc: "The chain."}},
			Effect:  true, Single: true, Waits: true, Later: laterLocks,
		},
		syncOperator("acquire", "Takes a lock or a semaphore.", "acquire: slots", laterLocks, "lock", "semaphore"),
		syncOperator("release", "Gives a lock or a semaphore back.", "release: slots", laterLocks, "lock", "semaphore"),
		{
			Name: "wait", Group: Synchronisation, Doc: "Waits for an event, a barrier, the end of a queue's items or of a process, or a condition.",
			Example: "wait: ready",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"event", "barrier", "queue", "process", "condition"}, Doc: "What is waited for; {any: [...]} and {all: [...]} for several."},
			Options: []FieldDef{{Name: "until", Kind: ExpressionField, Doc: "With a condition: what must hold."}},
			Effect:  true, Single: true, Waits: true, Later: laterWaiting,
		},
		syncOperator("set", "Sets an event.", "set: ready", laterWaiting, "event"),
		syncOperator("clear", "Clears an event.", "clear: ready", laterWaiting, "event"),
		{
			Name: "notify", Group: Synchronisation, Doc: "Wakes those who wait for a condition.",
			Example: "notify: changed\nn: all",
			Operand: FieldDef{Kind: PlacesField, Values: []string{"condition"}, Doc: "The condition."},
			Options: []FieldDef{{Name: "n", Kind: DataField, Default: "1", Doc: "How many, or all."}},
			Effect:  true, Single: true, Later: laterWaiting,
		},
		syncOperator("abort", "Breaks a barrier: those who wait at it fail.", "abort: phase", laterWaiting, "barrier"),
		syncOperator("reset", "Makes a broken barrier whole again.", "reset: phase", laterWaiting, "barrier"),
		syncOperator("start", "Starts a process.", "start: cleanup", laterControl, "process"),
		syncOperator("stop", "Stops a process: its signal, then after its grace the end.", "stop: server", laterControl, "process"),
		syncOperator("interrupt", "Interrupts a process.", "interrupt: server", laterControl, "process"),
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
func syncOperator(name, doc, example, later string, kinds ...string) Operator {
	return Operator{
		Name: name, Group: Synchronisation, Doc: doc, Example: example,
		Operand: FieldDef{Kind: PlacesField, Values: kinds, Doc: "What it acts on."},
		Effect:  true, Single: true, Waits: name == "acquire", Later: later,
	}
}
