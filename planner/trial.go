package planner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
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

const (
	defaultTestTimeout = time.Minute
	// patientDeliveries is how often an item may be delivered in a test that kills at random: so many deaths in a row no item sees by chance.
	patientDeliveries = 1000
)

// CompileTest makes the Test of the spec's tests[i]. The findings are as those of Compile; the errors that the spec has in this test only
// name it. The test is nil if there is an error.
func CompileTest(doc *spec.Pipeline, host Host, opts Options, i int) (*Test, spec.Diagnostics) {
	if opts.Scratch == "" {
		opts.Scratch = ScratchPlaceholder
	}
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

// ScratchPlaceholder is spec.scratch where a test is only checked.
const ScratchPlaceholder = "/tmp/mprun-test"

// withScratch works out a var of the test: spec.scratch is known there, and nowhere else.
func (c *compiler) withScratch(set spec.Data) (value any, ok bool) {
	about, typ := c.planEnv.Spec, c.planScope.Vars["spec"]
	more := maps.Clone(about)
	more["scratch"] = c.opts.Scratch
	c.planEnv.Spec, c.planScope.Vars["spec"] = more, stages.TypeOf(more)
	defer func() { c.planEnv.Spec, c.planScope.Vars["spec"] = about, typ }()
	return c.data(set.Node)
}

// mentionsScratch says whether a value has an expression that could read spec.scratch.
func mentionsScratch(n *spec.Node) bool {
	return n.IsScalar() && strings.Contains(n.Text, "${{") && strings.Contains(n.Text, "scratch") ||
		slices.ContainsFunc(n.Items, mentionsScratch) ||
		slices.ContainsFunc(n.Keys, func(e *spec.Entry) bool { return mentionsScratch(e.Value) })
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

// testVar is what the test sets a var to.
func (c *compiler) testVar(name string) (spec.Data, bool) {
	if c.trial == nil {
		return spec.Data{}, false
	}
	return c.trial.def.Vars.Get(name)
}

// planTrial finds out what the test takes the place of.
func (c *compiler) planTrial() {
	t := c.trial
	t.inputs = c.readStandIns("input", t.def.Input)
	if t.def.Expect != nil {
		t.outputs = c.readStandIns("expect", t.def.Expect.Queue)
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
	c.leaveOut()
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
	if slices.ContainsFunc(t.def.Vars, func(v spec.MapEntry[spec.Data]) bool { return v.Value.IsSet() && mentionsScratch(v.Value.Node) }) {
		test.Plan.Scratch = c.opts.Scratch
	}
	return test, found
}
