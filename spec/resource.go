package spec

// Resource is what the definitions of resources share.
type Resource struct {
	Named
	Count       Count `yaml:"count" example:"count: 5" doc:"Makes it a family of so many, used as NAME[i]."`
	Description Text  `yaml:"description" example:"description: what is left to do" doc:"What it is for."`
}

// TypeDef is a record type: `types.Point`.
type TypeDef struct {
	Named
	Fields MapOf[TypeName] `yaml:"*" ref:"types" doc:"Field and its type: int64, float64, char, a code of Python's array module, or a name of types."`
}

// ChainDef is a chain with a name: `chains.c`.
type ChainDef struct {
	Named
	Params      []Name     `yaml:"params" example:"params: [limit]" doc:"Names of the arguments, read as args.NAME."`
	Stages      Chain      `yaml:"stages" doc:"The stages that use: NAME puts in its place."`
	Returns     Expression `yaml:"returns" example:"returns: item * args.factor" doc:"An expression, in place of stages."`
	Description Text       `yaml:"description" doc:"What it is for."`

	_ struct{} `one:"stages|returns"`
}

// Queue is a queue: `queues.q`.
type Queue struct {
	Resource
	Capacity      Count      `yaml:"capacity" words:"unbounded" default:"1024; unbounded on a cycle" example:"capacity: 100" doc:"Items that may wait, with key or broadcast for each reader; unbounded spills to a file."`
	Key           Expression `yaml:"key" example:"key: item.user" doc:"Items with the same key go to the same replica of the process that reads them, in order."`
	Broadcast     Flag       `yaml:"broadcast" default:"false" example:"broadcast: true" doc:"Each consuming process gets each item; its replicas share."`
	Type          TypeName   `yaml:"type" ref:"types" example:"type: Point" doc:"Type of the items."`
	MaxItem       Size       `yaml:"max_item" default:"16MiB" example:"max_item: 64MiB" doc:"Largest item, encoded."`
	MaxBytes      Size       `yaml:"max_bytes" default:"256MiB" example:"max_bytes: 1GiB" doc:"Bytes that may wait, counted as capacity is; one item is always admitted."`
	Ack           Enum       `yaml:"ack" words:"auto|manual" default:"auto" example:"ack: manual" doc:"Whether an item is finished when it has left the chain, or by ack: item; one that leaves the chain without is delivered again, up to max_deliveries."`
	MaxDeliveries Count      `yaml:"max_deliveries" default:"3" example:"max_deliveries: 5" doc:"How often an item is delivered, because its workers died or it was not acknowledged, before it is given up."`
	DeadLetter    Name       `yaml:"dead_letter" ref:"queues" example:"dead_letter: failed" doc:"Queue for items that were given up; without one the run fails, and where the item is too large for it. What nobody reads there any more is dropped."`
}

// Pipe is a pipe: `pipes.p`.
type Pipe struct {
	Resource
	Duplex   Flag  `yaml:"duplex" default:"true" example:"duplex: false" doc:"Ends p.a and p.b that both read and write; else p.read and p.write."`
	Capacity Count `yaml:"capacity" example:"capacity: 16" doc:"Items that may wait in each direction."`
}

// Lock is a lock: `locks.l`.
type Lock struct {
	Resource
	Recursive    Flag `yaml:"recursive" default:"false" example:"recursive: true" doc:"Its holder may take it again."`
	OnOwnerDeath Enum `yaml:"on_owner_death" words:"release|fail" default:"release" example:"on_owner_death: fail" doc:"What happens when its holder dies."`
}

// Semaphore is a semaphore: `semaphores.s`.
type Semaphore struct {
	Resource
	Value   Count `yaml:"value" default:"1" example:"value: 3" doc:"How many may hold it at a time."`
	Bounded Flag  `yaml:"bounded" default:"false" example:"bounded: true" doc:"Releasing it more often than it was taken is an error."`
}

// Condition is a condition variable: `conditions.c`.
type Condition struct {
	Resource
	Lock Name `yaml:"lock" ref:"locks" example:"lock: l" doc:"The lock that is held around waiting and notifying; without one it has its own."`
}

// Event is an event: `events.e`.
type Event struct {
	Resource
	Set Flag `yaml:"set" default:"false" example:"set: true" doc:"Whether it starts set."`
}

