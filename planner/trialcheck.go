package planner

import (
	"fmt"
	"slices"

	"github.com/mprun/mprun/spec"
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
