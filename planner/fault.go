package planner

import (
	"slices"
	"strings"
	"time"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// Fault is something that goes wrong on purpose in the run of a Test. It happens at an item, or again and again, or, where it says neither,
// as soon as the process has started.
type Fault struct {
	Kind    string     `json:"kind"`              // KillFault, PauseFault
	Process string     `json:"process,omitempty"` // "": any worker but the stand-ins
	Replica int        `json:"replica"`           // AllReplicas: any of them
	At      *ItemRef   `json:"at,omitempty"`
	Every   string     `json:"every,omitempty"` // a duration as Go writes it
	For     string     `json:"for,omitempty"`   // of a pause: the same
	Text    string     `json:"text"`            // for people: kill square[1] at item 50 of numbers
	Pos     stages.Pos `json:"pos"`
}

// The kinds of Fault.
const (
	KillFault  = "kill"  // SIGKILL
	PauseFault = "pause" // SIGSTOP, then SIGCONT
)

// ItemRef is an item of a queue, by its number in the order in which items were put.
type ItemRef struct {
	Queue  string `json:"queue"`
	Member int    `json:"member,omitempty"`
	Item   int    `json:"item"`
}

// anyWorker stands for any worker in `kill` and `pause`.
const anyWorker = "any"

// checkFault checks what can be said of a fault in whatever run.
func (c *compiler) checkFault(def *spec.Fault) {
	switch place := faultPlace(def); {
	case !place.IsSet():
	case place.Node.Text == anyWorker:
	default:
		c.faultProcess(place.Node)
	}
	switch {
	case def.Kill.IsSet() && def.For.IsSet():
		c.errorAt(def.For.Node, CodeTest, "a killed worker is replaced at once", "for is how long a pause takes, this is a kill")
	case def.Pause.IsSet() && !def.For.IsSet() && !def.Node.IsUnknown():
		c.errorAt(def.Pause.Node, CodeTest, "as in {pause: square, for: 1s}", "the pause does not say for how long")
	}
	for _, d := range []spec.Duration{def.Every, def.For} {
		if d.IsSet() && d.Template == nil && d.Value <= 0 {
			c.errorAt(d.Node, spec.CodeBadValue, "", "expected a duration above 0s, found %s", d.Node.Text)
		}
	}
}

func faultPlace(def *spec.Fault) spec.Place {
	if def.Kill.IsSet() {
		return def.Kill
	}
	return def.Pause
}

// faultProcess reads which process is meant, and what stands in the [ ] behind its name.
func (c *compiler) faultProcess(n *spec.Node) (s symbol, index string, ok bool) {
	name := leadingName(n.Text)
	if name == "" {
		c.errorAt(n, CodeBadPlace, "write the name of a process, or any", "%q names nothing of the spec", n.Text)
		return s, "", false
	}
	if s, ok = c.lookup(name, n.RangeAt(0, len(name)), n, "process", "pool"); !ok {
		return s, "", false
	}
	rest := n.Text[len(name):]
	if rest == "" {
		return s, "", true
	}
	if len(rest) < 3 || rest[0] != '[' || !strings.HasSuffix(rest, "]") {
		c.errorIn(n.RangeAt(len(name), len(n.Text)), n, CodeBadPlace, "as in "+name+"[0]", "behind %s belongs the number of a replica in [ ] and nothing else", name)
		return s, "", false
	}
	return s, rest[1 : len(rest)-1], true
}

// readFaults resolves the faults of the test for its run.
func (c *compiler) readFaults() {
	for _, def := range c.trial.def.Faults {
		f := Fault{Kind: KillFault, Replica: AllReplicas, Pos: posOf(def.Node)}
		if def.Pause.IsSet() {
			f.Kind = PauseFault
		}
		n := faultPlace(def).Node
		if f.Text = f.Kind + " " + n.Text; n.Text != anyWorker && !c.readFaultProcess(&f, n) {
			continue
		}
		if def.At != nil && !c.readMoment(&f, def.At) {
			continue
		}
		if def.Every.IsSet() {
			f.Every = c.positive(def.Every)
			f.Text += " every " + asWritten(def.Every, f.Every)
		}
		if def.For.IsSet() {
			f.For = c.positive(def.For)
			f.Text += " for " + asWritten(def.For, f.For)
		}
		c.trial.faults = append(c.trial.faults, f)
	}
}

// asWritten is a duration as the spec has it, unless that is an expression.
func asWritten(def spec.Duration, value string) string {
	if def.Template != nil {
		return value
	}
	return def.Node.Text
}

// positive is a duration above 0 as Go writes it.
func (c *compiler) positive(def spec.Duration) string {
	d := c.duration(def, time.Second)
	if d <= 0 {
		c.errorAt(def.Node, spec.CodeBadValue, "", "expected a duration above 0s, found %s", d)
	}
	return d.String()
}

func (c *compiler) readFaultProcess(f *Fault, n *spec.Node) bool {
	s, index, ok := c.faultProcess(n)
	if !ok {
		return false
	}
	if s.process == nil || !slices.Contains(c.processes, s.process) {
		c.errorAt(n, CodeTest, "", "%s has no part in the run of this test", leadingName(n.Text))
		return false
	}
	f.Process = s.process.plan.Name
	if index == "" {
		return true
	}
	value, ok := c.evaluate(n, spec.Part{IsExpr: true, Source: index, Offset: len(f.Process) + 1})
	if !ok {
		return false
	}
	replica, isInt := value.(int)
	if replicas := s.process.plan.Replicas; !isInt || replica < 0 || replica >= replicas {
		c.errorAt(n, CodeBadPlace, "", "%s has %s, so that there is no %s[%s]", f.Process, replicasText(replicas), f.Process, shortJSON(value))
		return false
	}
	f.Replica = replica
	return true
}

func replicasText(n int) string {
	if n == 1 {
		return "one replica, number 0"
	}
	return "the replicas 0 to " + shortJSON(n-1)
}

// readMoment resolves at which item a fault happens.
func (c *compiler) readMoment(f *Fault, def *spec.FaultAt) bool {
	n := def.Queue.Node
	places, ok := c.decodePlaceList([]*spec.Node{n}, []string{"queue"})
	if !ok {
		return false
	}
	member, ok := c.memberOf(&places[0])
	if !ok {
		return false
	}
	q := c.symbols[places[0].Name].queue
	if firstUse(q.readers, member) == nil {
		c.errorAt(n, CodeTest, "", "nothing reads %s in this test, so that none of its items is ever worked on", n.Text)
		return false
	}
	f.At = &ItemRef{Queue: q.plan.Name, Member: member, Item: c.count(def.Item, 0, 0)}
	f.Text += " at item " + shortJSON(f.At.Item) + " of " + n.Text
	return true
}
