package planner

import "github.com/mprun/mprun/stages"

// Expectation is what must come of the run of a Test.
type Expectation struct {
	Stdout    *ExpectedText // nil: anything
	ExitCode  int
	ExitPos   stages.Pos      // of the exit code, or of the test's name
	Results   []ExpectedValue // of the report, by name
	Queues    []ExpectedItems
	Unordered bool // lines and items may come in any order
}

// ExpectedText is what standard output must be.
type ExpectedText struct {
	Text string
	Pos  stages.Pos
}

// ExpectedValue is what a result must be.
type ExpectedValue struct {
	Name  string
	Value any
	Pos   stages.Pos
}

// ExpectedItems is what must be put into a queue. They are told as results of the report called Result, one of each item: a list with the
// item in it.
type ExpectedItems struct {
	Queue  string // jobs, or jobs[2] of a family
	Result string
	Items  []any
	Pos    stages.Pos
}

// mostExitCode is the highest that a process can end with.
const mostExitCode = 255

// readExpectation reads what must come of the run, but for the queues, which are known by now.
func (c *compiler) readExpectation() {
	t := c.trial
	for _, out := range t.outputs {
		t.expect.Queues = append(t.expect.Queues, ExpectedItems{
			Queue: c.symbols[out.queue].queue.plan.Member(out.member), Result: out.name, Items: out.items, Pos: posOf(out.key),
		})
	}
	t.expect.ExitPos = posOf(t.def.Name.Node)
	def := t.def.Expect
	if def == nil {
		return
	}
	if def.ExitCode.IsSet() {
		t.expect.ExitPos = posOf(def.ExitCode.Node)
	}
	if def.Stdout.IsSet() {
		t.expect.Stdout = &ExpectedText{Text: c.text(def.Stdout, ""), Pos: posOf(def.Stdout.Node)}
	}
	t.expect.ExitCode = c.atMost(def.ExitCode.Node, c.count(def.ExitCode, 0, 0), mostExitCode, 0, "an exit code")
	for _, e := range def.Results {
		if value, ok := c.data(e.Value.Node); ok {
			t.expect.Results = append(t.expect.Results, ExpectedValue{Name: e.Name, Value: value, Pos: posOf(e.Key)})
		}
	}
	t.expect.Unordered = c.flag(def.Unordered, false)
}
