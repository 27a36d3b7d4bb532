package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// Test is an entry of the spec's `tests`, compiled: a plan, and what must come of it.
//
// In the plan, a process stands in for what writes each queue of `input`, and another for what reads each queue of `expect.queue`
// (Process.StandIn). Processes that they take the place of are not part of it, nor are those that have nothing left to do: who only fed
// those that are gone, or was only fed by them.
type Test struct {
	Name    string
	Pos     stages.Pos // of the name
	Plan    *Plan
	Timeout time.Duration
	Expect  Expectation
	Patient bool // the queues deliver items more often than the spec says, since random kills hit innocent items
}

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

const (
	defaultTestTimeout = time.Minute
	// patientDeliveries is how often an item may be delivered in a test that kills at random: so many deaths in a row no item sees by chance.
	patientDeliveries = 1000
)

// TestNames are the names of the spec's tests, in its order. A name that cannot be worked out is "".
func TestNames(doc *spec.Pipeline, host Host, opts Options) []string {
	c := newCompiler(doc, host, opts)
	c.readVars()
	return c.testNames()
}

func (c *compiler) testNames() []string {
	names := make([]string, len(c.doc.Tests))
	for i, def := range c.doc.Tests {
		names[i] = c.text(def.Name, "")
	}
	return names
}

// CompileTest makes the Test of the spec's tests[i]. The findings are as those of Compile; the errors that the spec has in this test only
// name it. The test is nil if there is an error.
func CompileTest(doc *spec.Pipeline, host Host, opts Options, i int) (*Test, spec.Diagnostics) {
	first := newCompiler(doc, host, opts)
	first.trial = &trial{def: doc.Tests[i]}
	order, found := first.compile()
	if found.HasErrors() {
		return nil, inTest(doc.Tests[i], found)
	}
	if first.planTrial(); !first.found.HasErrors() && !first.trial.replaces() {
		return first.finishTest(order)
	}
	if found = first.result(); found.HasErrors() {
		return nil, inTest(doc.Tests[i], found)
	}
	second := newCompiler(doc, host, opts)
	second.trial = first.trial
	order, found = second.compile()
	if found.HasErrors() {
		return nil, inTest(doc.Tests[i], found)
	}
	return second.finishTest(order)
}

// inTest says of errors outside of a test that the spec has them in that test.
func inTest(def *spec.Test, found spec.Diagnostics) spec.Diagnostics {
	told := slices.Clone(found)
	for i := range told {
		if d := &told[i]; d.Severity == spec.Error && !def.Node.At().Contains(d.Range.Start) {
			d.Summary = fmt.Sprintf("in the test %s: %s", strconv.Quote(def.Name.Node.Text), d.Summary)
			d.Related = append(slices.Clone(d.Related), spec.Related{Range: def.Name.Node.At(), Message: "the test is here"})
		}
	}
	return told
}

// trial is what a test changes of the spec. The first compilation finds out which processes its items stand in for; the second leaves them
// out.
type trial struct {
	def     *spec.Test
	without map[string]bool // processes that take no part
	untied  map[string]bool // members of queues whose readers or writers are all among them
	inputs  []standIn
	outputs []standIn
	faults  []Fault
	expect  Expectation
}

// replaces says whether there is anything that another compilation would have to leave out or put in.
func (t *trial) replaces() bool { return len(t.inputs)+len(t.outputs) > 0 }

// leavesOut says whether the test leaves a process out; t may be nil.
func (t *trial) leavesOut(process string) bool { return t != nil && t.without[process] }

// testVar is what the test sets a var to.
func (c *compiler) testVar(name string) (spec.Data, bool) {
	if c.trial == nil {
		return spec.Data{}, false
	}
	return c.trial.def.Vars.Get(name)
}

// standIn is a queue that the test writes or reads in place of the spec's processes.
type standIn struct {
	name   string // of the process
	key    *spec.Node
	value  *spec.Node
	queue  string
	member int
	items  []any
}

// planTrial finds out what the test takes the place of.
func (c *compiler) planTrial() {
	t := c.trial
	t.inputs = c.standIns("input", t.def.Input)
	if t.def.Expect != nil {
		t.outputs = c.standIns("expect", t.def.Expect.Queue)
	}
	for _, out := range t.outputs {
		for _, in := range t.inputs {
			if in.queue == out.queue && in.member == out.member {
				c.at(spec.Error, out.key.At(), out.key.Path(), CodeTest, "", "the test puts items into "+out.key.Text+" itself",
					spec.Related{Range: in.key.At(), Message: "here"})
			}
		}
	}
	if c.found.HasErrors() {
		return
	}
	t.without = map[string]bool{}
	for _, in := range t.inputs {
		for _, u := range c.symbols[in.queue].queue.writers {
			if u.any(in.member) && !c.goesRound(u.process, in.queue) {
				t.without[u.process.plan.Name] = true
			}
		}
	}
	for _, out := range t.outputs {
		for _, u := range c.symbols[out.queue].queue.readers {
			if u.any(out.member) && c.goesRound(u.process, out.queue) {
				c.errorAt(out.key, CodeTest, "expect what is printed, or a queue that leads out of the cycle",
					"%s reads %s and feeds it as well, so that the test cannot take its place", u.process.plan.Name, out.key.Text)
			} else if u.any(out.member) {
				t.without[u.process.plan.Name] = true
			}
		}
	}
	c.leaveOutIdle()
}

