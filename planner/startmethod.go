package planner

import "github.com/mprun/mprun/spec"

// StartMethod is how the workers of a process start. The zero value is that of a plan that says nothing: SpawnMethod.
type StartMethod string

// The start methods, by their words in the spec.
const (
	SpawnMethod      StartMethod = "spawn"      // each replica is an OS process of its own, started when it is needed
	ForkserverMethod StartMethod = "forkserver" // the same, and a replacement comes from a reserve of processes that are started already
	ThreadMethod     StartMethod = "thread"     // all replicas are threads of one OS process
)

// String is the method's word.
func (m StartMethod) String() string {
	if m == "" {
		return string(SpawnMethod)
	}
	return string(m)
}

// ownKeys are the keys that threads of one OS process cannot have each for itself.
var ownKeys = [...]struct {
	name  string
	isSet func(*spec.Process) bool
}{
	{"env", func(p *spec.Process) bool { return len(p.Env) > 0 }},
	{"env_file", func(p *spec.Process) bool { return len(p.EnvFile) > 0 }},
	{"cwd", func(p *spec.Process) bool { return p.Cwd.IsSet() }},
	{"limits", func(p *spec.Process) bool { return p.Limits != nil }},
	{"user", func(p *spec.Process) bool { return p.User.IsSet() }},
}

// readStartMethod notes how a process's workers start. A command is started by executing it: what `defaults` says is not for it.
func (c *compiler) readStartMethod(p *process) {
	def := p.def.StartMethod
	if !def.IsSet() {
		return
	}
	own := p.def.Node.Get("start_method")
	if len(p.plan.Command) > 0 {
		if own != nil {
			c.errorIn(own.Key.At(), own.Value, CodeForeignKey, "leave it out", "start_method is how workers of mprun start; a command is executed as it is")
		}
		return
	}
	if p.plan.StartMethod = StartMethod(def.Word); p.plan.StartMethod == SpawnMethod {
		p.plan.StartMethod = ""
	}
	if p.plan.StartMethod == ThreadMethod {
		c.refuseOwnKeys(p)
	}
}

// refuseOwnKeys finds what threads of one OS process cannot have, said of the process itself or by `defaults`.
func (c *compiler) refuseOwnKeys(p *process) {
	const hint = "write start_method: spawn, or forkserver"
	for _, key := range ownKeys {
		if !key.isSet(p.def) {
			continue
		}
		text := p.plan.Name + " has start_method: thread, and threads of one process have no " + key.name + " of their own"
		if e := p.def.Node.Get(key.name); e != nil {
			c.errorIn(e.Key.At(), e.Value, CodeThread, hint, "%s", text)
		} else {
			c.errorAt(p.def.StartMethod.Node, CodeThread, hint, "%s, as defaults gives it", text)
		}
	}
}
