package spec

// Test is a run with expected results: an entry of `tests`.
type Test struct {
	Node *Node `yaml:"-"`

	Name    Text        `yaml:"name" required:"true" example:"name: small" doc:"Name of the test."`
	Vars    MapOf[Data] `yaml:"vars" example:"vars: {n: 3}" doc:"Values of vars for this run."`
	Input   MapOf[Data] `yaml:"input" ref:"queues" example:"input: {jobs: [1, 2]}" doc:"Items of queues, in place of what writes to them."`
	Faults  []*Fault    `yaml:"faults" example:"faults: [{kill: any, every: 20ms}]" doc:"What goes wrong on purpose."`
	Expect  *Expect     `yaml:"expect" example:"expect: {stdout: '1'}" doc:"What must come out."`
	Timeout Duration    `yaml:"timeout" example:"timeout: 10s" doc:"How long the run may take."`
}

// Fault is something that goes wrong on purpose in a Test.
type Fault struct {
	Node *Node `yaml:"-"`

	Kill  Place    `yaml:"kill" ref:"processes" example:"kill: 'square[1]'" doc:"Process to kill, or any."`
	Pause Place    `yaml:"pause" ref:"processes" example:"pause: square" doc:"Process to stop for a while."`
	At    *FaultAt `yaml:"at" example:"at: {queue: numbers, item: 50}" doc:"When."`
	Every Duration `yaml:"every" example:"every: 20ms" doc:"How often."`
	For   Duration `yaml:"for" example:"for: 1s" doc:"How long a pause takes."`

	_ struct{} `one:"kill|pause"`
}

// FaultAt is the moment of a Fault.
type FaultAt struct {
	Node *Node `yaml:"-"`

	Queue Name  `yaml:"queue" ref:"queues" required:"true" example:"queue: numbers" doc:"Queue whose items are counted."`
	Item  Count `yaml:"item" required:"true" example:"item: 50" doc:"Number of the item, from 0."`
}

// Expect is what must come out of a Test.
type Expect struct {
	Node *Node `yaml:"-"`

	Stdout    Text        `yaml:"stdout" example:"stdout: '1'" doc:"Standard output."`
	ExitCode  Count       `yaml:"exit_code" example:"exit_code: 0" doc:"Exit code of the run."`
	Results   MapOf[Data] `yaml:"results" example:"results: {total: 3}" doc:"Results of the run's report."`
	Queue     MapOf[Data] `yaml:"queue" ref:"queues" example:"queue: {done: [1, 4]}" doc:"Items that are left in queues."`
	Unordered Flag        `yaml:"unordered" default:"false" example:"unordered: true" doc:"Whether lines and items may come in any order."`
}

// Log says what goes to the log.
type Log struct {
	Node *Node `yaml:"-"`

	Level     Enum        `yaml:"level" words:"debug|info|warn|error|off" default:"info" example:"level: debug" doc:"Least level that is shown."`
	Format    Enum        `yaml:"format" words:"text|json" default:"text" example:"format: json" doc:"How lines are written."`
	Processes MapOf[Enum] `yaml:"processes" ref:"processes" words:"debug|info|warn|error|off" example:"processes: {noisy: error}" doc:"Level of single processes."`
}