// Barrier is a barrier: `barriers.b`.
type Barrier struct {
	Resource
	Parties Count    `yaml:"parties" default:"the replicas that wait at it" example:"parties: 3" doc:"How many arrive before any goes on."`
	Timeout Duration `yaml:"timeout" example:"timeout: 10s" doc:"How long to wait before the barrier breaks."`
	Action  Chain    `yaml:"action" doc:"Stages that the last to arrive runs before the others go on."`
	OnDeath Enum     `yaml:"on_death" words:"break|shrink|wait" default:"wait if the process is replaced, else break" example:"on_death: shrink" doc:"What happens when a party dies."`
}

// Cell is what values and arrays share.
type Cell struct {
	Resource
	Type    TypeName `yaml:"type" ref:"types" required:"true" example:"type: int64" doc:"int64, float64, char, ..., a code of Python's array module, or a name of types."`
	Init    Data     `yaml:"init" example:"init: 0" doc:"What it starts with: a value, a list of the elements or one element for all, a text for char, or {file: x.npy}. Else zeros."`
	Lock    LockRef  `yaml:"lock" default:"true" example:"lock: false" doc:"Whether it has a lock of its own, or the lock it uses."`
	Save    Text     `yaml:"save" example:"save: out.npy" doc:"File that it is written to, in NumPy's format, when the run has succeeded."`
	Segment Text     `yaml:"name" example:"name: counters" doc:"Name of a segment in /dev/shm that other programs can open while the run goes on: elements one behind the other, as the machine keeps them, of a family member by member. Removed at the end. No lock of the run keeps them from it."`
}

// LockRef is true, false or the name of a lock.
type LockRef struct {
	Node *Node
	Own  bool   // true
	Name string // of a lock; "" with true and false
}

// IsSet reports whether the key is there.
func (l LockRef) IsSet() bool { return l.Node != nil }

// Value is a shared value: `values.v`.
type Value struct{ Cell }

// Array is a shared array: `arrays.a`.
type Array struct {
	Cell
	Length Count   `yaml:"length" example:"length: 100" doc:"Number of elements; without it, and without shape, those of init: of its list, or of its file."`
	Shape  []Count `yaml:"shape" example:"shape: [480, 640]" doc:"Number of elements in each dimension, in place of length."`

	_ struct{} `most:"length|shape"`
}

// Listener is an address where connections are accepted: `listeners.l`.
type Listener struct {
	Resource
	Address Text  `yaml:"address" required:"true" example:"address: 'localhost:9000'" doc:"host:port, or the path of a Unix socket."`
	Authkey Text  `yaml:"authkey" example:"authkey: '${{ env.KEY }}'" doc:"Secret that both sides prove to know."`
	Backlog Count `yaml:"backlog" default:"16" example:"backlog: 64" doc:"Connections that may wait to be accepted."`
}

// Pool is a pool of workers: `pools.p`.
type Pool struct {
	Named
	Description       Text        `yaml:"description" doc:"What it is for."`
	Workers           Count       `yaml:"workers" default:"cpus" example:"workers: 4" doc:"Number of workers."`
	Init              Chain       `yaml:"init" doc:"Stages that each worker runs once before its first task, a replacement too. No task is to blame for a worker that dies there; after three such deaths in a row, or max_deliveries, the run fails. A timeout of tasks does not count it: a stage of it that may hang has one of its own."`
	MaxTasksPerWorker Count       `yaml:"max_tasks_per_worker" example:"max_tasks_per_worker: 100" doc:"Tasks after which a worker is replaced by another; not with start_method: thread."`
	StartMethod       Enum        `yaml:"start_method" words:"spawn|forkserver|thread" default:"spawn" example:"start_method: thread" doc:"How its workers start, as with processes."`
	Env               MapOf[Text] `yaml:"env" keys:"any" example:"env: {LANG: C}" doc:"Environment of its workers, beside what mprun has."`
	Cwd               Text        `yaml:"cwd" example:"cwd: /tmp" doc:"Directory of its workers."`
	Limits            *Limit      `yaml:"limits" example:"limits: {memory: 1GiB}" doc:"What each worker may use, with the programs that it runs; not with start_method: thread."`
	MaxDeliveries     Count       `yaml:"max_deliveries" default:"3" example:"max_deliveries: 1" doc:"Deaths at work on a task before it is given up."`
	DeadLetter        Name        `yaml:"dead_letter" ref:"queues" example:"dead_letter: failed" doc:"Queue for tasks that were given up; without one the run fails."`
}
