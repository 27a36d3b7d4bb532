package planner

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// What processes are without a word in the spec (spec-language, Command line).
const (
	defaultSignal     = "SIGTERM"
	defaultGrace      = 10 * time.Second
	defaultRestarts   = 5
	defaultWindow     = time.Minute
	defaultBackoff    = 100 * time.Millisecond
	defaultMaxBackoff = 10 * time.Second
)

// process is a process with what the passes find out of it.
type process struct {
	def     *spec.Process
	plan    Process
	args    stages.Type
	finally bool // the spec's `finally`
	unknown bool // something of it could not be decoded: what it reads and writes is not known for sure
}

func (c *compiler) readProcesses() {
	for _, def := range c.doc.Processes {
		p := &process{def: def, plan: Process{Name: def.Name, Pos: posOf(def.Key)}}
		if !c.exists(def) {
			c.absent = append(c.absent, p)
			continue
		}
		c.processes = append(c.processes, p)
		c.readReplicas(p)
		if s, ok := c.symbols[def.Name]; ok && s.key == def.Key {
			s.process = p
			c.symbols[def.Name] = s
		}
	}
	for _, p := range c.processes {
		c.readProcess(p)
		c.readUses(p, true)
	}
	for _, p := range c.absent {
		c.readReplicas(p)
		c.readProcess(p)
		c.readUses(p, false)
	}
	c.readFinally()
	if len(c.doc.Processes) == 0 && !c.partial && c.doc.Root != nil {
		c.errorAt(c.doc.Root, CodeNoProcesses, "add processes:", "the spec has no processes")
	}
}

// exists evaluates a process's `when`. A test may leave processes out.
func (c *compiler) exists(def *spec.Process) bool {
	if c.trial.leavesOut(def.Name) {
		return false
	}
	if !def.When.IsSet() {
		return true
	}
	n := def.When.Node
	if !n.IsScalar() {
		c.errorAt(n, spec.CodeWrongKind, "", "expected a condition, found %s", n.Kind)
		return true
	}
	value, ok := c.evaluate(n, spec.Part{IsExpr: true, Source: n.Text})
	exists, isBool := value.(bool)
	if ok && !isBool {
		c.unfit(n, "true or false", value)
	}
	return !isBool || exists
}

// readReplicas reads how many a process is, which stages of others may need to know.
func (c *compiler) readReplicas(p *process) {
	p.plan.Replicas = c.atMost(p.def.Replicas.Node, c.count(p.def.Replicas, 1, 1), maxReplicas, 1, "a count")
}

func (c *compiler) readProcess(p *process) {
	def := p.def
	p.plan.Manual = !c.flag(def.Autostart, true)
	p.plan.Dir = c.folder(def)
	p.plan.Daemon = c.flag(def.Daemon, false)
	p.plan.Timeout = durationText(c.duration(def.Timeout, 0))
	p.plan.Stop = c.stop(def.Stop)
	p.readEnvFile(c)
	p.readEnv(c)
	p.readArgs(c)
	for _, code := range def.Success {
		p.plan.SuccessCodes = append(p.plan.SuccessCodes, c.successCode(code))
	}
	switch {
	case def.Stages.IsSet():
		c.readStages(p)
	case def.Command.IsSet():
		c.readCommand(p)
	case def.Shell.IsSet():
		c.readShell(p)
	default:
		p.unknown = true // reported when the document was read
	}
	p.plan.Restart = c.restart(def.Restart, len(p.plan.Stages) > 0)
	c.readLimits(p)
	c.readStartMethod(p)
}

// folder is the folder of a process, as seen from that of the spec: its cwd, which counts from the folder of the file that says so, else
// that of the file that defines it.
func (c *compiler) folder(def *spec.Process) string {
	cwd := c.text(def.Cwd, "")
	if cwd == "" {
		return def.Key.Source().Dir
	}
	return below(def.Cwd.Node.Source().Dir, cwd)
}

