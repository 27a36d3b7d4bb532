package planner

import (
	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// stdinUse is a place where a process reads the run's standard input.
type stdinUse struct {
	process *process
	node    *spec.Node
	perhaps bool // the path is known in the run only
}

// checkStdin hands the run's standard input to the one process that reads it, and reports it if there are more.
func (c *compiler) checkStdin() {
	var sure, perhaps []stdinUse
	for _, u := range c.stdinUses() {
		if u.perhaps {
			perhaps = append(perhaps, u)
		} else {
			sure = append(sure, u)
		}
	}
	if len(sure) == 0 && len(perhaps) == 1 && perhaps[0].process.plan.Replicas == 1 {
		sure = perhaps
	}
	for i, u := range sure {
		switch {
		case u.process.plan.Replicas > 1:
			c.errorAt(u.node, CodeSharedStdin, "read it in a process with one replica that puts the lines into a queue",
				"standard input can be read by one replica, %s has %d", u.process.plan.Name, u.process.plan.Replicas)
		case u.process != sure[0].process:
			c.at(spec.Error, u.node.At(), u.node.Path(), CodeSharedStdin, "read it in one process that puts the lines into a queue",
				"standard input can be read by one process, "+sure[0].process.plan.Name+" reads it already",
				spec.Related{Range: sure[0].node.At(), Message: "it is read here"})
		case i == 0:
			u.process.plan.Stdin = Stdio{Kind: "inherit"}
		}
	}
}

func (c *compiler) stdinUses() []stdinUse {
	var uses []stdinUse
	for _, p := range c.processes {
		if p.plan.Command != nil && p.plan.Stdin.Kind == "inherit" {
			uses = append(uses, stdinUse{process: p, node: p.def.Stdin.Node})
		}
		Walk(p.plan.Stages, func(st *stages.Stage) {
			note := c.notes[st]
			if st.Op != "read" || note == nil || note.op == nil {
				return
			}
			for i := range st.Operand.Sources {
				path, known := c.constant(&st.Operand.Sources[i])
				if !known || path == "-" {
					uses = append(uses, stdinUse{process: p, node: note.key, perhaps: !known})
				}
			}
		})
	}
	return uses
}

// constant is the text of a Source that is the same for all items.
func (c *compiler) constant(s *stages.Source) (text string, known bool) {
	value, known := c.constantValue(s)
	if !known {
		return "", false
	}
	return stages.TextOf(value), true
}

// constantValue is the value of a Source that is the same for all items, as far as vars, env, cpus and spec decide that.
func (c *compiler) constantValue(s *stages.Source) (value any, known bool) {
	shape, err := stages.Compile(s, &c.planScope)
	if err != nil || isImpureSource(s) {
		return nil, false
	}
	value, err = shape.Run(&c.planEnv)
	return value, err == nil
}
