package planner

import (
	"fmt"
	"slices"

	"github.com/mprun/mprun/spec"
	"github.com/mprun/mprun/stages"
)

// A pool is a process that the plan has beside those of the spec, and queues between it and the stages that use it, its sites (see
// stages/pool.go). The task of a site is moved from the stage into the process of the pool before anything is wired, so that what it reads,
// puts and locks is found to be done by that. The queue of tasks is a queue like others; those of results are added to the plan at the end:
// a caller and its pool are no cycle, and nobody waits for another's end by them.
type pool struct {
	def     *spec.Pool
	at      *spec.Node // what names it: the key in `pools`, or the operator of the stage
	process *process
	tasks   *queue
	init    []stages.Stage
	results []Queue // one for each site
	callers []*pool // pools whose tasks use it
	site    *spec.Node
}

const (
	// poolItem is how many bytes a chunk, and an outcome, may have.
	poolItem = stages.MaxTaskResults
	// poolRoom is how many chunks for each worker and caller a queue of a pool has room for: several windows of them (stages/pool_call.go).
	poolRoom = 64
)

// readPools reads the pools of the spec.
func (c *compiler) readPools() {
	for _, def := range c.doc.Pools {
		c.named[def.Name] = &pool{def: def, at: def.Key}
	}
}

// decodePool decodes the operand of `pool`: a name, or the fields of a pool, which are noted.
func (c *compiler) decodePool(n *spec.Node) (*stages.Source, bool) {
	if n.Kind == spec.Map {
		def, ok := accept(c, n, spec.ReadPool)
		source := literal("", n)
		c.inline[source] = def
		return source, ok
	}
	if n.Kind != spec.String {
		c.errorAt(n, spec.CodeWrongKind, "as in: pool: {workers: 8}", "expected the name of a pool, or its fields, found %s", n.Kind)
		return nil, false
	}
	if _, ok := c.lookup(n.Text, n.At(), n, "pool"); !ok {
		return nil, false
	}
	c.places[n.Text] = append(c.places[n.Text], n)
	return literal(n.Text, n), true
}

// checkPool checks what only `pool` has.
func (c *compiler) checkPool(n *spec.Node, operator *spec.Entry) bool {
	if c.acting != "" {
		c.errorAt(operator.Key, CodeBarrierAction, "use the pool in a stage before or behind the barrier", "pool cannot be part of a barrier's action")
		return false
	}
	if e := n.Get("chunk_size"); e != nil && e.Value.IsScalar() && e.Value.Text == "0" {
		c.errorAt(e.Value, spec.CodeBadValue, "leave it out, and it is found by the work of the tasks", "a chunk has at least one item")
		return false
	}
	if n.Get("do") == nil {
		c.errorIn(operator.Key.At(), n, spec.CodeMissingKey, "as in: do: [{map: item * item}]", "pool needs do: what each item goes through")
		return false
	}
	return true
}

// makePools moves the tasks of all processes into processes of their own.
func (c *compiler) makePools() {
	for _, p := range slices.Clone(c.processes) {
		if !p.finally {
			c.callPools(p, p.plan.Stages)
		}
	}
	c.checkTotals()
}

// callPools makes sites of the stages of a process that use pools.
func (c *compiler) callPools(p *process, list []stages.Stage) {
	Walk(list, func(st *stages.Stage) {
		c.checkAroundPool(st)
		note := c.notes[st]
		if st.Op != "pool" || st.Call != nil || note == nil || note.unknown {
			return
		}
		q := c.poolOf(p, st, note)
		c.addSite(p, q, st, note)
		c.callPools(q.process, st.Call.Do)
	})
}

// poolOf is the pool that a stage uses.
func (c *compiler) poolOf(p *process, st *stages.Stage, note *stageNote) *pool {
	name, _ := st.Operand.Source.Value.(string)
	q := c.named[name]
	if def := c.inline[st.Operand.Source]; def != nil {
		q = &pool{def: def, at: note.key}
		name = p.plan.Name + ".pool"
		for i := 2; c.symbols[name].process != nil; i++ {
			name = fmt.Sprintf("%s.pool%d", p.plan.Name, i)
		}
	}
	if q.process == nil {
		c.makePool(q, name)
		q.site = note.key
	}
	return q
}

