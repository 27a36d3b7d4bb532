package spec

// Test is a run with expected results: an entry of `tests`.
type Test struct {
	Node *Node `yaml:"-"`

	Name    Text        `yaml:"name" required:"true" example:"name: small" doc:"Name of the test, for reports and 'mprun test --run'."`
	Vars    MapOf[Data] `yaml:"vars" example:"vars: {n: 3}" doc:"Values of vars for this run; they count more than those of the command line. In them, spec.scratch is the path of an empty folder that is there as long as the run of the test."`
	Input   MapOf[Data] `yaml:"input" ref:"queues" keys:"any" example:"input: {jobs: [1, 2]}" doc:"Items of queues, in place of what writes to them: those processes do not run, nor do those that feed only them. A member of a family is 'jobs[0]'."`
	Faults  []*Fault    `yaml:"faults" example:"faults: [{kill: any, every: 20ms}]" doc:"What goes wrong on purpose."`
	Expect  *Expect     `yaml:"expect" example:"expect: {stdout: '1'}" doc:"What must come out; without it, that the run succeeds."`
	Timeout Duration    `yaml:"timeout" default:"1m" example:"timeout: 10s" doc:"How long the run may take."`
}

// Fault is something that goes wrong on purpose in a Test. Without At and Every it happens as soon as the process has started.
type Fault struct {
	Node *Node `yaml:"-"`

	Kill  Place    `yaml:"kill" ref:"processes" example:"kill: 'square[1]'" doc:"Process, or pool, to kill by SIGKILL: a replica, or any one of a process's, or any for any worker."`
	Pause Place    `yaml:"pause" ref:"processes" example:"pause: square" doc:"Process, or pool, to stop for a while by SIGSTOP, named as for kill."`
	At    *FaultAt `yaml:"at" example:"at: {queue: numbers, item: 50}" doc:"When, once: while that item is being worked on. Without at and every, as soon as the process has started."`
	Every Duration `yaml:"every" example:"every: 20ms" doc:"How often, until the run ends. Random kills may hit the workers on one item again and again, so with kill the queues of the test deliver items without end (max_deliveries)."`
	For   Duration `yaml:"for" example:"for: 1s" doc:"How long a pause takes."`

	_ struct{} `one:"kill|pause" most:"at|every"`
}

// FaultAt is the moment of a Fault.
type FaultAt struct {
	Node *Node `yaml:"-"`

	Queue Place `yaml:"queue" ref:"queues" required:"true" example:"queue: numbers" doc:"Queue whose items are counted. With key or broadcast, each reader's are counted for themselves."`
	Item  Count `yaml:"item" required:"true" example:"item: 50" doc:"Number of the item in the order in which they were put, from 0."`
}

// Expect is what must come out of a Test.
type Expect struct {
	Node *Node `yaml:"-"`

	Stdout    Text        `yaml:"stdout" example:"stdout: '1'" doc:"Standard output, line by line; whether the last line has an end does not matter."`
	ExitCode  Count       `yaml:"exit_code" default:"0" example:"exit_code: 0" doc:"Exit code of the run."`
	Results   MapOf[Data] `yaml:"results" example:"results: {total: 3}" doc:"Results of the run's report. Others may be there."`
	Queue     MapOf[Data] `yaml:"queue" ref:"queues" keys:"any" example:"queue: {done: [1, 4]}" doc:"Items that are put into queues, in place of what reads them: those processes do not run, nor do those that only they feed. A member of a family is 'done[0]'."`
	Unordered Flag        `yaml:"unordered" default:"false" example:"unordered: true" doc:"Whether lines and items, also of results that are lists, may come in any order."`
}

// Log says what goes to the log.
type Log struct {
	Node *Node `yaml:"-"`

	Level     Enum        `yaml:"level" words:"debug|info|warn|error|off" default:"info" example:"level: debug" doc:"Least level that is shown."`
	Format    Enum        `yaml:"format" words:"text|json" default:"text" example:"format: json" doc:"How lines are written."`
	Processes MapOf[Enum] `yaml:"processes" ref:"processes" words:"debug|info|warn|error|off" example:"processes: {noisy: error}" doc:"Level of single processes."`
}