// goesRound says whether a process and a queue are on one cycle.
func (c *compiler) goesRound(p *process, queue string) bool {
	cycle := c.symbols[queue].queue.plan.Cycle
	on := func(name string) bool { return slices.Contains(cycle, name) }
	return slices.ContainsFunc(p.plan.Gets, on) && slices.ContainsFunc(p.plan.Puts, on)
}

// leaveOutIdle leaves out those who have nothing left to do, and notes which queues have lost their readers or writers.
func (c *compiler) leaveOutIdle() {
	t := c.trial
	for changed := true; changed; {
		changed = false
		for _, p := range c.processes {
			if name := p.plan.Name; !t.without[name] && c.hasNothingLeft(p) {
				t.without[name], changed = true, true
			}
		}
	}
	t.untied = map[string]bool{}
	for _, q := range c.queues {
		for m := range max(1, q.plan.Count) {
			if c.isUnread(q, m) || c.isUnfed(q, m) {
				t.untied[q.plan.Member(m)] = true
			}
		}
	}
	for _, in := range t.inputs {
		if q := c.symbols[in.queue].queue; firstUse(q.readers, in.member) == nil || c.isUnread(q, in.member) {
			c.errorAt(in.key, CodeTest, "", "nothing reads %s in this test: %s", in.key.Text, absentText(q.readers))
		}
	}
	for _, out := range t.outputs {
		if q := c.symbols[out.queue].queue; firstUse(q.writers, out.member) == nil || c.isUnfed(q, out.member) {
			c.errorAt(out.key, CodeTest, "", "nothing puts into %s in this test: %s", out.key.Text, absentText(q.writers))
		}
	}
}

// isUnread says whether the test takes all readers of a member of a queue away, and does not read it itself.
func (c *compiler) isUnread(q *queue, member int) bool {
	return !standsFor(c.trial.outputs, q, member) && c.haveGone(q.readers, member)
}

// isUnfed says the same of writers.
func (c *compiler) isUnfed(q *queue, member int) bool {
	return !standsFor(c.trial.inputs, q, member) && c.haveGone(q.writers, member)
}

func standsFor(list []standIn, q *queue, member int) bool {
	return slices.ContainsFunc(list, func(s standIn) bool { return s.queue == q.plan.Name && s.member == member })
}

// haveGone says whether the test leaves out all who use a member of a queue, and that there are some.
func (c *compiler) haveGone(uses []use, member int) bool {
	stays := func(u use) bool { return u.any(member) && !c.trial.without[u.process.plan.Name] }
	return firstUse(uses, member) != nil && !slices.ContainsFunc(uses, stays)
}

// hasNothingLeft says whether a process puts into queues that nobody reads any more and no others, or gets from queues that nobody writes any
// more and no others.
func (c *compiler) hasNothingLeft(p *process) bool {
	writes, reads := 0, 0
	unread, unfed := true, true
	for _, q := range c.queues {
		for m := range max(1, q.plan.Count) {
			own := func(u use) bool { return u.process == p && u.any(m) }
			if slices.ContainsFunc(q.writers, own) {
				writes++
				unread = unread && c.isUnread(q, m)
			}
			if slices.ContainsFunc(q.readers, own) {
				reads++
				unfed = unfed && c.isUnfed(q, m)
			}
		}
	}
	return writes > 0 && unread || reads > 0 && unfed
}

// absentText says that those who use a queue are left out.
func absentText(uses []use) string {
	names := processNames(uses)
	switch len(names) {
	case 0:
		return "no process of the spec does"
	case 1:
		return names[0] + " has no part in it"
	}
	return andList(names) + " have no part in it"
}

// standIns reads the items of queues that stand under a key of the test.
func (c *compiler) standIns(what string, queues spec.MapOf[spec.Data]) []standIn {
	var list []standIn
	for _, e := range queues {
		places, ok := c.decodePlaceList([]*spec.Node{e.Key}, []string{"queue"})
		items, good := c.itemList(e.Key, e.Value.Node)
		if !ok || !good {
			continue
		}
		s := standIn{key: e.Key, value: e.Value.Node, queue: places[0].Name, items: items}
		if s.member, ok = c.memberOf(&places[0]); !ok {
			continue
		}
		s.name = what + "." + s.queue
		if c.symbols[s.queue].queue.plan.Count > 0 {
			s.name += "." + strconv.Itoa(s.member) // brackets would be those of a replica
		}
		s.items = c.storeItems(e.Value.Node, c.symbols[s.queue].queue, items)
		if slices.ContainsFunc(list, func(other standIn) bool { return other.name == s.name }) {
			c.errorAt(e.Key, CodeBadPlace, "", "%s is there twice", s.key.Text)
			continue
		}
		list = append(list, s)
	}
	return list
}