// makePool makes the process of a pool, and the queue of its tasks.
func (c *compiler) makePool(q *pool, name string) {
	def := q.def
	workers := c.atMost(def.Workers.Node, c.count(def.Workers, 1, c.host.CPUs()), maxReplicas, 1, "a count")
	tasks := name + ".tasks"
	q.tasks = &queue{
		def: &spec.Queue{DeadLetter: def.DeadLetter}, bounded: true, declared: &stages.AnyType,
		plan: Queue{
			Name: tasks, Pos: posOf(q.at), Pool: name, MaxItem: poolItem, MaxBytes: defaultMaxBytes,
			MaxDeliveries: c.atMost(def.MaxDeliveries.Node, c.count(def.MaxDeliveries, 1, defaultMaxDeliveries), maxDeliveries, defaultMaxDeliveries, "a count"),
		},
	}
	q.tasks.def.Key.Node, q.tasks.def.Named = nil, spec.Named{Name: tasks, Key: q.at, Node: def.Node}
	c.symbols[tasks] = symbol{kind: "queue", key: q.at, queue: q.tasks}
	c.places[tasks] = []*spec.Node{q.at}
	c.queues = append(c.queues, q.tasks)
	c.readDeadLetter(q.tasks)

	definition := &spec.Process{ProcessCommon: spec.ProcessCommon{Env: def.Env, Cwd: def.Cwd, StartMethod: def.StartMethod, Limits: def.Limits}}
	definition.Name, definition.Key, definition.Node = name, q.at, def.Node
	p := &process{def: definition, args: stages.RecordOf(), plan: Process{
		Name: name, Pos: posOf(q.at), Replicas: workers, Stop: c.stop(nil), Restart: c.restart(nil, true), Pool: true,
	}}
	p.plan.Dir = c.folder(definition)
	p.readEnv(c)
	if def.Init.IsSet() {
		q.init, _ = c.decodeStages(def.Init.Stages)
	}
	most := 0
	if def.MaxTasksPerWorker.IsSet() {
		most = c.count(def.MaxTasksPerWorker, 1, 0)
	}
	get := stages.Stage{Op: "get", Pos: posOf(q.at), Operand: stages.Field{Places: []stages.Place{{Name: tasks, Kind: "queue", Pos: posOf(q.at)}}}}
	p.plan.Stages = []stages.Stage{get, stages.TaskStage(posOf(q.at), nil, q.init, most)}
	for i := range p.plan.Stages {
		st := &p.plan.Stages[i]
		c.notes[st] = &stageNote{op: stages.Lookup(st.Op), key: q.at, node: def.Node}
	}
	q.process = p
	c.readLimits(p)
	c.readStartMethod(p)
	if e := def.Node.Get("max_tasks_per_worker"); e != nil && p.plan.StartMethod == ThreadMethod {
		c.errorIn(e.Key.At(), e.Value, CodeThread, "write start_method: spawn, or forkserver", "%s has start_method: thread, and threads of one process are not replaced one by one", name)
	}
	c.processes = append(c.processes, p)
	c.pools = append(c.pools, q)
	if s, ok := c.symbols[name]; ok {
		s.process = p
		c.symbols[name] = s
	} else {
		c.symbols[name] = symbol{kind: "pool", key: q.at, process: p}
	}
	c.callPools(p, q.init)
}

