package planner

import (
	"slices"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// finallyName is what the chain of `finally` is called in the plan, logs and reports.
const finallyName = "finally"

// readFinally makes a process of the spec's `finally`: the last of all, with one replica.
func (c *compiler) readFinally() {
	chain := c.doc.Finally
	e := c.doc.Root.Get(finallyName)
	if !chain.IsSet() || e == nil {
		return
	}
	if s, taken := c.symbols[finallyName]; taken {
		c.at(spec.Error, e.Key.At(), e.Value.Path(), spec.CodeDuplicateName, "", "the name finally is that of "+withArticle(s.kind)+" already",
			spec.Related{Range: s.key.At(), Message: "finally is defined here"})
	}
	def := &spec.Process{Stages: chain}
	def.Name, def.Key, def.Node = finallyName, e.Key, e.Value
	p := &process{def: def, finally: true, args: stages.RecordOf()}
	p.plan = Process{
		Name: finallyName, Pos: posOf(e.Key), Replicas: 1, Finally: true,
		Stop: c.stop(nil), Restart: c.restart(nil, true),
	}
	if len(chain.Node.Items) == 0 {
		c.errorAt(chain.Node, CodeNoStages, "", "finally has no stages")
	}
	var ok bool
	p.plan.Stages, ok = c.decodeStages(chain.Stages)
	p.unknown = !ok || len(chain.Stages) < len(chain.Node.Items)
	Walk(p.plan.Stages, c.refuseQueues)
	c.processes = append(c.processes, p)
}

// refuseQueues finds stages of `finally` that would need others to run beside them.
func (c *compiler) refuseQueues(st *stages.Stage) {
	note := c.notes[st]
	if note == nil || note.op == nil {
		return
	}
	if slices.ContainsFunc(note.op.Operand.Values, func(kind string) bool { return kind == "process" || kind == "event" || kind == "barrier" }) {
		c.errorAt(note.key, CodeFinallyQueue, "", "%s is of no use in finally: all processes have ended", note.op.Name)
		return
	}
	if note.op.Name == "pool" {
		c.errorAt(note.key, CodeFinallyQueue, "do it in the stages of finally themselves", "pool is of no use in finally: all processes have ended, and the workers of pools with them")
		return
	}
	if !readsQueue(note.op) && !writesQueue(note.op) {
		return
	}
	c.at(spec.Error, note.key.At(), note.node.Path(), CodeFinallyQueue, "print, write and exec are there; a file can hand items on",
		note.op.Name+" is of no use in finally: all processes have ended, and with them the queues of the run")
}