// itemList works out a list of items.
func (c *compiler) itemList(key, n *spec.Node) ([]any, bool) {
	value, ok := c.data(n)
	if !ok {
		return nil, false
	}
	items, isList := value.([]any)
	if !isList {
		c.errorAt(n, CodePlanValue, "a list of one is [x]", "expected the items of %s as a list, found %s", key.Text, shortJSON(value))
	}
	return items, isList
}

// memberOf works out the index of a place.
func (c *compiler) memberOf(place *stages.Place) (int, bool) {
	outside := &process{plan: Process{Name: "test", Replicas: 1}, args: stages.RecordOf()}
	members, ok := c.membersOf(outside, place, true, true, false)
	if !ok || members == nil {
		return 0, ok
	}
	return members[0], true
}

// storeItems holds items to the type that a queue declares, and gives what becomes of them in it.
func (c *compiler) storeItems(n *spec.Node, q *queue, items []any) []any {
	if q.plan.Store == nil {
		return items
	}
	stored := make([]any, len(items))
	for i, item := range items {
		at := n
		if i < len(n.Items) {
			at = n.Items[i]
		}
		value, misfit := q.plan.Store.Store(item)
		if misfit != nil {
			c.errorAt(at, CodeItemType, "", "%s: %s", q.plan.Name, misfit)
		}
		stored[i] = value
	}
	return stored
}

// finishTest makes the Test of a compilation without errors.
func (c *compiler) finishTest(order []*process) (*Test, spec.Diagnostics) {
	t := c.trial
	test := &Test{Name: c.text(t.def.Name, ""), Pos: posOf(t.def.Name.Node), Timeout: cmp.Or(c.duration(t.def.Timeout, 0), defaultTestTimeout)}
	c.readExpectation()
	c.readFaults()
	test.Expect = t.expect
	test.Patient = slices.ContainsFunc(t.faults, func(f Fault) bool { return f.Kind == KillFault && f.Every != "" })
	if test.Patient {
		for _, q := range c.queues {
			q.plan.MaxDeliveries = max(q.plan.MaxDeliveries, patientDeliveries)
		}
	}
	found := c.result()
	if found.HasErrors() {
		return nil, inTest(t.def, found)
	}
	test.Plan = c.plan(order)
	test.Plan.Faults = t.faults
	return test, found
}

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

// mostExitCode is the highest that a process can end with.
const mostExitCode = 255

// checkTests checks what can be said of all tests without running them: their names, and what they name.
func (c *compiler) checkTests() {
	seen := map[string]*spec.Node{}
	for i, name := range c.testNames() {
		def := c.doc.Tests[i]
		switch first := seen[name]; {
		case !def.Name.IsSet():
		case name == "" && !c.hasError(def.Name.Node):
			c.errorAt(def.Name.Node, spec.CodeBadValue, "", "the name of the test is empty")
		case first != nil:
			c.at(spec.Error, def.Name.Node.At(), def.Name.Node.Path(), spec.CodeDuplicateName, "", fmt.Sprintf("there are two tests %q", name),
				spec.Related{Range: first.At(), Message: "the first is here"})
		default:
			seen[name] = def.Name.Node
		}
		c.checkTest(def)
	}
}

func (c *compiler) checkTest(def *spec.Test) {
	c.checkTestVars(def)
	queues := def.Input
	if def.Expect != nil {
		queues = slices.Concat(queues, def.Expect.Queue)
	}
	for _, e := range queues {
		c.decodePlaceList([]*spec.Node{e.Key}, []string{"queue"})
	}
	for _, f := range def.Faults {
		if f.At != nil && f.At.Queue.IsSet() {
			c.decodePlaceList([]*spec.Node{f.At.Queue.Node}, []string{"queue"})
		}
		c.checkFault(f)
	}
}

// checkTestVars finds vars that the spec does not have.
func (c *compiler) checkTestVars(def *spec.Test) {
	var names []string
	for _, e := range c.doc.Vars {
		names = append(names, e.Name)
	}
	for _, e := range def.Vars {
		if slices.Contains(names, e.Name) || c.opts.Partial {
			continue
		}
		hint := didYouMean(e.Name, names)
		if hint == "" && len(names) > 0 {
			hint = "it has " + andList(names)
		}
		c.errorAt(e.Key, CodeUnknownVar, hint, "the spec has no var %q", e.Name)
	}
}