// addSite makes a site of a stage.
func (c *compiler) addSite(p *process, q *pool, st *stages.Stage, note *stageNote) {
	task := &q.process.plan.Stages[1]
	results := q.process.plan.Name + ".results"
	if n := len(task.Sites); n > 0 {
		results = fmt.Sprintf("%s%d", results, n+1)
	}
	do := st.Options["do"].Stages
	delete(st.Options, "do")
	st.Call = &stages.PoolCall{Tasks: q.tasks.plan.Name, Results: results, Site: len(task.Sites), Workers: q.process.plan.Replicas, Alone: runsPrograms(do), Do: do}
	task.Sites = append(task.Sites, stages.PoolSite{
		Pos: st.Pos, Results: results, Do: do, When: st.When, Retry: st.Retry, Timeout: st.Timeout, Replicas: p.plan.Replicas,
	})
	if st.Timeout != nil && q.process.plan.StartMethod == ThreadMethod {
		e := note.node.Get("timeout")
		c.errorIn(e.Key.At(), e.Value, CodeThread, "write start_method: spawn, or forkserver", "the workers of pool %s are threads of one process, none of which can be ended alone", q.process.plan.Name)
	}
	room := poolRoom * q.process.plan.Replicas
	q.tasks.plan.Capacity = min(maxCapacity, q.tasks.plan.Capacity+room*p.plan.Replicas)
	q.tasks.writers = append(q.tasks.writers, use{process: p, node: note.key, queue: q.tasks})
	back := Queue{
		Name: results, Pos: st.Pos, Pool: q.process.plan.Name, Count: p.plan.Replicas, Capacity: min(maxCapacity, room), MaxItem: poolItem, MaxBytes: defaultMaxBytes,
		Readers: []string{p.plan.Name}, Writers: []string{q.process.plan.Name},
	}
	for i := range p.plan.Replicas {
		reader := Worker{p.plan.Name, i}
		if p.plan.Replicas == 1 {
			reader.Replica = AllReplicas
		}
		back.Parts = append(back.Parts, Part{
			Name: back.Member(i), Member: i, Readers: []Worker{reader}, Writers: []Worker{{q.process.plan.Name, AllReplicas}},
		})
	}
	q.results = append(q.results, back)
	for _, other := range c.pools {
		if other.process == p {
			q.callers = append(q.callers, other)
		}
	}
}

// runsPrograms says whether a task starts programs of its own. How long one takes is not told by those before it: where the first have only
// found that their files are there, those that make the others must not wait for each other in one chunk.
func runsPrograms(task []stages.Stage) bool {
	runs := false
	Walk(task, func(st *stages.Stage) { runs = runs || st.Op == "exec" || st.Op == "shell" })
	return runs
}

// checkPools finds pools that wait for themselves, and those that nothing uses.
func (c *compiler) checkPools() {
	calls := make(graph, len(c.pools))
	for i, q := range c.pools {
		for _, caller := range q.callers {
			j := slices.Index(c.pools, caller)
			calls[j] = append(calls[j], i)
		}
	}
	for _, component := range calls.components() {
		q := c.pools[component[0]]
		c.errorAt(q.site, CodeWaitCycle, "use another pool inside of the task", "a task of pool %s waits for tasks of the same pool, whose workers may all be waiting so", q.process.plan.Name)
	}
	if c.partial || c.found.HasErrors() {
		return
	}
	for _, def := range c.doc.Pools {
		if len(c.places[def.Name]) == 0 && !c.allows(def.Node, CodeUnused) {
			c.warnAt(def.Key, CodeUnused, "", "nothing uses the pool %s", def.Name)
		}
	}
}

// reading follows what the task of a `pool` stage reads of the rows, until the function that it gives is called: that travels with them.
func (t *typer) reading(st *stages.Stage, in env) (done func()) {
	if st.Call == nil || !t.report {
		return func() {}
	}
	read := map[string]bool{}
	t.read = append(t.read, read)
	t.condition(st.When, in)
	return func() {
		t.read = t.read[:len(t.read)-1]
		q := t.symbols[st.Call.Tasks].queue
		site := &t.symbols[q.plan.Pool].process.plan.Stages[1].Sites[st.Call.Site]
		for _, b := range in.bound {
			if read[b.Name] && !slices.Contains(site.Names, b.Name) {
				site.Names = append(site.Names, b.Name)
			}
		}
		site.Args, st.Call.Args = read["args"], read["args"]
	}
}