// below is a path that counts from dir, which may be "".
func below(dir, path string) string {
	if dir == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func durationText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

func (p *process) readEnv(c *compiler) {
	for _, e := range p.def.Env {
		if e.Name == "" || strings.ContainsAny(e.Name, "=\x00") {
			c.errorAt(e.Key, spec.CodeBadName, "", "%q cannot be the name of an environment variable", e.Name)
			continue
		}
		if p.plan.Env == nil {
			p.plan.Env = map[string]string{}
		}
		p.plan.Env[e.Name] = c.text(e.Value, "")
	}
}

// readArgs makes a Source of args: `self`, which they may read, is known in each replica only. All else is replaced now.
func (p *process) readArgs(c *compiler) {
	p.args = stages.RecordOf()
	if !p.def.Args.IsSet() {
		return
	}
	n := p.def.Args.Node
	if n.Kind != spec.Map {
		c.errorAt(n, spec.CodeWrongKind, "", "expected a mapping from names to values, found %s", n.Kind)
		p.args = stages.AnyType
		return
	}
	args := c.dataSource(n)
	scope := &stages.Scope{Vars: map[string]stages.Type{"self": selfType()}}
	for name, typ := range c.planScope.Vars {
		scope.Vars[name] = typ
	}
	shape, err := stages.Compile(args, scope)
	if err != nil {
		c.sourceErrors(args, scope)
		p.args = stages.AnyType
		return
	}
	p.args = shape.Type()
	c.settle(args, scope)
	p.plan.Args = args
}

// settle replaces what of a Source can be worked out when the plan is made: everything that reads neither `self` nor the disk or clock.
func (c *compiler) settle(s *stages.Source, scope *stages.Scope) {
	shape, err := stages.Compile(s, scope)
	if err != nil {
		return // reported before
	}
	if len(c.badVars) > 0 && slices.Contains(shape.Names(), "vars") {
		return // reported with the var
	}
	if !slices.Contains(shape.Names(), "self") && !isImpureSource(s) {
		value, err := shape.Run(&c.planEnv)
		if err != nil {
			c.runError(s, err)
			return
		}
		*s = stages.Source{Kind: stages.SourceLiteral, Value: value, Pos: s.Pos}
		return
	}
	if s.Kind == stages.SourceText || s.Kind == stages.SourceExpr {
		for _, name := range shape.Names() {
			if name == "cpus" || name == "spec" {
				o := c.origins[s]
				c.errorAt(o.node, CodePlanValue, "put "+name+" into a var and read that", "%s is known when the plan is made, the rest of this text in the run only", name)
			}
		}
		return
	}
	for i := range s.Items {
		c.settle(&s.Items[i], scope)
	}
}

// runError reports why a Source has no value.
func (c *compiler) runError(s *stages.Source, err error) {
	for node := s; ; node = &node.Items[0] {
		if o, ok := c.origins[node]; ok {
			c.errorAt(o.node, CodePlanValue, "", "%s", err)
			return
		}
		if len(node.Items) == 0 {
			return
		}
	}
}

func (c *compiler) readStages(p *process) {
	var ok bool
	p.plan.Stages, ok = c.decodeStages(p.def.Stages.Stages)
	p.unknown = !ok || len(p.def.Stages.Stages) < len(p.def.Stages.Node.Items)
	if len(p.def.Stages.Node.Items) == 0 {
		c.errorAt(p.def.Stages.Node, CodeNoStages, "", "the process has no stages")
	}
	for _, key := range []string{"stdin", "stdout", "stderr"} {
		if e := p.def.Node.Get(key); e != nil {
			c.errorIn(e.Key.At(), e.Value, CodeForeignKey, "in stages, read: and print: are for that", "%s belongs to a process with a command", key)
		}
	}
	if e := p.def.Node.Get("creates"); e != nil {
		c.errorIn(e.Key.At(), e.Value, CodeForeignKey, "in stages, exec and shell take it", "creates belongs to a process with a command")
	}
}

func (c *compiler) stop(def *spec.Stop) Stop {
	plan := Stop{Signal: defaultSignal, Grace: defaultGrace.String()}
	if def == nil {
		return plan
	}
	plan.Grace = c.duration(def.Grace, defaultGrace).String()
	if def.Signal.IsSet() {
		name := c.text(def.Signal, defaultSignal)
		plan.Signal = name
		if !strings.HasPrefix(name, "SIG") {
			plan.Signal = "SIG" + name
		}
		if !slices.Contains(signalNames(), plan.Signal) {
			c.errorAt(def.Signal.Node, spec.CodeBadValue, didYouMean(plan.Signal, signalNames()), "there is no signal %q", name)
			plan.Signal = defaultSignal
		}
	}
	if def.Command.IsSet() {
		plan.Command = c.words(def.Command)
	}
	return plan
}

// signalNames are the signals that a program can be asked to end with, see signal(7).
func signalNames() []string {
	return []string{
		"SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL", "SIGABRT", "SIGALRM", "SIGCONT", "SIGPIPE", "SIGWINCH",
	}
}

// restart gives when a process is started again. A worker of stages that is killed is replaced unless the spec says otherwise.
func (c *compiler) restart(def *spec.Restart, worker bool) Restart {
	plan := Restart{When: "never"}
	if worker {
		plan.When = "death"
	}
	if def == nil {
		return plan
	}
	if def.When.IsSet() {
		plan.When = def.When.Word
	}
	if plan.When == "never" || plan.When == "death" {
		return plan
	}
	plan.Max = c.count(def.Max, 0, defaultRestarts)
	plan.Window = c.duration(def.Window, defaultWindow).String()
	plan.Backoff = c.duration(def.Backoff, defaultBackoff).String()
	plan.MaxBackoff = c.duration(def.MaxBackoff, defaultMaxBackoff).String()
	return plan
}

// readUses checks what a process's program may touch by itself, and notes it if the process takes part.
func (c *compiler) readUses(p *process, takesPart bool) {
	for _, u := range p.def.Uses {
		if !u.Name.IsSet() {
			continue
		}
		s, ok := c.lookup(u.Name.Value, u.Name.Node.At(), u.Name.Node, "queue")
		if !ok {
			p.unknown = true
			continue
		}
		c.places[u.Name.Value] = append(c.places[u.Name.Value], u.Name.Node)
		if s.queue == nil || !takesPart {
			continue
		}
		if u.Access.Value != "put" {
			s.queue.readers = append(s.queue.readers, use{process: p, node: u.Name.Node})
		}
		if u.Access.Value != "get" {
			s.queue.writers = append(s.queue.writers, use{process: p, node: u.Name.Node})
			s.queue.typ = stages.AnyType // nobody knows what the program puts
		}
	}
}

// successCode is an exit code, or -N for signal N.
func (c *compiler) successCode(v spec.Integer) int {
	const lastSignal, lastCode = 64, 255
	code := c.integer(v, 0)
	if code < -lastSignal || code > lastCode {
		c.errorAt(v.Node, spec.CodeBadValue, "", "expected an exit code up to %d, or -N for signal N, found %d", lastCode, code)
	}
	return code
}
